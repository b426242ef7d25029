//! When a Thread is closed.

use super::message_status::{Subject, Surroundings};
use super::policy::ThreadLimits;
use crate::api::{Phase, ThreadStatus};
use jiff::{SignedDuration, Timestamp};

/// Whether a Thread is closed now, or when that is to be decided again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    Now,
    At(Timestamp),
    /// Not as long as nothing changes.
    Open,
}

/// Decides it from the status that the Thread is to have. Never while a Message awaits acknowledgement.
pub fn closing(surroundings: &Surroundings<'_>, status: &ThreadStatus, limits: &ThreadLimits) -> Closing {
    let thread = surroundings.thread;
    if thread.spec.closed || status.pending_count.unwrap_or(0) > 0 {
        return Closing::Open;
    }
    let created = thread.metadata.creation_timestamp.as_ref().map(|at| at.0);
    let last_message = status.last_message_at.as_ref().map(|at| at.0);
    let last = created.into_iter().chain(last_message).max();
    let (since, after) = match surroundings.subject {
        Subject::None => (last, limits.conversation_close_after),
        Subject::Gone => (last, limits.close_after),
        Subject::Finding(finding) if surroundings.is_current() || !surroundings.is_past() => {
            let is_resolved = finding.phase == Some(Phase::Resolved);
            let resolved =
                finding.resolved_at.as_ref().or(finding.since.as_ref()).filter(|_| is_resolved).map(|at| at.0);
            // A conversation about a Finding may begin after its resolution.
            let since =
                if surroundings.is_current() { resolved } else { resolved.and_then(|at| last.map(|l| l.max(at))) };
            (since, limits.close_after)
        }
        Subject::Finding(_) => (last, limits.close_after),
    };
    close_at(since, after, surroundings.now)
}

fn close_at(since: Option<Timestamp>, after: SignedDuration, now: Timestamp) -> Closing {
    match since.and_then(|since| since.checked_add(after).ok()) {
        Some(at) if at <= now => Closing::Now,
        Some(at) => Closing::At(at),
        None => Closing::Open,
    }
}
