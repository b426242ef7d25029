//! Claims, deliveries and what recipients know afterwards.

use super::*;
use crate::api::{Channel, Severity};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn planned(kind: NoticeKind) -> FindingStatus {
    let notice = Notice {
        kind,
        occurrence: 1,
        channel: Channel::Mail,
        recipient: "ana@x".into(),
        state: NoticeState::Planned,
        reason: None,
        message: None,
        since: MicroTime(at(0)),
        at: Time(at(0)),
        attempts: 0,
        next_attempt_at: None,
        first_attempt_at: None,
        claimed_by: None,
        claimed_until: None,
        group: None,
    };
    let severity = Some(Severity::Critical);
    FindingStatus { severity, occurrences: Some(1), notices: vec![notice], ..FindingStatus::default() }
}

fn group() -> NoticeGroup {
    NoticeGroup { id: "g@x".into(), size: 1, at: Time(at(1)), subject: "[crítico] x".into() }
}

fn with(status: &FindingStatus, parts: NoticeParts) -> FindingStatus {
    FindingStatus { notices: parts.notices, informed: parts.informed, ..status.clone() }
}

fn target(kind: NoticeKind) -> Target {
    Target { pair: Pair { channel: Channel::Mail, recipient: "ana@x".into() }, kind, occurrence: 1 }
}

fn claimed(status: &FindingStatus, kind: NoticeKind, now: i64) -> FindingStatus {
    let of = Claim { by: "me".into(), until: at(now + 90), group: group() };
    with(status, claim(status, &target(kind), &of, at(now)).unwrap())
}

fn delivered(status: &FindingStatus, kind: NoticeKind, delivery: &Delivery, now: i64) -> FindingStatus {
    with(status, record(status, &target(kind), "g@x", delivery, at(now)).unwrap())
}

fn told(kind: NoticeKind) -> FindingStatus {
    let opened = claimed(&planned(NoticeKind::Opened), NoticeKind::Opened, 1);
    let mut told = delivered(&opened, NoticeKind::Opened, &Delivery::Accepted("250 ok".into()), 2);
    told.notices = planned(kind).notices;
    told
}

#[test]
fn only_what_is_claimed_is_recorded_and_claims_exclude_each_other() {
    let status = planned(NoticeKind::Opened);
    let accepted = Delivery::Accepted(String::new());
    assert_eq!(record(&status, &target(NoticeKind::Opened), "g@x", &accepted, at(1)), None, "not claimed");
    let status = claimed(&status, NoticeKind::Opened, 1);
    assert_eq!(record(&status, &target(NoticeKind::Opened), "other@x", &accepted, at(1)), None, "another message");
    let other = Claim { by: "you".into(), until: at(99), group: NoticeGroup { id: "h@x".into(), ..group() } };
    assert_eq!(claim(&status, &target(NoticeKind::Opened), &other, at(2)), None);
    let again = claimed(&status, NoticeKind::Opened, 200);
    assert_eq!(again.notices[0].reason.as_deref(), Some(REASON_UNCERTAIN), "the attempt before may have been the one");
    let status = delivered(&status, NoticeKind::Opened, &accepted, 3);
    assert_eq!(claim(&status, &target(NoticeKind::Opened), &other, at(4)), None, "it is sent");
}

#[test]
fn an_accepted_opening_makes_the_recipient_informed_until_the_end_is_accepted() {
    let told = told(NoticeKind::Resolved);
    let [informed] = &told.informed[..] else { panic!("{:?}", told.informed) };
    assert_eq!((informed.message_id.as_str(), informed.subject.as_str()), ("g@x", "[crítico] x"));
    assert_eq!((informed.occurrence, informed.severity), (1, Some(Severity::Critical)));
    let status = claimed(&told, NoticeKind::Resolved, 10);
    let away = delivered(&status, NoticeKind::Resolved, &Delivery::NotNow("away".into()), 11);
    assert_eq!((away.informed.len(), away.notices[0].state), (1, NoticeState::Planned));
    let refused = delivered(&status, NoticeKind::Resolved, &Delivery::Refused("550".into()), 11);
    assert_eq!((refused.informed.len(), refused.notices[0].state), (1, NoticeState::Planned), "it is tried again");
    let sent = delivered(&status, NoticeKind::Resolved, &Delivery::Accepted(String::new()), 11);
    assert_eq!((sent.informed.len(), sent.notices[0].state), (0, NoticeState::Sent));
}

