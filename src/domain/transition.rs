//! Transitions of a Finding's status: opened, refreshed, acknowledged, no longer acknowledged, resolved.

use super::printable::printable;
use crate::api::conditions::{self, ACKNOWLEDGED, RESOLVED, bounded};
use crate::api::{
    Acknowledgement, ActionSpec, Evidence, FindingAcknowledgement, FindingRunbook, FindingStatus, Phase, ReadValue,
    Severity, Transition,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::time::Duration;

/// Only the newest are kept.
const TRANSITIONS_MAX: usize = 20;
/// Longest message, in bytes.
const MESSAGE_MAX: usize = 1024;
/// The verb of Actions that record acknowledgements.
pub const VERB_ACKNOWLEDGE: &str = "acknowledge";
/// Verb of Actions that acknowledge a Message.
pub const VERB_ACKNOWLEDGE_MESSAGE: &str = "acknowledge-message";
/// The minimum interval of writing a message or evidence in which only numbers changed, or the Scenario's interval if longer.
const REFRESH_NUMBERS: SignedDuration = SignedDuration::from_mins(5);
/// That of writing any other for the first time: the failure may have another cause now.
const REFRESH_WORDS: SignedDuration = SignedDuration::from_secs(30);

/// Ends of paths of numbers that tell causes apart.
const CODES: [&str; 2] = [".status", ".rcode"];

/// Why a Finding is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResolveReason {
    Recovered,
    /// Its item is no longer in the list of the check, which counts as a pass: it recovered, or is not watched any more.
    ItemRemoved,
    CheckRemoved,
    ScenarioRemoved,
}

impl ResolveReason {
    /// The CamelCase word in the transition and the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            ResolveReason::Recovered | ResolveReason::ItemRemoved => conditions::REASON_RECOVERED,
            ResolveReason::CheckRemoved => conditions::REASON_CHECK_REMOVED,
            ResolveReason::ScenarioRemoved => conditions::REASON_SCENARIO_REMOVED,
        }
    }
}

/// A failing check as a run saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub severity: Severity,
    pub agent: String,
    pub title: String,
    pub message: String,
    pub runbook: Option<FindingRunbook>,
    pub evidence: Evidence,
    /// The interval of the Scenario.
    pub interval: Duration,
}

/// One change of a Finding, for its Event.
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
            Step::Opened => Some(conditions::REASON_OPENED),
            Step::Reopened => Some(conditions::REASON_REOPENED),
            Step::Refreshed => None,
            Step::Acknowledged => Some(conditions::REASON_ACKNOWLEDGED),
            Step::Unacknowledged => Some(conditions::REASON_ACKNOWLEDGEMENT_REMOVED),
            Step::Resolved => Some(conditions::REASON_RESOLVED),
        }
    }
}

/// The status after a failure; `None` where nothing changes. `current` is the present status, if there is one.
pub fn open(current: Option<&FindingStatus>, failure: &Failure, now: Timestamp) -> Option<(FindingStatus, Step)> {
    let before = current.cloned().unwrap_or_default();
    if before.phase.is_some_and(Phase::is_active) {
        return refresh(before, failure, now);
    }
    let now = before.resolved_at.as_ref().map_or(now, |resolved| now.max(resolved.0));
    let occurrences = before.occurrences.unwrap_or(0).saturating_add(1);
    let step = if occurrences > 1 { Step::Reopened } else { Step::Opened };
    let mut next = FindingStatus {
        occurrences: Some(occurrences),
        opened_at: Some(Time(now)),
        since: Some(Time(now)),
        resolved_at: None,
        acknowledgement: None,
        owner: None,
        ..described(before, failure)
    };
    let reason = if step == Step::Reopened { conditions::REASON_REOPENED } else { conditions::REASON_OPENED };
    enter(&mut next, Phase::Open, reason, &failure.message, now);
    Some((next, step))
}

fn described(status: FindingStatus, failure: &Failure) -> FindingStatus {
    FindingStatus {
        severity: Some(failure.severity),
        agent: Some(failure.agent.clone()),
        title: Some(bounded(&printable(&failure.title), 200)),
        message: Some(bounded(&failure.message, MESSAGE_MAX)),
        runbook: failure.runbook.clone(),
        evidence: Some(failure.evidence.clone()),
        ..status
    }
}

