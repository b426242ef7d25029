//! Patches: JSON, merge and strategic merge.

use crate::conformance::samples::{configmap, scenario};
use crate::conformance::story::{JSON, JSON_PATCH, MERGE, STRATEGIC, Step, Story, at, patch, post, request, story};
use http::Method;
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("merge patches", merges()),
        story("JSON patches", json_patches()),
        story("limits of JSON patches", limits()),
        story("strategic merge patches", strategic()),
        story("patches of missing objects", absent()),
    ]
}

fn merges() -> Vec<Step> {
    let merge = |name: &str, path: &str, body: Value| patch(name, at(path), MERGE, body);
    vec![
        post("a Scenario", at("scenarios"), scenario("portal")).keep("made"),
        merge("of the spec", "scenarios/portal", json!({"spec": {"title": "new"}})).keep("second"),
        merge("that changes nothing", "scenarios/portal", json!({"spec": {"title": "new"}})),
        merge("of nothing", "scenarios/portal", json!({})),
        merge("that removes a field", "scenarios/portal", json!({"spec": {"checks": null}})),
        merge("that removes what does not exist", "scenarios/portal", json!({"spec": {"runbook": null}})),
        merge("that removes what is required", "scenarios/portal", json!({"spec": {"title": null}})),
        merge(
            "of labels and annotations",
            "scenarios/portal",
            json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}),
        ),
        merge("that removes the labels", "scenarios/portal", json!({"metadata": {"labels": null}})),
        merge(
            "over the current version",
            "scenarios/portal",
            json!({"metadata": {"resourceVersion": null}, "spec": {"severity": "low"}}),
        ),
        merge(
            "over an older version",
            "scenarios/portal",
            json!({"metadata": {"resourceVersion": "${made/metadata/resourceVersion}"}, "spec": {"title": "late"}}),
        ),
        merge(
            "over an older version that changes nothing",
            "scenarios/portal",
            json!({"metadata": {"resourceVersion": "${made/metadata/resourceVersion}"}}),
        ),
        merge("of an invalid version", "scenarios/portal", json!({"metadata": {"resourceVersion": "abc"}})),
        merge(
            "with the uid",
            "scenarios/portal",
            json!({"metadata": {"uid": "${made/metadata/uid}"}, "spec": {"title": "mine"}}),
        ),
        merge(
            "with another uid",
            "scenarios/portal",
            json!({"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}}),
        ),
        merge("of the name", "scenarios/portal", json!({"metadata": {"name": "other"}})),
        merge("of the namespace", "scenarios/portal", json!({"metadata": {"namespace": "other"}})),
        merge("of the kind", "scenarios/portal", json!({"kind": "Agent"})),
        merge("of the apiVersion", "scenarios/portal", json!({"apiVersion": "v1"})),
        merge(
            "of what the server keeps",
            "scenarios/portal",
            json!({"metadata": {"generation": 77, "creationTimestamp": null, "deletionTimestamp": "2026-01-02T03:04:05Z", "selfLink": "x"}}),
        ),
        merge("that resets the managed fields", "scenarios/portal", json!({"metadata": {"managedFields": [{}]}})),
        merge("with an unknown field", "scenarios/portal", json!({"spec": {"colour": "red", "title": "t2"}})),
        merge(
            "with an unknown field, strictly",
            "scenarios/portal?fieldValidation=Strict",
            json!({"spec": {"colour": "red", "title": "t3"}}),
        ),
        merge(
            "with an unknown field, ignored",
            "scenarios/portal?fieldValidation=Ignore",
            json!({"spec": {"colour": "red", "title": "t4"}}),
        ),
        merge("of a wrong value", "scenarios/portal", json!({"spec": {"severity": "loud"}})),
        merge("of the status at the main endpoint", "scenarios/portal", json!({"status": {"health": "failing"}})),
        merge("dry", "scenarios/portal?dryRun=All", json!({"spec": {"title": "dry"}})),
        merge("a dry run with an invalid value", "scenarios/portal?dryRun=Some", json!({"spec": {"title": "dry"}})),
        merge("as a manager", "scenarios/portal?fieldManager=ana", json!({"spec": {"title": "ana"}})),
        merge(
            "as a manager with a name too long",
            &format!("scenarios/portal?fieldManager={}", "x".repeat(129)),
            json!({"spec": {"title": "x"}}),
        ),
        merge(
            "as a manager that is not printable",
            "scenarios/portal?fieldManager=a%07b",
            json!({"spec": {"title": "x"}}),
        ),
        merge("with force", "scenarios/portal?force=true", json!({"spec": {"title": "x"}})),
        request("that is not JSON", Method::PATCH, at("scenarios/portal"), MERGE, "{"),
        request("that is a list", Method::PATCH, at("scenarios/portal"), MERGE, "[1]"),
        request("that is nothing", Method::PATCH, at("scenarios/portal"), MERGE, "null"),
        request("of another media type", Method::PATCH, at("scenarios/portal"), JSON, "{}"),
        merge("of the whole metadata", "scenarios/portal", json!({"metadata": null})),
        merge("of the whole spec", "scenarios/portal", json!({"spec": null})),
    ]
}

