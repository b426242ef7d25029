//! Delete: single objects, collections, preconditions and finalizers.

use crate::conformance::samples::{configmap, scenario};
use crate::conformance::story::{JSON, MERGE, PARTIAL, Step, Story, at, delete, get, patch, post, request, story};
use http::Method;
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![story("delete", deletes()), story("delete collection", many()), story("finalizers", finalizers())]
}

const NO_OWNERS: &str = "the embedded server has no garbage collector: it deletes the object at once, where the real one adds a finalizer until the garbage collector has processed its dependents";

fn options(preconditions: Value) -> String {
    json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions}).to_string()
}

fn deletes() -> Vec<Step> {
    let by = |name: &str, path: &str, body: String| request(name, Method::DELETE, at(path), JSON, &body);
    let mut steps = vec![
        delete("a missing object", at("scenarios/none")),
        post("made", at("scenarios"), scenario("portal")).keep("made"),
        by("with another uid", "scenarios/portal", options(json!({"uid": "another"}))),
        by("with another version", "scenarios/portal", options(json!({"resourceVersion": "1"}))),
        by("with a body that is not JSON", "scenarios/portal", "{".into()),
        by(
            "with options of another kind",
            "scenarios/portal",
            json!({"kind": "Scenario", "apiVersion": "agentic.ligbox.io/v1alpha1"}).to_string(),
        ),
        by("with an invalid policy", "scenarios/portal", json!({"propagationPolicy": "Maybe"}).to_string()),
        by(
            "with its uid and version",
            "scenarios/portal",
            options(json!({"uid": "${made/metadata/uid}", "resourceVersion": "${made/metadata/resourceVersion}"})),
        ),
        delete("again", at("scenarios/portal")),
        get("it is gone", at("scenarios/portal")),
    ];
    for (i, policy) in ["Background", "Foreground", "Orphan"].into_iter().enumerate() {
        steps.push(post(format!("ConfigMap c{i}"), at("configmaps"), configmap(&format!("c{i}"), "x")));
        let path = at(&format!("configmaps/c{i}?propagationPolicy={policy}"));
        let deleted = delete(format!("with the policy {policy}"), path);
        steps.push(if policy == "Background" { deleted } else { deleted.differs(NO_OWNERS) });
    }
    steps.extend([
        post("a ConfigMap", at("configmaps"), configmap("grace", "x")),
        delete("with a period of grace", at("configmaps/grace?gracePeriodSeconds=30")),
        post("a Secret", at("secrets"), json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})),
        delete("a Secret", at("secrets/s")),
        post(
            "a Lease",
            at("leases"),
            json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}),
        ),
        delete("a Lease", at("leases/l")),
        post("a ConfigMap, answered as metadata", at("configmaps"), configmap("p", "x")),
        delete("with partial metadata", at("configmaps/p")).accept(PARTIAL),
        delete("of all namespaces", "/api/v1/configmaps"),
    ]);
    steps
}

fn many() -> Vec<Step> {
    let mut steps: Vec<Step> = ["a", "b", "c", "d"]
        .map(|name| {
            let mut object = scenario(name);
            object["metadata"]["labels"] = json!({"gone": (name == "a" || name == "b").to_string()});
            post(format!("Scenario {name}"), at("scenarios"), object)
        })
        .into();
    steps.extend([
        patch("one is held", at("scenarios/b"), MERGE, json!({"metadata": {"finalizers": ["example.com/hold"]}})),
        delete("by label", at("scenarios?labelSelector=gone%3Dtrue")),
        get("the remaining object", at("scenarios")),
        delete("by field", at("scenarios?fieldSelector=metadata.name%3Dc")),
        delete("by an invalid selector", at("scenarios?labelSelector=a%20b")),
        delete("all", at("scenarios")),
        get("the remaining objects at the end", at("scenarios")),
        delete("nothing", at("findings")),
    ]);
    steps
}

fn finalizers() -> Vec<Step> {
    let mut held = scenario("held");
    held["metadata"]["finalizers"] = json!(["example.com/a", "example.com/b"]);
    let path = at("scenarios/held");
    let set = |value: Value| json!({"metadata": {"finalizers": value}});
    let mut core = configmap("held", "x");
    core["metadata"]["finalizers"] = json!(["example.com/a"]);
    vec![
        post("held", at("scenarios"), held.clone()),
        delete("deleted", path.clone()),
        delete("deleted again", path.clone()),
        post("created again", at("scenarios"), held),
        get("it", path.clone()),
        patch(
            "one more finalizer",
            path.clone(),
            MERGE,
            set(json!(["example.com/a", "example.com/b", "example.com/c"])),
        ),
        patch("changed meanwhile", path.clone(), MERGE, json!({"spec": {"title": "still here"}})),
        patch("one finalizer is removed", path.clone(), MERGE, set(json!(["example.com/b"]))),
        patch("dry run: the last finalizer is removed", format!("{path}?dryRun=All"), MERGE, set(Value::Null)),
        patch("the last finalizer is removed", path.clone(), MERGE, set(Value::Null)),
        get("it is gone", path),
        post("a ConfigMap held", at("configmaps"), core),
        delete("the ConfigMap deleted", at("configmaps/held")),
        patch("the ConfigMap without finalizers", at("configmaps/held"), MERGE, set(json!([]))),
        get("the ConfigMap is gone", at("configmaps/held")),
    ]
}
