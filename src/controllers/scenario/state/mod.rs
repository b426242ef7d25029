//! The scenario controller's decisions: an event goes in, effects come out. No clock, no network, no Kubernetes client.
//!
//! [`State::on`] is the one way in. The task in `super` carries the effects out and reports what became of them as further
//! events. Handlers are in files by subject: [`objects`] (Scenarios, Findings, Agents), [`leadership`], [`runs`], [`results`] (of writes).

mod dependencies;
mod effects;
mod findings;
mod freshness;
mod leadership;
mod objects;
mod requests;
mod results;
mod runs;
mod scenario;
mod schedule;
mod ticks;
mod writes;

#[cfg(test)]
mod tests;

pub use effects::{Effect, FindingUpdate, FindingWrite, FindingWritten, RunOrder, RunResult, StatusWrite};
pub use findings::FindingSummary;
pub use scenario::RunId;
pub use ticks::{TickId, TickReport, TickResult};
pub use writes::WriteId;

use crate::api::Scenario;
use crate::domain::texts::Language;
use crate::domain::validate::{Expressions, ProbePolicy};
use crate::runtime::write::WriteError;
use dependencies::Dependencies;
use findings::FindingIndex;
use freshness::Freshness;
use jiff::Timestamp;
use leadership::Activation;
use scenario::ScenarioState;
use schedule::Schedule;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ticks::Ticks;
use writes::{FindingWrites, Retries};

/// The interval of maintenance: freshness, and retries at the latest.
pub const MAINTENANCE: Duration = Duration::from_secs(1);
/// The Agent that has the work of those that are absent or suspended.
const FALLBACK_AGENT: &str = "maestro";

/// The time of an event.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For schedules.
    pub monotonic: Instant,
    /// For records, in whole seconds.
    pub wall: Timestamp,
}

/// What happened.
pub enum Event {
    /// The term in which this replica may read targets, if it does, and whether it may write now.
    Leadership {
        term: Option<u64>,
        may_write: bool,
    },
    Scenario(ObjectChange<Arc<Scenario>>),
    Finding(ObjectChange<FindingSummary>),
    Agent(ObjectChange<AgentSummary>),
    /// A run has ended.
    RunEnded {
        scenario: Arc<str>,
        id: RunId,
        started_at: Timestamp,
        result: RunResult,
    },
    FindingsWritten {
        scenario: Arc<str>,
        id: WriteId,
        results: Vec<FindingWritten>,
    },
    /// With the object as it is now: as written, or, after a conflict, as read again.
    StatusWritten {
        scenario: Arc<str>,
        id: WriteId,
        result: Result<Arc<Scenario>, WriteError>,
    },
    /// Run what is due, or everything.
    Tick {
        id: TickId,
        force: bool,
    },
    /// The caller of a tick is gone.
    TickAbandoned {
        id: TickId,
    },
    /// The time of [`State::next_timer`] has come.
    Timer,
    /// The process ends: nothing begins any more.
    Stopping,
}

/// A change of one kind's objects.
pub enum ObjectChange<T> {
    Applied(T),
    Undecodable(UndecodableObject),
    Deleted(Arc<str>),
    /// All objects there are: what is not among them has been deleted.
    Resynchronised(Vec<T>, Vec<UndecodableObject>),
}

/// An object that does not have the shape that this program knows.
#[derive(Clone, Debug)]
pub struct UndecodableObject {
    pub name: Arc<str>,
    pub generation: Option<i64>,
    pub resource_version: Option<String>,
    pub error: String,
}

/// What the controller needs to know of an Agent.
#[derive(Clone, Debug)]
pub struct AgentSummary {
    pub name: String,
    pub is_suspended: bool,
}

/// What every decision depends on besides the objects.
pub struct Settings {
    pub policy: Arc<ProbePolicy>,
    pub language: Language,
}

/// The controller's state.
pub struct State {
    settings: Settings,
    expressions: Expressions,
    activation: Activation,
    scenarios: HashMap<Arc<str>, ScenarioState>,
    findings: FindingIndex,
    dependencies: Dependencies,
    /// Whether each Agent is suspended.
    agents: BTreeMap<String, bool>,
    timing: Timing,
    writes: FindingWrites,
    ticks: Ticks,
}

/// Everything that waits for a time.
struct Timing {
    schedule: Schedule,
    retries: Retries,
    freshness: Freshness,
    maintenance: Instant,
    run_ids: u64,
}

/// The effects of one event, in order.
type Effects = Vec<Effect>;

impl State {
    pub fn new(settings: Settings, now: Now) -> State {
        State {
            settings,
            expressions: Expressions::default(),
            activation: Activation::default(),
            scenarios: HashMap::new(),
            findings: FindingIndex::default(),
            dependencies: Dependencies::default(),
            agents: BTreeMap::new(),
            timing: Timing {
                schedule: Schedule::default(),
                retries: Retries::default(),
                freshness: Freshness::new(now.monotonic),
                maintenance: now.monotonic + MAINTENANCE,
                run_ids: 0,
            },
            writes: FindingWrites::default(),
            ticks: Ticks::default(),
        }
    }

    /// Takes an event in and gives what is to be done about it.
    pub fn on(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let mut effects = Effects::new();
        match event {
            Event::Leadership { term, may_write } => self.leadership_changed(term, may_write, now, &mut effects),
            Event::Scenario(change) => self.scenario_changed(change, now, &mut effects),
            Event::Finding(change) => self.finding_changed(change, now, &mut effects),
            Event::Agent(change) => self.agent_changed(change, now, &mut effects),
            Event::RunEnded { scenario, id, started_at, result } => {
                self.run_ended(&scenario, id, (started_at, result), now, &mut effects);
            }
            Event::FindingsWritten { scenario, id, results } => {
                self.findings_written(&scenario, id, results, now, &mut effects);
            }
            Event::StatusWritten { scenario, id, result } => {
                self.status_written(&scenario, id, result, now, &mut effects);
            }
            Event::Tick { id, force } => self.tick(id, force, now, &mut effects),
            Event::TickAbandoned { id } => self.ticks.abandon(id),
            Event::Timer => self.timer(now, &mut effects),
            Event::Stopping => self.activation.stop(),
        }
        effects
    }

    /// When [`Event::Timer`] is to come.
    pub fn next_timer(&self) -> Instant {
        let timing = &self.timing;
        let next = [timing.schedule.next_at(), timing.retries.next_at()].into_iter().flatten().min();
        next.map_or(timing.maintenance, |next| next.min(timing.maintenance))
    }

    /// Whether a write is under way.
    pub fn is_writing(&self) -> bool {
        self.writes.is_in_flight() || self.scenarios.values().any(|scenario| scenario.status_write.is_some())
    }

    /// The Agent that has the work of `name`: itself, or the fallback where it is absent or suspended.
    fn effective_agent(&self, name: &str) -> String {
        match self.agents.get(name) {
            Some(false) => name.to_string(),
            _ => FALLBACK_AGENT.to_string(),
        }
    }

    /// Checks and keys of a Scenario that are open once everything that is pending has been written.
    fn open_after_writes(&self, scenario: &str) -> std::collections::BTreeSet<crate::domain::desired::CheckKey> {
        let open = self.findings.open(scenario);
        match self.writes.get(scenario) {
            Some(writes) => writes.updates.open_after(open),
            None => open,
        }
    }
}