fn json_patches() -> Vec<Step> {
    let by_json = |name: &str, body: Value| patch(name, at("scenarios/portal"), JSON_PATCH, body);
    let op = |op: &str, path: &str, value: Value| json!({"op": op, "path": path, "value": value});
    vec![
        post("a Scenario", at("scenarios"), scenario("portal")),
        by_json("replaces", json!([op("replace", "/spec/title", json!("new"))])),
        by_json(
            "adds to a list",
            json!([op("add", "/spec/probes/-", json!({"name": "two", "tcp": {"address": "a:1"}}))]),
        ),
        by_json(
            "adds before another",
            json!([op("add", "/spec/probes/0", json!({"name": "zero", "tcp": {"address": "a:1"}}))]),
        ),
        by_json("removes", json!([{"op": "remove", "path": "/spec/probes/0"}])),
        by_json("moves", json!([{"op": "move", "from": "/spec/probes/1", "path": "/spec/probes/0"}])),
        by_json(
            "copies",
            json!([{"op": "copy", "from": "/spec/title", "path": "/spec/agent"}, op("replace", "/spec/agent", json!("pulso"))]),
        ),
        by_json(
            "tests what holds",
            json!([op("test", "/spec/title", json!("new")), op("replace", "/spec/title", json!("newer"))]),
        ),
        by_json(
            "tests what does not hold",
            json!([op("test", "/spec/title", json!("other")), op("replace", "/spec/title", json!("x"))]),
        ),
        by_json("removes what does not exist", json!([{"op": "remove", "path": "/spec/runbook"}])),
        by_json("replaces what does not exist", json!([op("replace", "/spec/runbook/spec", json!("x"))])),
        by_json("adds where no parent is", json!([op("add", "/spec/runbook/spec", json!("x"))])),
        by_json("adds beyond a list", json!([op("add", "/spec/probes/9", json!({}))])),
        by_json("adds a label where there are none", json!([op("add", "/metadata/labels", json!({"a": "b"}))])),
        by_json("a key with a slash", json!([op("add", "/metadata/labels/example.com~1x", json!("y"))])),
        by_json("does nothing", json!([])),
        by_json("with an invalid operation", json!([op("change", "/spec/title", json!("x"))])),
        by_json("with an unknown field", json!([op("add", "/spec/colour", json!("red"))])),
        by_json("of a wrong value", json!([op("replace", "/spec/severity", json!("loud"))])),
        by_json("that is an object", json!({"spec": {}})),
        patch(
            "strictly",
            at("scenarios/portal?fieldValidation=Strict"),
            JSON_PATCH,
            json!([op("add", "/spec/colour", json!("red"))]),
        ),
        patch(
            "dry",
            at("scenarios/portal?dryRun=All"),
            JSON_PATCH,
            json!([op("replace", "/spec/title", json!("dry"))]),
        ),
    ]
}

fn limits() -> Vec<Step> {
    let by_json = |name: &str, body: Value| patch(name, at("configmaps/a"), JSON_PATCH, body);
    let tests = |count: usize| vec![json!({"op": "test", "path": "/data/key", "value": "1"}); count];
    let copies = |count: usize| {
        let copy =
            |i| json!({"op": "copy", "from": "/metadata/annotations/a", "path": format!("/metadata/annotations/b{i}")});
        let add = json!({"op": "add", "path": "/metadata/annotations", "value": {"a": "x".repeat(50_000)}});
        Value::from([vec![add], (0..count).map(copy).collect()].concat())
    };
    let nested = |levels: usize| {
        let mut operations = vec![json!({"op": "add", "path": "/data/d", "value": {"n": {}}})];
        let mut depth = 1;
        while depth < levels {
            operations
                .push(json!({"op": "copy", "from": "/data/d", "path": format!("/data/d{}", "/n".repeat(depth + 1))}));
            depth = 2 * depth + 1;
        }
        Value::from(operations)
    };
    vec![
        post("a ConfigMap", at("configmaps"), configmap("a", "1")),
        by_json("of as many operations as are allowed", tests(10_000).into()),
        by_json("of one more", tests(10_001).into()),
        patch("of one more, of a missing object", at("configmaps/none"), JSON_PATCH, tests(10_001).into()),
        by_json("copies 100 kB", copies(2)),
        by_json("copies 4 MB", copies(80)),
        by_json("nests 60 levels", nested(60)),
        by_json("nests 1,000 levels", nested(1_000)),
        by_json("a path of a megabyte", json!([{"op": "remove", "path": format!("/data/{}", "x".repeat(1 << 20))}])),
        by_json("moves a map into itself", json!([{"op": "move", "from": "/data", "path": "/data/a"}])),
        by_json("moves back and forth", {
            let there = json!({"op": "move", "from": "/data/key", "path": "/data/other"});
            let back = json!({"op": "move", "from": "/data/other", "path": "/data/key"});
            Value::from(vec![[there, back]; 1_000].concat())
        }),
    ]
}

