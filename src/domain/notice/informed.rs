//! What recipients know of a Finding, as its status says it.

use super::policy::Pair;
use crate::api::{Channel, FindingStatus, Informed, Notice, NoticeKind};

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
