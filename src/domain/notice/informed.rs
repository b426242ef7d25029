//! What recipients know of a Finding, as its status says it.

use super::content::OfOpening;
use super::policy::Pair;
use crate::api::{Channel, FindingStatus, Informed, Notice, NoticeKind, Phase};
use jiff::{SignedDuration, Timestamp};

/// How long a Finding is kept for those who are to be told of its end.
const OWED_MAX: SignedDuration = SignedDuration::from_hours(48);

/// The recipient and channel of a notice.
pub fn pair_of(notice: &Notice) -> Pair {
    Pair { channel: notice.channel, recipient: notice.recipient.clone() }
}

/// What a recipient was told of a Finding and not yet of its end.
pub fn informed_of<'a>(status: &'a FindingStatus, pair: &Pair) -> Option<&'a Informed> {
    status.informed.iter().find(|informed| informed.channel == pair.channel && informed.recipient == pair.recipient)
}

/// What the recipient of a notice, or for an escalation another one, was told of the opening; `None` of an opening.
pub fn opening_of<'a>(status: &'a FindingStatus, notice: &Notice) -> Option<&'a Informed> {
    let of_recipient = informed_of(status, &pair_of(notice));
    match notice.kind {
        NoticeKind::Opened => None,
        NoticeKind::Escalated => of_recipient.or_else(|| first_informed(status)),
        _ => of_recipient,
    }
}

/// Whose opening mail an escalation follows to a recipient who did not get it.
fn first_informed(status: &FindingStatus) -> Option<&Informed> {
    let of_mail = status.informed.iter().filter(|informed| informed.channel == Channel::Mail);
    of_mail.min_by_key(|informed| &informed.recipient)
}

/// What has become of the Findings of the message `id`, which told of an opening; `statuses` are those of all Findings, or at least of
/// those that may be among them.
pub fn of_opening<'a>(id: &str, statuses: impl IntoIterator<Item = &'a FindingStatus>) -> OfOpening {
    let mut of_opening = OfOpening::default();
    for status in statuses {
        let groups = status.notices.iter().filter_map(|notice| notice.group.as_ref());
        let size = groups.filter(|group| group.id == id).map(|group| usize::try_from(group.size).unwrap_or(usize::MAX));
        of_opening.told = of_opening.told.or(size.max());
        // Of a Finding that was opened again since, another message tells, unless it flaps.
        let is_of_now =
            |known: &Informed| known.flapping_at.is_some() || status.occurrences.unwrap_or(1) == known.occurrence;
        let is_open =
            status.is_active() && status.informed.iter().any(|known| known.message_id == id && is_of_now(known));
        of_opening.open += usize::from(is_open);
        of_opening.acknowledged += usize::from(is_open && status.phase == Some(Phase::Acknowledged));
    }
    of_opening
}

/// Whether a resolved Finding is kept although it is old, or one too many, since a recipient is still to be told of its end. Notices are
/// given up after a day; what a channel that is off holds back after another is not waited for.
pub fn owes_end(status: &FindingStatus, now: Timestamp) -> bool {
    let is_owed = !status.informed.is_empty() || status.notices.iter().any(|notice| notice.state.is_pending());
    let resolved_at = status.resolved_at.as_ref().map(|at| at.0);
    is_owed && resolved_at.is_some_and(|at| now.duration_since(at) < OWED_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_the_findings_of_one_opening_those_count_as_open_that_have_not_ended_since() {
        let status = |phase: &str, occurrences: u32, informed: serde_json::Value, notices: serde_json::Value| {
            let status = json!({"phase": phase, "occurrences": occurrences, "informed": informed, "notices": notices});
            serde_json::from_value::<FindingStatus>(status).unwrap()
        };
        let known = |id: &str| json!({"channel": "mail", "recipient": "ana@x", "occurrence": 1, "messageId": id, "since": "2026-01-01T00:00:00Z"});
        let flapped = |id: &str| {
            let mut known = known(id);
            known["flappingAt"] = json!("2026-01-01T00:00:00Z");
            known
        };
        let sent = |id: &str| {
            json!([{"kind": "Opened", "occurrence": 1, "channel": "mail", "recipient": "ana@x", "state": "Sent",
            "since": "2026-01-01T00:00:00.000000Z", "at": "2026-01-01T00:00:00Z",
            "group": {"id": id, "size": 7, "at": "2026-01-01T00:00:00Z"}}])
        };
        let all = [
            status("Open", 1, json!([known("a@x"), known("b@x")]), json!([])),
            status("Acknowledged", 1, json!([known("a@x")]), json!([])),
            status("Open", 2, json!([flapped("a@x")]), json!([])),
            // Opened again, ended, its end told, of another message.
            status("Open", 2, json!([known("a@x")]), json!([])),
            status("Resolved", 1, json!([known("a@x")]), json!([])),
            status("Resolved", 1, json!([]), sent("a@x")),
            status("Open", 1, json!([known("c@x")]), sent("c@x")),
        ];
        assert_eq!(of_opening("a@x", &all), OfOpening { told: Some(7), open: 3, acknowledged: 1 });
        assert_eq!(of_opening("b@x", &all), OfOpening { told: None, open: 1, acknowledged: 0 });
        assert_eq!(of_opening("d@x", &all), OfOpening::default());
    }

    #[test]
    fn the_end_of_a_finding_is_owed_to_those_who_know_of_it_for_two_days() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let known =
            json!({"channel": "mail", "recipient": "ana@x", "occurrence": 1, "messageId": "a@x", "since": at(0)});
        let planned = json!({"kind": "Resolved", "occurrence": 1, "channel": "mail", "recipient": "ana@x", "state": "Planned",
            "since": at(0), "at": at(0)});
        let owes = |informed: serde_json::Value, notices: serde_json::Value, now| {
            let status = json!({"phase": "Resolved", "resolvedAt": at(0), "informed": informed, "notices": notices});
            owes_end(&serde_json::from_value(status).unwrap(), at(now))
        };
        assert!(owes(json!([known]), json!([]), 47) && owes(json!([]), json!([planned]), 1));
        assert!(!owes(json!([]), json!([]), 1) && !owes(json!([known]), json!([planned]), 48));
    }
}
