//! The status of a Scenario: the conditions Ready and Healthy, health, and the number of open Findings.

use crate::api::conditions::{
    self, HEALTHY, READY, REASON_BLIND, REASON_FAILING, REASON_LATE, REASON_NOT_JUDGED, REASON_NOT_READY,
    REASON_PASSING, REASON_READY, REASON_RECOVERED, REASON_SUSPENDED, REASON_UNDECODABLE, bounded,
};
use crate::api::{BLIND, Health, RequestedRun, ScenarioStatus, WatchState};
use crate::domain::desired::CheckKey;
use crate::domain::printable::printable;
use crate::domain::texts::{self, Language};
use crate::domain::validate::{Problem, Reason, ValidationError};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Of the message of Healthy, in bytes, for what keeps the Scenario from being watched, where open Findings follow.
const PROBLEM_MAX: usize = conditions::MESSAGE_MAX * 2 / 3;
/// More names than these do not fit into the message of a condition.
const NAMES_MAX: usize = conditions::MESSAGE_MAX / 3;

/// Everything that a status is computed from, besides the previous status.
#[derive(Clone, Copy)]
pub struct StatusInputs<'a> {
    pub generation: Option<i64>,
    pub spec: SpecState<'a>,
    /// Checks and keys with an open Finding.
    pub open: &'a BTreeSet<CheckKey>,
    /// The last run of this generation since the start; `None` if there was none.
    pub run: Option<RunSummary<'a>>,
    /// Set where no run has been completed for two intervals.
    pub late: Option<LateRun<'a>>,
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

/// A run that has not been completed for two intervals.
#[derive(Clone, Copy)]
pub struct LateRun<'a> {
    pub interval: Duration,
    /// Why the last run read nothing, if it ended so.
    pub failure: Option<&'a str>,
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
/// After an edit it stays as it is until the first run of the new generation, which follows at once. So it does after a restart where
/// the last run found errors in the spec.
pub fn status(before: &ScenarioStatus, inputs: &StatusInputs<'_>, now: Timestamp) -> ScenarioStatus {
    let mut next = before.clone();
    let Some(news) = News::of(before, inputs) else { return next };
    let generation = inputs.generation;
    next.observed_generation = generation;
    let all = Arc::make_mut(&mut next.conditions);
    for (type_, said) in [(READY, &news.ready), (HEALTHY, &news.healthy)] {
        let message = printable(&said.message);
        conditions::set(all, type_, said.value, said.reason, &message, generation, now);
    }
    next.state = Some(news.state);
    next.health = Some(news.health);
    next.open_findings = Some(open_findings(inputs));
    if let Some(at) = inputs.last_run_at {
        next.last_run_at = Some(Time(at));
    }
    if let Some(run) = inputs.last_requested_run {
        next.last_requested_run = Some(Box::new(run.clone()));
    }
    next
}

/// Whether the next status differs from `before` in more than `lastRunAt`. A missing `state` is no difference, since the conditions say it
/// too: it must not be written again and again where the definition of the kind is older and drops it.
///
/// After nearly every run it does not differ. So nothing is copied.
pub fn says_something_new(before: &ScenarioStatus, inputs: &StatusInputs<'_>) -> bool {
    let Some(news) = News::of(before, inputs) else { return false };
    // Without `..`, so that a new field is compared, too.
    let ScenarioStatus {
        observed_generation,
        state,
        health,
        open_findings: open,
        last_run_at: _,
        last_requested_run,
        conditions,
    } = before;
    let says = |type_, said: &Said| {
        conditions::find(conditions, type_).is_some_and(|known| {
            known.status == conditions::status_word(said.value)
                && known.reason == said.reason
                && known.observed_generation == inputs.generation
                && conditions::is_bounded(&known.message, &printable(&said.message))
        })
    };
    *observed_generation != inputs.generation
        || state.is_some_and(|state| state != news.state)
        || *health != Some(news.health)
        || *open != Some(open_findings(inputs))
        || inputs.last_requested_run.is_some_and(|run| last_requested_run.as_deref() != Some(run))
        || !says(READY, &news.ready)
        || !says(HEALTHY, &news.healthy)
}

