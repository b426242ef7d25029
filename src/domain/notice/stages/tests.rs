//! Each stage as a table, and their order.

use super::*;
use crate::api::{Channel, FindingAcknowledgement, Severity};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const ALL: [NoticeKind; 7] = [
    NoticeKind::Opened,
    NoticeKind::Flapping,
    NoticeKind::Reminder,
    NoticeKind::Escalated,
    NoticeKind::Advised,
    NoticeKind::Acknowledged,
    NoticeKind::Resolved,
];
/// The kinds that ask people to act.
const ASKING: [NoticeKind; 5] =
    [NoticeKind::Opened, NoticeKind::Flapping, NoticeKind::Reminder, NoticeKind::Escalated, NoticeKind::Advised];

fn mail() -> ChannelPolicy {
    ChannelPolicy {
        channel: Channel::Mail,
        least: Severity::High,
        recipients: vec!["ana@x".into()],
        missing: None,
        recipients_setting: "DESK_ROOT_NOTIFY_EMAIL",
    }
}

fn status(severity: Severity) -> FindingStatus {
    FindingStatus {
        phase: Some(Phase::Open),
        severity: Some(severity),
        occurrences: Some(1),
        ..FindingStatus::default()
    }
}

fn flaps(is_acknowledged: bool) -> Option<Flapping> {
    let since = Timestamp::UNIX_EPOCH;
    Some(Flapping { since, until: since + SignedDuration::from_mins(15), is_acknowledged })
}

/// The verdict of a stage for a notice of which the case is as `change` makes it.
fn verdict<'a>(
    stage: &str,
    kind: NoticeKind,
    status: &'a FindingStatus,
    channel: &'a ChannelPolicy,
    change: impl Fn(&mut Case<'a>),
) -> Verdict {
    let mut case = Case {
        due: Due { kind, occurrence: 1 },
        status,
        channel,
        recipient: Some("ana@x"),
        flapping: None,
        failing_dependencies: &[],
        silences: &[],
        is_fallback: false,
        is_informed: false,
        informed: 0,
    };
    change(&mut case);
    match stage {
        "all" => decide(&case),
        _ => STAGES.iter().find(|(name, _)| *name == stage).unwrap().1(&case),
    }
}

fn held(reason: &'static str, message: &str) -> Verdict {
    Verdict::Hold(Why { reason, message: message.into() })
}

fn dropped(reason: &'static str, message: &str) -> Verdict {
    Verdict::Drop(Why { reason, message: message.into() })
}

#[test]
fn below_the_least_severity_of_the_channel_nobody_is_asked() {
    for kind in ALL {
        let of = |severity| verdict("severity", kind, &status(severity), &mail(), |_| {});
        assert_eq!(of(Severity::Critical), Verdict::Send, "{kind:?}");
        assert_eq!(of(Severity::High), Verdict::Send, "{kind:?}");
        let below =
            if ASKING.contains(&kind) { dropped(REASON_BELOW_SEVERITY, "medium < high") } else { Verdict::Send };
        assert_eq!(of(Severity::Medium), below, "{kind:?}");
        let fallback = verdict("severity", kind, &status(Severity::Medium), &mail(), |case| case.is_fallback = true);
        assert_eq!(fallback, Verdict::Send, "{kind:?}");
    }
}

#[test]
fn an_acknowledgement_holds_what_asks_people_to_act() {
    let mut acknowledged = status(Severity::High);
    acknowledged.phase = Some(Phase::Acknowledged);
    let taken = json!({"by": "ana", "at": "2026-01-01T00:00:00Z", "occurrence": 1});
    acknowledged.acknowledgement = Some(serde_json::from_value::<FindingAcknowledgement>(taken).unwrap());
    for kind in ALL {
        let asks = ASKING.contains(&kind);
        let of = |status: &FindingStatus, flapping| {
            verdict("acknowledgement", kind, status, &mail(), |case| case.flapping = flapping)
        };
        let by = if asks { held(REASON_NOTICE_ACKNOWLEDGED, "ana") } else { Verdict::Send };
        assert_eq!(of(&acknowledged, None), by, "{kind:?}");
        let carried = if asks { held(REASON_NOTICE_ACKNOWLEDGED, "") } else { Verdict::Send };
        assert_eq!(of(&status(Severity::High), flaps(true)), carried, "{kind:?}: of an occurrence before");
        assert_eq!(of(&status(Severity::High), flaps(false)), Verdict::Send, "{kind:?}");
        assert_eq!(of(&status(Severity::High), None), Verdict::Send, "{kind:?}");
    }
}

#[test]
fn a_failing_dependency_holds_what_asks_people_to_act() {
    let failing = ["a".to_string(), "b".to_string()];
    for kind in ALL {
        let of = |names| {
            verdict("dependency", kind, &status(Severity::High), &mail(), |case| case.failing_dependencies = names)
        };
        let expected = if ASKING.contains(&kind) { held(REASON_DEPENDENCY, "a, b") } else { Verdict::Send };
        assert_eq!((of(&failing), of(&[])), (expected, Verdict::Send), "{kind:?}");
    }
}

