//! All that the operator keeps in mind of one Scenario. It can all be built again from the API.

use super::status::{RunSummary, SpecState, StatusInputs, status};
use crate::api::conditions::bounded;
use crate::api::{CheckOutcome, CheckResult, RUN_REQUESTED_AT, RequestedRun, Scenario, ScenarioStatus};
use crate::controllers::finding::Applied;
use crate::domain::desired::{self, CheckKey, LastGood};
use crate::domain::evidence::RunSnapshot;
use crate::domain::outcome::Evaluation;
use crate::domain::pending::PendingUpdates;
use crate::domain::streak::{CheckState, Streaks, Thresholds};
use crate::domain::texts::Language;
use crate::domain::transition::Step;
use crate::domain::validate::{ValidatedScenario, ValidationError};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;

/// Results kept of a requested run.
const RESULTS_MAX: usize = 128;

/// What became of the spec.
pub enum Spec {
    Valid(Arc<ValidatedScenario>),
    Invalid(Vec<ValidationError>),
    /// The object is not of the shape that this program knows.
    Undecodable(String),
}

/// A Finding as last seen.
#[derive(Clone, Copy)]
struct Seen {
    version: u64,
    unresolved: bool,
}

/// The answer to a request, on its way.
pub struct Answer {
    pub run: RequestedRun,
}

/// One Scenario.
pub struct Entry {
    pub name: Arc<str>,
    pub generation: Option<i64>,
    pub version: u64,
    pub resource_version: Option<String>,
    pub spec: Spec,
    /// What the last run was refused for.
    refused: Vec<ValidationError>,
    pub depends_on: Vec<String>,
    pub cycle: Option<Vec<String>>,
    streaks: Streaks,
    last_good: LastGood,
    findings: BTreeMap<CheckKey, Seen>,
    run: Option<(bool, usize, Option<String>)>,
    pub last_run_at: Option<Timestamp>,
    /// What stands in the API.
    pub written: ScenarioStatus,
    /// The status is being written.
    pub status_busy: bool,
    /// The request that stands in the API, answered or not.
    asked: Option<String>,
    pub requested: Option<String>,
    pub answer: Option<Answer>,
    answered: Option<RequestedRun>,
    /// A run is under way, due at this time.
    pub running: Option<Instant>,
    pub ticket: u64,
    pub runs: u64,
    /// What is still to be written, and whether a task is at it.
    pub pending: PendingUpdates,
    pub plan_busy: bool,
    /// Writes that failed in a row.
    pub failures: u32,
    /// Names of the Findings that opened and resolved in the last run.
    pub opened: Vec<String>,
    pub resolved: Vec<String>,
}

impl Entry {
    pub fn new(name: Arc<str>) -> Entry {
        Entry {
            name,
            generation: None,
            version: 0,
            resource_version: None,
            spec: Spec::Undecodable(String::new()),
            refused: Vec::new(),
            depends_on: Vec::new(),
            cycle: None,
            streaks: Streaks::default(),
            last_good: LastGood::new(),
            findings: BTreeMap::new(),
            run: None,
            last_run_at: None,
            written: ScenarioStatus::default(),
            status_busy: false,
            asked: None,
            requested: None,
            answer: None,
            answered: None,
            running: None,
            ticket: 0,
            runs: 0,
            pending: PendingUpdates::default(),
            plan_busy: false,
            failures: 0,
            opened: Vec::new(),
            resolved: Vec::new(),
        }
    }

    /// Takes over what the API says, but for the spec. False where it is older than what is known.
    pub fn see(&mut self, scenario: &Scenario, version: u64) -> bool {
        if version < self.version {
            return false;
        }
        self.version = version;
        self.resource_version = scenario.resource_version();
        self.written = scenario.status.clone().unwrap_or_default();
        let asked = scenario.annotations().get(RUN_REQUESTED_AT).filter(|a| !a.trim().is_empty() && a.len() <= 64);
        // A wish stays though its annotation goes: Flux takes out what kubectl wrote.
        self.asked = asked.cloned().or(self.asked.take());
        self.requested = self.unanswered();
        true
    }

    fn unanswered(&self) -> Option<String> {
        let answered = self.answered.as_ref().or(self.written.last_requested_run.as_ref());
        self.asked.as_ref().filter(|a| !is_answered(a, answered)).cloned()
    }

    /// The validated spec, if it may run.
    pub fn runnable(&self) -> Option<&Arc<ValidatedScenario>> {
        match &self.spec {
            Spec::Valid(valid) if !valid.suspend && self.cycle.is_none() => Some(valid),
            _ => None,
        }
    }

