//! The status of a Scenario: the conditions Ready and Healthy, health, and the number of open Findings.

use crate::api::conditions::{
    self, HEALTHY, READY, REASON_BLIND, REASON_FAILING, REASON_NOT_JUDGED, REASON_NOT_READY, REASON_PASSING,
    REASON_READY, REASON_SUSPENDED, REASON_UNDECODABLE,
};
use crate::api::{BLIND, Health, RequestedRun, ScenarioStatus};
use crate::domain::desired::CheckKey;
use crate::domain::printable::printable;
use crate::domain::texts::{self, Language};
use crate::domain::validate::{Problem, Reason, ValidationError};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::BTreeSet;

/// More names than these do not fit into the message of a condition.
const NAMES_MAX: usize = conditions::MESSAGE_MAX / 3;

/// Everything that a status is computed from, besides the previous status.
pub struct StatusInputs<'a> {
    pub generation: Option<i64>,
    pub spec: SpecState<'a>,
    /// Checks and keys with an open Finding.
    pub open: &'a BTreeSet<CheckKey>,
    /// The last run of this generation since the start; `None` if there was none.
    pub run: Option<RunSummary<'a>>,
    pub last_run_at: Option<Timestamp>,
    pub last_requested_run: Option<&'a RequestedRun>,
    /// The language of condition messages.
    pub language: Language,
}

/// Whether the spec can run.
#[derive(Clone, Copy)]
pub enum SpecState<'a> {
    Valid,
    Suspended,
    /// At least one error.
    Invalid(&'a [ValidationError]),
    /// The names along a cycle in `dependsOn`.
    DependencyCycle(&'a [String]),
    /// The object does not have the schema of this version; the decoder's message.
    Undecodable(&'a str),
}

/// The result of a run, as far as the status needs it.
#[derive(Clone, Copy)]
pub struct RunSummary<'a> {
    /// Whether every check has passed or failed at least once.
    pub judged: bool,
    /// The checks whose failures were evaluated, but not confirmed yet, where nothing else keeps them from being judged.
    pub unconfirmed: Option<&'a str>,
    /// The number of outcomes.
    pub checks: usize,
    /// Why some outcomes are unknown, as text; `None` if none is.
    pub unknown: Option<&'a str>,
}

/// The next status. It is equal to `before`, except for `lastRunAt`, unless one of the inputs changed.
///
/// After an edit it stays as it is until the first run of the new generation, which follows at once.
pub fn status(before: &ScenarioStatus, inputs: &StatusInputs<'_>, now: Timestamp) -> ScenarioStatus {
    let mut next = before.clone();
    let generation = inputs.generation;
    let is_to_run = matches!(inputs.spec, SpecState::Valid) && inputs.run.is_none();
    if is_to_run && before.observed_generation != generation {
        return next;
    }
    next.observed_generation = generation;
    let (ready, reason, message) = ready(inputs);
    conditions::set(&mut next.conditions, READY, Some(ready), reason, &printable(&message), generation, now);
    let (health, reason, message) = health(before, inputs, ready);
    let value = match health {
        Health::Healthy => Some(true),
        Health::Failing => Some(false),
        Health::Unknown => None,
    };
    conditions::set(&mut next.conditions, HEALTHY, value, reason, &printable(&message), generation, now);
    next.health = Some(health);
    next.open_findings = Some(inputs.open.len().try_into().unwrap_or(u32::MAX));
    if let Some(at) = inputs.last_run_at {
        next.last_run_at = Some(Time(at));
    }
    if let Some(run) = inputs.last_requested_run {
        next.last_requested_run = Some(run.clone());
    }
    next
}

/// Status, reason and message of Ready.
fn ready(inputs: &StatusInputs<'_>) -> (bool, &'static str, String) {
    let language = inputs.language;
    match inputs.spec {
        SpecState::Valid => (true, REASON_READY, texts::spec_valid(language)),
        SpecState::Suspended => (true, REASON_SUSPENDED, texts::suspended_spec(language)),
        SpecState::Invalid(errors) => {
            let reason = errors.first().map_or(Reason::InvalidProbe, |error| error.reason);
            (false, reason.as_str(), texts::validations(language, errors))
        }
        SpecState::DependencyCycle(path) => {
            let error = ValidationError {
                field: "spec.dependsOn".into(),
                reason: Reason::DependencyCycle,
                problem: Problem::DependencyCycle { path: path.to_vec() },
            };
            (false, error.reason.as_str(), texts::validation(language, &error))
        }
        SpecState::Undecodable(error) => (false, REASON_UNDECODABLE, texts::undecodable(language, error)),
    }
}

/// Health, and reason and message of Healthy. Open Findings other than `blind` come first.
fn health(before: &ScenarioStatus, inputs: &StatusInputs<'_>, ready: bool) -> (Health, &'static str, String) {
    let language = inputs.language;
    let mut failing = inputs.open.iter().filter(|(check, _)| check != BLIND).peekable();
    if failing.peek().is_some() {
        let names: Vec<_> = failing.take(NAMES_MAX).map(|(check, key)| check_name(check, key)).collect();
        return (Health::Failing, REASON_FAILING, texts::findings_open(language, &names.join(", ")));
    }
    if !ready {
        return (Health::Unknown, REASON_NOT_READY, texts::not_ready(language));
    }
    if matches!(inputs.spec, SpecState::Suspended) {
        return (Health::Unknown, REASON_SUSPENDED, texts::suspended(language));
    }
    let is_blind = !inputs.open.is_empty();
    let Some(run) = inputs.run else {
        // After a restart the previous message is kept until the next run.
        let (reason, health) =
            if is_blind { (REASON_BLIND, Health::Unknown) } else { (REASON_PASSING, Health::Healthy) };
        return match previous_message(before, reason) {
            Some(message) => (health, reason, message),
            None => (Health::Unknown, REASON_NOT_JUDGED, texts::not_evaluated_yet(language, None)),
        };
    };
    match (is_blind, run.unknown, run.judged) {
        (true, Some(unknown), _) => (Health::Unknown, REASON_BLIND, texts::cannot_evaluate(language, unknown)),
        (true, None, _) => (Health::Unknown, REASON_BLIND, texts::cannot_evaluate_recently(language)),
        (false, _, false) if run.unconfirmed.is_some() => {
            let checks = run.unconfirmed.unwrap_or_default();
            (Health::Unknown, REASON_NOT_JUDGED, texts::failures_not_confirmed(language, checks))
        }
        (false, unknown, false) => (Health::Unknown, REASON_NOT_JUDGED, texts::not_evaluated_yet(language, unknown)),
        (false, _, true) => (Health::Healthy, REASON_PASSING, texts::checks_pass(language, run.checks)),
    }
}

/// The message of Healthy in the previous status, if it had this reason.
fn previous_message(before: &ScenarioStatus, reason: &str) -> Option<String> {
    conditions::find(&before.conditions, HEALTHY).filter(|c| c.reason == reason).map(|c| c.message.clone())
}

fn check_name(check: &str, key: &str) -> String {
    if key.is_empty() { check.to_string() } else { format!("{check} ({key})") }
}

/// Whether two statuses differ in more than `lastRunAt`.
pub fn differs_beyond_freshness(before: &ScenarioStatus, next: &ScenarioStatus) -> bool {
    let without = |s: &ScenarioStatus| ScenarioStatus { last_run_at: None, ..s.clone() };
    without(before) != without(next)
}

#[cfg(test)]
mod tests;
