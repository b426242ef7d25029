//! What the controller knows of one Scenario. All of it can be rebuilt from the API.

use super::lateness::Late;
use super::requests::RunRequests;
use super::writes::WriteId;
use crate::api::{BLIND, CheckOutcome, RequestedRun, ScenarioSpec, ScenarioStatus, WatchState};
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::desired::{self, CheckKey, DesiredFindings, LastGood, RunRecord};
use crate::domain::evidence::RunSnapshot;
use crate::domain::keys::{CheckFindings, KeyLimits, SurplusKeys};
use crate::domain::outcome::{Evaluation, Outcome};
use crate::domain::streak::{CheckState, Streaks, Thresholds};
use crate::domain::texts::Language;
use crate::domain::validate::{ValidatedScenario, ValidationError};
use crate::runtime::guard::Outline;
use crate::runtime::objects::CachedObject as _;
use crate::runtime::version::{Version, is_older};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The spec, as far as it can be used.
pub enum Spec {
    Valid(Arc<ValidatedScenario>),
    Invalid(Vec<ValidationError>),
    /// The object does not have the shape that this program knows.
    Undecodable(Box<UndecodableSpec>),
}

/// What can be read of a spec that can't be decoded.
pub struct UndecodableSpec {
    pub error: String,
    pub outline: Outline,
}

/// The object as last seen or written.
#[derive(Default)]
pub struct Observed {
    pub generation: Option<i64>,
    version: Option<Version>,
    /// The last one that could be decoded.
    object: Option<Arc<CachedScenario>>,
    /// What the watch has shown since, and could not be decoded, or has not shown yet.
    newer: Option<Box<Newer>>,
}

/// What is newer than the last object that could be decoded.
#[derive(Default)]
struct Newer {
    resource_version: Option<String>,
    /// The status that this replica has written.
    status: Option<ScenarioStatus>,
}

impl Observed {
    pub fn uid(&self) -> Option<&str> {
        self.object.as_ref()?.uid.as_deref()
    }

    pub fn resource_version(&self) -> Option<&str> {
        match &self.newer {
            Some(newer) => newer.resource_version.as_deref(),
            None => self.object.as_ref()?.resource_version.as_deref(),
        }
    }

    /// The status that the API has.
    pub fn status(&self) -> Option<&ScenarioStatus> {
        let written = self.newer.as_ref().and_then(|newer| newer.status.as_ref());
        written.or_else(|| self.object.as_ref()?.status.as_ref())
    }

    /// An object of this generation and resource version can't be decoded.
    pub fn undecodable(&mut self, generation: Option<i64>, resource_version: Option<String>) {
        self.generation = generation;
        self.newer.get_or_insert_default().resource_version = resource_version;
    }

    /// The last spec that could be decoded.
    pub fn spec(&self) -> Option<&ScenarioSpec> {
        Some(&self.object.as_ref()?.spec)
    }

    pub fn last_requested_run(&self) -> Option<&RequestedRun> {
        self.status()?.last_requested_run.as_deref()
    }
}

/// A Scenario's status as the API has it: as written, or, after a conflict, as read again.
#[derive(Debug)]
pub struct StatusSeen {
    pub generation: Option<i64>,
    pub resource_version: Option<String>,
    pub version: Option<Version>,
    pub status: ScenarioStatus,
}

/// Identifies a run: the result of one that no longer counts is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// A run under way, of the spec that the Scenario has: another spec ends it.
pub struct Running {
    pub id: RunId,
    pub due_at: Instant,
    /// The request that was open when it began.
    pub requested: Option<String>,
}

/// The last run of the current generation since this replica leads.
pub struct LastRun {
    /// Whether every check has been judged.
    pub is_judged: bool,
    /// The checks, separated by commas, where all that is not judged yet are failures that were evaluated, but not often enough in a
    /// row; `None` otherwise.
    pub unconfirmed: Option<String>,
    /// The number of outcomes.
    pub checks: usize,
    /// Why something could not be judged.
    pub unknown: Option<String>,
}

/// The runs of one Scenario.
#[derive(Default)]
pub struct Runs {
    pub running: Option<Running>,
    pub last: Option<LastRun>,
    pub last_run_at: Option<Timestamp>,
    /// The last run that has ended, whatever its result.
    pub ended: Option<RunId>,
    /// Whether the second run, which gives the Scenario its place in the interval, has been planned.
    pub is_spread: bool,
    /// What the last run found that the spec may not use.
    pub refused: Vec<ValidationError>,
    /// Why the last run read nothing, where it is not the Scenario's fault.
    pub failure: Option<String>,
    /// When the last run was completed or the Scenario began to be watched, on the clock of lateness.
    pub since: Duration,
    /// Set while it is reported as late.
    pub late: Option<Box<Late>>,
}

