//! From following to leading and back: what begins, what ends, and what is written once the write fence opens again.

use super::activation::Kind;
use super::effects::{Effect, Effects};
use super::event::Now;
use super::freshness::Freshness;
use super::lateness::FIRST_RUNS;
use super::model::State;
use crate::domain::desired::desired_after_removal;
use crate::domain::schedule;
use std::sync::Arc;

impl State {
    pub(super) fn leadership_changed(&mut self, term: Option<u64>, may_write: bool, now: Now, effects: &mut Effects) {
        let could_write = std::mem::replace(&mut self.activation.may_write, may_write);
        if term != self.activation.term {
            self.deactivate(effects);
            self.activation.term = term;
            self.activate_if_ready(now, effects);
        } else if may_write && !could_write && self.activation.is_active {
            self.write_everything_pending(now, effects);
        }
    }

    /// A kind has been listed.
    pub(super) fn listed(&mut self, kind: Kind, now: Now, effects: &mut Effects) {
        let listed = &mut self.activation.listed;
        match kind {
            Kind::Scenarios => listed.scenarios = true,
            Kind::Findings => listed.findings = true,
            Kind::Agents => listed.agents = true,
        }
        self.activate_if_ready(now, effects);
    }

    /// Once this replica leads and all kinds have been listed: what is open stays open, and the first pass begins, as after a
    /// restart. The Agents are known before the first Finding opens.
    fn activate_if_ready(&mut self, now: Now, effects: &mut Effects) {
        if !self.activation.is_ready() {
            return;
        }
        self.activation.is_active = true;
        self.timing.freshness = Freshness::new(now.monotonic);
        for scenario in self.findings.scenarios_with_open() {
            if !self.scenarios.contains_key(&scenario) {
                self.resolve_removed(&scenario, now, effects);
            }
        }
        let names: Vec<Arc<str>> = self.scenarios.keys().cloned().collect();
        let total = names.len();
        for name in names {
            self.activate_scenario(&name, total, now, effects);
        }
    }

    fn activate_scenario(&mut self, name: &Arc<str>, total: usize, now: Now, effects: &mut Effects) {
        let open = self.findings.open(name);
        let Some(scenario) = self.scenarios.get_mut(name) else { return };
        scenario.activate(&open, self.timing.watch_clock.at(now.monotonic) + FIRST_RUNS);
        self.add_desired_after_edit(name, now);
        let Some(scenario) = self.scenarios.get(name) else { return };
        let is_requested = scenario.requests.open(scenario.observed.last_requested_run()).is_some();
        if is_requested {
            self.run_now(name, now, effects);
        } else if let Some(valid) = self.runnable(name) {
            let delay = schedule::first_delay(name, total, valid.interval);
            self.schedule(name, now.monotonic + delay, effects);
        }
        self.report_problem(name, now, effects);
        self.write_findings(name, now, effects);
        self.write_status(name, now, effects);
    }

    /// This replica reads no targets any more: runs under way are cancelled, and what they would have found is left to another.
    fn deactivate(&mut self, effects: &mut Effects) {
        if !std::mem::take(&mut self.activation.is_active) {
            return;
        }
        self.timing.schedule.clear();
        self.timing.retries.clear();
        self.writes.clear();
        for scenario in self.scenarios.values_mut() {
            scenario.deactivate();
        }
        effects.push(Effect::CancelRuns);
        effects.push(Effect::ScheduleCleared);
        effects.extend(self.ticks.take_all().into_iter().map(|id| Effect::RefuseTick { id }));
    }

    /// After a time in which nothing could be written.
    fn write_everything_pending(&mut self, now: Now, effects: &mut Effects) {
        self.timing.retries.clear();
        let names: Vec<Arc<str>> = self.scenarios.keys().cloned().chain(self.writes.scenarios()).collect();
        for name in names {
            self.write_findings(&name, now, effects);
            self.write_status(&name, now, effects);
        }
    }

    /// Resolves the Findings of a Scenario that does not exist.
    pub(super) fn resolve_removed(&mut self, scenario: &Arc<str>, now: Now, effects: &mut Effects) {
        let open = self.open_after_writes(scenario);
        if open.is_empty() && self.writes.get(scenario).is_none() {
            return;
        }
        self.writes.want(scenario, desired_after_removal(&open), &open, now.wall);
        self.write_findings(scenario, now, effects);
    }

    /// Resolves the Findings of checks that the spec no longer has.
    pub(super) fn add_desired_after_edit(&mut self, name: &Arc<str>, now: Now) {
        let open = self.open_after_writes(name);
        let Some(scenario) = self.scenarios.get(name) else { return };
        let desired = scenario.desired_after_edit(&open);
        if !desired.is_empty() {
            self.writes.want(name, desired, &open, now.wall);
        }
    }
}
