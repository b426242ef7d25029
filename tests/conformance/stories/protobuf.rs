//! Built-in kinds in protobuf, in which Go clients send them.

use crate::conformance::samples::configmap;
use crate::conformance::story::{PROTOBUF, Step, Story, at, delete, get, request, story};
use http::Method;
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("protobuf", kinds()),
        story("protobuf: Events", events()),
        story("protobuf: rejected requests", refused()),
    ]
}

const EVENTS: &str = "/apis/events.k8s.io/v1/namespaces/$ns/events";
const TIME: &str = "2026-01-02T03:04:05.123456Z";

fn send(name: &str, method: Method, path: impl Into<String>, body: Value) -> Step {
    request(name, method, path, PROTOBUF, &body.to_string())
}

fn create(name: &str, path: impl Into<String>, body: Value) -> Step {
    send(name, Method::POST, path, body)
}

fn lease(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec})
}

fn kinds() -> Vec<Step> {
    let metadata = json!({
        "name": "whole", "labels": {"a": "b"}, "annotations": {"c": ""}, "finalizers": ["example.com/hold"],
        "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u", "controller": true}],
    });
    let whole = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b", "empty": ""},
        "binaryData": {"c": "AP8="}, "immutable": false});
    let mut changed = configmap("a", "2");
    changed["metadata"]["resourceVersion"] = json!("${map/metadata/resourceVersion}");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "AP8="},
        "stringData": {"b": "c"}, "type": "example.com/x", "immutable": true});
    let full = json!({"holderIdentity": "me", "leaseDurationSeconds": 15, "leaseTransitions": 0, "acquireTime": TIME,
        "renewTime": "0001-01-01T00:00:05.000000Z"});
    let mut renewed = lease("l", json!({"holderIdentity": "other", "leaseDurationSeconds": 30, "renewTime": TIME}));
    renewed["metadata"]["resourceVersion"] = json!("${lease/metadata/resourceVersion}");
    vec![
        create("a ConfigMap", at("configmaps"), configmap("a", "1")).keep("map"),
        create("a ConfigMap with every field", at("configmaps"), whole),
        send("an update of a ConfigMap", Method::PUT, at("configmaps/a"), changed),
        create("a Secret", at("secrets"), secret),
        create("a Lease", at("leases"), lease("l", full)).keep("lease"),
        get("the Lease", at("leases/l")),
        send("an update of a Lease", Method::PUT, at("leases/l"), renewed),
        create("a Lease with nothing", at("leases"), lease("empty", json!({}))),
        send("with options", Method::DELETE, at("leases/l"), options(json!({"propagationPolicy": "Background"}))),
        get("it is gone", at("leases/l")),
    ]
}

fn options(fields: Value) -> Value {
    let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
    options.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    options
}

fn core(name: &str, more: Value) -> Value {
    let mut event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name}, "type": "Normal", "reason": "Fine",
        "involvedObject": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "namespace": "$ns", "uid": "u"},
        "message": "it answers", "source": {"component": "c", "host": "h"}, "firstTimestamp": "2026-01-02T03:04:05Z",
        "lastTimestamp": null, "eventTime": null, "count": 0, "action": "", "reportingComponent": "", "reportingInstance": "",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn new(name: &str, more: Value) -> Value {
    let mut event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": name}, "eventTime": TIME,
        "regarding": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "namespace": "$ns"}, "type": "Warning",
        "reason": "Broken", "note": "it does not answer", "action": "Judge", "reportingController": "c",
        "reportingInstance": "c-0", "deprecatedSource": {}, "deprecatedFirstTimestamp": null,
        "deprecatedLastTimestamp": null, "deprecatedCount": 0,
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn events() -> Vec<Step> {
    let series = json!({"series": {"count": 2, "lastObservedTime": TIME}});
    let timed = json!({"eventTime": TIME, "action": "Judge", "reportingComponent": "c", "reportingInstance": "c-0"});
    let related = json!({"related": {"kind": "Secret", "name": "s", "fieldPath": "data"}});
    let mut changed = core("a", json!({"count": 3, "lastTimestamp": "2026-01-02T03:05:05Z"}));
    changed["metadata"]["resourceVersion"] = json!("${core/metadata/resourceVersion}");
    let mut repeated = new("b", series.clone());
    repeated["metadata"]["resourceVersion"] = json!("${new/metadata/resourceVersion}");
    vec![
        create("one of core", at("events"), core("a", json!({}))).keep("core"),
        create("one of core with a series", at("events"), core("series", series)),
        create("one of core with a count", at("events"), core("count", json!({"count": 7}))),
        create("one of core with a time of its own", at("events"), core("time", timed)),
        create("one of events.k8s.io", EVENTS, new("b", json!({}))).keep("new"),
        create("one with another object", EVENTS, new("related", related)),
        get("the first in events.k8s.io", format!("{EVENTS}/a")),
        get("the second in core", at("events/b")),
        send("an update of core", Method::PUT, at("events/a"), changed),
        send("an update of events.k8s.io", Method::PUT, format!("{EVENTS}/b"), repeated),
        delete("one", at("events/a")),
    ]
}

fn refused() -> Vec<Step> {
    // A custom resource in protobuf is not among them: kube-apiserver panics.
    let text = |name: &str, body: &str| request(name, Method::POST, at("configmaps"), PROTOBUF, body);
    vec![
        create("of another kind", at("configmaps"), lease("a", json!({}))),
        create("a Lease with an invalid duration", at("leases"), lease("x", json!({"leaseDurationSeconds": 0}))),
        create("transitions below 0", at("leases"), lease("x", json!({"leaseTransitions": -1}))),
        create(
            "an Event of another namespace",
            at("events"),
            core("x", json!({"involvedObject": {"namespace": "other"}})),
        ),
        create("an Event without a time", EVENTS, new("x", json!({"eventTime": null}))),
        text("that is not protobuf", "text"),
        text("that is empty", ""),
    ]
}
