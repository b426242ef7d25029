//! Events of both API groups.

use crate::conformance::story::{MERGE, Step, Story, TABLE, at, delete, get, patch, post, story, watch};
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("events", both()),
        story("events: rejected requests", refused()),
        story("events: changes", changes()),
        story("events: tables", tables()),
    ]
}

const NEW: &str = "/apis/events.k8s.io/v1/namespaces/$ns/events";
const TIME: &str = "2026-01-02T03:04:05.000000Z";

fn regarding() -> Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "name": "portal", "namespace": "$ns", "uid": "u"})
}

/// An Event of events.k8s.io.
fn new(name: &str, more: Value) -> Value {
    let mut event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": name}, "eventTime": TIME,
        "regarding": regarding(), "type": "Warning", "reason": "Broken", "note": "it does not answer", "action": "Judge",
        "reportingController": "agentic-ops", "reportingInstance": "agentic-ops-0",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

/// An Event of the core group.
fn core(name: &str, more: Value) -> Value {
    let mut event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name}, "involvedObject": regarding(), "type": "Normal",
        "reason": "Fine", "message": "it answers", "source": {"component": "agentic-ops"}, "count": 2,
        "firstTimestamp": "2026-01-02T03:04:05Z", "lastTimestamp": "2026-01-02T03:05:05Z",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn both() -> Vec<Step> {
    let series = json!({"series": {"count": 2, "lastObservedTime": "2026-01-02T03:06:05.000000Z"}});
    vec![
        get("the list before", at("events")).keep("list"),
        post("one of events.k8s.io", NEW, new("a", json!({}))),
        post("one of core", at("events"), core("b", json!({}))),
        get("the first in core", at("events/a")),
        get("the second in events.k8s.io", format!("{NEW}/b")),
        patch("a series", format!("{NEW}/a"), MERGE, series),
        get("the series in core", at("events/a")),
        patch("one more of core", at("events/b"), MERGE, json!({"count": 3})),
        get("all in core", at("events")),
        get("all in events.k8s.io", NEW),
        get(
            "of an object",
            at(
                "events?fieldSelector=involvedObject.name%3Dportal%2CinvolvedObject.kind%3DScenario%2CinvolvedObject.uid%3Du",
            ),
        ),
        get("of an object, in events.k8s.io", format!("{NEW}?fieldSelector=regarding.name%3Dportal")),
        get("warnings", at("events?fieldSelector=type%3DWarning")),
        get("by reason", format!("{NEW}?fieldSelector=reason%3DFine")),
        get("by source", at("events?fieldSelector=source%3Dagentic-ops")),
        get("by controller", format!("{NEW}?fieldSelector=reportingController%3Dagentic-ops")),
        get("by a field that is not selectable", at("events?fieldSelector=message%3Dx")),
        watch("in core", at("events?resourceVersion=${list/metadata/resourceVersion}"), 4),
        watch("in events.k8s.io", format!("{NEW}?resourceVersion=${{list/metadata/resourceVersion}}"), 4),
        delete("one", at("events/a")),
    ]
}

fn refused() -> Vec<Step> {
    let mut steps = vec![
        post("a generated name", NEW, {
            let mut made = new("", json!({}));
            made["metadata"] = json!({"generateName": "portal."});
            made
        }),
        post(
            "regarding another namespace",
            NEW,
            new("x", json!({"regarding": {"kind": "Scenario", "name": "p", "namespace": "other"}})),
        ),
        post("a time without a fraction", NEW, new("x", json!({"eventTime": "2026-01-02T03:04:05Z"}))),
        post(
            "core regarding another namespace",
            at("events"),
            core("x", json!({"involvedObject": {"kind": "Scenario", "name": "p", "namespace": "other"}})),
        ),
        post(
            "core with the least",
            at("events"),
            json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "least"}, "involvedObject": {"namespace": "$ns"}}),
        ),
        post("core with a count that is a text", at("events"), core("x", json!({"count": "2"}))),
        post("core with an invalid time", at("events"), core("x", json!({"lastTimestamp": "yesterday"}))),
    ];
    for field in
        ["eventTime", "reportingController", "reportingInstance", "action", "reason", "type", "note", "regarding"]
    {
        let mut made = new("x", json!({}));
        made.as_object_mut().unwrap().remove(field);
        steps.push(post(format!("without {field}"), format!("{NEW}?dryRun=All"), made));
    }
    for (field, length) in [("action", 129), ("reason", 129), ("reportingInstance", 129), ("note", 1025)] {
        steps.push(post(
            format!("{field} too long"),
            format!("{NEW}?dryRun=All"),
            new("x", json!({field: "x".repeat(length)})),
        ));
    }
    steps.push(post("an invalid type", format!("{NEW}?dryRun=All"), new("x", json!({"type": "Odd"}))));
    steps
}

