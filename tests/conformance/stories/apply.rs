//! Server-side apply: ownership, conflicts, force, removed fields.

use crate::conformance::samples::{configmap, finding, object, scenario};
use crate::conformance::story::{APPLY, MERGE, Step, Story, apply, at, get, merge_status, patch, post, request, story};
use http::Method;
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("apply", plain()),
        story("apply: conflicts and force", conflicts()),
        story("apply: removed fields", let_go()),
        story("apply: empty maps and lists", emptied()),
        story("apply: lists", lists()),
        story("apply: status", status()),
        story("apply: made with a status", exported()),
        story("apply: core kinds", core()),
        story("apply: rejected requests", refused()),
    ]
}

const PORTAL: &str = "scenarios/portal";

/// The Scenario `portal` with only this spec.
fn portal(spec: Value) -> Value {
    object("Scenario", "portal", json!({"spec": spec}))
}

fn git(name: &str, body: Value) -> Step {
    apply(name, at(PORTAL), "git", body)
}

fn ana(name: &str, body: Value) -> Step {
    apply(name, at(PORTAL), "ana", body)
}

fn plain() -> Vec<Step> {
    let mut titled = scenario("portal");
    titled["spec"]["title"] = json!("new");
    let mut labelled = titled.clone();
    labelled["metadata"]["labels"] = json!({"a": "b"});
    labelled["metadata"]["annotations"] = json!({"c": "d"});
    let yaml = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {name: yaml}\nspec:\n  title: t\n  agent: pulso\n  severity: low\n  probes: [{name: p, tcp: {address: 'a:1'}}]\n";
    vec![
        git("makes it", scenario("portal")),
        git("again", scenario("portal")),
        git("with a change", titled),
        git("with labels and annotations", labelled),
        git("without them", scenario("portal")),
        ana("the same by another", scenario("portal")),
        git("dry", portal(json!({"title": "dry"}))),
        apply("dry run", at(&format!("{PORTAL}?dryRun=All")), "git", scenario("portal")),
        apply("dry run for a missing object", at("scenarios/dry?dryRun=All"), "git", scenario("dry")),
        get("it does not exist", at("scenarios/dry")),
        request("in YAML", Method::PATCH, at("scenarios/yaml?fieldManager=git"), APPLY, yaml),
        git(
            "with a status",
            object("Scenario", "portal", json!({"spec": scenario("x")["spec"], "status": {"health": "healthy"}})),
        ),
        get("at the end", at(PORTAL)),
    ]
}

fn conflicts() -> Vec<Step> {
    let low = || portal(json!({"severity": "low"}));
    vec![
        git("made by git", scenario("portal")),
        ana("another value by ana", low()),
        ana("the same value by ana", portal(json!({"severity": "high"}))),
        ana("her value when she shares it", low()),
        apply("by force", at(&format!("{PORTAL}?force=true")), "ana", low()),
        git("git applies again", scenario("portal")),
        apply("git applies by force", at(&format!("{PORTAL}?force=true")), "git", scenario("portal")),
        patch(
            "an update by kubectl",
            at(&format!("{PORTAL}?fieldManager=kubectl")),
            MERGE,
            json!({"spec": {"title": "typed", "agent": "vigia"}}),
        ),
        git("over two changes", scenario("portal")),
        apply("over them by force", at(&format!("{PORTAL}?force=true")), "git", scenario("portal")),
        patch(
            "an item changed by kubectl",
            at(&format!("{PORTAL}?fieldManager=kubectl")),
            MERGE,
            json!({"spec": {"checks": [{"name": "answers", "expect": "true"}]}}),
        ),
        git("over an item", scenario("portal")),
        patch(
            "a label by kubectl",
            at(&format!("{PORTAL}?fieldManager=kubectl")),
            MERGE,
            json!({"metadata": {"labels": {"a.b/c": "typed"}}}),
        ),
        git("over a label", {
            let mut labelled = scenario("portal");
            labelled["metadata"]["labels"] = json!({"a.b/c": "git"});
            labelled
        }),
        patch(
            "removed by kubectl",
            at(&format!("{PORTAL}?fieldManager=kubectl")),
            MERGE,
            json!({"spec": {"checks": null}}),
        ),
        git("put back", scenario("portal")),
        get("at the end", at(PORTAL)),
    ]
}

fn let_go() -> Vec<Step> {
    let mut less = scenario("portal");
    less["spec"].as_object_mut().unwrap().remove("checks");
    let mut more = scenario("portal");
    more["spec"]["runbook"] = json!({"spec": "portal", "section": "s"});
    more["spec"]["thresholds"] = json!({"fail": 3, "recover": 1});
    let mut half = scenario("portal");
    half["spec"]["thresholds"] = json!({"fail": 3});
    vec![
        git("with more", more),
        git("with half of it", half),
        git("without it", scenario("portal")),
        git("without the checks", less),
        git("with them again", scenario("portal")),
        ana("ana also applies the title", portal(json!({"title": "Portal"}))),
        git("git no longer applies the required field", object("Scenario", "portal", json!({}))),
        ana("ana no longer applies hers", object("Scenario", "portal", json!({}))),
        patch(
            "kubectl also owns the checks",
            at(&format!("{PORTAL}?fieldManager=kubectl")),
            MERGE,
            json!({"spec": {"thresholds": {"fail": 9}}}),
        ),
        get("at the end", at(PORTAL)),
    ]
}