fn open_findings(inputs: &StatusInputs<'_>) -> u32 {
    inputs.open.len().try_into().unwrap_or(u32::MAX)
}

/// What the next status says.
struct News {
    ready: Said,
    healthy: Said,
    state: WatchState,
    health: Health,
}

/// What a condition says.
struct Said {
    value: Option<bool>,
    reason: &'static str,
    message: String,
}

impl News {
    /// `None` where the status stays as it is until the next run.
    fn of(before: &ScenarioStatus, inputs: &StatusInputs<'_>) -> Option<News> {
        let is_to_run = matches!(inputs.spec, SpecState::Valid) && inputs.run.is_none() && inputs.late.is_none();
        let is_other = before.observed_generation != inputs.generation || before.state == Some(WatchState::Invalid);
        if is_to_run && is_other {
            return None;
        }
        let problem = spec_problem(inputs.spec, inputs.language);
        let (health, reason, message) = health(before, inputs, problem.as_ref().map(|(_, message)| message.as_str()));
        let value = match health {
            Health::Healthy => Some(true),
            Health::Failing => Some(false),
            Health::Unknown => None,
        };
        let healthy = Said { value, reason, message };
        let is_ready = problem.is_none();
        let (reason, message) = problem.unwrap_or_else(|| ready(inputs));
        let ready = Said { value: Some(is_ready), reason, message };
        Some(News { ready, healthy, state: watch_state(inputs.spec, inputs.late.is_some()), health })
    }
}

/// Reason and message of Ready where the spec is valid.
fn ready(inputs: &StatusInputs<'_>) -> (&'static str, String) {
    match inputs.spec {
        SpecState::Suspended => (REASON_SUSPENDED, texts::suspended_spec(inputs.language)),
        _ => (REASON_READY, texts::spec_valid(inputs.language)),
    }
}

/// Reason and message of Ready where the spec cannot be used; `None` where it can.
pub fn spec_problem(spec: SpecState<'_>, language: Language) -> Option<(&'static str, String)> {
    match spec {
        SpecState::Valid | SpecState::Suspended => None,
        SpecState::Invalid(errors) => {
            let reason = errors.first().map_or(Reason::InvalidProbe, |error| error.reason);
            Some((reason.as_str(), texts::validations(language, errors)))
        }
        SpecState::DependencyCycle(path) => {
            let error = ValidationError {
                field: "spec.dependsOn".into(),
                reason: Reason::DependencyCycle,
                problem: Problem::DependencyCycle { path: path.to_vec() },
            };
            Some((error.reason.as_str(), texts::validation(language, &error)))
        }
        SpecState::Undecodable(error) => Some((REASON_UNDECODABLE, texts::undecodable(language, error))),
    }
}

/// The state of a Scenario in one word.
pub fn watch_state(spec: SpecState<'_>, is_late: bool) -> WatchState {
    match spec {
        SpecState::Valid if is_late => WatchState::Late,
        SpecState::Valid => WatchState::Ready,
        SpecState::Suspended => WatchState::Suspended,
        SpecState::Invalid(_) | SpecState::DependencyCycle(_) | SpecState::Undecodable(_) => WatchState::Invalid,
    }
}