#[test]
fn a_silence_holds_everything_but_the_end() {
    let silences = ["maintenance".to_string()];
    for kind in ALL {
        let of = |names| verdict("silence", kind, &status(Severity::High), &mail(), |case| case.silences = names);
        let expected = if kind == NoticeKind::Resolved { Verdict::Send } else { held(REASON_SILENCED, "maintenance") };
        assert_eq!((of(&silences), of(&[])), (expected, Verdict::Send), "{kind:?}");
    }
}

#[test]
fn while_a_finding_flaps_only_that_is_told() {
    for kind in ALL {
        let of =
            |flapping| verdict("flapping", kind, &status(Severity::High), &mail(), |case| case.flapping = flapping);
        let expected = if kind == NoticeKind::Flapping { Verdict::Send } else { held(REASON_FLAPPING, "") };
        assert_eq!((of(flaps(false)), of(None)), (expected, Verdict::Send), "{kind:?}");
    }
}

#[test]
fn without_a_recipient_or_a_configured_channel_there_is_a_reason_that_names_the_setting() {
    let none = verdict("recipient", NoticeKind::Opened, &status(Severity::High), &mail(), |case| case.recipient = None);
    assert_eq!(none, dropped(REASON_NO_RECIPIENT, "DESK_ROOT_NOTIFY_EMAIL"));
    let off = ChannelPolicy { missing: Some("SMTP_URL"), ..mail() };
    for kind in ALL {
        let of = |channel: &ChannelPolicy, is_informed| {
            verdict("channel", kind, &status(Severity::High), channel, |case| case.is_informed = is_informed)
        };
        assert_eq!(of(&off, false), dropped(REASON_CHANNEL_OFF, "SMTP_URL"), "{kind:?}");
        assert_eq!(of(&off, true), held(REASON_CHANNEL_OFF, "SMTP_URL"), "{kind:?}: who knows of it is told later");
        assert_eq!(of(&mail(), false), Verdict::Send, "{kind:?}");
    }
}

#[test]
fn what_failed_is_not_sent_again_and_the_informed_are_bounded() {
    let failed = |kind, occurrence, recipient: &str, state: &str| {
        let mut status = status(Severity::High);
        let notice = json!({"kind": kind, "occurrence": occurrence, "channel": "mail", "recipient": recipient, "state": state,
            "since": "2026-01-01T00:00:00.000000Z", "at": "2026-01-01T00:00:00Z"});
        status.notices.push(serde_json::from_value(notice).unwrap());
        status
    };
    let of = |status: &FindingStatus, is_informed, informed| {
        verdict("deduplication", NoticeKind::Opened, status, &mail(), |case| {
            (case.is_informed, case.informed) = (is_informed, informed);
        })
    };
    assert_eq!(of(&failed("Opened", 1, "ana@x", "Failed"), false, 0), dropped(ALREADY_FAILED, ""));
    for other in [
        failed("Opened", 1, "ana@x", "Sent"),
        failed("Opened", 2, "ana@x", "Failed"),
        failed("Flapping", 1, "ana@x", "Failed"),
        failed("Opened", 1, "bia@x", "Failed"),
    ] {
        assert_eq!(of(&other, false, 0), Verdict::Send, "{:?}", other.notices);
    }
    let plain = status(Severity::High);
    assert_eq!(of(&plain, false, INFORMED_MAX - 1), Verdict::Send);
    assert_eq!(of(&plain, false, INFORMED_MAX), dropped(REASON_INFORMED_FULL, ""));
    assert_eq!(of(&plain, true, INFORMED_MAX), Verdict::Send, "who knows of it is told of its end");
}

#[test]
fn the_first_stage_that_does_not_send_decides() {
    let names: Vec<&str> = STAGES.iter().map(|(name, _)| *name).collect();
    let order =
        ["severity", "acknowledgement", "dependency", "silence", "flapping", "recipient", "channel", "deduplication"];
    assert_eq!(names, order);
    let one = ["x".to_string()];
    let everything = |severity| {
        verdict("all", NoticeKind::Opened, &status(severity), &mail(), |case| {
            (case.failing_dependencies, case.silences, case.flapping) = (&one, &one, flaps(false));
            case.recipient = None;
        })
    };
    assert_eq!(everything(Severity::Low), dropped(REASON_BELOW_SEVERITY, "low < high"));
    assert_eq!(everything(Severity::High), held(REASON_DEPENDENCY, "x"));
    let silenced = verdict("all", NoticeKind::Opened, &status(Severity::High), &mail(), |case| {
        (case.silences, case.recipient) = (&one, None);
    });
    assert_eq!(silenced, held(REASON_SILENCED, "x"));
    assert_eq!(verdict("all", NoticeKind::Opened, &status(Severity::High), &mail(), |_| {}), Verdict::Send);
}