/// An update creates a map or list, an apply adds items to it and then removes them.
fn emptied() -> Vec<Step> {
    let mut made = scenario("portal");
    made["spec"]["thresholds"] = json!({"fail": 1});
    made["spec"]["dependsOn"] = json!(["a"]);
    let mut more = scenario("portal");
    more["spec"]["thresholds"] = json!({"fail": 2});
    more["spec"]["dependsOn"] = json!(["b"]);
    more["spec"]["checks"] = json!([{"name": "more", "expect": "true"}]);
    let force = at(&format!("{PORTAL}?force=true"));
    let kubectl = at(&format!("{PORTAL}?fieldManager=kubectl"));
    let mut labelled = configmap("a", "1");
    labelled["data"] = json!({});
    let meta = |name: &str| json!({"name": name, "labels": {}, "annotations": {}});
    let empty = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("b"), "data": {}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": meta("s"), "data": {}});
    vec![
        post("made by an update", at("scenarios"), made),
        apply("filled by git", force, "git", more),
        patch(
            "emptied of the rest",
            kubectl,
            MERGE,
            json!({"spec": {"dependsOn": ["b"], "checks": [{"name": "more", "expect": "true"}]}}),
        ),
        git("no longer applied", scenario("portal")),
        git("the same again", scenario("portal")),
        get("it", at(PORTAL)),
        post("a ConfigMap", at("configmaps"), configmap("a", "1")),
        apply("its key taken by git", at("configmaps/a?force=true"), "git", configmap("a", "2")),
        apply("and no longer applied", at("configmaps/a"), "git", labelled),
        get("the ConfigMap", at("configmaps/a")),
        apply("one that is empty", at("configmaps/b"), "git", empty.clone()),
        apply("the empty one again", at("configmaps/b"), "git", empty.clone()),
        apply("by another", at("configmaps/b"), "ana", empty.clone()),
        patch("filled by an update", at("configmaps/b?fieldManager=kubectl"), MERGE, json!({"data": {"a": "1"}})),
        apply("and applied empty again", at("configmaps/b"), "git", empty),
        get("the remaining fields", at("configmaps/b")),
        apply("a Secret that is empty", at("secrets/s"), "git", secret.clone()),
        apply("the Secret again", at("secrets/s"), "git", secret),
    ]
}

fn lists() -> Vec<Step> {
    let probes = |probes: Value| {
        let mut made = scenario("portal");
        made["spec"]["probes"] = probes;
        made
    };
    let site = json!({"name": "site", "http": {"url": "http://127.0.0.1:9/"}});
    let two = json!({"name": "two", "tcp": {"address": "a:1"}});
    let three = json!({"name": "three", "tcp": {"address": "a:3"}});
    let mut depends = scenario("portal");
    depends["spec"]["dependsOn"] = json!(["a", "b"]);
    vec![
        git("one item", probes(json!([site]))),
        ana("another item by ana", portal(json!({"probes": [two]}))),
        git("two by git, one of them owned by ana", probes(json!([site, two]))),
        git("in another order", probes(json!([two, site]))),
        git("one more in front", probes(json!([three, two, site]))),
        git("git no longer applies the item of ana", probes(json!([site]))),
        ana("the item of ana is changed", portal(json!({"probes": [{"name": "two", "tcp": {"address": "a:2"}}]}))),
        ana("ana no longer applies her item", portal(json!({}))),
        git("one item twice", probes(json!([site, site]))),
        git("an item without its key", probes(json!([{"tcp": {"address": "a:1"}}]))),
        git("a set", depends.clone()),
        ana("more in the set", portal(json!({"dependsOn": ["b", "c"]}))),
        git("without the set", probes(json!([site]))),
        git("twice in the set", {
            depends["spec"]["dependsOn"] = json!(["a", "a"]);
            depends
        }),
        ana("an item's field by ana", portal(json!({"checks": [{"name": "answers", "message": "'m'"}]}))),
        get("at the end", at(PORTAL)),
    ]
}