#[test]
fn what_was_not_accepted_is_tried_at_growing_intervals_for_a_day() {
    let mut status = planned(NoticeKind::Opened);
    let (mut now, mut intervals) = (1, Vec::new());
    let away = Delivery::NotNow("connection refused".into());
    loop {
        status = delivered(&claimed(&status, NoticeKind::Opened, now), NoticeKind::Opened, &away, now);
        let notice = &status.notices[0];
        if notice.state != NoticeState::Planned {
            break;
        }
        assert_eq!((notice.reason.as_deref(), notice.group.as_ref()), (Some(REASON_RETRYING), None));
        let next = notice.next_attempt_at.clone().unwrap().0.as_second();
        intervals.push(next - now);
        now = next;
    }
    assert_eq!(intervals[..8], [10, 20, 40, 80, 160, 320, 640, 900]);
    assert!(intervals[8..].iter().all(|interval| *interval == 900));
    let notice = &status.notices[0];
    assert_eq!((notice.state, notice.reason.as_deref()), (NoticeState::Failed, Some(REASON_GAVE_UP)));
    assert!((86_400..87_400).contains(&(now - 1)), "{now}");
    assert!(status.informed.is_empty(), "the recipient knows nothing");
}

#[test]
fn attempts_with_other_notices_of_the_group_make_the_next_one_no_later() {
    let mut status = planned(NoticeKind::Opened);
    let away = Delivery::NotNow("connection refused".into());
    for now in (1..61).step_by(3) {
        status = delivered(&claimed(&status, NoticeKind::Opened, now), NoticeKind::Opened, &away, now);
        let notice = &status.notices[0];
        let next = notice.next_attempt_at.clone().unwrap().0.as_second();
        assert!(next - now <= now - 1 + 10, "{now}: {next} after {} attempts", notice.attempts);
    }
    assert_eq!(status.notices[0].attempts, 20);
    // After a long pause of the program their number counts.
    let mut late = claimed(&planned(NoticeKind::Opened), NoticeKind::Opened, 1);
    late = delivered(&late, NoticeKind::Opened, &away, 1);
    late = delivered(&claimed(&late, NoticeKind::Opened, 5_000), NoticeKind::Opened, &away, 5_000);
    assert_eq!(late.notices[0].next_attempt_at, Some(Time(at(5_020))));
}

#[test]
fn what_may_have_been_accepted_stays_the_same_message_whatever_comes_after() {
    let status = claimed(&planned(NoticeKind::Opened), NoticeKind::Opened, 1);
    let status = delivered(&status, NoticeKind::Opened, &Delivery::Uncertain("lost".into()), 2);
    let kept = |status: &FindingStatus| {
        let notice = &status.notices[0];
        (notice.state, notice.group.clone(), notice.reason.clone())
    };
    let uncertain = (NoticeState::Claimed, Some(group()), Some(REASON_UNCERTAIN.to_string()));
    assert_eq!(kept(&status), uncertain);
    assert_eq!(status.notices[0].claimed_until, Some(Time(at(12))), "nobody sends it before the next attempt");
    let away =
        delivered(&claimed(&status, NoticeKind::Opened, 12), NoticeKind::Opened, &Delivery::NotNow("away".into()), 13);
    assert_eq!(kept(&away), uncertain, "it may still be that the first was accepted");
    let refused =
        delivered(&claimed(&away, NoticeKind::Opened, 40), NoticeKind::Opened, &Delivery::Refused("550".into()), 41);
    assert_eq!((refused.notices[0].state, refused.informed.len()), (NoticeState::Failed, 1), "the recipient may know");
    let first = delivered(
        &claimed(&planned(NoticeKind::Opened), NoticeKind::Opened, 1),
        NoticeKind::Opened,
        &Delivery::Refused("550".into()),
        2,
    );
    assert_eq!((first.notices[0].state, first.informed.len()), (NoticeState::Failed, 0));
}

