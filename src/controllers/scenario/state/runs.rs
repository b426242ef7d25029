//! Runs: planned, started when due, processed when they end; ticks.

use super::effects::{Effect, Effects, RunOrder, RunResult};
use super::event::Now;
use super::freshness::Staleness;
use super::lateness::is_late;
use super::model::{MAINTENANCE, State};
use super::scenario::{RunId, Running, ScenarioState};
use super::schedule::PlannedRun;
use super::ticks::TickId;
use super::writes::Part;
use crate::api::{BLIND, Health};
use crate::domain::desired::CheckKey;
use crate::domain::evidence::RunSnapshot;
use crate::domain::keys::CheckFindings;
use crate::domain::outcome::Evaluation;
use crate::domain::schedule;
use crate::domain::texts;
use crate::domain::validate::ValidatedScenario;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl State {
    /// Plans the next run of a Scenario, with others that come due at about this time.
    pub(super) fn schedule(&mut self, name: &Arc<str>, at: Instant, effects: &mut Effects) {
        let Some(interval) = self.runnable(name).map(|valid| valid.interval) else { return };
        self.timing.schedule.plan(name.clone(), at);
        effects.push(Effect::Scheduled { scenario: name.clone(), at, interval });
    }

    /// Plans a run of a Scenario for now.
    fn schedule_at_once(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        let Some(interval) = self.runnable(name).map(|valid| valid.interval) else { return };
        let at = now.monotonic;
        self.timing.schedule.plan_exactly(name.clone(), at);
        effects.push(Effect::Scheduled { scenario: name.clone(), at, interval });
    }

    /// Runs a Scenario at once, or as soon as the run under way has ended; one that may not run is taken out of the schedule.
    pub(super) fn run_now(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        if self.runnable(name).is_none() {
            self.timing.schedule.cancel(name);
            self.ticks.forget(name);
            effects.push(Effect::Unscheduled { scenario: name.clone() });
            self.answer_complete_ticks(effects);
        } else if self.scenarios.get(name).is_some_and(|scenario| scenario.runs.running.is_none()) {
            self.schedule_at_once(name, now, effects);
        }
    }

    /// Starts what is due, retries what failed, and writes freshness within its budget.
    pub(super) fn timer(&mut self, now: Now, effects: &mut Effects) {
        if self.activation.may_begin() {
            let scenarios = &self.scenarios;
            let target = |name: &str| scenarios.get(name).and_then(|s| s.valid()).map_or("", |valid| valid.target());
            for run in self.timing.schedule.take_due(now.monotonic, target) {
                self.start_run(&run, effects);
            }
        }
        while let Some((name, part)) = self.timing.retries.take_due(now.monotonic) {
            if part == Part::Findings {
                self.write_findings(&name, now, effects);
            }
            self.write_status(&name, now, effects);
        }
        if now.monotonic >= self.timing.maintenance {
            self.timing.maintenance = now.monotonic + MAINTENANCE;
            self.timing.watch_clock.advance(now.monotonic);
            self.write_freshness(now, effects);
            self.report_late(now, effects);
            self.report_states(now, effects);
        }
    }

    fn start_run(&mut self, run: &PlannedRun, effects: &mut Effects) {
        let PlannedRun { name, due_at, starts_at } = run;
        let Some(spec) = self.runnable(name).cloned() else { return };
        let answered_before = self.answered_before(name, &spec);
        let Some(scenario) = self.scenarios.get_mut(name).filter(|s| s.runs.running.is_none()) else { return };
        self.timing.run_ids += 1;
        let id = RunId(self.timing.run_ids);
        let requested = scenario.requests.open(scenario.observed.last_requested_run()).map(String::from);
        scenario.runs.running = Some(Running { id, due_at: *due_at, requested });
        effects.push(Effect::StartRun(RunOrder {
            id,
            scenario: name.clone(),
            spec,
            starts_at: *starts_at,
            answered_before,
        }));
    }

    /// Whether the status tells that this spec was judged and no Finding that a target could not be read. After the first run this
    /// process knows better.
    fn answered_before(&self, name: &str, spec: &ValidatedScenario) -> bool {
        let Some(scenario) = self.scenarios.get(name).filter(|scenario| !scenario.runs.is_spread) else { return false };
        let is_judged = scenario.observed.status().is_some_and(|status| {
            status.observed_generation == scenario.observed.generation
                && matches!(status.health, Some(Health::Healthy | Health::Failing))
        });
        let is_of_probe = |check: &CheckKey| spec.probes.iter().any(|valid| valid.probe.name == check.0);
        is_judged && !self.findings.open(name).iter().any(is_of_probe)
    }

    /// Ends the run under way of a spec that is no longer the Scenario's, whose result would not count: its target is read for nothing.
    pub(super) fn cancel_run(&mut self, name: &Arc<str>, effects: &mut Effects) {
        let running = self.scenarios.get_mut(name).and_then(|scenario| scenario.runs.running.take());
        if let Some(run) = running {
            effects.push(Effect::CancelRun { id: run.id });
        }
    }

    pub(super) fn run_ended(
        &mut self,
        name: &Arc<str>,
        id: RunId,
        (started_at, result): (Timestamp, RunResult),
        now: Now,
        effects: &mut Effects,
    ) {
        let Some(scenario) = self.scenarios.get_mut(name) else { return };
        let Some(run) = scenario.runs.running.take_if(|run| run.id == id) else { return };
        scenario.runs.ended = Some(id);
        let Some(valid) = scenario.valid().cloned() else { return };
        match result {
            RunResult::Evaluated { evaluation, snapshot } => {
                let took = now.monotonic.saturating_duration_since(run.due_at);
                let took_too_long = is_late(Duration::ZERO, took, valid.interval);
                scenario.completed(self.timing.watch_clock.at(now.monotonic), took_too_long);
                scenario.requests.run_ended(run.requested, started_at, Some(&evaluation));
                self.evaluated(name, &valid, (&evaluation, &snapshot, started_at), effects);
            }
            RunResult::Refused(errors) => {
                scenario.requests.run_ended(run.requested, started_at, None);
                scenario.refused(errors);
            }
            RunResult::Failed(failure) => {
                scenario.requests.run_ended(run.requested, started_at, None);
                scenario.failed(texts::run_failure(self.settings.language, &failure));
            }
        }
        effects.push(Effect::RunRecorded);
        self.schedule_next(name, run.due_at, now, effects);
        self.report_problem(name, now, effects);
        self.write_findings(name, now, effects);
        self.write_status(name, now, effects);
    }

    fn evaluated(
        &mut self,
        name: &Arc<str>,
        valid: &ValidatedScenario,
        run: (&Evaluation, &Arc<RunSnapshot>, Timestamp),
        effects: &mut Effects,
    ) {
        let open = self.open_after_writes(name);
        let Some(scenario) = self.scenarios.get_mut(name) else { return };
        let findings = |check: &str| CheckFindings {
            kept: State::kept(&self.findings, &self.writes, name, check),
            removed_new: self.findings.removed_new(name, check, run.2),
        };
        let surplus = scenario.count(valid, run.0, findings, self.settings.key_limits, run.2);
        for (check, surplus) in &surplus.by_check {
            let reached = surplus.reached.map(|limit| Effect::KeyLimitReached {
                scenario: name.clone(),
                check: check.clone(),
                limit,
            });
            effects.extend(reached);
        }
        let mut desired = scenario.desired(valid, run, &surplus, &open, self.settings.language);
        if scenario.runs.late.is_some() {
            desired.remove(&(BLIND.to_string(), String::new()));
        }
        if !desired.is_empty() {
            self.writes.want(name, desired, &open, run.2);
        }
        scenario.summarise(run.0, &open);
    }

    /// The next run comes after the interval, sooner while a streak is counted, at once when another run was requested meanwhile.
    fn schedule_next(&mut self, name: &Arc<str>, due_at: Instant, now: Now, effects: &mut Effects) {
        let Some(valid) = self.runnable(name).cloned() else { return };
        let Some(scenario) = self.scenarios.get_mut(name) else { return };
        let is_first = !std::mem::replace(&mut scenario.runs.is_spread, true);
        let delay = match scenario.is_counting() {
            false if is_first => schedule::second_delay(name, valid.interval),
            counting => schedule::next_delay(valid.interval, valid.confirm_interval, counting),
        };
        let is_requested = scenario.requests.open_beyond_collected(scenario.observed.last_requested_run()).is_some();
        // One that is due already does not wait for a slot, which would lower the rate of runs that take as long as their interval.
        match due_at + delay {
            next if is_requested || next <= now.monotonic => self.schedule_at_once(name, now, effects),
            next => self.schedule(name, next, effects),
        }
    }

    fn write_freshness(&mut self, now: Now, effects: &mut Effects) {
        if !self.activation.may_write() || !self.activation.may_begin() {
            return;
        }
        let staleness = |scenario: &ScenarioState| {
            let valid = scenario.valid().filter(|v| !v.suspend && self.dependencies.cycle(&v.name).is_none());
            valid.map_or(0.0, |v| v.probes.len() as f64 / v.interval.as_secs_f64())
        };
        let all = self.scenarios.values().map(|scenario| Staleness {
            name: &scenario.name,
            probes_per_second: staleness(scenario),
            last_run_at: scenario.runs.last_run_at,
            written: scenario.observed.status().and_then(|s| s.last_run_at.as_ref()).map(|t| t.0),
        });
        for name in self.timing.freshness.stalest(now.monotonic, all) {
            self.write_status_now(&name, now, effects);
        }
    }

    /// Runs what is due, or everything that can run, and answers once all of it has run.
    pub(super) fn tick(&mut self, id: TickId, force: bool, now: Now, effects: &mut Effects) {
        if !self.activation.may_write() || !self.activation.may_begin() {
            effects.push(Effect::RefuseTick { id });
            return;
        }
        let by = now.monotonic + MAINTENANCE;
        let is_due = |name: &Arc<str>| {
            let is_running = self.scenarios.get(name).is_some_and(|scenario| scenario.runs.running.is_some());
            self.runnable(name).is_some() && (force || is_running || self.timing.schedule.is_due_by(name, by))
        };
        let due: BTreeSet<Arc<str>> = self.scenarios.keys().filter(|name| is_due(name)).cloned().collect();
        let next = self.timing.run_ids + 1;
        let after = |name: &Arc<str>| {
            let running = self.scenarios.get(name).and_then(|scenario| scenario.runs.running.as_ref());
            (name.clone(), running.map_or(RunId(next), |run| run.id))
        };
        if !self.ticks.add(id, due.iter().map(after).collect()) {
            effects.push(Effect::RefuseTick { id });
            return;
        }
        for name in &due {
            self.run_now(name, now, effects);
        }
        self.answer_complete_ticks(effects);
    }

    pub(super) fn answer_complete_ticks(&mut self, effects: &mut Effects) {
        let complete = self.ticks.take_complete();
        effects.extend(complete.into_iter().map(|(id, report)| Effect::AnswerTick { id, report }));
    }
}