/// Health, and reason and message of Healthy. Open Findings other than `blind` come first; `problem` is what is wrong with the spec.
fn health(before: &ScenarioStatus, inputs: &StatusInputs<'_>, problem: Option<&str>) -> (Health, &'static str, String) {
    let language = inputs.language;
    let mut failing = inputs.open.iter().filter(|(check, _)| check != BLIND).peekable();
    if failing.peek().is_some() {
        let names: Vec<_> = failing.take(NAMES_MAX).map(|(check, key)| check_name(check, key)).collect();
        let names = names.join(", ");
        let late = inputs.late.map(|late| texts::late(language, late.interval, None));
        let unread = unread(inputs);
        let message = match problem.or(late.as_deref()).or(unread.as_deref()) {
            Some(problem) => texts::not_watched_and_open(language, &bounded(problem, PROBLEM_MAX), &names),
            // After a restart it may say what the next run will find again.
            None if inputs.run.is_none() => {
                let previous = previous_message(before, REASON_FAILING).filter(|message| message.ends_with(&names));
                previous.unwrap_or_else(|| texts::findings_open(language, &names))
            }
            None => texts::findings_open(language, &names),
        };
        return (Health::Failing, REASON_FAILING, message);
    }
    if let Some(problem) = problem {
        return (Health::Unknown, REASON_NOT_READY, problem.to_string());
    }
    if matches!(inputs.spec, SpecState::Suspended) {
        return (Health::Unknown, REASON_SUSPENDED, texts::suspended(language));
    }
    if let Some(late) = inputs.late {
        // The first message stays for as long as it is late.
        let is_same = before.observed_generation == inputs.generation;
        let message = previous_message(before, REASON_LATE).filter(|_| is_same);
        let message = message.unwrap_or_else(|| texts::late(language, late.interval, late.failure));
        return (Health::Unknown, REASON_LATE, message);
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

/// Why what is open may not be what is so now, though the spec is valid and runs are not late.
fn unread(inputs: &StatusInputs<'_>) -> Option<String> {
    let is_blind = inputs.open.iter().any(|(check, _)| check == BLIND);
    match inputs.spec {
        SpecState::Suspended => Some(texts::suspended(inputs.language)),
        SpecState::Valid if is_blind => {
            let unknown = inputs.run.and_then(|run| run.unknown)?;
            Some(texts::cannot_evaluate(inputs.language, unknown))
        }
        _ => None,
    }
}

/// The message of Healthy in the previous status, if it had this reason.
fn previous_message(before: &ScenarioStatus, reason: &str) -> Option<String> {
    conditions::find(&before.conditions, HEALTHY).filter(|c| c.reason == reason).map(|c| c.message.clone())
}

fn check_name(check: &str, key: &str) -> String {
    if key.is_empty() { check.to_string() } else { format!("{check} ({key})") }
}

/// An Event about a change of a status.
#[derive(Debug, PartialEq)]
pub struct StatusEvent<'a> {
    pub is_warning: bool,
    pub reason: &'a str,
    pub note: Cow<'a, str>,
}

/// The Event about a change of a status, if it is worth one: what keeps the Scenario from being watched is new, or gone.
pub fn event<'a>(before: &ScenarioStatus, after: &'a ScenarioStatus, language: Language) -> Option<StatusEvent<'a>> {
    let of = |type_| conditions::find(&after.conditions, type_);
    let (ready, healthy) = (of(READY)?, of(HEALTHY)?);
    let was_unwatched = matches!(before.state, Some(WatchState::Invalid | WatchState::Late));
    let (is_warning, reason, note) = match after.state? {
        WatchState::Invalid => {
            let old = conditions::find(&before.conditions, READY);
            let is_new = old.is_none_or(|old| {
                (&old.status, &old.reason, &old.message) != (&ready.status, &ready.reason, &ready.message)
            });
            is_new.then_some((true, ready.reason.as_str(), Cow::from(&ready.message)))?
        }
        WatchState::Late if before.state == Some(WatchState::Late) => return None,
        WatchState::Late => (true, REASON_LATE, Cow::from(&healthy.message)),
        WatchState::Ready if was_unwatched => (false, REASON_RECOVERED, texts::watched_again(language).into()),
        WatchState::Ready | WatchState::Suspended => return None,
    };
    Some(StatusEvent { is_warning, reason, note })
}

#[cfg(test)]
mod tests;