    /// A new spec: what it no longer has is forgotten, and the Findings of that are to be resolved.
    pub fn take_spec(&mut self, spec: Spec, now: Timestamp) {
        self.spec = spec;
        self.run = None;
        self.refused.clear();
        if let Spec::Valid(valid) = &self.spec {
            self.streaks.retain(|check, key| valid.has_check(check, key));
            self.last_good.retain(|(check, key), _| valid.has_check(check, key));
            let known = self.known();
            self.pending.add(desired::desired_after_edit(valid, &known), &known, now);
        }
    }

    /// The Scenario is gone: the Findings of it are to be resolved.
    pub fn take_removal(&mut self, now: Timestamp) {
        let known = self.known();
        self.pending.add(desired::desired_after_removal(&known), &known, now);
    }

    /// What is left where the Scenario is gone, for whoever is to resolve it; `None` where nothing is open.
    pub fn without_scenario(self) -> Option<Entry> {
        let findings = self.findings;
        let is_open = findings.values().any(|seen| seen.unresolved);
        is_open.then(|| Entry { findings, ..Entry::new(self.name) })
    }

    /// Forgets what only runs have told: another replica goes on from what stands in the API.
    pub fn stand_down(&mut self) {
        let fresh = Entry::new(self.name.clone());
        *self = Entry {
            generation: self.generation,
            version: self.version,
            resource_version: self.resource_version.take(),
            spec: std::mem::replace(&mut self.spec, Spec::Undecodable(String::new())),
            depends_on: std::mem::take(&mut self.depends_on),
            cycle: self.cycle.take(),
            findings: std::mem::take(&mut self.findings),
            written: std::mem::take(&mut self.written),
            asked: self.asked.take(),
            ..fresh
        };
        self.requested = self.unanswered();
    }

    /// After the Findings have been listed: what is open stays open.
    pub fn restore(&mut self, now: Timestamp) {
        let open = self.open();
        self.streaks = Streaks::restore(open.iter().map(|(check, key)| (check.as_str(), key.as_str())));
        if let Spec::Valid(valid) = &self.spec {
            self.pending.add(desired::desired_after_edit(valid, &open), &open, now);
        }
    }

    /// A Finding as the API has it.
    pub fn see_finding(&mut self, at: CheckKey, version: u64, unresolved: bool) {
        let seen = self.findings.entry(at).or_insert(Seen { version: 0, unresolved });
        if version >= seen.version {
            *seen = Seen { version, unresolved };
        }
    }

    /// The newest version known of a Finding.
    pub fn version_of(&self, at: &CheckKey) -> u64 {
        self.findings.get(at).map_or(0, |seen| seen.version)
    }

    /// A Finding was deleted: closed by hand where it was open.
    pub fn forget_finding(&mut self, at: &CheckKey) {
        self.findings.remove(at);
        self.pending.forget(at);
        self.streaks.forget(&at.0, &at.1);
    }

    /// Checks and keys with a Finding that is open.
    pub fn open(&self) -> BTreeSet<CheckKey> {
        self.findings.iter().filter(|(_, seen)| seen.unresolved).map(|(at, _)| at.clone()).collect()
    }

    /// Those that are open once everything that waits is written.
    pub fn known(&self) -> BTreeSet<CheckKey> {
        self.pending.open_after(self.open())
    }

    /// Takes in what a run came to. The plan grows by what it wants written.
    pub fn take_run(&mut self, outcomes: &Evaluation, snapshot: &Arc<RunSnapshot>, at: Timestamp, language: Language) {
        let Spec::Valid(valid) = &self.spec else { return };
        let valid = valid.clone();
        self.refused.clear();
        self.streaks.observe(outcomes, Thresholds { fail: valid.fail, recover: valid.recover });
        let known = self.known();
        desired::record_last_good(&mut self.last_good, outcomes, snapshot);
        let wanted =
            desired::desired_findings(&valid, &self.streaks, outcomes, snapshot, &self.last_good, &known, language);
        self.pending.add(wanted, &known, at);
        self.streaks.prune(outcomes, |check, key| known.contains(&(check.to_string(), key.to_string())));
        let unjudged = |o: &&crate::domain::outcome::Outcome| {
            o.result != CheckOutcome::Held && self.streaks.state(&o.check, &o.key) == CheckState::Pending
        };
        let judged = !outcomes.list.iter().any(|o| unjudged(&o));
        self.run = Some((judged, outcomes.list.len(), desired::unknown_reasons(outcomes)));
        self.last_run_at = Some(at);
    }

    /// A run that was refused, or read nothing.
    pub fn take_refusal(&mut self, errors: Vec<ValidationError>) {
        self.refused = errors;
        self.run = None;
    }

