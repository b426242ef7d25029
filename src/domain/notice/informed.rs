//! What recipients know of a Finding, as its status says it.

use super::policy::Pair;
use crate::api::{Channel, FindingStatus, Informed, Notice, NoticeKind};
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

/// What the recipient of a notice, or for an escalation somebody else, was told of the opening; `None` of an opening.
pub fn opening_of<'a>(status: &'a FindingStatus, notice: &Notice) -> Option<&'a Informed> {
    let of_recipient = informed_of(status, &pair_of(notice));
    match notice.kind {
        NoticeKind::Opened => None,
        NoticeKind::Escalated => of_recipient.or_else(|| first_informed(status)),
        _ => of_recipient,
    }
}

/// Whose opening mail an escalation to somebody follows who did not get it.
fn first_informed(status: &FindingStatus) -> Option<&Informed> {
    let of_mail = status.informed.iter().filter(|informed| informed.channel == Channel::Mail);
    of_mail.min_by_key(|informed| &informed.recipient)
}

/// Whether a resolved Finding is kept although it is old, or one too many, since somebody is still to be told of its end. Notices are
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