#[test]
fn advice_that_may_have_been_accepted_keeps_its_recipient_from_nothing_else_for_long() {
    let kind = NoticeKind::Advised;
    let mut status = told(kind);
    let mut now = 100;
    while status.notices[0].state.is_pending() {
        status = delivered(&claimed(&status, kind, now), kind, &Delivery::Uncertain("lost".into()), now);
        now = status.notices[0].claimed_until.as_ref().map_or(now, |until| until.0.as_second());
    }
    assert!((160..200).contains(&now), "{now}");
    assert_eq!(
        (status.notices[0].state, status.notices[0].reason.as_deref()),
        (NoticeState::Failed, Some(REASON_GAVE_UP))
    );
    assert!(status.informed[0].advised_at.is_some(), "it is not sent again");
    // Where it is known that it was not accepted, another notice can take its place.
    let away = delivered(&claimed(&told(kind), kind, 1), kind, &Delivery::NotNow("away".into()), 100);
    assert_eq!((away.notices[0].state, &away.informed[0].advised_at), (NoticeState::Planned, &None));
    let unknown = delivered(&claimed(&planned(kind), kind, 1), kind, &Delivery::Accepted(String::new()), 2);
    assert_eq!(unknown.informed, Vec::new(), "it told of no opening");
}

#[test]
fn each_kind_leaves_its_mark_on_what_the_recipient_knows() {
    let marks = |kind| {
        let mut status = told(kind);
        status.informed[0].flapping_at = Some(Time(at(3)));
        let taken = serde_json::json!({"by": "ana", "at": "1970-01-01T00:00:05Z", "occurrence": 1});
        status.acknowledgement = serde_json::from_value(taken).unwrap();
        let sent = delivered(&claimed(&status, kind, 10), kind, &Delivery::Accepted(String::new()), 11);
        let [known] = &sent.informed[..] else { panic!("{:?}", sent.informed) };
        let second = |time: &Option<Time>| time.as_ref().map(|time| time.0.as_second());
        let Informed { acknowledged_at, reminded_at, escalated_at, advised_at, flapping_at, .. } = known;
        [acknowledged_at, reminded_at, escalated_at, advised_at, flapping_at].map(second)
    };
    assert_eq!(marks(NoticeKind::Acknowledged), [Some(5), None, None, None, None]);
    assert_eq!(marks(NoticeKind::Reminder), [None, Some(11), None, None, None]);
    assert_eq!(marks(NoticeKind::Escalated), [None, None, Some(11), None, Some(3)]);
    assert_eq!(marks(NoticeKind::Advised), [None, None, None, Some(11), Some(3)]);
    assert_eq!(marks(NoticeKind::Flapping), [None, None, None, None, Some(11)]);
}

#[test]
fn a_claim_that_is_given_up_is_planned_again() {
    let status = claimed(&planned(NoticeKind::Opened), NoticeKind::Opened, 1);
    assert_eq!(release(&status, &target(NoticeKind::Opened), "other@x", at(2)), None);
    let released = with(&status, release(&status, &target(NoticeKind::Opened), "g@x", at(2)).unwrap());
    let notice = &released.notices[0];
    assert_eq!((notice.state, &notice.group, &notice.first_attempt_at), (NoticeState::Planned, &None, &None));
}

#[test]
fn a_claim_that_is_over_is_sent_again_only_if_it_was_complete() {
    let cases = [
        (1, 1, 0, false, Leftover::SendAgain),
        (3, 3, 0, false, Leftover::SendAgain),
        (3, 2, 0, false, Leftover::NotSent),
        (3, 2, 0, true, Leftover::SendAgain),
        (3, 2, 1, false, Leftover::WasSent),
        (3, 1, 1, true, Leftover::WasSent),
    ];
    for (size, claimed, sent, is_uncertain, expected) in cases {
        assert_eq!(leftover(size, claimed, sent, is_uncertain), expected, "{size} {claimed} {sent} {is_uncertain}");
    }
}
