//! Changes of objects: Scenarios, Findings and Agents.

use super::activation::Kind;
use super::effects::{Effect, Effects};
use super::event::{AgentSummary, Now, ObjectChange, UndecodableObject};
use super::findings::Removed;
use super::model::State;
use super::scenario::{ScenarioState, Spec, UndecodableSpec};
use super::writes::Part;
use crate::controllers::finding::FindingSummary;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::desired::desired_after_removal;
use crate::domain::validate::{ValidatedScenario, validate};
use crate::runtime::version::Version;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

impl State {
    pub(super) fn scenario_changed(
        &mut self,
        change: ObjectChange<Arc<CachedScenario>>,
        now: Now,
        effects: &mut Effects,
    ) {
        match change {
            ObjectChange::Applied(scenario) => self.scenario_applied(scenario, now, effects),
            ObjectChange::Undecodable(object) => self.scenario_undecodable(object, now, effects),
            ObjectChange::Deleted(name, _) => self.scenario_deleted(&name, now, effects),
            ObjectChange::Resynchronised(scenarios, undecodable) => {
                let names = scenarios.iter().map(|scenario| scenario.name.clone());
                let present: HashSet<Arc<str>> = names.chain(undecodable.iter().map(|o| o.name.clone())).collect();
                let gone: Vec<Arc<str>> = self.scenarios.keys().filter(|n| !present.contains(*n)).cloned().collect();
                for name in gone {
                    self.scenario_deleted(&name, now, effects);
                }
                for scenario in scenarios {
                    self.scenario_applied(scenario, now, effects);
                }
                for object in undecodable {
                    self.scenario_undecodable(object, now, effects);
                }
                self.listed(Kind::Scenarios, now, effects);
            }
        }
    }

    fn scenario_applied(&mut self, scenario: Arc<CachedScenario>, now: Now, effects: &mut Effects) {
        let name = scenario.name.clone();
        let known = self.scenarios.get(&name);
        if known.is_some_and(|known| known.is_outdated(&scenario)) {
            return;
        }
        let generation = scenario.generation;
        let is_edit = known.is_none_or(|known| {
            // One that was deleted and created again has the same generation and another uid.
            known.observed.generation != generation
                || known.observed.uid() != scenario.uid.as_deref()
                || matches!(known.spec, Spec::Undecodable(_))
        });
        if is_edit {
            self.scenario_edited(&name, scenario, now, effects);
        } else if let Some(known) = self.scenarios.get_mut(&name) {
            known.observe(scenario);
        }
        if !self.activation.is_active() {
            return;
        }
        let Some(known) = self.scenarios.get(&name) else { return };
        let is_requested = known.requests.open(known.observed.last_requested_run()).is_some();
        if is_edit || is_requested {
            self.run_now(&name, now, effects);
        }
        if is_edit {
            self.report_problem(&name, now, effects);
            self.write_findings(&name, now, effects);
        }
        self.write_status(&name, now, effects);
    }

    fn scenario_edited(&mut self, name: &Arc<str>, scenario: Arc<CachedScenario>, now: Now, effects: &mut Effects) {
        let spec = match validate(name, &scenario.spec, &self.settings.policy, &mut self.expressions) {
            Ok(valid) => {
                let valid = Arc::new(ValidatedScenario { name: name.clone(), ..valid });
                effects.push(Effect::SecretsNamed(valid.clone()));
                Spec::Valid(valid)
            }
            Err(errors) => Spec::Invalid(errors),
        };
        let depends_on = scenario.spec.depends_on.clone();
        let before = self.runnable(name).map(|valid| valid.interval);
        self.cancel_run(name, effects);
        self.set_spec(name, spec);
        if let Some(known) = self.scenarios.get_mut(name) {
            known.observe(scenario);
        }
        let affected = self.dependencies.set(name, &depends_on);
        if let Some(interval) = self.runnable(name).map(|valid| valid.interval) {
            effects.push(Effect::IntervalKnown { scenario: name.clone(), interval });
            // Other edits leave it as late as it is.
            if before != Some(interval) {
                self.watch_anew(name, now);
            }
        }
        if self.activation.is_active() {
            self.reassign_pending(name);
            self.add_desired_after_edit(name, now);
        }
        self.cycles_changed(affected, name, now, effects);
    }

    fn set_spec(&mut self, name: &Arc<str>, spec: Spec) {
        match self.scenarios.get_mut(name) {
            Some(known) => known.set_spec(spec),
            None => {
                let open = if self.activation.is_active() { self.open_after_writes(name) } else { BTreeSet::new() };
                self.scenarios.insert(name.clone(), Box::new(ScenarioState::new(name.clone(), spec, &open)));
            }
        }
    }

    /// Pending failures belong to the Agent of the edited spec. An invalid spec names none: they keep theirs.
    fn reassign_pending(&mut self, name: &Arc<str>) {
        let Some(valid) = self.scenarios.get(name).and_then(|s| s.valid()) else { return };
        if let Some(writes) = self.writes.get_mut(name) {
            writes.updates.assign(&valid.agent);
        }
    }

