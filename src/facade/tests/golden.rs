//! The JSON of the REST routes for representative objects, compared with `golden.json`: keys, values and which of them are null.
//! `UPDATE_GOLDEN=1 cargo test --lib golden` writes the file; a change of it is a change of the REST contract.

use super::fake::{Answered, Facade, SECRET, View, bearer, config, request};
use crate::api::Role;
use crate::facade::auth::AuthConfig;
use axum::http::Method;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Duration;

const NEVER_CHECKED: &str = "never.checked";

fn object(kind: &str, name: &str, spec: Value, status: Option<Value>) -> Value {
    let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind,
        "metadata": {"name": name, "namespace": "agentic-ops", "resourceVersion": "1"}, "spec": spec});
    if let Some(status) = status {
        object["status"] = status;
    }
    object
}

fn advice() -> Value {
    json!({"tier": "T1", "text": "Ligue a VM 112.", "grounded": true, "at": "2026-01-02T03:06:05Z", "stale": true,
        "citations": [{"spec": "proxmox-cluster", "section": "Passos", "quote": "qm status 112"}],
        "basis": {"evidence": "0f1e2d3c4b5a6978", "runbooks": "8796a5b4c3d2e1f0", "prompt": 1,
            "model": {"name": "qwen2.5:7b-instruct", "digest": "845dbda0ea48", "seconds": 95}},
        "requestedAt": "2026-01-02T03:05:05Z", "message": "m-4"})
}