fn strategic() -> Vec<Step> {
    let strategic = |name: &str, body: Value| patch(name, at("configmaps/a"), STRATEGIC, body);
    vec![
        post("an owner", at("configmaps"), configmap("owner", "1")).keep("owner"),
        post("a ConfigMap", at("configmaps"), configmap("a", "1")),
        strategic("adds a key", json!({"data": {"more": "2"}})),
        strategic("removes a key", json!({"data": {"key": null}})),
        strategic("replaces the map", json!({"data": {"$patch": "replace", "only": "3"}})),
        strategic("adds a finalizer", json!({"metadata": {"finalizers": ["example.com/a"]}})),
        strategic("adds another", json!({"metadata": {"finalizers": ["example.com/b"]}})),
        strategic("removes one", json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}})),
        strategic(
            "orders them",
            json!({"metadata": {"$setElementOrder/finalizers": ["example.com/c", "example.com/b"], "finalizers": ["example.com/c"]}}),
        ),
        strategic(
            "adds owners",
            json!({"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "${owner/metadata/uid}"}]}}),
        ),
        strategic(
            "merges owners by uid",
            json!({"metadata": {"ownerReferences": [{"uid": "${owner/metadata/uid}", "blockOwnerDeletion": true}]}}),
        ),
        strategic(
            "removes an owner",
            json!({"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "${owner/metadata/uid}"}]}}),
        ),
        strategic("removes the finalizers", json!({"metadata": {"finalizers": null}})),
        strategic("deletes the map", json!({"data": {"$patch": "delete"}})),
        strategic("of a wrong type", json!({"data": "text"})),
        strategic("with an unknown field", json!({"colour": "red"})),
        strategic("of nothing", json!({})),
        post("a Scenario", at("scenarios"), scenario("portal")),
        patch("of a custom kind", at("scenarios/portal"), STRATEGIC, json!({"spec": {"title": "x"}})),
        post(
            "a Secret",
            at("secrets"),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "YQ=="}}),
        ),
        post("a Service", at("services"), service()).through(port_numbers),
        patch(
            "adds a port",
            at("services/web"),
            STRATEGIC,
            ports(json!([80, 443]), json!([{"name": "tls", "port": 443}])),
        )
        .through(port_numbers),
        patch(
            "removes one",
            at("services/web"),
            STRATEGIC,
            ports(json!([443]), json!([{"$patch": "delete", "port": 80}])),
        )
        .through(port_numbers),
        patch("plain data of a Secret", at("secrets/s"), STRATEGIC, json!({"stringData": {"b": "b"}})),
        patch("the type of a Secret", at("secrets/s"), STRATEGIC, json!({"type": "other"})),
    ]
}

fn service() -> Value {
    let spec = json!({"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]});
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
}

/// As `kubectl apply` sends a change of the ports of a Service.
fn ports(order: Value, changed: Value) -> Value {
    let order: Vec<Value> = order.as_array().unwrap().iter().map(|port| json!({"port": port})).collect();
    json!({"spec": {"$setElementOrder/ports": order, "ports": changed}})
}

/// The embedded server does not set the defaults of a Service.
fn port_numbers(service: Value) -> Value {
    service["spec"]["ports"].as_array().into_iter().flatten().map(|port| port["port"].clone()).collect()
}

fn absent() -> Vec<Step> {
    let path = at("scenarios/none");
    vec![
        patch("merge", path.clone(), MERGE, json!({"spec": {"title": "x"}})),
        patch("JSON", path.clone(), JSON_PATCH, json!([])),
        patch("strategic", at("configmaps/none"), STRATEGIC, json!({})),
        patch("of a status", at("scenarios/none/status"), MERGE, json!({"status": {}})),
        request("with an invalid name", Method::PATCH, at("scenarios/No_Name"), MERGE, "{}"),
    ]
}
