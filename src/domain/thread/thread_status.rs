//! The status of a Thread, and the places of its Messages.

use super::told::{SEQUENCE_MAX, at, place, second, sequence};
use crate::api::{Channel, FindingStatus, Message, MessagePhase, MessageStatus, Thread, ThreadStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::sync::Arc;

/// By how much the reserved sequence may be greater than those of the Messages, of which the last ones may have been removed.
const RESERVED_MAX: u32 = 1_000_000;

/// The sequence that is reserved in the status of a Thread, unless a senseless one was written by hand. `highest` is that of the Messages.
fn reserved(thread: &Thread, highest: u32) -> u32 {
    let reserved = thread.status.as_ref().and_then(|status| status.last_sequence).unwrap_or(0);
    let most = highest.saturating_add(RESERVED_MAX).min(SEQUENCE_MAX);
    if reserved <= most { reserved } else { highest }
}

/// The Messages of a Thread in their order, each with its sequence; those that have none yet get the next ones, which have to be reserved
/// in the status of the Thread first. Where there are no next ones, all are numbered anew, in the same order.
pub fn sequenced(thread: &Thread, mut messages: Vec<Arc<Message>>) -> Vec<(Arc<Message>, u32)> {
    messages.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
    let highest = messages.iter().filter_map(|message| sequence(message)).max().unwrap_or(0);
    let mut last = reserved(thread, highest).max(highest);
    let unplaced = messages.iter().filter(|message| sequence(message).is_none()).count();
    let is_exhausted = u32::try_from(unplaced).is_ok_and(|count| last.saturating_add(count) > SEQUENCE_MAX);
    if is_exhausted {
        last = 0;
    }
    let known = |message: &Message| sequence(message).filter(|_| !is_exhausted);
    let mut next = || {
        last = last.saturating_add(1);
        last
    };
    messages
        .into_iter()
        .map(|message| (known(&message).unwrap_or_else(&mut next), message))
        .map(|(n, m)| (m, n))
        .collect()
}

/// The status of a Thread whose Messages are to have these statuses. `finding` is the Finding that names the Thread.
pub fn status<'a>(
    thread: &Thread,
    messages: impl Iterator<Item = (&'a Message, &'a MessageStatus)>,
    finding: Option<&FindingStatus>,
) -> ThreadStatus {
    let before = thread.status.clone().unwrap_or_default();
    let counted = before.message_count;
    let messages: Vec<_> = messages.collect();
    let highest = messages.iter().filter_map(|(_, status)| status.sequence).max().unwrap_or(0);
    let mut next = ThreadStatus {
        observed_generation: thread.metadata.generation,
        severity: finding.and_then(|finding| finding.severity).or(before.severity),
        message_count: Some(0),
        pending_count: Some(0),
        last_sequence: before.last_sequence.map(|_| reserved(thread, highest)),
        ..before
    };
    for (message, status) in messages {
        next.message_count = next.message_count.map(|count| count.saturating_add(1));
        let is_pending = message.spec.needs_ack && matches!(status.phase, None | Some(MessagePhase::Pending));
        next.pending_count = next.pending_count.map(|count| count.saturating_add(u32::from(is_pending)));
        next.last_sequence = next.last_sequence.max(status.sequence);
        let written = second(at(message));
        if next.last_message_at.as_ref().is_none_or(|last| last.0 < written) {
            next.last_message_at = Some(Time(written));
        }
    }
    if thread.spec.closed {
        // Retention removes the Messages first, and then the Thread if it is unchanged.
        next.message_count = next.message_count.max(counted);
    }
    if next.mail_root.is_none() {
        next.mail_root = finding.and_then(first_mail);
    }
    next
}

/// The Message-ID of the first mail about the present occurrence.
fn first_mail(finding: &FindingStatus) -> Option<String> {
    let mails =
        finding.informed.iter().filter(|informed| informed.channel == Channel::Mail && !informed.message_id.is_empty());
    mails.min_by_key(|informed| (informed.since.0, &informed.message_id)).map(|informed| informed.message_id.clone())
}
