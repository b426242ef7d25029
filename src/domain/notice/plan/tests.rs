//! What is planned, what stays as a record, and how much room there is.

use super::*;
use crate::api::notice::{REASON_REFUSED, REASON_SILENCED};
use crate::domain::notice::policy::Timing;
use serde_json::{Value, json};

const NOW: &str = "2026-01-01T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Mail to so many recipients, `r00` and further.
fn policy(recipients: usize) -> NoticePolicy {
    let mail = ChannelPolicy {
        channel: Channel::Mail,
        least: Severity::High,
        recipients: (0..recipients).map(name).collect(),
        missing: None,
        recipients_setting: "DESK_ROOT_NOTIFY_EMAIL",
    };
    let timing = Timing {
        group_wait: SignedDuration::from_secs(30),
        remind_after: Some(SignedDuration::from_hours(4)),
        escalate_after: None,
    };
    NoticePolicy { channels: vec![mail], escalate_to: vec!["boss@x".into()], timing, id_domain: "x.test".into() }
}

fn name(number: usize) -> String {
    format!("r{number:02}@x")
}

fn notice(recipient: &str, kind: &str, state: &str, reason: Option<&str>) -> Value {
    json!({"kind": kind, "occurrence": 1, "channel": "mail", "recipient": recipient, "state": state, "reason": reason,
        "since": "2026-01-01T06:00:00.000000Z", "at": "2026-01-01T06:00:00Z"})
}

fn informed(recipient: &str, occurrence: u32) -> Value {
    json!({"channel": "mail", "recipient": recipient, "occurrence": occurrence, "messageId": "o@x", "subject": "s",
        "since": "2026-01-01T06:00:00Z"})
}

fn status(change: Value) -> FindingStatus {
    let mut status =
        json!({"phase": "Open", "severity": "critical", "occurrences": 1, "openedAt": "2026-01-01T06:00:00Z"});
    json_patch::merge(&mut status, &change);
    serde_json::from_value(status).unwrap()
}

fn planned(status: &FindingStatus, policy: &NoticePolicy, silences: &[String]) -> Vec<Notice> {
    let surroundings = Surroundings { policy, failing_dependencies: &[], silences, is_told_once: false };
    plan(status, &surroundings, now()).notices
}

/// Kind, recipient, state and reason of what is new.
fn new(status: &FindingStatus, notices: &[Notice]) -> Vec<String> {
    let news = notices.iter().filter(|notice| !status.notices.contains(notice));
    let of = |n: &Notice| {
        format!("{:?} {} {:?} {}", n.kind, n.recipient, n.state, n.reason.as_deref().unwrap_or_default())
            .replace("  ", " ")
    };
    news.map(|notice| of(notice).trim().to_string()).collect()
}

/// So many recipients were refused for good, which stays while the Finding is open.
fn refused(count: usize) -> Vec<Value> {
    (0..count).map(|number| notice(&name(number), "Opened", "Failed", Some(REASON_REFUSED))).collect()
}

#[test]
fn openings_leave_room_for_those_who_know_of_the_finding() {
    let full = status(json!({"notices": refused(30), "informed": [informed(&name(34), 1)]}));
    let told = planned(&full, &policy(35), &[]);
    assert_eq!(new(&full, &told), ["Opened Suppressed NoticesFull", "Reminder r34@x Planned"]);
    let one_more = status(json!({"notices": refused(29), "informed": [informed(&name(34), 1)]}));
    let told = planned(&one_more, &policy(35), &[]);
    assert_eq!(new(&one_more, &told), ["Opened r29@x Planned", "Reminder r34@x Planned"], "the others come after it");
    let last = status(json!({"notices": refused(39), "informed": [informed(&name(40), 1), informed(&name(41), 1)]}));
    let told = planned(&last, &policy(42), &[]);
    assert!(new(&last, &told).contains(&"Reminder r40@x Planned".to_string()), "{:?}", new(&last, &told));
    assert!(!new(&last, &told).contains(&"Reminder r41@x Planned".to_string()), "{:?}", new(&last, &told));
}

#[test]
fn what_is_held_stays_until_it_is_sent_or_has_its_reason_in_the_record() {
    let silences = ["sil".to_string()];
    let fresh = status(json!({}));
    let held = planned(&fresh, &policy(1), &silences);
    let held: Vec<Notice> = held.into_iter().filter(|notice| notice.kind == NoticeKind::Opened).collect();
    let [one] = held.as_slice() else { panic!("{held:?}") };
    assert_eq!((one.state, one.reason.as_deref()), (NoticeState::Held, Some(REASON_SILENCED)));
    let held = FindingStatus { notices: held, ..fresh };
    assert_eq!(planned(&held, &policy(1), &silences), held.notices, "nothing is written again");
    let over = planned(&held, &policy(1), &[]);
    assert_eq!(new(&held, &over), ["Opened r00@x Planned"]);
    assert_eq!(over.len(), 1, "what was held is sent: {over:?}");
    let resolved = FindingStatus { phase: Some(crate::api::Phase::Resolved), ..held };
    let [record] = planned(&resolved, &policy(1), &silences).try_into().unwrap();
    assert_eq!((record.state, record.reason.as_deref()), (NoticeState::Suppressed, Some(REASON_RESOLVED_BEFORE_SENT)));
    assert_eq!(record.message.as_deref(), Some("Silenced: sil"));
}

#[test]
fn who_knows_of_the_previous_occurrence_is_told_of_its_end_first() {
    let again = status(json!({"occurrences": 2, "informed": [informed(&name(0), 1)]}));
    let told = planned(&again, &policy(2), &[]);
    let of = |notice: &Notice| (notice.kind, notice.occurrence, notice.recipient.clone(), notice.state);
    let mut told: Vec<_> = told.iter().map(of).collect();
    told.sort_by_key(|(kind, occurrence, ..)| (*occurrence, *kind));
    let (end, opening) = (NoticeKind::Resolved, NoticeKind::Opened);
    assert!(told.contains(&(end, 1, name(0), NoticeState::Planned)), "{told:?}");
    assert!(told.contains(&(opening, 2, String::new(), NoticeState::Held)), "{told:?}");
    assert!(told.contains(&(opening, 2, name(1), NoticeState::Planned)), "{told:?}");
    assert!(!told.contains(&(opening, 2, name(0), NoticeState::Planned)), "{told:?}");
}

#[test]
fn a_channel_without_recipients_says_so_once() {
    let status = status(json!({}));
    let [record] = planned(&status, &policy(0), &[]).try_into().unwrap();
    assert_eq!((record.state, record.reason.as_deref()), (NoticeState::Suppressed, Some(REASON_NO_RECIPIENT)));
    assert_eq!(record.message.as_deref(), Some("DESK_ROOT_NOTIFY_EMAIL"));
}

#[test]
fn who_was_refused_is_not_asked_again_in_the_same_occurrence() {
    let status = status(json!({"notices": refused(1)}));
    assert_eq!(planned(&status, &policy(1), &[]), status.notices);
}