fn status() -> Vec<Step> {
    let applied = |status: Value| object("Scenario", "portal", json!({"status": status}));
    let path = at(&format!("{PORTAL}/status"));
    let condition = |status: &str| json!({"conditions": [{"type": "Ready", "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"}]});
    vec![
        apply("of a missing object", path.clone(), "op", applied(json!({"health": "healthy"}))),
        git("made", scenario("portal")),
        apply("of the status", path.clone(), "op", applied(json!({"health": "healthy"}))),
        apply("of a condition by another", path.clone(), "other", applied(condition("True"))),
        apply("against a condition", path.clone(), "third", applied(condition("False"))),
        apply(
            "of the spec at the status endpoint",
            path.clone(),
            "op",
            object("Scenario", "portal", json!({"spec": {"title": "x"}, "status": {"health": "failing"}})),
        ),
        merge_status("an update of it", "scenarios/portal", json!({"health": "unknown"})),
        apply("against the update", path, "op", applied(json!({"health": "healthy"}))),
        git("the spec again", scenario("portal")),
        get("at the end", at(PORTAL)),
    ]
}

fn exported() -> Vec<Step> {
    let mut exported = scenario("portal");
    exported["status"] = json!({"health": "failing"});
    let health = object("Scenario", "portal", json!({"status": {"health": "healthy"}}));
    vec![
        git("makes it", exported),
        get("it", at(PORTAL)),
        apply("its status by a controller", at(&format!("{PORTAL}/status")), "operator", health),
    ]
}

fn core() -> Vec<Step> {
    let map = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data});
    let secret = |fields: Value| {
        let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
        secret.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        secret
    };
    let path = at("configmaps/a");
    vec![
        apply("a ConfigMap", path.clone(), "git", map(json!({"a": "1", "b": "2"}))),
        apply("a key owned by ana", path.clone(), "ana", map(json!({"c": "3"}))),
        apply("git applies one item less", path.clone(), "git", map(json!({"a": "1"}))),
        apply("against ana", path.clone(), "git", map(json!({"a": "1", "c": "4"}))),
        apply(
            "no data at all",
            path.clone(),
            "git",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}),
        ),
        get("it", path),
        apply("a Secret", at("secrets/s"), "git", secret(json!({"type": "Opaque", "data": {"a": "YQ=="}}))),
        apply("with plain data", at("secrets/s"), "git", secret(json!({"stringData": {"b": "b"}}))),
        apply("with data that is not base64", at("secrets/s"), "git", secret(json!({"data": {"b": "!"}}))),
        apply(
            "a Lease",
            at("leases/l"),
            "git",
            json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}, "spec": {"holderIdentity": "me"}}),
        ),
        apply(
            "a Namespace that exists",
            "/api/v1/namespaces/$ns",
            "git",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns", "labels": {"a": "b"}}}),
        ),
        apply(
            "with an unknown field",
            at("configmaps/b"),
            "git",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "colour": "red"}),
        ),
    ]
}

fn refused() -> Vec<Step> {
    let body = scenario("portal").to_string();
    let versioned = |version: &str| {
        let mut made = scenario("portal");
        made["metadata"]["resourceVersion"] = json!(version);
        made
    };
    let mut managed = scenario("portal");
    managed["metadata"]["managedFields"] =
        json!([{"manager": "x", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}]);
    let mut wrong = scenario("portal");
    wrong["spec"]["severity"] = json!("loud");
    let mut unknown = scenario("portal");
    unknown["spec"]["colour"] = json!("red");
    vec![
        request("without a manager", Method::PATCH, at(PORTAL), APPLY, &body),
        git("with a version, of a missing object", versioned("5")),
        git("of another name", scenario("elsewhere")),
        git("without kind and version", json!({"metadata": {"name": "portal"}})),
        git("of another kind", configmap("portal", "x")),
        git("of another kind of the group", finding("portal")),
        git("with managed fields", managed),
        git("of a wrong value", wrong),
        git("with an unknown field", unknown.clone()),
        apply("with an unknown field, strictly", at(&format!("{PORTAL}?fieldValidation=Strict")), "git", unknown),
        apply(
            "in a namespace that does not exist",
            "/apis/agentic.ligbox.io/v1alpha1/namespaces/no-such-namespace/scenarios/portal",
            "git",
            scenario("portal"),
        ),
        apply("with an invalid name", at("scenarios/No_Name"), "git", scenario("No_Name")),
        git("made", scenario("portal")).keep("made"),
        git("over its version", versioned("${made/metadata/resourceVersion}")),
        git("over another version", versioned("1")),
        request("that is not YAML", Method::PATCH, at(&format!("{PORTAL}?fieldManager=git")), APPLY, "a: [b"),
        request("that is a list", Method::PATCH, at(&format!("{PORTAL}?fieldManager=git")), APPLY, "[]"),
        request(
            "with a field twice, strictly",
            Method::PATCH,
            at(&format!("{PORTAL}?fieldManager=git&fieldValidation=Strict")),
            APPLY,
            &body.replacen("\"title\"", "\"title\":\"first\",\"title\"", 1),
        ),
        git("a null", portal(json!({"title": null}))),
        request("force without apply", Method::PATCH, at(&format!("{PORTAL}?force=true")), MERGE, "{}"),
    ]
}
