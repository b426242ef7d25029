//! When the Thread of a critical Finding asks again, since nobody has acknowledged the Finding.

use crate::api::{Channel, FindingStatus, NoticeKind, Severity};
use crate::domain::notice::due::{Due, escalation_at};
use crate::domain::notice::flapping::flapping;
use crate::domain::notice::policy::ChannelPolicy;
use crate::domain::notice::stages::{Case, Verdict, decide};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// What is held back is looked at again after this time.
const RECHECK: SignedDuration = SignedDuration::from_secs(5);

/// What an escalation depends on besides the Finding.
pub struct Surroundings<'a> {
    /// How long an open Finding waits for an acknowledgement; `None` where none is escalated.
    pub after: Option<SignedDuration>,
    /// It is `blind` for unset settings alone.
    pub is_told_once: bool,
    /// What holds it back now.
    pub holds: &'a dyn Fn() -> Holds,
}

/// What holds notices about a Finding back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Scenarios that are failing and that the one of the Finding depends on.
    pub failing_dependencies: Vec<String>,
    /// Active Silences that match.
    pub silences: Vec<String>,
}

/// What becomes of the escalation of the present occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escalation {
    /// It is told now: the Finding has been open for this long.
    Now(Duration),
    /// It is decided again at this time.
    At(Timestamp),
    Never,
}

/// Decides whether a Finding is escalated. The same holds as of notices apply, but no setting of a channel.
pub fn escalation(status: &FindingStatus, surroundings: &Surroundings<'_>, now: Timestamp) -> Escalation {
    let Some(at) = escalation_at(status, surroundings.after, surroundings.is_told_once) else {
        return Escalation::Never;
    };
    if at > now {
        return Escalation::At(at);
    }
    let holds = (surroundings.holds)();
    // Of a Thread everybody can read, no channel keeps anything back.
    let thread = ChannelPolicy {
        channel: Channel::Mail,
        least: Severity::Critical,
        recipients: Vec::new(),
        missing: None,
        recipients_setting: "",
    };
    let case = Case {
        due: Due { kind: NoticeKind::Escalated, occurrence: status.occurrences.unwrap_or(1) },
        status,
        channel: &thread,
        recipient: Some(""),
        flapping: flapping(&status.transitions, now),
        failing_dependencies: &holds.failing_dependencies,
        silences: &holds.silences,
        is_fallback: false,
        is_informed: true,
        informed: 0,
    };
    let opened_at = status.opened_at.as_ref().map_or(at, |opened| opened.0);
    match decide(&case) {
        Verdict::Send => Escalation::Now(Duration::try_from(now.duration_since(opened_at)).unwrap_or_default()),
        Verdict::Hold(_) => now.checked_add(RECHECK).map_or(Escalation::Never, Escalation::At),
        Verdict::Drop(_) => Escalation::Never,
    }
}