/// One Scenario.
pub struct ScenarioState {
    pub name: Arc<str>,
    pub observed: Observed,
    pub spec: Spec,
    pub runs: Runs,
    pub requests: RunRequests,
    streaks: Streaks,
    last_good: LastGood,
    /// The write of the status under way, if there is one.
    pub status_write: Option<WriteId>,
    /// Consecutive failures of writing the status.
    pub status_failures: u32,
    /// The state and what is wrong as logged last; `None` while nothing is.
    pub logged: Option<Box<(WatchState, String)>>,
}

impl ScenarioState {
    /// A Scenario of which nothing has been observed yet; its open Findings stay open until they are resolved.
    pub fn new(name: Arc<str>, spec: Spec, open: &BTreeSet<CheckKey>) -> ScenarioState {
        let streaks = restored(open, &spec);
        ScenarioState {
            name,
            observed: Observed::default(),
            spec,
            runs: Runs::default(),
            requests: RunRequests::default(),
            streaks,
            last_good: LastGood::default(),
            status_write: None,
            status_failures: 0,
            logged: None,
        }
    }

    /// Whether this object is older than the one that is known.
    pub fn is_outdated(&self, scenario: &CachedScenario) -> bool {
        is_older(scenario.version(), self.observed.version)
    }

    /// Takes the object over, except for its spec.
    pub fn observe(&mut self, scenario: Arc<CachedScenario>) {
        self.requests.observe(&scenario);
        self.observed = Observed {
            generation: scenario.generation,
            version: scenario.version(),
            object: Some(scenario),
            newer: None,
        };
    }

    /// Takes over a status that was written or read again, if it is newer than the object that is known.
    pub fn observe_status(&mut self, seen: StatusSeen) {
        let observed = &mut self.observed;
        let is_newer = seen.version.is_none() || seen.version > observed.version;
        if is_newer && seen.generation == observed.generation {
            observed.version = seen.version;
            let newer = Newer { resource_version: seen.resource_version, status: Some(seen.status) };
            observed.newer = Some(Box::new(newer));
        }
    }

    /// The validated spec, unless it is invalid.
    pub fn valid(&self) -> Option<&Arc<ValidatedScenario>> {
        match &self.spec {
            Spec::Valid(valid) => Some(valid),
            _ => None,
        }
    }

    /// Replaces the spec, and forgets what the new one no longer has.
    pub fn set_spec(&mut self, spec: Spec) {
        self.spec = spec;
        self.runs.last = None;
        self.runs.refused.clear();
        self.runs.failure = None;
        if self.valid().is_none_or(|valid| valid.suspend) {
            self.runs.late = None;
        }
        if let Spec::Valid(valid) = &self.spec {
            self.streaks.retain(valid);
            self.last_good.retain(|check, key| valid.has_check(check, key));
        }
    }

    /// Keeps what the API says and forgets state known only from runs: another replica continues from the API.
    pub fn deactivate(&mut self) {
        self.runs = Runs::default();
        self.requests.reset();
        self.streaks = Streaks::default();
        self.last_good.clear();
        self.status_write = None;
        self.status_failures = 0;
        self.logged = None;
    }

    /// This replica begins to lead: open Findings stay open until they are resolved, and what was reported as late stays so until
    /// a run is completed.
    pub fn activate(&mut self, open: &BTreeSet<CheckKey>, since: Duration) {
        self.streaks = restored(open, &self.spec);
        self.runs.since = since;
        let status = self.observed.status().filter(|status| status.observed_generation == self.observed.generation);
        let was_late = status.is_some_and(|status| status.state == Some(WatchState::Late));
        let may_run = self.valid().is_some_and(|valid| !valid.suspend);
        self.runs.late = (was_late && may_run).then(|| Box::new(Late { failure: None, is_restored: true }));
    }

    /// Nothing is read: the check `blind` fails.
    pub fn unread(&mut self) {
        self.streaks.unread();
    }

    /// A run has been completed at this time on the clock of lateness. A Scenario that is late stays so where this run itself took
    /// too long: were each to end it, the Scenario would be reported anew while each waits.
    pub fn completed(&mut self, at: Duration, took_too_long: bool) {
        self.runs.since = at;
        self.runs.failure = None;
        if !took_too_long {
            self.runs.late = None;
        }
    }

