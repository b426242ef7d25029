//! What a Finding's status becomes: opened, refreshed, acknowledged, taken back, resolved.

use crate::api::conditions::{self, ACKNOWLEDGED, RESOLVED, bounded};
use crate::api::{Acknowledgement, Evidence, FindingAcknowledgement, FindingStatus, Phase, Severity, Transition};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::time::Duration;

/// Only the newest are kept.
const TRANSITIONS_MAX: usize = 20;
/// A message that keeps changing is written no more often than this, or than the Scenario's interval if longer.
const REFRESH_MIN: Duration = Duration::from_secs(300);

/// Why a Finding is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResolveReason {
    Recovered,
    CheckRemoved,
    ScenarioRemoved,
}

impl ResolveReason {
    /// The CamelCase word in the transition and the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            ResolveReason::Recovered => "Recovered",
            ResolveReason::CheckRemoved => "CheckRemoved",
            ResolveReason::ScenarioRemoved => "ScenarioRemoved",
        }
    }
}

/// A fault as a run saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub severity: Severity,
    pub agent: String,
    pub title: String,
    pub message: String,
    pub evidence: Evidence,
    /// The Scenario's.
    pub interval: Duration,
}

/// What happened to a Finding, for its Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Opened,
    Reopened,
    Refreshed,
    Acknowledged,
    Unacknowledged,
    Resolved,
}

impl Step {
    /// The Event's reason; a refreshed message is no event.
    pub fn event_reason(self) -> Option<&'static str> {
        match self {
            Step::Opened => Some("Opened"),
            Step::Reopened => Some("Reopened"),
            Step::Refreshed => None,
            Step::Acknowledged => Some("Acknowledged"),
            Step::Unacknowledged => Some("AcknowledgementRemoved"),
            Step::Resolved => Some("Resolved"),
        }
    }
}

/// The next status; `None` where nothing is to be said. `current` is what stands, if anything does.
pub fn open(current: Option<&FindingStatus>, failure: &Failure, now: Timestamp) -> Option<(FindingStatus, Step)> {
    let before = current.cloned().unwrap_or_default();
    if before.phase.is_some_and(Phase::is_active) {
        return refresh(before, failure, now);
    }
    let occurrences = before.occurrences.unwrap_or(0) + 1;
    let step = if occurrences > 1 { Step::Reopened } else { Step::Opened };
    let mut next = FindingStatus {
        occurrences: Some(occurrences),
        opened_at: Some(Time(now)),
        since: Some(Time(now)),
        resolved_at: None,
        acknowledgement: None,
        ..described(before, failure)
    };
    let reason = if step == Step::Reopened { "Reopened" } else { "Opened" };
    enter(&mut next, Phase::Open, reason, &failure.message, now);
    Some((next, step))
}

fn described(status: FindingStatus, failure: &Failure) -> FindingStatus {
    FindingStatus {
        severity: Some(failure.severity),
        agent: Some(failure.agent.clone()),
        title: Some(bounded(&failure.title, 200)),
        message: Some(bounded(&failure.message, 1024)),
        evidence: Some(failure.evidence.clone()),
        ..status
    }
}

/// Severity, agent and title follow the Scenario at once; the words of a message only now and then.
fn refresh(before: FindingStatus, failure: &Failure, now: Timestamp) -> Option<(FindingStatus, Step)> {
    let next = described(before.clone(), failure);
    let graded = (next.severity, &next.agent, &next.title) != (before.severity, &before.agent, &before.title);
    let told = before.evidence.as_ref().and_then(|e| e.failing.as_ref()).map(|f| f.at.0);
    let pause = SignedDuration::try_from(REFRESH_MIN.max(failure.interval)).unwrap_or(SignedDuration::MAX);
    let due = told.is_none_or(|at| now.duration_since(at) >= pause);
    if graded || (due && next.message != before.message) {
        return Some((next, Step::Refreshed));
    }
    None
}

/// The next status of a Finding that is whole, or whose check is gone.
pub fn resolve(
    current: &FindingStatus,
    reason: ResolveReason,
    message: &str,
    now: Timestamp,
) -> Option<(FindingStatus, Step)> {
    if !current.is_unresolved() {
        return None;
    }
    let mut next = FindingStatus { resolved_at: Some(Time(now)), since: Some(Time(now)), ..current.clone() };
    enter(&mut next, Phase::Resolved, reason.as_str(), message, now);
    Some((next, Step::Resolved))
}

