//! Objects of each kind: one with every field, and minimal ones.

use serde_json::{Value, json};

const TIME: &str = "2026-01-02T03:04:05Z";

/// An object with this name and these fields.
pub fn object(kind: &str, name: &str, fields: Value) -> Value {
    let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "metadata": {"name": name}});
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    object
}

/// A minimal Scenario.
pub fn scenario(name: &str) -> Value {
    object(
        "Scenario",
        name,
        json!({"spec": {
            "title": "Portal", "agent": "pulso", "severity": "high",
            "probes": [{"name": "site", "http": {"url": "http://127.0.0.1:9/"}}],
            "checks": [{"name": "answers", "expect": "probes.site.status == 200"}],
        }}),
    )
}

/// A minimal Finding.
pub fn finding(name: &str) -> Value {
    let spec = json!({"scenario": "portal", "check": "answers", "key": "", "fingerprint": "0123456789"});
    object("Finding", name, json!({"spec": spec}))
}

/// A ConfigMap with one key.
pub fn configmap(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": value}})
}

/// The seven kinds and their plurals.
pub const KINDS: [(&str, &str); 7] = [
    ("Scenario", "scenarios"),
    ("Finding", "findings"),
    ("Agent", "agents"),
    ("Thread", "threads"),
    ("Message", "messages"),
    ("Silence", "silences"),
    ("Action", "actions"),
];

/// Spec and status of a kind, with every field.
pub fn full(kind: &str) -> Value {
    let condition = json!({"type": "Ready", "status": "True", "reason": "Fine", "message": "is fine",
        "lastTransitionTime": TIME, "observedGeneration": 1});
    match kind {
        "Scenario" => json!({"spec": full_scenario(), "status": {
            "observedGeneration": 1, "conditions": [condition], "health": "healthy", "openFindings": 0, "lastRunAt": TIME,
            "lastRequestedRun": {
                "requestedAt": TIME, "runAt": TIME, "opened": ["a"], "resolved": ["b"],
                "checks": [{"name": "answers", "key": "k", "outcome": "fail", "message": "does not"}],
            },
        }}),
        "Finding" => full_finding(&condition),
        "Agent" => json!({
            "spec": {
                "id": "A1", "displayName": "Pulso", "codename": "node_health", "tier": "T1", "inboxRoles": ["ops_lead"],
                "persona": "kind", "suspend": false,
            },
            "status": {"observedGeneration": 1, "openFindings": 0, "pendingMessages": 0, "lastActivityAt": TIME},
        }),
        "Thread" => json!({
            "spec": {"subject": "s", "agent": "pulso", "finding": "f", "participants": ["ana"], "closed": false},
            "status": {
                "observedGeneration": 1, "messageCount": 0, "pendingCount": 0, "lastSequence": 2, "lastMessageAt": TIME,
                "mailRoot": "<a@b>",
                "conditions": [condition],
            },
        }),
        "Message" => json!({
            "spec": {
                "thread": "t", "author": {"kind": "person", "name": "ana"}, "body": "b", "inReplyTo": "m",
                "recipients": ["ops_lead"], "needsAck": true, "at": "2026-01-01T00:00:00.000001Z", "tier": "T0",
                "citations": [{"spec": "a", "section": "b", "quote": "q"}], "reason": "Opened", "severity": "high",
                "finding": "f", "scenario": "s", "action": "a",
                "acknowledgement": {"by": "ana", "note": "n", "at": TIME, "until": TIME, "action": "a"},
            },
            "status": {
                "observedGeneration": 1, "phase": "Pending", "sequence": 3, "manager": "kubectl-create", "proven": true,
                "acknowledgement": {"by": "ana", "note": "n", "at": TIME, "until": TIME, "ofFinding": true, "proven": true},
            },
        }),
        "Silence" => json!({
            "spec": {
                "matchers": [{"name": "key", "op": "=~", "value": "11.*"}], "startsAt": TIME,
                "recurrence": {"cron": "0 3 * * SUN", "duration": "2h", "timezone": "America/Sao_Paulo"},
                "author": "ana", "reason": "r",
            },
            "status": {
                "observedGeneration": 1, "active": true, "nextStart": TIME, "starts": TIME, "ends": TIME, "message": "m", "holding": ["f"],
                "holdingTotal": 1,
            },
        }),
        _ => json!({
            "spec": {
                "verb": "run", "subject": {"kind": "Scenario", "name": "s"}, "parameters": {"a": "b"},
                "actor": {"name": "ana", "roles": ["ops_lead"], "via": "rest"},
            },
            "status": {"result": "done", "message": "m", "at": TIME},
        }),
    }
}

fn full_scenario() -> Value {
    let key = json!({"name": "agentic-ops", "key": "TOKEN"});
    let tls = json!({"caBundle": "pem", "caSecretKeyRef": key, "insecureSkipVerify": false});
    json!({
        "title": "Portal", "agent": "pulso", "severity": "high", "interval": "1m", "confirmInterval": "10s",
        "timeout": "5s", "suspend": false, "dependsOn": ["other"], "thresholds": {"fail": 2, "recover": 2},
        "runbook": {"spec": "portal", "section": "s"},
        "checks": [{
            "name": "c", "given": "true", "forEach": "[1]", "expect": "true", "message": "'m'", "show": "1",
            "severity": "low",
            "requires": ["web"], "evaluate": "Always",
        }],
        "probes": [
            {
                "name": "web", "timeout": "1s",
                "http": {
                    "url": "http://127.0.0.1:9/", "method": "GET", "body": "b", "maxRedirects": 1, "maxBodyBytes": 10,
                    "tls": tls,
                    "headers": [
                        {"name": "X-Key", "prefix": "Bearer ", "secretKeyRef": key},
                        {"name": "X-Plain", "value": "v"},
                    ],
                },
            },
            {"name": "db", "sqlite": {"path": "/x.db", "query": "SELECT 1", "parameters": ["p"], "maxRows": 5}},
            {"name": "port", "tcp": {"address": "127.0.0.1:9"}},
            {"name": "names", "dns": {"name": "a.example", "type": "A", "server": "127.0.0.1"}},
            {"name": "cert", "tls": {"address": "127.0.0.1:9", "serverName": "a.example", "options": tls}},
        ],
    })
}

fn full_finding(condition: &Value) -> Value {
    let snapshot = json!({"at": TIME, "readings": [{"probe": "p", "reading": "r"}]});
    json!({
        "spec": {
            "scenario": "portal", "check": "answers", "key": "k", "fingerprint": "0123456789",
            "acknowledgement": {"by": "ana", "note": "n", "at": TIME},
        },
        "status": {
            "observedGeneration": 1, "phase": "Open", "severity": "high", "agent": "pulso", "title": "t", "message": "m",
            "runbook": {"spec": "s", "section": "s", "url": "https://x/s.md#s"},
            "evidence": {
                "show": "s", "expression": "e", "values": [{"path": "p", "value": "v"}],
                "failing": snapshot, "lastGood": snapshot, "truncated": false,
            },
            "openedAt": TIME, "resolvedAt": TIME, "since": TIME, "occurrences": 1, "conditions": [condition],
            "acknowledgement": {
                "by": "ana", "note": "n", "at": TIME, "occurrence": 1, "manager": "kubectl", "proven": false,
            },
            "transitions": [{"at": TIME, "from": "Open", "to": "Resolved", "reason": "Whole", "message": "m"}],
        },
    })
}
