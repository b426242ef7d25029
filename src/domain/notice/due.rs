//! What one recipient is to be told next of one Finding, before anything holds it back.

use super::flapping::Flapping;
use super::policy::{NoticePolicy, Pair};
use crate::api::{Channel, FindingStatus, Informed, NoticeKind, Phase, Severity};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// Something that a recipient is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub kind: NoticeKind,
    pub occurrence: u32,
}

/// What is due now, and when something else becomes due if nothing changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Next {
    pub due: Option<Due>,
    pub at: Option<Timestamp>,
}

/// A Finding as [`next`] looks at it.
pub struct Situation<'a> {
    pub status: &'a FindingStatus,
    pub flapping: Option<Flapping>,
    pub policy: &'a NoticePolicy,
    /// It is `blind` for unset settings alone: told once.
    pub is_told_once: bool,
    /// There is advice of the local model that is to be mailed.
    pub has_advice: bool,
    /// Critical kinds that another channel has failed to tell for a while.
    pub failing_elsewhere: &'a [(Channel, NoticeKind)],
    pub now: Timestamp,
}

impl Next {
    fn due(kind: NoticeKind, occurrence: u32) -> Next {
        Next { due: Some(Due { kind, occurrence }), at: None }
    }

    fn at(at: Option<Timestamp>) -> Next {
        Next { due: None, at }
    }
}

impl Situation<'_> {
    fn occurrence(&self) -> u32 {
        self.status.occurrences.unwrap_or(1)
    }

    fn is_active(&self) -> bool {
        self.status.is_active()
    }

    /// Open, and not acknowledged.
    fn is_open(&self) -> bool {
        self.status.phase == Some(Phase::Open)
    }

    pub(super) fn escalation_at(&self) -> Option<Timestamp> {
        escalation_at(self.status, self.policy.timing.escalate_after, self.is_told_once)
    }

    fn is_grave(&self) -> bool {
        matches!(self.status.severity, Some(Severity::Critical | Severity::High))
    }

    /// Whether the recipient was not sent advice in this occurrence yet, and there is some. Of later advice the Thread tells.
    fn owes_advice(&self, pair: &Pair, informed: &Informed) -> bool {
        let opened_at = self.status.opened_at.as_ref();
        let is_of_now = |at: &Time| opened_at.is_none_or(|opened| at.0 >= opened.0);
        let is_told = informed.advised_at.as_ref().is_some_and(is_of_now);
        self.has_advice && self.is_open() && !self.is_told_once && pair.channel == Channel::Mail && !is_told
    }

    /// Whether the pair is told because another channel fails.
    pub fn is_fallback(&self, pair: &Pair, kind: NoticeKind) -> bool {
        self.failing_elsewhere.iter().any(|(channel, failing)| *channel != pair.channel && *failing == kind)
    }
}

/// What the recipient is to be told next; `informed` is what it was told of the Finding and not yet of its end.
pub fn next(situation: &Situation<'_>, pair: &Pair, informed: Option<&Informed>) -> Next {
    match informed {
        None if situation.is_active() => not_informed(situation, pair),
        None => Next::default(),
        Some(informed) if !situation.is_active() => Next::due(NoticeKind::Resolved, informed.occurrence),
        Some(informed) => active(situation, pair, informed),
    }
}

fn not_informed(situation: &Situation<'_>, pair: &Pair) -> Next {
    if situation.policy.is_regular(pair) {
        let kind = if situation.flapping.is_some() { NoticeKind::Flapping } else { NoticeKind::Opened };
        return Next::due(kind, situation.occurrence());
    }
    if !situation.policy.is_escalation(pair) {
        return Next::default();
    }
    match situation.escalation_at() {
        Some(at) if at <= situation.now => Next::due(NoticeKind::Escalated, situation.occurrence()),
        at => Next::at(at),
    }
}

/// The Finding is active, and the recipient was told of this occurrence or of one before.
fn active(situation: &Situation<'_>, pair: &Pair, informed: &Informed) -> Next {
    let occurrence = situation.occurrence();
    let is_configured = situation.policy.is_regular(pair) || situation.policy.is_escalation(pair);
    if let Some(flapping) = &situation.flapping {
        let is_told = informed.flapping_at.as_ref().is_some_and(|at| at.0 >= flapping.since);
        return match is_told || !is_configured {
            true => Next::at(Some(flapping.until)),
            false => Next::due(NoticeKind::Flapping, occurrence),
        };
    }
    // Told that it flaps: what happened meanwhile is one with it.
    if informed.flapping_at.is_none() && informed.occurrence < occurrence {
        return Next::due(NoticeKind::Resolved, informed.occurrence);
    }
    if !is_configured || pair.channel == Channel::Webhook {
        return Next::default();
    }
    if let Some(acknowledgement) = situation.status.acknowledgement.as_ref().filter(|_| !situation.is_open()) {
        return match informed.acknowledged_at.as_ref() == Some(&acknowledgement.at) {
            true => Next::default(),
            false => Next::due(NoticeKind::Acknowledged, occurrence),
        };
    }
    if informed.flapping_at.is_some() {
        return Next::due(NoticeKind::Reminder, occurrence);
    }
    let escalates = situation.policy.is_escalation(pair) || situation.is_fallback(pair, NoticeKind::Escalated);
    let escalation = situation.escalation_at().filter(|_| escalates && informed.escalated_at.is_none());
    let reminder = reminder_at(situation, informed);
    match (escalation, reminder) {
        (Some(at), _) if at <= situation.now => Next::due(NoticeKind::Escalated, occurrence),
        (_, Some(at)) if at <= situation.now => Next::due(NoticeKind::Reminder, occurrence),
        (escalation, reminder) => Next {
            // Advice comes after all else, and what becomes due meanwhile takes its place.
            due: situation.owes_advice(pair, informed).then_some(Due { kind: NoticeKind::Advised, occurrence }),
            at: escalation.into_iter().chain(reminder).min(),
        },
    }
}

/// When a critical Finding that is open and not acknowledged is escalated, so long after its opening; `None` where it is not.
/// `is_told_once` as in [`Situation`].
pub fn escalation_at(status: &FindingStatus, after: Option<SignedDuration>, is_told_once: bool) -> Option<Timestamp> {
    let is_open = status.phase == Some(Phase::Open);
    if status.severity != Some(Severity::Critical) || !is_open || is_told_once {
        return None;
    }
    status.opened_at.as_ref()?.0.checked_add(after?).ok()
}

/// When the recipient is reminded next.
fn reminder_at(situation: &Situation<'_>, informed: &Informed) -> Option<Timestamp> {
    if !situation.is_grave() || !situation.is_open() || situation.is_told_once {
        return None;
    }
    let told = [Some(&informed.since), informed.reminded_at.as_ref(), informed.escalated_at.as_ref()];
    let last = told.into_iter().flatten().map(|at| at.0).max()?;
    last.checked_add(situation.policy.timing.remind_after?).ok()
}
