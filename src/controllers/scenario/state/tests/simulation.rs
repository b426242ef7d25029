//! The simulated API and targets: carries the effects of the state out.

use super::super::*;
use super::world::{Api, Found, Pass, World};
use crate::api::{CheckOutcome, Finding, Phase, Severity};
use crate::controllers::finding::FindingSummary;
use crate::domain::desired::CheckKey;
use crate::domain::evidence::RunSnapshot;
use crate::domain::fingerprint::{finding_name, finding_spec};
use crate::domain::outcome::{Evaluation, Outcome};
use crate::domain::pending::apply_updates;
use crate::domain::run_failure::RunFailure;
use crate::domain::texts::Language;
use crate::domain::transition::Step;
use crate::runtime::version::Version;
use crate::runtime::write::WriteError;
use kube::core::response::Status;
use std::sync::Arc;

impl World {
    pub fn ended(&self, order: &RunOrder, found: &Found) -> Event {
        let started_at = self.now().wall;
        let evaluated = |evaluation| {
            let snapshot = Arc::new(RunSnapshot { at: started_at, excerpts: Vec::new() });
            RunResult::Evaluated { evaluation, snapshot }
        };
        let result = match found {
            Found::Status(outcome) => evaluated(evaluation(&[("status", "", *outcome)], &[])),
            Found::Outcomes(outcomes, items) => evaluated(evaluation(outcomes, items)),
            Found::Failing(check, keys) => {
                let outcomes: Vec<_> = keys.iter().map(|key| (*check, key.as_str(), CheckOutcome::Fail)).collect();
                evaluated(evaluation(&outcomes, &[(*check, keys.iter().map(String::as_str).collect())]))
            }
            Found::Refused(errors) => RunResult::Refused(errors.clone()),
            Found::Failed => RunResult::Failed(RunFailure::EvaluationPanicked),
        };
        Event::RunEnded { scenario: order.scenario.clone(), id: order.id, started_at, result }
    }

    pub fn carry_out(&mut self, effect: Effect) {
        let seconds = self.seconds();
        match effect {
            Effect::StartRun(order) => {
                self.log.runs.push((order.scenario.to_string(), seconds));
                match self.found.get(&*order.scenario).cloned() {
                    Some(found) => {
                        let event = self.ended(&order, &found);
                        self.events.push_back(event);
                    }
                    None => self.running.push(order),
                }
            }
            // Results that are already reported may still arrive: `running` is left as it is.
            Effect::CancelRuns => self.log.cancelled += 1,
            Effect::CancelRun { id } => self.log.cancelled_runs.push(id),
            Effect::WriteFindings(write) => {
                self.log.finding_writes.push((write.scenario.to_string(), seconds));
                self.write(Effect::WriteFindings(write));
            }
            Effect::WriteStatus(write) => {
                self.log.status_writes.push((write.scenario.to_string(), seconds));
                self.write(Effect::WriteStatus(write));
            }
            Effect::Scheduled { scenario, at, .. } => {
                self.log.next.insert(scenario.to_string(), at.saturating_duration_since(self.start));
            }
            Effect::Unscheduled { scenario } => drop(self.log.next.remove(&*scenario)),
            Effect::ScheduleCleared => {
                self.log.next.clear();
                self.log.known = None;
            }
            Effect::StateChanged { scenario, state, problem } => {
                self.log.states.push((scenario.to_string(), state.as_str(), problem));
            }
            Effect::StatesKnown(states) => self.log.known = Some(*states),
            Effect::AnswerTick { id, report } => drop(self.log.ticks.insert(id.0, Some(report))),
            Effect::RefuseTick { id } => drop(self.log.ticks.insert(id.0, None)),
            Effect::KeyLimitReached { check, limit, .. } => self.log.key_limits.push((check, limit)),
            Effect::RunRecorded | Effect::IntervalKnown { .. } | Effect::SecretsNamed(_) => {}
        }
    }

    fn write(&mut self, effect: Effect) {
        if self.api == Api::Held {
            return self.held.push(effect);
        }
        match effect {
            Effect::WriteFindings(write) => {
                let FindingWrite { id, scenario, removals, updates } = write;
                let removed: Vec<String> = removals.into_iter().filter(|name| self.remove_resolved(name)).collect();
                let results = updates.into_iter().map(|update| self.write_finding(&scenario, update)).collect();
                self.events.push_back(Event::FindingsWritten { scenario, id, removed, results });
            }
            Effect::WriteStatus(write) => {
                let result = self.write_scenario_status(&write);
                self.events.push_back(Event::StatusWritten { scenario: write.scenario, id: write.id, result });
            }
            _ => unreachable!(),
        }
    }