    /// Scenarios whose cycle appeared or went away may run no more, or again.
    fn cycles_changed(&mut self, affected: Vec<Arc<str>>, edited: &Arc<str>, now: Now, effects: &mut Effects) {
        if !self.activation.is_active() {
            return;
        }
        for name in affected.iter().filter(|name| *name != edited) {
            self.watch_anew(name, now);
            self.run_now(name, now, effects);
            self.report_problem(name, now, effects);
            self.write_status(name, now, effects);
        }
    }

    fn scenario_undecodable(&mut self, object: UndecodableObject, now: Now, effects: &mut Effects) {
        let UndecodableObject { name, generation, resource_version, error, outline } = object;
        self.cancel_run(&name, effects);
        self.set_spec(&name, Spec::Undecodable(Box::new(UndecodableSpec { error, outline })));
        if let Some(known) = self.scenarios.get_mut(&name) {
            known.observed.undecodable(generation, resource_version);
        }
        if self.activation.is_active() {
            self.run_now(&name, now, effects);
            self.report_problem(&name, now, effects);
            self.write_status(&name, now, effects);
        }
    }

    fn scenario_deleted(&mut self, name: &Arc<str>, now: Now, effects: &mut Effects) {
        self.cancel_run(name, effects);
        if self.scenarios.remove(name).is_none() {
            return;
        }
        let affected = self.dependencies.set(name, &[]);
        self.timing.schedule.cancel(name);
        self.timing.retries.cancel(name, Part::Status);
        effects.push(Effect::Unscheduled { scenario: name.clone() });
        self.ticks.forget(name);
        self.answer_complete_ticks(effects);
        // Where this replica does not lead, the leader resolves the Findings. Once this replica leads, it resolves those left open.
        if self.activation.is_active() {
            self.resolve_removed(name, now, effects);
        }
        self.cycles_changed(affected, name, now, effects);
    }

    pub(super) fn finding_changed(&mut self, change: ObjectChange<FindingSummary>, now: Now, effects: &mut Effects) {
        match change {
            ObjectChange::Applied(finding) => self.finding_applied(finding, now, effects),
            ObjectChange::Deleted(name, version) => self.finding_deleted(&name, version, now, effects),
            // It is ignored until it can be decoded again.
            ObjectChange::Undecodable(_) => {}
            ObjectChange::Resynchronised(findings, undecodable) => {
                let names = findings.iter().map(|finding| finding.name.as_str());
                let present: HashSet<&str> = names.chain(undecodable.iter().map(|o| &*o.name)).collect();
                let gone: Vec<String> =
                    self.findings.watched().filter(|n| !present.contains(n)).map(String::from).collect();
                for name in gone {
                    self.finding_deleted(&name, None, now, effects);
                }
                for finding in findings {
                    self.finding_applied(finding, now, effects);
                }
                self.listed(Kind::Findings, now, effects);
            }
        }
    }

    fn finding_applied(&mut self, finding: FindingSummary, now: Now, effects: &mut Effects) {
        let (scenario, at, is_unresolved) = (finding.scenario.clone(), finding.at.clone(), finding.is_unresolved);
        self.findings.observe(finding);
        if !self.activation.is_active() {
            return;
        }
        if self.scenarios.contains_key(&scenario) {
            self.write_status(&scenario, now, effects);
        } else if is_unresolved {
            let open = BTreeSet::from([at]);
            self.writes.want(&scenario, desired_after_removal(&open), &open, now.wall);
            self.write_findings(&scenario, now, effects);
        }
    }

    /// A Finding that is deleted while open counts as closed by hand. One that was resolved is history: what is pending will create it
    /// anew.
    fn finding_deleted(&mut self, name: &str, version: Option<Version>, now: Now, effects: &mut Effects) {
        let Some(removed) = self.findings.remove(name, version) else { return };
        self.findings.remember(&removed, now.wall);
        let Removed { scenario, at, was_unresolved, .. } = removed;
        if !was_unresolved {
            return;
        }
        if let Some(writes) = self.writes.get_mut(&scenario) {
            writes.updates.forget(&at);
            self.writes.drop_if_idle(&scenario);
        }
        if let Some(known) = self.scenarios.get_mut(&scenario) {
            known.forget_finding(&at);
            // What still holds without any run is opened again.
            self.report_problem(&scenario, now, effects);
            self.write_status(&scenario, now, effects);
        }
    }

    pub(super) fn agent_changed(&mut self, change: ObjectChange<AgentSummary>, now: Now, effects: &mut Effects) {
        match change {
            ObjectChange::Applied(agent) => {
                self.agents.insert(agent.name, agent.is_suspended);
            }
            ObjectChange::Deleted(name, _) => {
                self.agents.remove(&*name);
            }
            ObjectChange::Undecodable(object) => {
                self.agents.remove(&*object.name);
            }
            ObjectChange::Resynchronised(agents, _) => {
                self.agents = agents.into_iter().map(|agent| (agent.name, agent.is_suspended)).collect();
                self.listed(Kind::Agents, now, effects);
            }
        }
    }
}