    /// A Finding was deleted while open: its check is counted from the start, and is not judged until then.
    pub fn forget_finding(&mut self, (check, key): &CheckKey) {
        self.streaks.forget(check, key);
        let Some(last) = self.runs.last.as_mut().filter(|_| check != BLIND) else { return };
        let others = last.unconfirmed.take().filter(|_| !last.is_judged);
        if last.is_judged || others.is_some() {
            let names = others.iter().flat_map(|others| others.split(", ")).chain([check.as_str()]);
            last.unconfirmed = Some(names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", "));
        }
        last.is_judged = false;
    }

    /// Counts the outcomes of a run, and says which failing keys have no Findings of their own. `findings` gives those of a
    /// check.
    pub fn count(
        &mut self,
        valid: &ValidatedScenario,
        evaluation: &Evaluation,
        findings: impl Fn(&str) -> CheckFindings,
        limits: KeyLimits,
        at: Timestamp,
    ) -> SurplusKeys {
        let thresholds = Thresholds { fail: valid.fail, recover: valid.recover };
        self.streaks.observe(evaluation, thresholds);
        let surplus = SurplusKeys::after(evaluation, &self.streaks, findings, limits, at);
        for (check, of_check) in &surplus.by_check {
            self.streaks.observe_surplus(check, !of_check.keys.is_empty(), thresholds);
        }
        surplus
    }

    /// What the Findings are to be after a run that was counted. `open` are those that are open once everything that is pending has
    /// been written.
    pub fn desired(
        &mut self,
        valid: &ValidatedScenario,
        run: (&Evaluation, &Arc<RunSnapshot>, Timestamp),
        surplus: &SurplusKeys,
        open: &BTreeSet<CheckKey>,
        language: Language,
    ) -> DesiredFindings {
        let (outcomes, snapshot, at) = run;
        self.runs.refused.clear();
        desired::record_last_good(&mut self.last_good, outcomes, snapshot);
        self.runs.last_run_at = Some(at);
        let run = RunRecord { outcomes, snapshot, last_good: &self.last_good, surplus };
        desired::desired_findings(valid, &self.streaks, &run, open, language)
    }

    /// What the Findings of checks that the edited spec no longer has are to be.
    pub fn desired_after_edit(&self, open: &BTreeSet<CheckKey>) -> DesiredFindings {
        self.valid().map(|valid| desired::desired_after_edit(valid, &self.streaks, open)).unwrap_or_default()
    }

    /// After the desired Findings were added to what is pending: forgets items that left their list, and sums the run up.
    pub fn summarise(&mut self, evaluation: &Evaluation, open: &BTreeSet<CheckKey>) {
        self.streaks.prune(evaluation, |check, key| open.contains(&(check.to_string(), key.to_string())));
        let is_pending = |o: &&Outcome| {
            o.result != CheckOutcome::Held && self.streaks.state(&o.check, &o.key) == CheckState::Pending
        };
        let pending: Vec<&Outcome> = evaluation.list.iter().filter(is_pending).collect();
        self.runs.last = Some(LastRun {
            is_judged: pending.is_empty(),
            unconfirmed: unconfirmed(&pending),
            checks: evaluation.list.len(),
            unknown: desired::unknown_reasons(evaluation),
        });
    }

    /// A run read nothing, since the spec asks for what it may not use.
    pub fn refused(&mut self, errors: Vec<ValidationError>) {
        self.runs.refused = errors;
        self.runs.last = None;
        self.runs.late = None;
    }

    /// A run read nothing, for a reason that is not the Scenario's.
    pub fn failed(&mut self, reason: String) {
        let last =
            self.runs.last.get_or_insert(LastRun { is_judged: false, unconfirmed: None, checks: 0, unknown: None });
        last.unknown = Some(reason.clone());
        last.unconfirmed = None;
        self.runs.failure = Some(reason);
    }

    /// Whether a streak is being counted: then the next run is a confirm run.
    pub fn is_counting(&self) -> bool {
        self.streaks.is_counting()
    }
}

/// The checks of what is pending, if all of it failed. Keys are left out: they may be others in each run, and a status is written only
/// when it says something new.
fn unconfirmed(pending: &[&Outcome]) -> Option<String> {
    let checks: BTreeSet<&str> = pending.iter().map(|o| &*o.check).collect();
    let all_failed = !pending.is_empty() && pending.iter().all(|o| o.result == CheckOutcome::Fail);
    all_failed.then(|| checks.into_iter().collect::<Vec<_>>().join(", "))
}

/// What is open counts as failing, all else as not judged yet.
fn restored(open: &BTreeSet<CheckKey>, spec: &Spec) -> Streaks {
    let mut streaks = Streaks::restore(open.iter().map(|(check, key)| (check.as_str(), key.as_str())));
    if let Spec::Valid(valid) = spec {
        streaks.retain(valid);
    }
    streaks
}
