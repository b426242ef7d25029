use super::*;
use serde_json::{Value, json};

fn schema_of(kind: &str) -> Schema {
    let crds = crate::api::crds();
    let crd = crds.iter().find(|c| c.spec.names.kind == kind).unwrap();
    let crd = serde_json::to_value(crd).unwrap();
    Schema::compile(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]).unwrap()
}

fn scenario() -> Value {
    json!({
        "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "a"},
        "spec": {"title": "A", "agent": "pulso", "severity": "high", "probes": [{"name": "p", "tcp": {"address": "a:1"}}]},
    })
}

#[test]
fn validation_errors_name_the_field() {
    assert_eq!(schema_of("Scenario").validate(&scenario(), None), []);
    for (pointer, value, says) in [
        ("/spec/severity", json!("loud"), "spec.severity: Unsupported value: \"loud\": supported values: \"critical\""),
        (
            "/spec/title",
            json!(""),
            "spec.title: Invalid value: \"\": spec.title in body should be at least 1 chars long",
        ),
        ("/spec/title", json!("x".repeat(201)), "spec.title: Too long: may not be more than 200 bytes"),
        ("/spec/agent", json!("No Label"), "spec.agent in body should match"),
        ("/spec/probes", json!("x"), "spec.probes in body must be of type array: \"string\""),
        ("/spec/probes", json!([]), "spec.probes in body should have at least 1 items"),
        ("/spec/probes/0", json!({"name": "p"}), "exactly one of http, sqlite, tcp, dns, tls must be set"),
    ] {
        let mut object = scenario();
        *object.pointer_mut(pointer).unwrap() = value;
        let causes = schema_of("Scenario").validate(&object, None);
        let errors: Vec<_> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        assert!(errors.iter().any(|t| t.contains(says)), "{says} is not in {errors:?}");
    }
    let mut object = scenario();
    object["spec"]["probes"] =
        json!([{"name": "p", "tcp": {"address": "a:1"}}, {"name": "p", "tcp": {"address": "b:1"}}]);
    assert_eq!(schema_of("Scenario").validate(&object, None)[0].reason, "FieldValueDuplicate");
    let mut object = scenario();
    object["spec"].as_object_mut().unwrap().remove("title");
    assert_eq!(schema_of("Scenario").validate(&object, None)[0].field, "spec.title");
}

#[test]
fn an_immutable_spec_cannot_be_changed() {
    let action = |verb: &str| {
        json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action", "metadata": {"name": "a"},
            "spec": {"verb": verb, "subject": {"kind": "K", "name": "n"}, "actor": {"name": "a", "via": "rest"}},
        })
    };
    let schema = schema_of("Action");
    assert_eq!(schema.validate(&action("run"), Some(&action("run"))), []);
    let causes = schema.validate(&action("run"), Some(&action("acknowledge")));
    assert!(causes[0].message.contains("spec is immutable"), "{causes:?}");
}

#[test]
fn unknown_fields_are_pruned_and_reported() {
    let mut object = scenario();
    object["spec"]["probes"][0]["tpc"] = json!({});
    object["spec"]["titel"] = json!("x");
    object["extra"] = json!(1);
    let mut unknown = schema_of("Scenario").prune(&mut object);
    unknown.sort();
    assert_eq!(unknown, ["extra", "spec.probes[0].tpc", "spec.titel"]);
    assert_eq!(object, scenario());
}
