//! Managed fields: who owns what after a write, and what a client may change of that.

use crate::conformance::samples::{configmap, scenario};
use crate::conformance::story::{
    JSON, JSON_PATCH, MERGE, Step, Story, apply, at, delete, get, merge_status, patch, post, put, request, story,
};
use http::Method;
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("managed fields", managers()),
        story("managed fields: of a client", given()),
        story("managed fields: of a client, in a status", given_in_a_status()),
    ]
}

fn managers() -> Vec<Step> {
    let path = at("configmaps/a");
    let by = |manager: &str, data: Value| {
        patch(format!("{manager} patches"), format!("{path}?fieldManager={manager}"), MERGE, json!({"data": data}))
    };
    let mut steps = vec![
        post("made by the user agent", at("configmaps"), configmap("a", "1")).keep("made"),
        by("one", json!({"one": "1"})),
        by("two", json!({"one": "2"})),
        by("three", json!({"one": null})),
        by("one", json!({"key": "1"})),
    ];
    for i in 0..12 {
        steps.push(by(&format!("m{i}"), json!({format!("k{i}"): "x"})).through(entries));
    }
    steps.extend([
        get("with many managers", path.clone()).through(entries),
        patch("the managed fields reset", path.clone(), MERGE, json!({"metadata": {"managedFields": [{}]}})),
        apply("applied without managed fields", path.clone(), "git", configmap("a", "1")),
        apply("conflict with an earlier owner", path.clone(), "git", configmap("a", "2")),
        put("an update without managed fields", path.clone(), configmap("a", "3")),
        request("an update as another agent", Method::PUT, path.clone(), JSON, &configmap("a", "4").to_string())
            .agent("kubectl-edit/v1.36"),
        delete("deleted", path),
    ]);
    steps
}

/// The number of managers, and whether the oldest entries are merged. Which are the oldest depends on the time.
fn entries(body: Value) -> Value {
    let entries = body["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    json!([entries.len(), entries.iter().any(|entry| entry["manager"] == "ancient-changes")])
}

fn entry(manager: &str, operation: &str, fields: Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1",
        "time": "2020-01-02T03:04:05Z", "fieldsV1": fields})
}

fn given() -> Vec<Step> {
    let path = at("configmaps/a");
    let by = |manager: &str| format!("{path}?fieldManager={manager}");
    let list =
        |name: &str, entries: Value| patch(name, by("ana"), MERGE, json!({"metadata": {"managedFields": entries}}));
    let without = |field: &str| {
        let mut entry = entry("x", "Update", json!({"f:data": {"f:key": {}}}));
        entry.as_object_mut().unwrap().remove(field);
        json!([entry])
    };
    let mut pruned = configmap("a", "3");
    pruned["metadata"]["managedFields"] = json!([entry("git", "Apply", json!({"f:data": {".": {}, "f:key": {}}}))]);
    let (mut empty, mut one) = (configmap("a", "3"), configmap("a", "3"));
    empty["metadata"]["managedFields"] = json!([]);
    one["metadata"]["managedFields"] = json!([entry("x", "Update", json!({"f:data": {"f:key": {}}}))]);
    vec![
        post("made", at("configmaps"), configmap("a", "1")),
        patch("a second manager", by("ana"), MERGE, json!({"data": {"more": "1"}})),
        patch(
            "an entry removed",
            by("git"),
            JSON_PATCH,
            json!([{"op": "remove", "path": "/metadata/managedFields/0"}]),
        ),
        patch(
            "an entry removed with a change",
            by("git"),
            JSON_PATCH,
            json!([{"op": "remove", "path": "/metadata/managedFields/0"}, {"op": "add", "path": "/data/z", "value": "1"}]),
        ),
        patch(
            "an entry made one of apply",
            by("git"),
            JSON_PATCH,
            json!([
                {"op": "replace", "path": "/metadata/managedFields", "value": [entry("git", "Apply", json!({"f:data": {"f:key": {}, "f:z": {}}}))]},
            ]),
        ),
        apply("applied without what it owned", path.clone(), "git", configmap("a", "2")),
        put("replaced with other entries", by("ana"), pruned),
        put("replaced with no entries", by("ana"), empty),
        put("replaced with one entry again", by("ana"), one),
        list("two empty entries", json!([{}, {}])),
        list("no entries", json!([])),
        list("another operation", json!([entry("x", "Guess", json!({}))])),
        list("no version", without("apiVersion")),
        list("no type", without("fieldsType")),
        list("no time", without("time")),
        list("steps of an unknown form", json!([entry("x", "Update", json!({"f:data": {"f:q": {}}, "g:odd": {}}))])),
        list("a value that can't be read", json!([entry("x", "Update", json!({"f:data": {"v:{": {}}}))])),
        list("a key that is no object", json!([entry("x", "Update", json!({"f:data": {"k:1": {}}}))])),
        list("a name without a form", json!([entry("x", "Update", json!({"data": {}}))])),
        list("text instead of fields", json!([entry("x", "Update", json!({"f:data": "x"}))])),
        list(
            "one manager twice",
            json!([
                entry("x", "Update", json!({"f:data": {"f:key": {}}})),
                entry("x", "Update", json!({"f:data": {"f:more": {}}})),
            ]),
        ),
        list("an entry without fields", without("fieldsV1")),
        patch("a change afterwards", by("ana"), MERGE, json!({"data": {"last": "1"}})),
        delete("deleted", path.clone()),
    ]
}

fn given_in_a_status() -> Vec<Step> {
    let path = at("scenarios/portal");
    let entries = json!({"managedFields": [{"manager": "x", "operation": "Update", "apiVersion": "agentic.ligbox.io/v1alpha1",
        "fieldsType": "FieldsV1", "time": "2020-01-02T03:04:05Z", "fieldsV1": {"f:spec": {"f:title": {}}}}]});
    let status = |name: &str, metadata: Value| {
        patch(
            name,
            at("scenarios/portal/status"),
            MERGE,
            json!({"metadata": metadata, "status": {"health": "failing"}}),
        )
    };
    vec![
        post("made", at("scenarios"), scenario("portal")),
        merge_status("a status", "scenarios/portal", json!({"health": "healthy"})),
        status("other entries", entries.clone()),
        status("reset", json!({"managedFields": [{}]})),
        patch("other entries at the main endpoint", path.clone(), MERGE, json!({"metadata": entries})),
        delete("deleted", path),
    ]
}