/// The next status after people wrote, changed or took out `spec.acknowledgement`.
///
/// `manager` is the field manager that wrote it; `proven` whether the name was.
pub fn acknowledge(
    current: &FindingStatus,
    written: Option<&Acknowledgement>,
    manager: Option<&str>,
    proven: bool,
    now: Timestamp,
) -> Option<(FindingStatus, Step)> {
    let mut next = current.clone();
    match (current.phase?, written) {
        (Phase::Resolved, _) | (Phase::Open, None) => None,
        (Phase::Acknowledged, None) => {
            next.acknowledgement = None;
            enter(&mut next, Phase::Open, "AcknowledgementRemoved", "", now);
            Some((next, Step::Unacknowledged))
        }
        (phase, Some(written)) => {
            let at = written.at.clone().or_else(|| same_as_before(current, written)).unwrap_or(Time(now));
            let taken = FindingAcknowledgement {
                by: written.by.clone(),
                note: written.note.clone(),
                at,
                occurrence: current.occurrences.unwrap_or(1),
                manager: manager.map(|m| bounded(m, 128)),
                proven,
            };
            // Whoever applies the same again, as from a backup, acknowledges nothing; only that it is proven would be news.
            let said = |a: &FindingAcknowledgement| (a.by.clone(), a.note.clone(), a.at.clone(), a.occurrence);
            let same = |noted: &FindingAcknowledgement| said(noted) == said(&taken) && noted.proven >= taken.proven;
            if phase == Phase::Acknowledged && current.acknowledgement.as_ref().is_some_and(same) {
                return None;
            }
            let said = written.note.as_deref().map(|n| format!("{}: {n}", written.by));
            next.acknowledgement = Some(taken);
            enter(&mut next, Phase::Acknowledged, "Acknowledged", said.as_deref().unwrap_or(&written.by), now);
            Some((next, Step::Acknowledged))
        }
    }
}

/// Whether the name in `spec.acknowledgement` is that of whoever wrote it.
///
/// The facade knows who asks. An API server that checks names does so where they change: one that stood before stays what it was
/// noted as, whoever edits the rest. Where nobody checks, what was proven when it was written stays so while nothing changes.
pub fn is_proven(
    current: &FindingStatus,
    written: &Acknowledgement,
    manager: Option<&str>,
    through_facade: bool,
    names_are_checked: bool,
) -> bool {
    let noted = current.acknowledgement.as_ref().filter(|noted| Some(noted.occurrence) == current.occurrences);
    let noted = noted.filter(|noted| noted.by == written.by);
    match noted {
        _ if through_facade => true,
        Some(noted) if names_are_checked => noted.proven,
        None => names_are_checked,
        Some(noted) => {
            let manager = manager.map(|m| bounded(m, 128));
            noted.proven && noted.note == written.note && noted.manager == manager
        }
    }
}

/// The time noted before for the same acknowledgement, so that reading it again changes nothing.
fn same_as_before(current: &FindingStatus, written: &Acknowledgement) -> Option<Time> {
    let noted = current.acknowledgement.as_ref()?;
    let same = noted.by == written.by && noted.note == written.note && Some(noted.occurrence) == current.occurrences;
    same.then(|| noted.at.clone())
}

/// Enters a phase: one transition, both conditions.
fn enter(status: &mut FindingStatus, to: Phase, reason: &str, message: &str, now: Timestamp) {
    let transition = Transition {
        at: Time(now),
        from: status.phase,
        to,
        reason: reason.to_string(),
        message: bounded(message, 512),
    };
    status.transitions.push(transition);
    let surplus = status.transitions.len().saturating_sub(TRANSITIONS_MAX);
    status.transitions.drain(..surplus);
    status.phase = Some(to);
    let generation = status.observed_generation;
    let resolved = to == Phase::Resolved;
    conditions::set(&mut status.conditions, RESOLVED, Some(resolved), reason, message, generation, now);
    let noted = status.acknowledgement.as_ref().map(|a| a.by.clone());
    let (value, why) = match (&noted, resolved) {
        (Some(_), false) => (true, "Acknowledged"),
        (None, false) => (false, "NotAcknowledged"),
        (_, true) => (false, "Resolved"),
    };
    let by = noted.unwrap_or_default();
    conditions::set(&mut status.conditions, ACKNOWLEDGED, Some(value), why, &by, generation, now);
}

#[cfg(test)]
mod tests;