/// Severity, agent, title and runbook follow the Scenario at once, and so does the message of a failure that no run saw and none will
/// repeat. Any other message, and the evidence, are written at intervals, where they say something new.
fn refresh(before: FindingStatus, failure: &Failure, now: Timestamp) -> Option<(FindingStatus, Step)> {
    let mut next = described(before.clone(), failure);
    let of_scenario = |status: &FindingStatus| {
        let FindingStatus { severity, agent, title, runbook, .. } = status.clone();
        (severity, agent, title, runbook)
    };
    let is_regraded = of_scenario(&next) != of_scenario(&before);
    let last_told = before.evidence.as_ref().and_then(|e| e.failing.as_ref()).map(|f| f.at.0);
    let elapsed = last_told.map(|at| now.duration_since(at));
    let is_due = |pause: SignedDuration| {
        let interval = SignedDuration::try_from(failure.interval).unwrap_or(SignedDuration::MAX);
        failure.evidence.failing.is_none() || elapsed.is_none_or(|elapsed| elapsed >= pause.max(interval))
    };
    let is_soon = is_due(words_pause(&before, last_told)) && differs_in_words(&before, &next);
    let says_more = || next.message != before.message || shown(&next) != shown(&before);
    let is_told = is_soon || is_due(REFRESH_NUMBERS) && says_more();
    if !is_regraded && !is_told {
        return None;
    }
    if let Some(resolved) = next.conditions.iter_mut().find(|c| c.type_ == RESOLVED)
        && [conditions::REASON_OPENED, conditions::REASON_REOPENED].contains(&resolved.reason.as_str())
    {
        resolved.message = next.message.clone().unwrap_or_default();
    }
    Some((next, Step::Refreshed))
}

/// What the evidence says, without what is different in each run.
fn shown(status: &FindingStatus) -> Option<(Option<&str>, Vec<&ReadValue>)> {
    let evidence = status.evidence.as_ref()?;
    let lasting = |value: &&ReadValue| value.path != "now" && !value.path.ends_with(".latency");
    Some((evidence.show.as_deref(), evidence.values.iter().filter(lasting).collect()))
}

/// The minimum interval of writing another cause. It becomes longer the later the last one was told: causes may alternate.
fn words_pause(before: &FindingStatus, last_told: Option<Timestamp>) -> SignedDuration {
    let opened = before.opened_at.as_ref().map(|at| at.0);
    let since = opened.zip(last_told).map(|(opened, told)| told.duration_since(opened) / 2);
    since.unwrap_or_default().clamp(REFRESH_WORDS, REFRESH_NUMBERS)
}

/// Whether the message says something else than other numbers and ids, or the target answered with another code.
fn differs_in_words(before: &FindingStatus, next: &FindingStatus) -> bool {
    let message = |status: &FindingStatus| {
        words(status.message.as_deref().unwrap_or_default()).map(String::from).collect::<Vec<_>>()
    };
    let codes = |status: &FindingStatus| -> Vec<ReadValue> {
        let values = status.evidence.iter().flat_map(|evidence| &evidence.values);
        values.filter(|value| CODES.iter().any(|end| value.path.ends_with(end))).cloned().collect()
    };
    message(before) != message(next) || codes(before) != codes(next)
}

/// The words of a text without a digit, which numbers, durations and ids have.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !word.contains(|c: char| c.is_ascii_digit()))
}

/// How a Finding ended, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why, for the transition and the condition.
    pub why: String,
    /// The message from then on. It is written once, at the resolution, and says nothing in the present tense that no longer holds.
    pub message: String,
}

/// The status of a Finding that has recovered, or whose check was removed; `None` where it is resolved already.
pub fn resolve(
    current: &FindingStatus,
    reason: ResolveReason,
    ending: &Ending,
    now: Timestamp,
) -> Option<(FindingStatus, Step)> {
    if !current.is_unresolved() {
        return None;
    }
    // A run that began before the Finding was opened may end after it.
    let now = current.opened_at.as_ref().map_or(now, |opened| now.max(opened.0));
    let message = Some(bounded(&ending.message, MESSAGE_MAX));
    let mut next = FindingStatus { message, resolved_at: Some(Time(now)), since: Some(Time(now)), ..current.clone() };
    enter(&mut next, Phase::Resolved, reason.as_str(), &ending.why, now);
    Some((next, Step::Resolved))
}