    /// True where the Finding no longer exists.
    fn remove_resolved(&mut self, name: &str) -> bool {
        let is_up = matches!(self.api, Api::Up | Api::AnswersLost);
        let Some(finding) = self.stored.findings.get(name).filter(|_| is_up).cloned() else { return is_up };
        assert_eq!(finding.status.as_ref().and_then(|status| status.phase), Some(Phase::Resolved), "{name}");
        self.stored.findings.remove(name);
        self.stored.version += 1;
        let version = Some(Version::new(self.stored.version));
        self.events.push_back(Event::Finding(ObjectChange::Deleted(name.into(), version)));
        self.api == Api::Up
    }

    fn write_finding(&mut self, scenario: &str, update: FindingUpdate) -> FindingWritten {
        let FindingUpdate { at, updates, .. } = update;
        let number = updates.last().unwrap().number;
        let stored = match self.api {
            Api::Down => Err(WriteError::Timeout),
            Api::Refusing => Err(refused()),
            _ => Ok(self.store_updates(scenario, &at, &updates)),
        };
        let result = if self.api == Api::AnswersLost { Err(WriteError::Timeout) } else { stored };
        FindingWritten { at, number, result }
    }

    fn store_updates(
        &mut self,
        scenario: &str,
        at: &CheckKey,
        updates: &[crate::domain::pending::PendingUpdate],
    ) -> (Option<FindingSummary>, Vec<Step>) {
        let name = finding_name(scenario, &at.0, &at.1);
        let current = self.stored.findings.get(&name).cloned();
        let status = current.as_ref().map(|finding| finding.status.clone().unwrap_or_default());
        let Some((next, steps)) = apply_updates(status.as_ref(), updates, Language::English) else {
            return (current.as_ref().map(FindingSummary::of), Vec::new());
        };
        let spec = finding_spec(scenario, &at.0, &at.1);
        let mut finding = current.unwrap_or_else(|| Finding::new(&name, spec));
        finding.status = Some(next);
        (Some(self.store_finding(finding)), steps)
    }

    fn write_scenario_status(&mut self, write: &StatusWrite) -> Result<StatusSeen, WriteError> {
        match self.api {
            Api::Down | Api::AnswersLost => return Err(WriteError::Timeout),
            Api::Refusing => return Err(refused()),
            _ => {}
        }
        let Some(scenario) = self.stored.scenarios.get_mut(&*write.scenario) else { return Err(WriteError::Gone) };
        // After a conflict the task reads the object again.
        if scenario.metadata.resource_version.as_ref() == Some(&write.resource_version) {
            self.stored.version += 1;
            scenario.status = Some(write.status.clone());
            scenario.metadata.resource_version = Some(self.stored.version.to_string());
        }
        Ok(StatusSeen {
            generation: scenario.metadata.generation,
            resource_version: scenario.metadata.resource_version.clone(),
            version: Version::of(scenario),
            status: scenario.status.clone().unwrap_or_default(),
        })
    }

    /// Carries out what was held, and holds nothing more.
    pub fn release(&mut self) {
        self.release_then(Api::Up);
    }

    /// Carries out what was held; `api` is how the API answers what follows from it.
    pub fn release_then(&mut self, api: Api) {
        self.api = Api::Up;
        for effect in std::mem::take(&mut self.held) {
            self.write(effect);
        }
        self.api = api;
        self.on(Event::TickAbandoned { id: TickId(u64::MAX) });
    }

    /// Writes of Findings that are held back.
    pub fn held_finding_writes(&self) -> usize {
        self.held.iter().filter(|effect| matches!(effect, Effect::WriteFindings(_))).count()
    }

    pub fn tick(&mut self, id: u64, force: bool) {
        self.on(Event::Tick { id: TickId(id), force });
    }
}

fn refused() -> WriteError {
    WriteError::from(kube::Error::Api(Box::new(Status { code: 422, ..Status::default() })))
}

fn evaluation(outcomes: &[(&str, &str, CheckOutcome)], items: &[(&str, Vec<&str>)]) -> Evaluation {
    let outcome = |(check, key, result): &(&str, &str, CheckOutcome)| Outcome {
        check: (*check).into(),
        key: key.to_string(),
        result: *result,
        message: if *result == Pass { String::new() } else { format!("{check} {}", result.as_str()) },
        severity: Severity::High,
        probes: Default::default(),
        proof: None,
    };
    let keys = |keys: &Vec<&str>| keys.iter().map(ToString::to_string).collect();
    Evaluation {
        list: outcomes.iter().map(outcome).collect(),
        items: items.iter().map(|(check, of)| (check.to_string(), keys(of))).collect(),
        ..Evaluation::default()
    }
}