/// By events.k8s.io only the series of an Event changes; by core everything.
fn changes() -> Vec<Step> {
    let mut steps = vec![
        post("one of events.k8s.io", NEW, new("a", json!({}))),
        post("one of core", at("events"), core("b", json!({}))),
    ];
    let time = "2026-02-02T03:04:05.000000Z";
    for (what, change) in [
        ("the note", json!({"note": "x"})),
        ("reason and type", json!({"reason": "x", "type": "Normal"})),
        ("the object", json!({"regarding": {"name": "x"}})),
        ("another object", json!({"related": {"kind": "Scenario", "name": "x"}})),
        ("the time", json!({"eventTime": time})),
        ("the action", json!({"action": "x"})),
        ("the controller", json!({"reportingController": "x", "reportingInstance": "x"})),
        ("the count", json!({"deprecatedCount": 1, "deprecatedSource": {"host": "x"}})),
        ("a series of 1", json!({"series": {"count": 1, "lastObservedTime": time}})),
        ("a series without a time", json!({"series": {"count": 2}})),
        ("labels", json!({"metadata": {"labels": {"a": "b"}}})),
    ] {
        steps.push(patch(format!("{what} by events.k8s.io"), format!("{NEW}/a"), MERGE, change));
    }
    for (what, change) in [
        ("the message", json!({"message": "x"})),
        ("no controller", json!({"reportingComponent": "", "reportingInstance": ""})),
        ("no reason", json!({"reason": "", "action": ""})),
        ("a long message", json!({"message": "x".repeat(1025)})),
    ] {
        // kube-apiserver sorts managers of two versions in another order.
        let changed = patch(format!("{what} by core"), at("events/a"), MERGE, change.clone());
        steps.push(if what == "the message" { changed.only(&["/reason", "/type"]) } else { changed });
        steps.push(patch(format!("{what} by core, of one without a time"), at("events/b"), MERGE, change));
    }
    steps.push(patch("a time by core", at("events/b"), MERGE, json!({"eventTime": time})));
    steps.push(post("a new one with a count and a source", NEW, {
        new("x", json!({"deprecatedCount": 1, "deprecatedSource": {"component": "x"}, "deprecatedFirstTimestamp": "2026-01-02T03:04:05Z"}))
    }));
    steps.push(post("a new one with a series of 1", NEW, new("x", json!({"series": {"count": 1}}))));
    let node = json!({"kind": "Node", "name": "n"});
    for (namespace, fields) in
        [("default", json!({"involvedObject": node})), ("kube-system", json!({"involvedObject": node}))]
    {
        let path = format!("/api/v1/namespaces/{namespace}/events?dryRun=All");
        steps.push(post(format!("of an object without a namespace, in {namespace}"), path, core("x", fields)));
    }
    for namespace in ["default", "kube-system"] {
        let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events?dryRun=All");
        let event = new("x", json!({"regarding": node}));
        steps.push(post(format!("of an object without a namespace, in {namespace}, with a time"), path, event));
    }
    steps
}

fn tables() -> Vec<Step> {
    vec![
        post("one of events.k8s.io", NEW, new("a", json!({}))),
        post("one of core", at("events"), core("b", json!({}))),
        get("in core", at("events")).accept(TABLE),
        get("in events.k8s.io", NEW).accept(TABLE),
    ]
}
