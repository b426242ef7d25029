//! Writes: what is asked for, and what became of it.

use super::effects::{Effect, Effects, FindingUpdate, FindingWrite, FindingWritten, StatusWrite};
use super::event::Now;
use super::model::{MAINTENANCE, State};
use super::scenario::{ScenarioState, Spec, StatusSeen};
use super::writes::{Part, WriteId};
use crate::api::ScenarioStatus;
use crate::controllers::scenario::status::{LateRun, RunSummary, SpecState, StatusInputs, says_something_new, status};
use crate::domain::desired::Desired;
use crate::domain::fingerprint::finding_name;
use crate::domain::keys::to_remove;
use crate::domain::pending::PendingUpdate;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::WriteError;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The retry interval of what the API server refused and no run will write.
const LONGEST: Duration = retry::WRITES.longest;

impl State {
    /// Has the pending updates of a Scenario written, unless a write is under way or is to be retried later. What can't be written
    /// now waits.
    pub(super) fn write_findings(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        if !self.activation.may_write() {
            return;
        }
        match self.writes.get(name) {
            Some(writes) if writes.in_flight.is_some() => return,
            Some(_) if self.timing.retries.is_waiting(name, Part::Findings) => return,
            Some(writes) if !writes.updates.is_empty() => {}
            _ => {
                self.writes.drop_if_idle(name);
                return self.everything_written(name, now, effects);
            }
        }
        let id = self.writes.next_id();
        let writes = self.writes.of(name);
        writes.in_flight = Some(id);
        let all = writes.updates.all();
        let updates = all.into_iter().map(|(at, updates)| {
            let known = self.findings.version(name, &at);
            FindingUpdate { at, updates: updates.into_iter().map(|update| self.assigned(update)).collect(), known }
        });
        let updates: Vec<FindingUpdate> = updates.collect();
        let removals = self.removals(name, &updates, now);
        effects.push(Effect::WriteFindings(FindingWrite { id, scenario: name.clone(), removals, updates }));
    }

    /// Names of the resolved Findings that make room for those that the updates create.
    fn removals(&self, name: &Arc<str>, updates: &[FindingUpdate], now: Now) -> Vec<String> {
        let created = updates.iter().map(|update| &update.at).filter(|at| !self.findings.has(name, at));
        let checks: BTreeSet<&str> = created.filter(|(_, key)| !key.is_empty()).map(|(check, _)| &**check).collect();
        let most = self.settings.key_limits.findings_per_check;
        let of_check = |check: &str| {
            let kept = State::kept(&self.findings, &self.writes, name, check);
            let keys = to_remove(&kept, most, now.wall).into_iter();
            keys.map(|key| finding_name(name, check, key)).collect::<Vec<_>>()
        };
        checks.into_iter().flat_map(of_check).collect()
    }

    /// Resolved Findings were removed, to make room for others.
    pub(super) fn findings_removed(&mut self, names: &[String]) {
        for name in names {
            self.findings.remove(name, None);
        }
    }

    /// The update with the Agent that has the work of its failure now.
    fn assigned(&self, mut update: PendingUpdate) -> PendingUpdate {
        if let Desired::Open(failure) = &mut update.desired {
            failure.agent = self.effective_agent(&failure.agent);
        }
        update
    }

    /// Nothing of the last run is left to be written: requests and ticks can be answered.
    fn everything_written(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        let Some(scenario) = self.scenarios.get_mut(name) else { return };
        scenario.requests.complete();
        let Some(ended) = scenario.runs.ended else { return };
        if self.ticks.wait_for(name, ended) {
            let health = self.wanted_status(name, now).and_then(|status| status.health);
            let changes = self.scenarios.get(name).map(|s| s.requests.changes()).unwrap_or_default();
            self.ticks.ran(name, ended, health, &changes);
            self.answer_complete_ticks(effects);
        }
    }

    pub(super) fn findings_written(
        &mut self,
        name: &Arc<str>,
        id: WriteId,
        results: Vec<FindingWritten>,
        now: Now,
        effects: &mut Effects,
    ) {
        let is_late = self.scenarios.get(name).is_some_and(|scenario| scenario.runs.late.is_some());
        let is_idle = is_late || self.runnable(name).is_none();
        let Some(writes) = self.writes.get_mut(name).filter(|writes| writes.in_flight == Some(id)) else { return };
        writes.in_flight = None;
        let failures = writes.failures;
        let mut retry_after: Option<Duration> = None;
        let (mut failed, mut closed) = (false, false);
        for FindingWritten { at, number, result } in results {
            match result {
                Ok((finding, steps)) => {
                    writes.updates.done(&at, number);
                    let scenario = self.scenarios.get_mut(name);
                    match (finding, scenario) {
                        (Some(finding), scenario) => {
                            if let Some(scenario) = scenario {
                                scenario.requests.changed(&finding.name, &steps);
                            }
                            self.findings.written(finding);
                        }
                        // It was deleted, and that was overtaken by the result of an earlier write.
                        (None, scenario) => {
                            let removed = self.findings.remove_at(name, &at);
                            let is_closed = removed.is_some_and(|removed| removed.was_unresolved);
                            if let Some(scenario) = scenario.filter(|_| is_closed) {
                                scenario.forget_finding(&at);
                                closed = true;
                            }
                        }
                    }
                }
                Err(error) => {
                    failed = true;
                    // A refused update waits for the next run, which decides anew; where there is none, or none is completed, it is
                    // tried again later.
                    if let Some(after) = retry_interval(&error, failures).or_else(|| is_idle.then_some(LONGEST)) {
                        retry_after = Some(retry_after.map_or(after, |known| known.max(after)));
                    }
                }
            }
        }
        writes.failures = if failed { failures.saturating_add(1) } else { 0 };
        if let Some(after) = retry_after {
            self.timing.retries.add(now.monotonic + after, name, Part::Findings);
        }
        if closed {
            self.report_problem(name, now, effects);
        }
        if !failed {
            self.write_findings(name, now, effects);
        }
        self.write_status(name, now, effects);
    }