/// The status after people wrote, changed or removed `spec.acknowledgement`; `None` where nothing changes.
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
            enter(&mut next, Phase::Open, conditions::REASON_ACKNOWLEDGEMENT_REMOVED, "", now);
            Some((next, Step::Unacknowledged))
        }
        (phase, Some(written)) => {
            let at = written.at.clone().or_else(|| same_as_before(current, written)).unwrap_or(Time(now));
            let taken = FindingAcknowledgement {
                by: written.by.clone(),
                note: written.note.clone(),
                at,
                action: written.action.clone(),
                occurrence: current.occurrences.unwrap_or(1),
                manager: manager.map(|m| bounded(m, 128)),
                proven,
            };
            // The same acknowledgement applied again, as from a backup, changes nothing unless its name is proven now.
            let content = |a: &FindingAcknowledgement| {
                (a.by.clone(), a.note.clone(), a.at.clone(), a.action.clone(), a.occurrence)
            };
            let same = |recorded: &FindingAcknowledgement| {
                content(recorded) == content(&taken) && recorded.proven >= taken.proven
            };
            if phase == Phase::Acknowledged && current.acknowledgement.as_ref().is_some_and(same) {
                return None;
            }
            let content = written.note.as_deref().map(|n| format!("{}: {n}", written.by));
            next.acknowledgement = Some(taken);
            enter(
                &mut next,
                Phase::Acknowledged,
                conditions::REASON_ACKNOWLEDGED,
                content.as_deref().unwrap_or(&written.by),
                now,
            );
            Some((next, Step::Acknowledged))
        }
    }
}

/// Whether the name in `spec.acknowledgement` is proven to be that of its writer.
///
/// `is_recorded`: by an Action of the facade, which authenticates its callers ([`is_recorded_by`]). An API server that checks names
/// does so when they change: a name that was there before keeps what was recorded for it, also when the rest is edited. Where no
/// server checks names, a proven one stays so until something of the acknowledgement changes.
///
/// `manager`, the field manager, tells two writers apart that use different ones; it proves nothing, since clients choose it.
pub fn is_proven(
    current: &FindingStatus,
    written: &Acknowledgement,
    manager: Option<&str>,
    is_recorded: bool,
    names_are_checked: bool,
) -> bool {
    let recorded = current.acknowledgement.as_ref().filter(|recorded| Some(recorded.occurrence) == current.occurrences);
    let recorded = recorded.filter(|recorded| recorded.by == written.by);
    match recorded {
        _ if is_recorded => true,
        Some(recorded) if names_are_checked => recorded.proven,
        None => names_are_checked,
        Some(recorded) => {
            let manager = manager.map(|m| bounded(m, 128));
            let is_same_time = written.at.as_ref().is_none_or(|at| *at == recorded.at);
            recorded.proven && recorded.note == written.note && is_same_time && recorded.manager == manager
        }
    }
}

/// Whether an Action records this acknowledgement, word for word: of this Finding in this occurrence, by this person, with this note,
/// at the time when the Action was created. So an acknowledgement that people copy proves no more than the one that was recorded.
pub fn is_recorded_by(
    action: &ActionSpec,
    created: Timestamp,
    finding: &FindingRef<'_>,
    written: &Acknowledgement,
) -> bool {
    let (subject, Some(before)) = (&action.subject, &action.before) else { return false };
    action.verb == VERB_ACKNOWLEDGE
        && subject.kind == "Finding"
        && subject.name == finding.name
        && before.uid.as_deref() == Some(finding.uid)
        && before.occurrence == finding.occurrences
        && action.actor.name == written.by
        && action.parameters.get("note") == written.note.as_ref()
        && written.at.as_ref().is_some_and(|at| at.0 == created)
}

/// Which Finding, and which occurrence of it.
#[derive(Clone, Copy, Debug)]
pub struct FindingRef<'a> {
    pub name: &'a str,
    pub uid: &'a str,
    pub occurrences: Option<u32>,
}

/// The time recorded for the same acknowledgement before, so that reading it again changes nothing.
fn same_as_before(current: &FindingStatus, written: &Acknowledgement) -> Option<Time> {
    let recorded = current.acknowledgement.as_ref()?;
    let same =
        recorded.by == written.by && recorded.note == written.note && Some(recorded.occurrence) == current.occurrences;
    same.then(|| recorded.at.clone())
}

/// Enters a phase: adds one transition and sets both conditions.
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
    let recorded = status.acknowledgement.as_ref().map(|a| a.by.clone());
    let (value, why) = match (&recorded, resolved) {
        (Some(_), false) => (true, conditions::REASON_ACKNOWLEDGED),
        (None, false) => (false, conditions::REASON_NOT_ACKNOWLEDGED),
        (_, true) => (false, conditions::REASON_RESOLVED),
    };
    let by = recorded.unwrap_or_default();
    conditions::set(&mut status.conditions, ACKNOWLEDGED, Some(value), why, &by, generation, now);
}

#[cfg(test)]
mod tests;
