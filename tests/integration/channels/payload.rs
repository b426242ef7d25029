//! Bodies of webhooks, in Alertmanager's own types.

use crate::kit::alertmanager::decode;
use serde_json::{Value, json};

/// As Alertmanager sends it.
fn sample() -> Value {
    json!({
        "version": "4",
        "groupKey": "agentic-ops/opened.1.abc",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "webhook",
        "groupLabels": {"alertname": "proxmox.cluster"},
        "commonLabels": {"alertname": "proxmox.cluster", "severity": "critical"},
        "commonAnnotations": {"summary": "VM 112 não está em execução"},
        "externalURL": "https://desk.example.com/desk",
        "alerts": [{
            "status": "firing",
            "labels": {"alertname": "proxmox.cluster", "severity": "critical", "check": "running", "key": "112"},
            "annotations": {"summary": "VM 112 não está em execução"},
            "startsAt": "2026-03-01T12:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://desk.example.com/desk/findings/proxmox.cluster-0123456789",
            "fingerprint": "0123456789",
        }],
    })
}

#[test]
fn a_body_is_decoded_without_unknown_fields() {
    assert_eq!(decode(&sample()).unwrap(), ["firing 0123456789 2026-03-01T12:00:00Z proxmox.cluster"]);
}

#[test]
fn a_body_that_receivers_would_not_understand_is_an_error() {
    let wrong: [(&str, Value); 5] = [
        ("/version", json!("3")),
        ("/truncatedAlerts", json!("0")),
        ("/alerts/0/startsAt", json!("yesterday")),
        ("/alerts/0/status", json!("open")),
        ("/alerts/0/labels/key", json!(112)),
    ];
    for (pointer, value) in wrong {
        let mut body = sample();
        *body.pointer_mut(pointer).unwrap() = value;
        assert!(decode(&body).is_err(), "{pointer}");
    }
    let mut body = sample();
    body["alerts"][0]["severity"] = json!("critical");
    assert!(decode(&body).unwrap_err().contains("unknown field"));
}