    /// A run that could read nothing at all, and why.
    pub fn take_failure(&mut self, why: String) {
        let (judged, checks) = self.run.as_ref().map_or((false, 0), |(judged, checks, _)| (*judged, *checks));
        self.run = Some((judged, checks, Some(why)));
    }

    /// Whether the next run is to come soon.
    pub fn is_counting(&self) -> bool {
        self.streaks.is_counting()
    }

    /// A Finding was written as wished, up to this number.
    pub fn take_applied(&mut self, at: &CheckKey, number: u64, applied: &Applied) {
        self.pending.done(at, number);
        if applied.version > 0 {
            self.see_finding(at.clone(), applied.version, applied.unresolved);
        }
        for step in &applied.steps {
            match step {
                Step::Opened | Step::Reopened => self.opened.push(applied.name.clone()),
                Step::Resolved => self.resolved.push(applied.name.clone()),
                _ => {}
            }
        }
        self.opened.truncate(RESULTS_MAX);
        self.resolved.truncate(RESULTS_MAX);
    }

    /// Everything of the run is written: the answer to who asked for it is complete.
    pub fn complete_answer(&mut self) {
        if let Some(mut answer) = self.answer.take() {
            answer.run.opened = self.opened.iter().take(RESULTS_MAX).cloned().collect();
            answer.run.resolved = self.resolved.iter().take(RESULTS_MAX).cloned().collect();
            let later = self.requested.as_ref().filter(|r| !is_answered(r, Some(&answer.run))).cloned();
            self.requested = later;
            self.answered = Some(answer.run);
        }
    }

    /// The status that the API is to have.
    pub fn wanted_status(&self, now: Timestamp, language: Language) -> ScenarioStatus {
        let inputs = StatusInputs {
            generation: self.generation,
            spec: self.spec_state(),
            open: &self.open(),
            run: self.run.as_ref().map(|(judged, checks, unknown)| RunSummary {
                judged: *judged,
                checks: *checks,
                unknown: unknown.as_deref(),
            }),
            last_run_at: self.last_run_at,
            last_requested_run: self.answered.as_ref(),
            language,
        };
        status(&self.written, &inputs, now)
    }

    fn spec_state(&self) -> SpecState<'_> {
        match &self.spec {
            Spec::Undecodable(error) => SpecState::Undecodable(error),
            Spec::Invalid(errors) => SpecState::Invalid(errors),
            Spec::Valid(_) if !self.refused.is_empty() => SpecState::Invalid(&self.refused),
            Spec::Valid(valid) => match &self.cycle {
                Some(path) => SpecState::DependencyCycle(path),
                None if valid.suspend => SpecState::Suspended,
                None => SpecState::Valid,
            },
        }
    }
}

/// Whether a request was answered, by this run or a later one.
fn is_answered(asked: &str, answered: Option<&RequestedRun>) -> bool {
    let Some(answered) = answered else { return false };
    match (asked.parse::<Timestamp>(), answered.requested()) {
        (Ok(asked), Some(done)) => asked <= done,
        _ => asked == answered.requested_at,
    }
}

/// The answer to a request, complete but for what it opened and resolved.
pub fn answer(requested_at: String, run_at: Timestamp, outcomes: &Evaluation) -> Answer {
    let mut checks: Vec<CheckResult> = outcomes
        .list
        .iter()
        .map(|o| CheckResult {
            name: o.check.clone(),
            key: o.key.clone(),
            outcome: o.result,
            message: bounded(&o.message, 256),
        })
        .collect();
    if checks.len() > RESULTS_MAX {
        checks.sort_by_key(|c| c.outcome);
        checks.truncate(RESULTS_MAX);
    }
    let run = RequestedRun { requested_at, run_at: Time(run_at), checks, opened: Vec::new(), resolved: Vec::new() };
    Answer { run }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scenario(annotations: serde_json::Value) -> Scenario {
        let spec = json!({"title": "Shop", "agent": "pulso", "severity": "high", "probes": []});
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
            "metadata": {"name": "shop", "annotations": annotations}, "spec": spec});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_run_that_was_asked_for_is_run_though_its_annotation_goes() {
        let mut entry = Entry::new("shop".into());
        entry.see(&scenario(json!({})), 1);
        assert_eq!(entry.requested, None);
        entry.see(&scenario(json!({RUN_REQUESTED_AT: "2026-11-24T12:00:00Z"})), 2);
        entry.see(&scenario(json!({})), 3);
        assert_eq!(entry.requested.as_deref(), Some("2026-11-24T12:00:00Z"));
    }
}
