//! What a Scenario's status is to say, from what is known of it.

use crate::api::conditions::{
    self, HEALTHY, READY, REASON_BLIND, REASON_FAILING, REASON_NOT_JUDGED, REASON_NOT_READY, REASON_PASSING,
    REASON_READY, REASON_SUSPENDED, REASON_UNDECODABLE,
};
use crate::api::{BLIND, Health, RequestedRun, ScenarioStatus};
use crate::domain::desired::CheckKey;
use crate::domain::texts::Language;
use crate::domain::validate::{Reason, ValidationError};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::collections::BTreeSet;

/// What the status follows from.
pub struct StatusInputs<'a> {
    pub generation: Option<i64>,
    pub spec: SpecState<'a>,
    /// Checks and keys with an open Finding.
    pub open: &'a BTreeSet<CheckKey>,
    /// The last run of this generation since this replica leads.
    pub run: Option<RunSummary<'a>>,
    pub last_run_at: Option<Timestamp>,
    pub last_requested_run: Option<&'a RequestedRun>,
    pub language: Language,
}

/// The spec, as far as it can be used.
pub enum SpecState<'a> {
    Valid,
    Suspended,
    Invalid(&'a [ValidationError]),
    DependencyCycle(&'a [String]),
    Undecodable(&'a str),
}

/// The last run.
#[derive(Clone, Copy)]
pub struct RunSummary<'a> {
    pub judged: bool,
    pub checks: usize,
    pub unknown: Option<&'a str>,
}

/// The status that says it. Nothing moves in it while nothing changed, but for `lastRunAt`.
pub fn status(before: &ScenarioStatus, known: &StatusInputs<'_>, now: Timestamp) -> ScenarioStatus {
    let mut next = before.clone();
    let generation = known.generation;
    let error = match &known.spec {
        SpecState::Valid | SpecState::Suspended => None,
        SpecState::Undecodable(why) => Some((REASON_UNDECODABLE, format!("the object can't be read: {why}"))),
        SpecState::Invalid(errors) => errors.first().map(|first| {
            (first.reason.as_str(), errors.iter().map(ValidationError::to_string).collect::<Vec<_>>().join("; "))
        }),
        SpecState::DependencyCycle(path) => {
            let message = format!("spec.dependsOn: leads back to itself: {}", path.join(" -> "));
            Some((Reason::DependencyCycle.as_str(), message))
        }
    };
    let suspended = matches!(known.spec, SpecState::Suspended);
    let to_be_run = error.is_none() && !suspended && known.run.is_none();
    if to_be_run && before.observed_generation != generation {
        // An edit shows when it has been tried, and that is at once.
        return next;
    }
    next.observed_generation = generation;
    let (ready, reason, message) = match (&error, suspended) {
        (Some((reason, message)), _) => (false, *reason, message.clone()),
        (None, true) => (true, REASON_SUSPENDED, "nothing is read while spec.suspend is true".to_string()),
        (None, false) => (true, REASON_READY, "the spec is understood".to_string()),
    };
    conditions::set(&mut next.conditions, READY, Some(ready), reason, &message, generation, now);
    let (health, reason, message) = health(before, known, ready);
    let value = match health {
        Health::Healthy => Some(true),
        Health::Failing => Some(false),
        Health::Unknown => None,
    };
    conditions::set(&mut next.conditions, HEALTHY, value, reason, &message, generation, now);
    next.health = Some(health);
    next.open_findings = Some(known.open.len().try_into().unwrap_or(u32::MAX));
    if let Some(at) = known.last_run_at {
        next.last_run_at = Some(Time(at));
    }
    if let Some(run) = known.last_requested_run {
        next.last_requested_run = Some(run.clone());
    }
    next
}

fn health(before: &ScenarioStatus, known: &StatusInputs<'_>, ready: bool) -> (Health, &'static str, String) {
    let mut faults = known.open.iter().filter(|(check, _)| check != BLIND).peekable();
    if faults.peek().is_some() {
        let names: Vec<_> = faults.map(|(check, key)| shown(check, key)).collect();
        return (Health::Failing, REASON_FAILING, format!("open: {}", names.join(", ")));
    }
    if !ready {
        return (Health::Unknown, REASON_NOT_READY, "nothing is read until the spec is right".into());
    }
    if matches!(known.spec, SpecState::Suspended) {
        return (Health::Unknown, REASON_SUSPENDED, "nothing is read while suspended".into());
    }
    let blind = !known.open.is_empty();
    let Some(run) = known.run else {
        // After a restart what was said last still holds until the next run.
        let (reason, health) = if blind { (REASON_BLIND, Health::Unknown) } else { (REASON_PASSING, Health::Healthy) };
        return match before_message(before, reason) {
            Some(message) => (health, reason, message),
            None => (Health::Unknown, REASON_NOT_JUDGED, "not judged yet".into()),
        };
    };
    match (blind, run.unknown, run.judged) {
        (true, Some(unknown), _) => (Health::Unknown, REASON_BLIND, format!("can't be judged: {unknown}")),
        (true, None, _) => (Health::Unknown, REASON_BLIND, "could not be judged of late".into()),
        (false, Some(unknown), false) => (Health::Unknown, REASON_NOT_JUDGED, format!("not judged yet: {unknown}")),
        (false, None, false) => (Health::Unknown, REASON_NOT_JUDGED, "not judged yet".into()),
        (false, _, true) if run.checks == 1 => (Health::Healthy, REASON_PASSING, "1 check passes".into()),
        (false, _, true) => (Health::Healthy, REASON_PASSING, format!("{} checks pass", run.checks)),
    }
}

/// What the condition Healthy said before, if it was for this reason.
fn before_message(before: &ScenarioStatus, reason: &str) -> Option<String> {
    conditions::find(&before.conditions, HEALTHY).filter(|c| c.reason == reason).map(|c| c.message.clone())
}

fn shown(check: &str, key: &str) -> String {
    if key.is_empty() { check.to_string() } else { format!("{check} ({key})") }
}

/// Whether two statuses differ in more than freshness.
pub fn differs_beyond_freshness(before: &ScenarioStatus, next: &ScenarioStatus) -> bool {
    let without = |s: &ScenarioStatus| ScenarioStatus { last_run_at: None, ..s.clone() };
    without(before) != without(next)
}
