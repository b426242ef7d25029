//! The message in the format of Alertmanager.

use super::fixtures::{KINDS, content, desk, group, single, style, vm};
use crate::api::{Channel, NoticeKind};
use crate::domain::notice::content::Content;
use crate::domain::notice::wording::word;
use crate::domain::outgoing::Outgoing;
use crate::domain::texts::Language;
use serde_json::{Value, json};

fn message(content: &Content) -> Value {
    match word(content, Channel::Webhook, &style(Language::Portuguese)) {
        Outgoing::Webhook(value) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_has_exactly_the_fields_of_version_4() {
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for kind in KINDS {
        let message = message(&group(kind));
        let mut all = fields(&message);
        all.sort();
        let expected = [
            "alerts",
            "commonAnnotations",
            "commonLabels",
            "externalURL",
            "groupKey",
            "groupLabels",
            "receiver",
            "status",
            "truncatedAlerts",
            "version",
        ];
        assert_eq!(all, expected);
        for alert in message["alerts"].as_array().unwrap() {
            let mut all = fields(alert);
            all.sort();
            let expected = ["annotations", "endsAt", "fingerprint", "generatorURL", "labels", "startsAt", "status"];
            assert_eq!(all, expected);
        }
    }
}

#[test]
fn what_is_open_fires_and_what_ended_is_resolved() {
    for kind in KINDS {
        let message = message(&single(kind));
        let alert = &message["alerts"][0];
        let (status, end) = match kind {
            NoticeKind::Resolved => ("resolved", "2026-11-26T15:13:00Z"),
            _ => ("firing", "0001-01-01T00:00:00Z"),
        };
        assert_eq!(
            (&message["status"], &alert["status"], &alert["endsAt"]),
            (&json!(status), &json!(status), &json!(end))
        );
        assert_eq!(alert["startsAt"], "2026-11-26T13:08:00Z");
    }
}

#[test]
fn a_reminder_of_what_ended_is_resolved() {
    let mut content = group(NoticeKind::Reminder);
    content.items[1].resolved_at = Some(content.at);
    let said = message(&content);
    let states: Vec<Value> = (0..3).map(|number| said["alerts"][number]["status"].clone()).collect();
    assert_eq!(Value::from(states), json!(["firing", "resolved", "firing"]));
    assert_eq!(said["status"], "firing");
}

#[test]
fn opening_and_end_are_about_the_same_alert_and_group() {
    let mut opened = single(NoticeKind::Opened);
    let ended = single(NoticeKind::Resolved);
    opened.id = ended.opening.clone().unwrap().id;
    let (opened, ended) = (message(&opened), message(&ended));
    for pointer in ["/groupKey", "/alerts/0/labels", "/alerts/0/fingerprint", "/alerts/0/startsAt", "/receiver"] {
        assert_eq!(opened.pointer(pointer), ended.pointer(pointer), "{pointer}");
    }
}

#[test]
fn common_labels_are_those_that_all_alerts_have() {
    let of = |items| message(&content(NoticeKind::Opened, items))["commonLabels"].clone();
    let proxmox = json!({"alertname": "proxmox.cluster/vm-running", "scenario": "proxmox.cluster", "check": "vm-running",
        "severity": "critical", "agent": "pulso"});
    assert_eq!(of(vec![vm(112), vm(123)]), proxmox);
    assert_eq!(of(vec![vm(112), desk()]), json!({"agent": "pulso"}));
    let alone = message(&content(NoticeKind::Opened, vec![desk()]));
    assert_eq!(alone["commonLabels"], alone["alerts"][0]["labels"]);
    assert_eq!(alone["alerts"][0]["labels"].get("key"), None);
}
