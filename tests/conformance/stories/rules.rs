//! The validation rules of every kind, and its rules for updates.

use crate::conformance::samples::{KINDS, finding, full, object, scenario};
use crate::conformance::story::{MERGE, Step, Story, at, patch, post, story};
use serde_json::{Value, json};

pub fn stories() -> Vec<Story> {
    vec![
        story("rules of Scenario", scenarios()),
        story("rules of Finding", findings()),
        story("rules of Thread", threads()),
        story("rules of Message", messages()),
        story("rules of Action", actions()),
        story("names", names()),
        story("a large object", large()),
    ]
}

fn merge(name: &str, path: &str, spec: Value) -> Step {
    patch(name, at(path), MERGE, json!({"spec": spec}))
}

fn scenarios() -> Vec<Step> {
    let probe = |name: &str, probe: Value| {
        let mut made = scenario("portal");
        made["spec"]["probes"] = json!([probe]);
        post(name, at("scenarios?dryRun=All"), made)
    };
    let header = |name: &str, header: Value| {
        probe(name, json!({"name": "p", "http": {"url": "http://127.0.0.1:9/", "headers": [header]}}))
    };
    let two = json!([{"name": "p"}, {"name": "q"}]);
    vec![
        probe("a probe of no kind", json!({"name": "p"})),
        probe("a probe of two kinds", json!({"name": "p", "tcp": {"address": "a:1"}, "dns": {"name": "a"}})),
        post("two probes of no kind", at("scenarios?dryRun=All"), {
            let mut made = scenario("portal");
            made["spec"]["probes"] = two;
            made
        }),
        header("a header with neither", json!({"name": "X"})),
        header("a header with both", json!({"name": "X", "value": "v", "secretKeyRef": {"name": "a", "key": "b"}})),
        probe("a rule and a wrong field", json!({"name": "P!", "tcp": {"address": ""}})),
        post("made", at("scenarios"), scenario("portal")),
        merge(
            "all may change",
            "scenarios/portal",
            json!({"agent": "vigia", "severity": "low", "probes": [{"name": "q", "tcp": {"address": "a:1"}}]}),
        ),
    ]
}

fn findings() -> Vec<Step> {
    vec![
        post("made", at("findings"), finding("f")),
        merge("the scenario", "findings/f", json!({"scenario": "other"})),
        merge("the check", "findings/f", json!({"check": "other"})),
        merge("the key", "findings/f", json!({"key": "other"})),
        merge("the fingerprint", "findings/f", json!({"fingerprint": "9876543210"})),
        merge("acknowledged", "findings/f", json!({"acknowledgement": {"by": "ana"}})),
        merge("acknowledged by another", "findings/f", json!({"acknowledgement": {"by": "bia"}})),
        merge("no longer", "findings/f", json!({"acknowledgement": null})),
        merge("acknowledged without a name", "findings/f", json!({"acknowledgement": {"note": "x"}})),
    ]
}

fn threads() -> Vec<Step> {
    let thread = |name: &str, more: Value| {
        let mut spec = json!({"subject": "s", "agent": "pulso"});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post(format!("Thread {name}"), at("threads"), object("Thread", name, json!({"spec": spec})))
    };
    vec![
        thread("about-finding", json!({"finding": "f"})),
        thread("about-talk", json!({"conversation": "c"})),
        thread("about-both", json!({"finding": "f", "conversation": "c"})),
        thread("about-nothing", json!({})),
        merge("the agent", "threads/about-finding", json!({"agent": "vigia"})),
        merge("the finding", "threads/about-finding", json!({"finding": "g"})),
        merge("the finding removed", "threads/about-finding", json!({"finding": null})),
        merge("the conversation", "threads/about-talk", json!({"conversation": "d"})),
        merge("from finding to conversation", "threads/about-finding", json!({"finding": null, "conversation": "c"})),
        merge("a finding added", "threads/about-nothing", json!({"finding": "f"})),
        merge(
            "subject, participants, closed",
            "threads/about-finding",
            json!({"subject": "t", "participants": ["ana"], "closed": true}),
        ),
    ]
}

fn messages() -> Vec<Step> {
    let small = json!({"thread": "t", "author": {"kind": "agent", "name": "pulso"}, "body": "b"});
    let mut steps = vec![
        post("with every field", at("messages"), object("Message", "whole", json!({"spec": full("Message")["spec"]}))),
        post("with few", at("messages"), object("Message", "small", json!({"spec": small}))),
    ];
    for (what, spec) in [
        ("thread", json!({"thread": "u"})),
        ("author", json!({"author": {"name": "bia"}})),
        ("body", json!({"body": "c"})),
        ("inReplyTo", json!({"inReplyTo": "n"})),
        ("no inReplyTo", json!({"inReplyTo": null})),
        ("recipients", json!({"recipients": ["devops"]})),
        ("no recipients", json!({"recipients": null})),
        ("needsAck", json!({"needsAck": false})),
        ("no needsAck", json!({"needsAck": null})),
        ("acknowledgement", json!({"acknowledgement": {"by": "bia"}})),
        ("no acknowledgement", json!({"acknowledgement": null})),
        ("nothing", json!({})),
    ] {
        steps.push(merge(&format!("{what} of one with every field"), "messages/whole", spec.clone()));
        steps.push(merge(&format!("{what} of one with few"), "messages/small", spec));
    }
    steps
}

fn actions() -> Vec<Step> {
    let small =
        json!({"verb": "run", "subject": {"kind": "Scenario", "name": "s"}, "actor": {"name": "ana", "via": "rest"}});
    vec![
        post("made", at("actions"), object("Action", "a", json!({"spec": small}))),
        merge("the verb", "actions/a", json!({"verb": "acknowledge"})),
        merge("the subject", "actions/a", json!({"subject": {"name": "t"}})),
        merge("parameters", "actions/a", json!({"parameters": {"a": "b"}})),
        merge("nothing", "actions/a", json!({"verb": "run"})),
        patch("labels", at("actions/a"), MERGE, json!({"metadata": {"labels": {"a": "b"}}})),
    ]
}

fn names() -> Vec<Step> {
    let mut steps = Vec::new();
    for (kind, plural) in KINDS {
        for length in [63, 64, 253] {
            let made = object(kind, &"n".repeat(length), json!({"spec": full(kind)["spec"]}));
            steps.push(post(format!("{kind}: {length} letters"), at(&format!("{plural}?dryRun=All")), made));
        }
        let dotted = object(kind, "a.b", json!({"spec": full(kind)["spec"]}));
        steps.push(post(format!("{kind}: a dot"), at(&format!("{plural}?dryRun=All")), dotted));
    }
    steps
}

fn large() -> Vec<Step> {
    let mut made = scenario("portal");
    let probes = (0..16)
        .map(|i| json!({"name": format!("p{i}"), "http": {"url": "http://127.0.0.1:9/", "body": "x".repeat(16_384)}}));
    made["spec"]["probes"] = probes.collect();
    vec![post("of every probe at its longest", at("scenarios"), made).only(&["/metadata/name", "/reason"])]
}
