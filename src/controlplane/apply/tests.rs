use super::*;
use serde_json::json;

fn schema() -> Schema {
    let item = json!({"type": "object", "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}});
    let list = json!({"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]});
    let spec = json!({"type": "object", "properties": {
        "title": {"type": "string"}, "size": {"type": "integer"}, "list": list,
        "plain": {"type": "array", "items": {"type": "string"}},
    }});
    Schema::compile(&json!({"type": "object", "properties": {"spec": spec}})).unwrap()
}

fn write(manager: &str) -> FieldManager<'_> {
    FieldManager { manager, subresource: None, api_version: "x/v1", now: "2026-11-23T12:00:00Z".parse().unwrap() }
}

fn object(spec: Value) -> Value {
    json!({"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "a"}, "spec": spec})
}

fn applied(live: Option<&Value>, spec: Value, manager: &str, force: bool) -> Result<Value, ApplyError> {
    apply(&schema(), live, &object(spec), &write(manager), force, false)
}

#[test]
fn two_managers_own_different_fields() {
    let first = applied(None, json!({"title": "a", "list": [{"name": "x", "port": 1}]}), "git", false).unwrap();
    let both = applied(Some(&first), json!({"size": 3, "list": [{"name": "y"}]}), "ana", false).unwrap();
    assert_eq!(both["spec"], json!({"title": "a", "size": 3, "list": [{"name": "x", "port": 1}, {"name": "y"}]}));
    // What git no longer applies is removed; fields that ana owns are kept.
    let less = applied(Some(&both), json!({"title": "a"}), "git", false).unwrap();
    assert_eq!(less["spec"], json!({"title": "a", "size": 3, "list": [{"name": "y"}]}));
}

#[test]
fn a_conflict_is_reported_and_overwritten_only_by_force() {
    let first = applied(None, json!({"title": "a"}), "git", false).unwrap();
    let Err(ApplyError::Conflicts(causes)) = applied(Some(&first), json!({"title": "b"}), "ana", false) else {
        panic!("no conflict");
    };
    assert_eq!((causes[0].field.as_str(), causes[0].message.as_str()), (".spec.title", "conflict with \"git\""));
    assert!(applied(Some(&first), json!({"title": "a"}), "ana", false).is_ok(), "the same value is shared");
    let taken = applied(Some(&first), json!({"title": "b"}), "ana", true).unwrap();
    assert_eq!(taken["spec"]["title"], "b");
    let owners: Vec<_> = managers::read(&taken).iter().map(|m| m.name.clone()).collect();
    assert_eq!(owners, ["ana"]);
}

#[test]
fn applying_the_same_again_changes_nothing() {
    let first = applied(None, json!({"title": "a", "plain": ["x"]}), "git", false).unwrap();
    assert_eq!(applied(Some(&first), json!({"title": "a", "plain": ["x"]}), "git", false).unwrap(), first);
}

#[test]
fn an_edit_owns_what_it_changed() {
    let first = applied(None, json!({"title": "a", "size": 1}), "git", false).unwrap();
    let mut edited = first.clone();
    edited["spec"]["title"] = "b".into();
    track_update(&schema(), Some(&first), &mut edited, &write("kubectl-edit"), false);
    assert!(matches!(
        applied(Some(&edited), json!({"title": "a", "size": 1}), "git", false),
        Err(ApplyError::Conflicts(_))
    ));
    assert!(applied(Some(&edited), json!({"size": 2}), "git", false).is_ok());
}

#[test]
fn strategic_patches_of_built_in_kinds_merge_and_remove() {
    let live = json!({"data": {"a": "1", "b": "2"}, "metadata": {"finalizers": ["x"]}});
    let patch =
        json!({"data": {"a": null, "c": "3"}, "metadata": {"$setElementOrder/finalizers": ["x"], "finalizers": ["y"]}});
    let merged = strategic_merge(&live, &patch).unwrap();
    assert_eq!(merged, json!({"data": {"b": "2", "c": "3"}, "metadata": {"finalizers": ["x", "y"]}}));
    // As `kubectl apply` adds one port of a Service and takes another one away.
    let live = json!({"spec": {"ports": [{"name": "http", "port": 80}, {"name": "old", "port": 81}]}});
    let patch = json!({"spec": {"$setElementOrder/ports": [{"port": 80}, {"port": 443}],
        "ports": [{"name": "https", "port": 443}, {"$patch": "delete", "port": 81}]}});
    let merged = strategic_merge(&live, &patch).unwrap();
    assert_eq!(merged, json!({"spec": {"ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}]}}));
}

#[test]
fn the_time_of_an_entry_is_that_of_its_last_change_of_a_value() {
    let first = applied(None, json!({"title": "a"}), "git", false).unwrap();
    let at = |time: &str| FieldManager { now: time.parse().unwrap(), ..write("ana") };
    let patched = |old: &Value, spec: Value, time: &str| {
        let mut new = old.clone();
        new["spec"] = spec;
        track_update(&schema(), Some(old), &mut new, &at(time), false);
        new
    };
    let time_of = |object: &Value| {
        let found = managers::read(object).into_iter().find(|m| m.name == "ana");
        found.map(|m| m.time).unwrap_or_default()
    };
    let owned = patched(&first, json!({"title": "a", "size": 1, "plain": ["x"]}), "2026-11-23T12:00:01Z");
    assert_eq!(time_of(&owned), "2026-11-23T12:00:01Z");
    let changed = patched(&owned, json!({"title": "a", "size": 2, "plain": ["x"]}), "2026-11-23T12:00:02Z");
    assert_eq!(time_of(&changed), "2026-11-23T12:00:02Z", "a value that it owns");
    let removed = patched(&changed, json!({"title": "a", "size": 2}), "2026-11-23T12:00:03Z");
    assert_eq!(time_of(&removed), "2026-11-23T12:00:02Z", "nothing that it owns afterwards");
    assert_eq!(managers::read(&removed).len(), 2);
}
