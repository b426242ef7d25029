//! A simulated replica. Effects are carried out at once, except where a test holds them back.

use super::super::*;
use crate::api::{
    CheckOutcome, Finding, FindingSpec, FindingStatus, Phase, RUN_REQUESTED_AT, RequestedRun, Scenario, ScenarioStatus,
    Severity,
};
use crate::controllers::finding::FindingSummary;
use crate::domain::desired::CheckKey;
use crate::domain::evidence::RunSnapshot;
use crate::domain::fingerprint::{finding_name, fingerprint};
use crate::domain::outcome::{Evaluation, Outcome};
use crate::domain::pending::apply_updates;
use crate::domain::run_failure::RunFailure;
use crate::domain::texts::Language;
use crate::domain::transition::Step;
use crate::domain::validate::{ProbePolicy, ValidationError};
use crate::runtime::write::WriteError;
use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::core::response::Status;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The wall clock at the start, in Unix seconds.
const START: i64 = 1_800_000_000;

pub use CheckOutcome::{Fail, Held, Pass, Unknown};

/// What a run finds.
#[derive(Clone)]
pub enum Found {
    /// The outcome of the check `status`.
    Status(CheckOutcome),
    /// Outcomes by check and key, and the keys of each list that was read.
    Outcomes(Vec<(&'static str, &'static str, CheckOutcome)>, Vec<(&'static str, Vec<&'static str>)>),
    Refused(Vec<ValidationError>),
    Failed,
}

/// How the simulated API answers writes.
#[derive(Clone, Copy, PartialEq)]
pub enum Api {
    Up,
    /// Nothing is stored.
    Down,
    /// Writes are stored and their answers are lost.
    AnswersLost,
    /// Writes stay under way until [`World::release`].
    Held,
    /// Every write is refused as invalid.
    Refusing,
}

pub struct World {
    pub state: State,
    start: Instant,
    elapsed: Duration,
    version: u64,
    scenarios: BTreeMap<String, Scenario>,
    findings: BTreeMap<String, Finding>,
    found: BTreeMap<String, Found>,
    pub api: Api,
    held: Vec<Effect>,
    /// Runs that wait for [`World::end_run`].
    running: Vec<RunOrder>,
    events: VecDeque<Event>,
    /// Scenario and second of each run that was started.
    pub runs: Vec<(String, u64)>,
    /// Seconds at which updates of Findings, or a status, were to be written.
    pub finding_writes: Vec<(String, u64)>,
    pub status_writes: Vec<(String, u64)>,
    pub cancelled: usize,
    /// The next run of each Scenario since the start, as readers of the schedule see it.
    pub next: BTreeMap<String, Duration>,
    pub ticks: BTreeMap<u64, Option<TickReport>>,
}

impl World {
    pub fn new() -> World {
        let start = Instant::now();
        let policy = ProbePolicy {
            secret_keys: BTreeSet::new(),
            sqlite_paths: Vec::new(),
            default_interval: Duration::from_secs(60),
            check_query: |_| Ok(()),
        };
        let settings = Settings { policy: Arc::new(policy), language: Language::English };
        let now = Now { monotonic: start, wall: Timestamp::from_second(START).unwrap() };
        World {
            state: State::new(settings, now),
            start,
            elapsed: Duration::ZERO,
            version: 0,
            scenarios: BTreeMap::new(),
            findings: BTreeMap::new(),
            found: BTreeMap::new(),
            api: Api::Up,
            held: Vec::new(),
            running: Vec::new(),
            events: VecDeque::new(),
            runs: Vec::new(),
            finding_writes: Vec::new(),
            status_writes: Vec::new(),
            cancelled: 0,
            next: BTreeMap::new(),
            ticks: BTreeMap::new(),
        }
    }

