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
    NoticePolicy {
        channels: vec![mail],
        escalate_to: vec!["boss@x".into()],
        timing,
        mails_advice: true,
        id_domain: "x.test".into(),
    }
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
    plan(status, &surroundings(policy, silences, false), now()).notices
}

fn surroundings<'a>(policy: &'a NoticePolicy, silences: &'a [String], has_advice: bool) -> Surroundings<'a> {
    Surroundings { policy, failing_dependencies: &[], silences, is_told_once: false, has_advice }
}

/// Those who were told a minute ago, so that no reminder is due.
fn just_told(recipients: &[&str], change: Value) -> FindingStatus {
    let told = |recipient: &&str| {
        let mut told = informed(recipient, 1);
        told["since"] = json!("2026-01-01T11:59:00Z");
        told
    };
    let mut with = json!({"informed": recipients.iter().map(told).collect::<Vec<_>>()});
    json_patch::merge(&mut with, &change);
    status(with)
}

#[test]
fn advice_is_mailed_once_in_an_occurrence_to_those_who_know_of_the_finding_while_it_is_open() {
    let advised = |status: &FindingStatus, silences: &[String]| {
        let plan = plan(status, &surroundings(&policy(2), silences, true), now());
        (new(status, &plan.notices), plan.wake)
    };
    let known = just_told(&["r00@x"], json!({}));
    let (told, wake) = advised(&known, &[]);
    assert_eq!(told, ["Advised r00@x Planned", "Opened r01@x Planned"]);
    assert_eq!(wake, Some("2026-01-01T15:59:00Z".parse().unwrap()), "the reminder is due all the same");
    assert_eq!(new(&known, &planned(&known, &policy(1), &[])), Vec::<String>::new(), "there is none");
    let mut once = known.clone();
    once.informed[0].advised_at = Some(Time("2026-01-01T06:00:00Z".parse().unwrap()));
    assert_eq!(advised(&once, &[]).0, ["Opened r01@x Planned"]);
    once.informed[0].advised_at = Some(Time("2026-01-01T05:59:59Z".parse().unwrap()));
    assert_eq!(advised(&once, &[]).0[0], "Advised r00@x Planned", "that was in another occurrence");
    let (silenced, _) = advised(&known, &["sil".to_string()]);
    assert!(silenced.contains(&"Advised Held Silenced".to_string()), "{silenced:?}");
    let taken = json!({"by": "ana", "at": "2026-01-01T11:59:30Z", "occurrence": 1});
    let acknowledged = just_told(&["r00@x"], json!({"phase": "Acknowledged", "acknowledgement": taken}));
    let (told, _) = advised(&acknowledged, &[]);
    assert!(told.contains(&"Acknowledged r00@x Planned".to_string()), "{told:?}");
    assert!(!told.iter().any(|notice| notice.starts_with("Advised")), "{told:?}");
    let resolved = just_told(&["r00@x"], json!({"phase": "Resolved"}));
    assert_eq!(advised(&resolved, &[]).0, ["Resolved r00@x Planned"]);
}

#[test]
fn what_becomes_due_takes_the_place_of_advice_that_was_not_sent() {
    let waiting = notice("r00@x", "Advised", "Planned", None);
    let status = status(json!({"informed": [informed("r00@x", 1)], "notices": [waiting]}));
    let told = plan(&status, &surroundings(&policy(1), &[], true), now()).notices;
    assert_eq!(new(&status, &told), ["Advised Suppressed Superseded", "Reminder r00@x Planned"]);
    // It leaves more room than other notices.
    let full = |count| {
        let known: Vec<String> = (0..count).map(name).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        just_told(&known, json!({"notices": refused(19)}))
    };
    let told = plan(&full(3), &surroundings(&policy(0), &[], true), now()).notices;
    assert_eq!(told.iter().filter(|notice| notice.kind == NoticeKind::Advised).count(), 0, "no longer told: {told:?}");
    let told = plan(&full(3), &surroundings(&policy(3), &[], true), now()).notices;
    assert_eq!(told.iter().filter(|notice| notice.kind == NoticeKind::Advised).count(), 1, "{told:?}");
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
