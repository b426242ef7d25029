//! What keeps Scenarios from being watched: a spec that can't be used, or runs that are not completed. It is reported at once, in the
//! log and by the Finding `blind`; the status says it too.

use super::effects::{Effect, Effects};
use super::event::Now;
use super::lateness::{Late, is_late};
use super::model::State;
use super::scenario::{ScenarioState, Spec};
use crate::api::conditions::bounded;
use crate::api::{BLIND, Evidence, Severity, WatchState};
use crate::controllers::scenario::status::{SpecState, spec_problem, watch_state};
use crate::controllers::scenario::watch_states::WatchStates;
use crate::domain::desired::{Desired, DesiredFindings};
use crate::domain::printable::printable;
use crate::domain::runbook::reference;
use crate::domain::texts::{self, Language};
use crate::domain::transition::Failure;
use std::sync::Arc;
use std::time::Duration;

/// The severity of the Finding of a Scenario whose own can't be read: people are told of it.
const SEVERITY_UNREADABLE: Severity = Severity::High;

impl State {
    /// A Scenario begins to be watched: it is late two intervals from now.
    pub(super) fn watch_anew(&mut self, name: &Arc<str>, now: Now) {
        let at = self.timing.watch_clock.at(now.monotonic);
        if let Some(scenario) = self.scenarios.get_mut(name) {
            scenario.runs.since = at;
        }
    }

    /// Reports what keeps a Scenario from being watched, if that is new. The Finding is written only if it says something new.
    pub(super) fn report_problem(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        if !self.activation.is_active() {
            return;
        }
        self.log_problem(name, effects);
        let Some(failure) = self.scenarios.get(name).and_then(|scenario| self.unread_failure(scenario)) else { return };
        let (open, at) = (self.open_after_writes(name), (BLIND.to_string(), String::new()));
        let Some(scenario) = self.scenarios.get_mut(name) else { return };
        scenario.unread();
        // It says already what this replica did not see.
        let is_told = scenario.runs.late.as_ref().is_some_and(|late| late.is_restored) && open.contains(&at);
        if !is_told {
            let desired = DesiredFindings::from([(at, Desired::Open(Box::new(failure)))]);
            self.writes.want(name, desired, &open, now.wall);
            self.write_findings(name, now, effects);
        }
    }

    fn log_problem(&mut self, name: &Arc<str>, effects: &mut Effects) {
        let Some(scenario) = self.scenarios.get(name) else { return };
        let problem = self.problem(scenario, Language::English);
        let state = self.state_as_reported(scenario);
        let entry = problem.clone().map(|problem| Box::new((state, problem)));
        let Some(scenario) = self.scenarios.get_mut(name).filter(|scenario| scenario.logged != entry) else { return };
        scenario.logged = entry;
        effects.push(Effect::StateChanged { scenario: name.clone(), state, problem });
    }

    /// What keeps a Scenario from being watched.
    fn problem(&self, scenario: &ScenarioState, language: Language) -> Option<String> {
        let late = || {
            let late = scenario.runs.late.as_ref()?;
            Some(texts::late(language, scenario.valid()?.interval, late.failure.as_deref()))
        };
        spec_problem(self.spec_state(scenario), language).map(|(_, message)| message).or_else(late)
    }

    /// The failure of the check `blind` where nothing is read and no run will count it.
    fn unread_failure(&self, scenario: &ScenarioState) -> Option<Failure> {
        let language = self.settings.language;
        let message = self.problem(scenario, language)?;
        let (severity, agent, title) = match (&scenario.spec, scenario.observed.spec()) {
            (Spec::Valid(valid), _) => (Some(valid.severity), Some(&valid.agent), Some(&valid.title)),
            (Spec::Invalid(_), Some(spec)) => (Some(spec.severity), Some(&spec.agent), Some(&spec.title)),
            (Spec::Invalid(_), None) => (None, None, None),
            (Spec::Undecodable(spec), _) => {
                let outline = &spec.outline;
                (outline.severity, outline.agent.as_ref(), outline.title.as_ref())
            }
        };
        let runbooks = self.settings.policy.runbooks.as_ref();
        let runbook = scenario.observed.spec().and_then(|spec| spec.runbook.as_ref());
        Some(Failure {
            severity: severity.unwrap_or(SEVERITY_UNREADABLE),
            // The fallback has the work of an Agent that does not exist.
            agent: agent.cloned().unwrap_or_default(),
            title: texts::blind_title(language, title.map_or(&*scenario.name, String::as_str)),
            message: bounded(&printable(&texts::blind(language, &message)), 1024),
            runbook: runbook.map(|runbook| reference(runbook, runbooks)),
            evidence: Evidence::default(),
            interval: scenario.valid().map_or(Duration::ZERO, |valid| valid.interval),
        })
    }

    /// Reports Scenarios that have become late, those that wait longest first, as many as the budget allows.
    pub(super) fn report_late(&mut self, now: Now, effects: &mut Effects) {
        if !self.activation.may_write() || !self.activation.may_begin() {
            return;
        }
        let is_new = |scenario: &&ScenarioState| scenario.runs.late.is_none() && self.is_late(scenario, now);
        let late = self.scenarios.values().map(Box::as_ref).filter(is_new);
        let mut late: Vec<_> = late.map(|scenario| (scenario.runs.since, scenario.name.clone())).collect();
        let count = self.timing.late_reports.take(late.len(), now.monotonic);
        late.sort_unstable();
        for (_, name) in late.into_iter().take(count) {
            if let Some(scenario) = self.scenarios.get_mut(&name) {
                let failure = scenario.runs.failure.clone();
                scenario.runs.late = Some(Box::new(Late { failure, is_restored: false }));
            }
            self.report_problem(&name, now, effects);
            self.write_status(&name, now, effects);
        }
    }

    /// Tells readers the states of all Scenarios, whether they could be written or not.
    pub(super) fn report_states(&self, now: Now, effects: &mut Effects) {
        if !self.activation.is_active() {
            return;
        }
        let mut states = WatchStates::default();
        for scenario in self.scenarios.values() {
            let is_late = self.is_late(scenario, now);
            let state = if is_late { WatchState::Late } else { self.state_as_reported(scenario) };
            let language = self.settings.language;
            states.add(state, &scenario.name, || {
                let late = || Some(texts::late(language, scenario.valid()?.interval, scenario.runs.failure.as_deref()));
                self.problem(scenario, language).or_else(late).unwrap_or_default()
            });
        }
        effects.push(Effect::StatesKnown(Box::new(states)));
    }

    /// Whether a Scenario that may run has completed no run for two intervals.
    fn is_late(&self, scenario: &ScenarioState, now: Now) -> bool {
        let may_run = matches!(self.spec_state(scenario), SpecState::Valid);
        let Some(valid) = scenario.valid().filter(|_| may_run) else { return false };
        is_late(scenario.runs.since, self.timing.watch_clock.at(now.monotonic), valid.interval)
    }

    fn state_as_reported(&self, scenario: &ScenarioState) -> WatchState {
        watch_state(self.spec_state(scenario), scenario.runs.late.is_some())
    }
}