    /// A replica that leads and has listed everything, with the Scenario `shop`, which passes.
    pub fn leading() -> World {
        let mut world = World::new();
        world.agent("pulso", false);
        world.find("shop", Pass);
        world.scenario("shop", json!({}));
        world.list();
        world.lead(1);
        world
    }

    fn now(&self) -> Now {
        let wall = Timestamp::from_second(START + self.elapsed.as_secs() as i64).unwrap();
        Now { monotonic: self.start + self.elapsed, wall }
    }

    pub fn seconds(&self) -> u64 {
        self.elapsed.as_secs()
    }

    /// A time as the API keeps it.
    pub fn at(second: u64) -> Timestamp {
        Timestamp::from_second(START + second as i64).unwrap()
    }

    pub fn on(&mut self, event: Event) {
        self.events.push_back(event);
        while let Some(event) = self.events.pop_front() {
            let now = self.now();
            for effect in self.state.on(event, now) {
                self.carry_out(effect);
            }
        }
    }

    /// Lets time pass; timers fire when they are due.
    pub fn advance(&mut self, seconds: u64) {
        let until = self.elapsed + Duration::from_secs(seconds);
        loop {
            let next = self.state.next_timer().saturating_duration_since(self.start);
            if next > until {
                break;
            }
            self.elapsed = self.elapsed.max(next);
            self.on(Event::Timer);
        }
        self.elapsed = until;
    }

    /// Lets time pass until half a second before the next run of the Scenario.
    pub fn until_almost_due(&mut self, scenario: &str) {
        let at = self.next[scenario] - Duration::from_millis(500);
        while self.elapsed + Duration::from_secs(1) < at {
            self.advance(1);
        }
        self.elapsed = at;
    }

    /// Lets time pass until the Scenario has run this often in all.
    pub fn until_runs(&mut self, scenario: &str, count: usize) {
        for _ in 0..100_000 {
            if self.runs_of(scenario).len() >= count {
                return;
            }
            self.advance(1);
        }
        panic!("{scenario} ran {:?}", self.runs_of(scenario));
    }

    pub fn runs_of(&self, scenario: &str) -> Vec<u64> {
        self.runs.iter().filter(|(name, _)| name == scenario).map(|(_, at)| *at).collect()
    }

    // Leadership

    pub fn lead(&mut self, term: u64) {
        self.on(Event::Leadership { term: Some(term), may_write: true });
    }

    /// It can't renew the lease.
    pub fn doubt(&mut self, term: u64) {
        self.on(Event::Leadership { term: Some(term), may_write: false });
    }

    pub fn follow(&mut self) {
        self.on(Event::Leadership { term: None, may_write: false });
    }

    // Objects

    /// All kinds are listed.
    pub fn list(&mut self) {
        self.list_scenarios();
        self.list_findings();
        self.list_agents();
    }

    pub fn list_scenarios(&mut self) {
        let all = self.scenarios.values().cloned().map(Arc::new).collect();
        self.on(Event::Scenario(ObjectChange::Resynchronised(all, Vec::new())));
    }

    pub fn list_findings(&mut self) {
        let all = self.findings.values().map(FindingSummary::of).collect();
        self.on(Event::Finding(ObjectChange::Resynchronised(all, Vec::new())));
    }

    pub fn list_agents(&mut self) {
        let all = self.state.agents.iter();
        let all = all.map(|(name, suspended)| AgentSummary { name: name.clone(), is_suspended: *suspended }).collect();
        self.on(Event::Agent(ObjectChange::Resynchronised(all, Vec::new())));
    }

    pub fn agent(&mut self, name: &str, is_suspended: bool) {
        self.on(Event::Agent(ObjectChange::Applied(AgentSummary { name: name.into(), is_suspended })));
    }