/// Objects with every field, and with as few as there can be.
fn add_objects(facade: &Facade) {
    let scenario =
        |title: &str, agent: &str| json!({"title": title, "agent": agent, "severity": "critical", "probes": []});
    let ready = json!({"type": "Ready", "status": "True", "reason": "Spec", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let status = json!({"conditions": [ready], "health": "failing", "openFindings": 2, "lastRunAt": "2026-01-02T03:04:05Z",
        "lastRequestedRun": {"requestedAt": "2026-01-02T03:04:05.000006Z", "runAt": "2026-01-02T03:04:06Z",
            "checks": [
                {"name": "vm-running", "key": "112", "outcome": "fail", "message": "VM 112 não está em execução"},
                {"name": "quorum", "outcome": "unknown", "message": "401"},
                {"name": "nodes", "outcome": "held", "message": "não avaliada: a sonda cluster não foi lida"},
                {"name": "cluster", "outcome": "pass"}],
            "opened": ["f-1"], "resolved": ["f-2"]}});
    facade.add("scenarios", object("Scenario", "proxmox.cluster", scenario("Cluster", "pulso"), Some(status)));
    let mut suspended = scenario("Sem agente", "no-such-agent");
    suspended["suspend"] = true.into();
    facade.add("scenarios", object("Scenario", NEVER_CHECKED, suspended, None));

    let finding = |check: &str, key: &str| {
        json!({"scenario": "proxmox.cluster", "check": check, "key": key, "fingerprint": "0123456789",
            "acknowledgement": {"by": "ana", "note": "vendo", "at": "2026-01-02T04:00:00Z"}})
    };
    let snapshot = |at: &str| json!({"at": at, "readings": [{"probe": "vms", "reading": "200 {\"data\":[]}"}]});
    let status = json!({"phase": "Acknowledged", "severity": "critical", "agent": "pulso", "title": "Cluster",
        "message": "VM 112 não está em execução", "openedAt": "2026-01-02T03:04:05Z", "resolvedAt": "2026-01-01T00:00:00Z",
        "occurrences": 3, "runbook": {"spec": "proxmox-cluster", "section": "Como verificar à mão",
            "url": "https://git.test/specs/proxmox-cluster.md#como-verificar-%C3%A0-m%C3%A3o"},
        "evidence": {"show": "{\n  \"vmid\": 112\n}", "expression": "item == \"\"",
            "values": [{"path": "item", "value": "\"112\""}],
            "failing": snapshot("2026-01-02T03:04:05Z"), "lastGood": snapshot("2026-01-02T03:00:00Z"),
            "truncated": true},
        "acknowledgement": {"by": "ana", "note": "vendo", "at": "2026-01-02T04:00:00Z", "occurrence": 3, "proven": true},
        "owner": {"by": "rui", "at": "2026-01-02T03:08:00Z", "occurrence": 3, "proven": true}, "advice": advice()});
    facade.add("findings", object("Finding", "f-1", finding("vm-running", "112"), Some(status)));
    let status = json!({"phase": "Open", "agent": "no-such-agent", "evidence": {"failing": snapshot("2026-01-02T03:04:05Z")},
        "acknowledgement": {"by": "rui", "at": "2026-01-02T04:00:00Z", "occurrence": 1}});
    facade.add("findings", object("Finding", "f-2", finding("quorum", ""), Some(status)));
    facade.add("findings", object("Finding", "f-3", finding("quorum", ""), None));

    let silence = |times: Value| {
        let matchers = json!([{"name": "scenario", "op": "=", "value": "proxmox.cluster"},
            {"name": "key", "op": "!~", "value": "11[0-9]"}]);
        let mut spec = json!({"matchers": matchers, "author": "ana", "reason": "troca de disco"});
        json_patch::merge(&mut spec, &times);
        spec
    };
    let created = |mut silence: Value| {
        silence["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
        silence
    };
    let over = silence(json!({"startsAt": "2026-01-01T12:00:00Z", "endsAt": "2026-01-01T14:00:00Z"}));
    facade.add("silences", created(object("Silence", "s-1", over, None)));
    let recurrence =
        |timezone: Value| json!({"recurrence": {"cron": "0 3 30 2 *", "duration": "2h", "timezone": timezone}});
    let status = json!({"active": true, "holding": ["f-1"], "holdingTotal": 1});
    let never = silence(recurrence("Europe/Lisbon".into()));
    facade.add("silences", created(object("Silence", "s-2", never, Some(status))));
    facade.add("silences", created(object("Silence", "s-3", silence(recurrence(Value::Null)), None)));
}

/// A Thread, Messages and Actions with every field, and with as few as there can be.
fn add_conversation(facade: &Facade) {
    let created = |mut object: Value| {
        object["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z".into();
        object
    };
    let spec = json!({"subject": "Cluster", "agent": "pulso", "finding": "f-1"});
    let status = json!({"messageCount": 2, "pendingCount": 1, "lastMessageAt": "2026-01-02T04:00:00Z"});
    facade.add("threads", created(object("Thread", "t-1", spec, Some(status))));
    let spec = json!({"subject": "Oi", "agent": "no-such-agent", "conversation": "c", "closed": true});
    facade.add("threads", created(object("Thread", "t-2", spec, None)));
    let story = json!({"thread": "t-1", "author": {"kind": "agent", "name": "pulso"}, "body": "A VM 112 parou.",
        "at": "2026-01-02T03:04:05.000006Z", "needsAck": true, "recipients": ["ops_lead"], "tier": "T0", "reason": "Opened",
        "severity": "critical", "citations": [{"spec": "proxmox-cluster", "section": "Passos", "quote": "qm status 112"}]});
    // Messages are not later than they were created.
    let told = |mut message: serde_json::Value| {
        message["metadata"]["creationTimestamp"] = json!("2026-01-02T03:04:05Z");
        message
    };
    let status = json!({"phase": "Pending", "sequence": 1});
    facade.add("messages", told(created(object("Message", "m-1", story.clone(), Some(status)))));
    let recorded = json!({"by": "ana", "note": "vendo", "at": "2026-01-02T04:00:00Z", "until": "2026-01-02T05:00:00Z",
        "ofFinding": true, "proven": true});
    let status = json!({"phase": "Acknowledged", "sequence": 2, "acknowledgement": recorded});
    facade.add("messages", told(created(object("Message", "m-2", story, Some(status)))));
    let reply =
        json!({"thread": "t-1", "author": {"kind": "person", "name": "ana"}, "body": "status", "inReplyTo": "m-1"});
    facade.add("messages", created(object("Message", "m-3", reply, None)));
    let advice = json!({"thread": "t-1", "author": {"kind": "agent", "name": "pulso"}, "body": "Ligue a VM 112.", "tier": "T1",
        "grounded": true, "citations": advice()["citations"].clone(), "reason": "Advice"});
    facade.add("messages", created(object("Message", "m-4", advice, Some(json!({"sequence": 3})))));
    let spec = json!({"verb": "acknowledge", "subject": {"kind": "Finding", "name": "f-1"},
        "actor": {"name": "ana", "roles": ["ops_lead"], "via": "rest"}, "parameters": {"note": "vendo"}});
    let status = json!({"result": "done", "message": "acknowledged", "at": "2026-01-02T04:00:00Z"});
    facade.add("actions", created(object("Action", "a-1", spec.clone(), Some(status))));
    facade.add("actions", created(object("Action", "a-2", spec, None)));
}

fn record(answer: &Answered) -> Value {
    let headers: Map<String, Value> = ["content-type", "location", "retry-after", "www-authenticate"]
        .into_iter()
        .filter_map(|name| Some((name.to_string(), answer.headers.get(name)?.to_str().ok()?.into())))
        .collect();
    let body = answer.text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    json!({"status": answer.status, "headers": headers, "body": serde_json::from_str::<Value>(&body).unwrap()})
}

async fn answers() -> Value {
    let facade = Facade::new();
    add_objects(&facade);
    add_conversation(&facade);
    let mut recorded = Map::new();
    for path in [
        "/scenarios",
        "/scenarios?limit=1",
        "/findings",
        "/findings?phase=acknowledged",
        "/findings/f-1",
        "/findings/f-2",
        "/findings/f-3",
        "/findings/none",
        "/findings/f-1/similar",
        "/findings/f-2/similar",
        "/findings/none/similar",
        "/findings?phase=bad",
        "/findings?severity=bad",
        "/findings?limit=bad",
        "/findings?cursor=%25",
        "/findings?bad=x",
        "/scenarios?phase=open",
        "/silences",
        "/silences?active=true",
        "/silences?active=yes",
        "/roster",
        "/inbox",
        "/inbox?role=boss",
        "/threads?limit=1",
        "/threads?state=closed",
        "/threads?sort=bad",
        "/threads/t-1/messages",
        "/threads/none/messages",
        "/action-log",
        "/action-log?since=today",
        "/runs/proxmox.cluster?requested_at=2026-01-02T03:04:05Z",
        "/runs/proxmox.cluster?requested_at=2026-01-03T00:00:00.5Z",
        "/runs/proxmox.cluster?requested_at=today",
        "/runs/proxmox.cluster",
        "/runs/never.checked?requested_at=2026-01-02T03:04:05Z",
        "/runs/none?requested_at=2026-01-02T03:04:05Z",
        "/health",
    ] {
        let answer = facade.call(Method::GET, path, Role::OpsLead, "").await;
        recorded.insert(format!("GET {path}"), record(&answer));
    }
    // The acknowledgement is there already, so that no time of now is in the answer.
    let ack = facade.call(Method::POST, "/findings/f-1/ack", Role::Seo, "").await;
    recorded.insert("POST /findings/f-1/ack".into(), record(&ack));
    let ended = facade.call(Method::DELETE, "/silences/s-1", Role::Seo, "").await;
    recorded.insert("DELETE /silences/s-1".into(), record(&ended));
    let none = facade.call(Method::DELETE, "/silences/none", Role::Seo, "").await;
    recorded.insert("DELETE /silences/none".into(), record(&none));
    let empty = facade.call(Method::POST, "/silences", Role::Seo, "{}").await;
    recorded.insert("POST /silences".into(), record(&empty));
    for (method, path, body) in [
        (Method::DELETE, "/findings/f-2/ack", ""),
        (Method::DELETE, "/findings/none/ack", ""),
        (Method::DELETE, "/findings/f-1/owner", ""),
        (Method::PUT, "/findings/none/owner", ""),
        (Method::POST, "/findings/f-1/resolution", r#"{"body": "liguei"}"#),
        (Method::POST, "/findings/none/advice", ""),
        (Method::POST, "/findings/f-2/advice/vote", r#"{"vote": "wrong"}"#),
        (Method::POST, "/findings/f-1/advice/vote", r#"{"vote": "bad"}"#),
        (Method::POST, "/threads/none/reply", r#"{"body": "oi"}"#),
        (Method::POST, "/threads/none/reply?blank", r#"{"body": " "}"#),
        (Method::POST, "/messages/none/ack", ""),
        (Method::POST, "/chat", r#"{"message": "oi", "finding_id": "none"}"#),
    ] {
        let answer = facade.call(method.clone(), path, Role::Seo, body).await;
        recorded.insert(format!("{method} {path}"), record(&answer));
    }
    let wait = facade.call(Method::POST, "/runs/proxmox.cluster?wait=bad", Role::OpsLead, "").await;
    recorded.insert("POST /runs/proxmox.cluster?wait=bad".into(), record(&wait));
    let role = facade.call(Method::POST, "/runs/proxmox.cluster?wait=bad", Role::Seo, "").await;
    recorded.insert("POST /runs/proxmox.cluster as seo".into(), record(&role));
    let public = facade.send(request(Method::GET, "/health"), "").await;
    recorded.insert("GET /health without a token".into(), record(&public));
    let anonymous = facade.send(request(Method::GET, "/scenarios"), "").await;
    recorded.insert("GET /scenarios without a token".into(), record(&anonymous));
    let tick = request(Method::POST, "/internal/tick").header("x-ops-internal-token", "tick-tock");
    recorded.insert("POST /internal/tick".into(), record(&facade.send(tick, "").await));

    for (name, view) in [
        ("following", View { is_standby: true, ..View::default() }),
        ("controllers elsewhere", View { is_apart: true, ..View::default() }),
        ("late", View { lateness: Duration::from_millis(31_500), ..View::default() }),
        ("damaged", View { undecodable_findings: vec!["f-9".into()], ..View::default() }),
        ("waiting", View { waiting_for: vec!["the first list of Findings".into()], ..View::default() }),
    ] {
        let facade = Facade::with(view, AuthConfig { secret: Some(SECRET.to_vec()), ..config() }, Some("tick-tock"));
        let asking = request(Method::GET, "/health").header("authorization", bearer("ana", &[Role::Seo]));
        recorded.insert(format!("GET /health, {name}"), record(&facade.send(asking, "").await));
        let tick = request(Method::POST, "/internal/tick").header("x-ops-internal-token", "tick-tock");
        recorded.insert(format!("POST /internal/tick, {name}"), record(&facade.send(tick, "").await));
    }
    Value::Object(recorded)
}

#[tokio::test]
async fn answers_are_those_of_the_golden_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/facade/tests/golden.json");
    let answers = answers().await;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&answers).unwrap())).unwrap();
    }
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for (request, answer) in answers.as_object().unwrap() {
        assert_eq!(*answer, golden[request], "{request}");
    }
    assert_eq!(answers.as_object().unwrap().len(), golden.as_object().unwrap().len());
}