    /// Has the status written where it says something new.
    pub(super) fn write_status(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        if self.activation.may_write() && self.with_status_inputs(name, says_something_new) == Some(true) {
            self.write_status_now(name, now, effects);
        }
    }

    /// Has the status written though only its freshness is new.
    pub(super) fn write_status_now(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        if self.activation.may_write()
            && let Some(wanted) = self.wanted_status(name, now)
        {
            self.write_wanted_status(name, wanted, effects);
        }
    }

    fn write_wanted_status(&mut self, name: &Arc<str>, status: ScenarioStatus, effects: &mut Effects) {
        if self.timing.retries.is_waiting(name, Part::Status) {
            return;
        }
        let Some(scenario) = self.scenarios.get_mut(name).filter(|s| s.status_write.is_none()) else { return };
        let Some(resource_version) = scenario.observed.resource_version().map(String::from) else { return };
        let id = self.writes.next_id();
        scenario.status_write = Some(id);
        let before = scenario.observed.status().cloned().unwrap_or_default();
        let write = StatusWrite { id, scenario: name.clone(), resource_version, before, status };
        effects.push(Effect::WriteStatus(Box::new(write)));
    }

    pub(super) fn status_written(
        &mut self,
        name: &Arc<str>,
        id: WriteId,
        result: Result<StatusSeen, WriteError>,
        now: Now,
        effects: &mut Effects,
    ) {
        let Some(scenario) = self.scenarios.get_mut(name).filter(|s| s.status_write == Some(id)) else { return };
        scenario.status_write = None;
        match result {
            Ok(seen) => {
                scenario.status_failures = 0;
                let is_edited = seen.generation > scenario.observed.generation;
                scenario.observe_status(seen);
                // An edit that the watch has not shown yet is decided on when it does.
                if !is_edited {
                    self.write_status(name, now, effects);
                }
            }
            Err(error) => {
                let failures = scenario.status_failures;
                scenario.status_failures = failures.saturating_add(1);
                if !matches!(error, WriteError::Gone) {
                    let after = retry_interval(&error, failures).unwrap_or(LONGEST);
                    self.timing.retries.add(now.monotonic + after, name, Part::Status);
                }
            }
        }
    }

    /// The status that the API should have.
    fn wanted_status(&self, name: &Arc<str>, now: Now) -> Option<ScenarioStatus> {
        self.with_status_inputs(name, |before, inputs| status(before, inputs, now.wall))
    }

    /// Calls `with` with the status that the API has, and what the next one is computed from.
    fn with_status_inputs<R>(
        &self,
        name: &Arc<str>,
        with: impl FnOnce(&ScenarioStatus, &StatusInputs<'_>) -> R,
    ) -> Option<R> {
        let scenario = self.scenarios.get(name)?;
        let none = ScenarioStatus::default();
        let last = scenario.runs.last.as_ref();
        let inputs = StatusInputs {
            generation: scenario.observed.generation,
            spec: self.spec_state(scenario),
            open: &self.findings.active(name),
            run: last.map(|run| RunSummary {
                judged: run.is_judged,
                unconfirmed: run.unconfirmed.as_deref(),
                checks: run.checks,
                unknown: run.unknown.as_deref(),
            }),
            late: self.late_run(scenario),
            last_run_at: scenario.runs.last_run_at,
            last_requested_run: scenario.requests.answered(),
            language: self.settings.language,
        };
        Some(with(scenario.observed.status().unwrap_or(&none), &inputs))
    }

    fn late_run<'a>(&self, scenario: &'a ScenarioState) -> Option<LateRun<'a>> {
        let late = scenario.runs.late.as_ref()?;
        Some(LateRun { interval: scenario.valid()?.interval, failure: late.failure.as_deref() })
    }

    pub(super) fn spec_state<'a>(&'a self, scenario: &'a ScenarioState) -> SpecState<'a> {
        match &scenario.spec {
            Spec::Undecodable(spec) => SpecState::Undecodable(&spec.error),
            Spec::Invalid(errors) => SpecState::Invalid(errors),
            Spec::Valid(_) if !scenario.runs.refused.is_empty() => SpecState::Invalid(&scenario.runs.refused),
            Spec::Valid(valid) => match self.dependencies.cycle(&scenario.name) {
                Some(path) => SpecState::DependencyCycle(path),
                None if valid.suspend => SpecState::Suspended,
                None => SpecState::Valid,
            },
        }
    }
}

/// When to try again, if at all. A closed write fence is checked again at the next maintenance.
fn retry_interval(error: &WriteError, failures: u32) -> Option<Duration> {
    match retry::WRITES.decide(error, failures) {
        Retry::Stop => None,
        Retry::WaitForLeadership => Some(MAINTENANCE),
        Retry::After(interval) => Some(interval),
    }
}