    /// Creates a Scenario, or replaces its spec: one that runs each minute and opens on the second fail, with these fields besides.
    pub fn scenario(&mut self, name: &str, fields: Value) {
        let mut spec = json!({
            "title": name, "agent": "pulso", "severity": "high",
            "probes": [{"name": "web", "http": {"url": "http://127.0.0.1:9"}}],
            "checks": [{"name": "status", "expect": "probes.web.status == 200"}],
        });
        for (field, value) in fields.as_object().unwrap() {
            spec[field] = value.clone();
        }
        let before = self.scenarios.get(name);
        let generation = before.and_then(|s| s.metadata.generation).unwrap_or(0) + 1;
        let (annotations, status) = (before.map(|s| s.annotations().clone()), before.and_then(|s| s.status.clone()));
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
            "metadata": {"name": name, "generation": generation, "annotations": annotations},
            "spec": spec, "status": status});
        self.store_scenario(serde_json::from_value(object).unwrap());
    }

    fn store_scenario(&mut self, mut scenario: Scenario) {
        self.version += 1;
        scenario.metadata.resource_version = Some(self.version.to_string());
        self.scenarios.insert(scenario.name_any(), scenario.clone());
        self.on(Event::Scenario(ObjectChange::Applied(Arc::new(scenario))));
    }

    /// Another writer changes the status, unseen.
    pub fn meddle_with_status(&mut self, name: &str) {
        self.version += 1;
        let version = self.version.to_string();
        let scenario = self.scenarios.get_mut(name).unwrap();
        scenario.metadata.resource_version = Some(version);
        scenario.status = Some(ScenarioStatus::default());
    }

    pub fn undecodable(&mut self, name: &str) {
        self.version += 1;
        let (generation, resource_version) = (Some(99), Some(self.version.to_string()));
        if let Some(scenario) = self.scenarios.get_mut(name) {
            (scenario.metadata.generation, scenario.metadata.resource_version) = (generation, resource_version.clone());
        }
        let object =
            UndecodableObject { name: name.into(), generation, resource_version, error: "missing field `x`".into() };
        self.on(Event::Scenario(ObjectChange::Undecodable(object)));
    }

    /// Writes, or with `None` removes, the annotation that requests a run.
    pub fn request(&mut self, name: &str, at: Option<&str>) {
        let mut scenario = self.scenarios[name].clone();
        match at {
            Some(at) => scenario.annotations_mut().insert(RUN_REQUESTED_AT.into(), at.into()),
            None => scenario.annotations_mut().remove(RUN_REQUESTED_AT),
        };
        self.store_scenario(scenario);
    }

    pub fn delete_scenario(&mut self, name: &str) {
        self.scenarios.remove(name);
        self.on(Event::Scenario(ObjectChange::Deleted(name.into())));
    }

    /// It is deleted while the watch is interrupted.
    pub fn delete_unseen(&mut self, name: &str) {
        self.scenarios.remove(name);
        self.findings.remove(&finding_name(name, "status", ""));
    }

    /// Creates a Finding as another replica left it.
    pub fn finding(&mut self, scenario: &str, check: &str, phase: Phase) {
        let spec = FindingSpec {
            scenario: scenario.into(),
            check: check.into(),
            key: String::new(),
            fingerprint: fingerprint(scenario, check, ""),
            acknowledgement: None,
        };
        let mut finding = Finding::new(&finding_name(scenario, check, ""), spec);
        finding.status = Some(FindingStatus { phase: Some(phase), occurrences: Some(1), ..FindingStatus::default() });
        self.store_finding(finding);
    }

    fn store_finding(&mut self, mut finding: Finding) -> FindingSummary {
        self.version += 1;
        finding.metadata.resource_version = Some(self.version.to_string());
        let summary = FindingSummary::of(&finding);
        self.findings.insert(finding.name_any(), finding);
        self.events.push_back(Event::Finding(ObjectChange::Applied(summary.clone())));
        summary
    }

    pub fn delete_finding(&mut self, scenario: &str) {
        let name = finding_name(scenario, "status", "");
        self.findings.remove(&name);
        self.on(Event::Finding(ObjectChange::Deleted(name.as_str().into())));
    }

    /// It is deleted while the watch is interrupted.
    pub fn delete_finding_unseen(&mut self, scenario: &str) {
        self.findings.remove(&finding_name(scenario, "status", ""));
    }

    /// The object as it is now.
    pub fn copy(&self, scenario: &str) -> Arc<Scenario> {
        Arc::new(self.scenarios[scenario].clone())
    }

    // What is seen

    pub fn status(&self, scenario: &str) -> ScenarioStatus {
        self.scenarios[scenario].status.clone().unwrap_or_default()
    }

    /// The reason of the condition Ready.
    pub fn ready(&self, scenario: &str) -> String {
        let status = self.status(scenario);
        crate::api::conditions::find(&status.conditions, "Ready").map(|c| c.reason.clone()).unwrap_or_default()
    }

    pub fn answer(&self, scenario: &str) -> Option<RequestedRun> {
        self.status(scenario).last_requested_run
    }

    pub fn finding_of(&self, scenario: &str, check: &str, key: &str) -> Option<FindingStatus> {
        self.findings.get(&finding_name(scenario, check, key))?.status.clone()
    }

    pub fn finding_name(&self, scenario: &str) -> String {
        finding_name(scenario, "status", "")
    }

    /// Phase and second of each transition of the Finding of check `status`.
    pub fn transitions(&self, scenario: &str) -> Vec<(Phase, u64)> {
        let status = self.finding_of(scenario, "status", "").unwrap_or_default();
        status.transitions.iter().map(|t| (t.to, (t.at.0.as_second() - START) as u64)).collect()
    }

    pub fn phases(&self, scenario: &str) -> Vec<Phase> {
        self.transitions(scenario).into_iter().map(|(phase, _)| phase).collect()
    }

    // Targets

    /// Runs of the Scenario end at once and find this for the check `status`.
    pub fn find(&mut self, scenario: &str, outcome: CheckOutcome) {
        self.found.insert(scenario.into(), Found::Status(outcome));
    }

    pub fn find_all(&mut self, scenario: &str, found: Found) {
        self.found.insert(scenario.into(), found);
    }

    /// Runs of the Scenario stay under way until [`World::end_run`].
    pub fn hang(&mut self, scenario: &str) {
        self.found.remove(scenario);
    }

    /// Ends the oldest run of the Scenario that is under way.
    pub fn end_run(&mut self, scenario: &str, outcome: CheckOutcome) {
        let place = self.running.iter().position(|run| &*run.scenario == scenario).expect("a run is under way");
        let order = self.running.remove(place);
        let event = self.ended(&order, &Found::Status(outcome));
        self.on(event);
    }

    pub fn is_running(&self, scenario: &str) -> bool {
        self.running.iter().any(|run| &*run.scenario == scenario)
    }

    fn ended(&self, order: &RunOrder, found: &Found) -> Event {
        let started_at = self.now().wall;
        let evaluated = |evaluation| {
            let snapshot = Arc::new(RunSnapshot { at: started_at, excerpts: Vec::new() });
            RunResult::Evaluated { evaluation, snapshot }
        };
        let result = match found {
            Found::Status(outcome) => evaluated(evaluation(&[("status", "", *outcome)], &[])),
            Found::Outcomes(outcomes, items) => evaluated(evaluation(outcomes, items)),
            Found::Refused(errors) => RunResult::Refused(errors.clone()),
            Found::Failed => RunResult::Failed(RunFailure::EvaluationPanicked),
        };
        Event::RunEnded { scenario: order.scenario.clone(), id: order.id, started_at, result }
    }

    // Effects

    fn carry_out(&mut self, effect: Effect) {
        let seconds = self.seconds();
        match effect {
            Effect::StartRun(order) => {
                self.runs.push((order.scenario.to_string(), seconds));
                match self.found.get(&*order.scenario).cloned() {
                    Some(found) => {
                        let event = self.ended(&order, &found);
                        self.events.push_back(event);
                    }
                    None => self.running.push(order),
                }
            }
            // Results that are already reported may still arrive: `running` is left as it is.
            Effect::CancelRuns => self.cancelled += 1,
            Effect::WriteFindings(write) => {
                self.finding_writes.push((write.scenario.to_string(), seconds));
                self.write(Effect::WriteFindings(write));
            }
            Effect::WriteStatus(write) => {
                self.status_writes.push((write.scenario.to_string(), seconds));
                self.write(Effect::WriteStatus(write));
            }
            Effect::Scheduled { scenario, at, .. } => {
                self.next.insert(scenario.to_string(), at.saturating_duration_since(self.start));
            }
            Effect::Unscheduled { scenario } => drop(self.next.remove(&*scenario)),
            Effect::ScheduleCleared => self.next.clear(),
            Effect::AnswerTick { id, report } => drop(self.ticks.insert(id.0, Some(report))),
            Effect::RefuseTick { id } => drop(self.ticks.insert(id.0, None)),
            Effect::RunRecorded | Effect::IntervalKnown { .. } => {}
        }
    }

    fn write(&mut self, effect: Effect) {
        if self.api == Api::Held {
            return self.held.push(effect);
        }
        match effect {
            Effect::WriteFindings(write) => {
                let FindingWrite { id, scenario, updates } = write;
                let results = updates.into_iter().map(|update| self.write_finding(&scenario, update)).collect();
                self.events.push_back(Event::FindingsWritten { scenario, id, results });
            }
            Effect::WriteStatus(write) => {
                let result = self.write_scenario_status(&write);
                self.events.push_back(Event::StatusWritten { scenario: write.scenario, id: write.id, result });
            }
            _ => unreachable!(),
        }
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
        let current = self.findings.get(&name).cloned();
        let status = current.as_ref().and_then(|finding| finding.status.clone());
        let Some((next, steps)) = apply_updates(status.as_ref(), updates, Language::English) else {
            return (current.as_ref().map(FindingSummary::of), Vec::new());
        };
        let spec = FindingSpec {
            scenario: scenario.into(),
            check: at.0.clone(),
            key: at.1.clone(),
            fingerprint: fingerprint(scenario, &at.0, &at.1),
            acknowledgement: None,
        };
        let mut finding = current.unwrap_or_else(|| Finding::new(&name, spec));
        finding.status = Some(next);
        (Some(self.store_finding(finding)), steps)
    }

    fn write_scenario_status(&mut self, write: &StatusWrite) -> Result<Arc<Scenario>, WriteError> {
        match self.api {
            Api::Down | Api::AnswersLost => return Err(WriteError::Timeout),
            Api::Refusing => return Err(refused()),
            _ => {}
        }
        let Some(scenario) = self.scenarios.get_mut(&*write.scenario) else { return Err(WriteError::Gone) };
        // After a conflict the task reads the object again.
        if scenario.metadata.resource_version.as_ref() == Some(&write.resource_version) {
            self.version += 1;
            scenario.status = Some(write.status.clone());
            scenario.metadata.resource_version = Some(self.version.to_string());
        }
        Ok(Arc::new(scenario.clone()))
    }

    /// Carries out what was held, and holds nothing more.
    pub fn release(&mut self) {
        self.api = Api::Up;
        for effect in std::mem::take(&mut self.held) {
            self.write(effect);
        }
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
        check: check.to_string(),
        key: key.to_string(),
        result: *result,
        message: if *result == Pass { String::new() } else { format!("{check} {}", result.as_str()) },
        severity: Severity::High,
        probes: BTreeSet::new(),
    };
    let keys = |keys: &Vec<&str>| keys.iter().map(ToString::to_string).collect();
    Evaluation {
        list: outcomes.iter().map(outcome).collect(),
        items: items.iter().map(|(check, of)| (check.to_string(), keys(of))).collect(),
    }
}
