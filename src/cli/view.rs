//! The operator as commands and views need it: in this process, or in another one.

use super::registry::RegistryStatus;
use crate::api::{Agent, Finding};
use crate::commands::Scheduler;
use crate::controllers::channel_states::ChannelStates;
use crate::controllers::model_standing::ModelStanding;
use crate::controllers::scenario::{Rounds, WatchStates};
use crate::controllers::{Operator, scenario};
use crate::controlplane::{self, StoreStatus};
use crate::domain::advice::questions::Step;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::duration;
use crate::facade::ProcessState;
use crate::runtime::caches::Caches;
use crate::runtime::clock;
use crate::runtime::leadership::{Leadership, LeaseHolder, WriteFence};
use crate::runtime::listing::ListProgress;
use crate::runtime::objects::Objects;
use crate::runtime::watch::Cache;
use crate::telemetry::Metrics;
use crate::views::{
    ModelState, OperatorState, OperatorStatus, Resources, RunTimes, StoreState, TickResultView, TickView,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::Client;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// States that were read from a cache are read again after this time.
const STATES_FRESH: Duration = Duration::from_secs(1);

/// What is beside an operator in its process.
#[derive(Default)]
pub struct Beside {
    /// The embedded store, in standalone.
    pub store: Option<StoreStatus>,
    pub registry: Option<RegistryStatus>,
}

/// Where the objects are, and the time zone of people there.
pub struct Place<'a> {
    pub namespace: &'a str,
    /// Name of the time zone of Silences that name none.
    pub time_zone: Arc<str>,
}

/// State of a process with an operator.
pub fn of_operator(operator: &Operator, place: Place<'_>, metrics: Arc<Metrics>, beside: Beside) -> ProcessState {
    let local = Arc::new(LocalOperator {
        progress: operator.caches.progress.clone(),
        findings: operator.caches.findings.clone(),
        fence: operator.fence.clone(),
        controller: operator.scenarios.clone(),
        channels: operator.channels.clone(),
        model: operator.model.clone(),
        agents: operator.caches.agents.clone(),
        states: CachedStates::new(&operator.caches),
        beside,
    });
    ProcessState {
        resources: resources(&operator.caches, place),
        operator: local.clone(),
        scheduler: Some(local),
        metrics,
    }
}

/// State of a process with the facade alone; `default_interval` is that of a Scenario that sets none.
pub fn of_caches(
    caches: &Caches,
    client: &Client,
    place: Place<'_>,
    default_interval: Duration,
    metrics: Arc<Metrics>,
) -> ProcessState {
    let remote = RemoteOperator {
        holder: Arc::new(LeaseHolder::new(client, place.namespace)),
        progress: caches.progress.clone(),
        findings: caches.findings.clone(),
        agents: caches.agents.clone(),
        states: CachedStates::new(caches),
        scenarios: caches.scenarios.store(),
        default_interval,
    };
    let resources = resources(caches, place);
    ProcessState { resources, operator: Arc::new(remote), scheduler: None, metrics }
}

fn resources(caches: &Caches, place: Place<'_>) -> Resources {
    Resources {
        namespace: place.namespace.to_string(),
        scenarios: caches.scenarios.store(),
        findings: caches.findings.store(),
        agents: caches.agents.store(),
        silences: caches.silences.store(),
        threads: caches.threads.store(),
        messages: caches.messages.store(),
        actions: caches.actions.store(),
        votes: caches.votes.clone(),
        time_zone: place.time_zone,
        kept: Default::default(),
    }
}

/// The operator of this process.
struct LocalOperator {
    progress: ListProgress,
    findings: Cache<Finding>,
    fence: WriteFence,
    controller: scenario::Handle,
    channels: ChannelStates,
    model: ModelStanding,
    agents: Cache<Agent>,
    states: CachedStates,
    beside: Beside,
}

impl LocalOperator {
    /// What this replica knows while it leads; else what the one that does knows.
    fn model_state(&self) -> ModelState {
        let own = self.model.get();
        let is_led = matches!(self.fence.leadership(), Leadership::Following { holder: Some(_) });
        let of_leader = is_led && own.off.is_none();
        of_leader.then(|| stored_model(&self.agents)).flatten().unwrap_or_else(|| own.into())
    }
}

/// What the leader wrote of the model, which is the same for all Agents that can ask it.
fn stored_model(agents: &Cache<Agent>) -> Option<ModelState> {
    agents.objects().iter().find_map(|agent| agent.status.as_ref()?.model.as_ref().map(ModelState::from))
}

/// The states of Scenarios as the API has them, for replicas that do not lead.
struct CachedStates {
    scenarios: Cache<CachedScenario>,
    last: Mutex<Option<(Instant, Arc<WatchStates>)>>,
}

impl CachedStates {
    fn new(caches: &Caches) -> CachedStates {
        CachedStates { scenarios: caches.scenarios.clone(), last: Mutex::default() }
    }

    fn get(&self) -> Arc<WatchStates> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, states)) = last.as_ref().filter(|(at, _)| at.elapsed() < STATES_FRESH) {
            return states.clone();
        }
        let (scenarios, undecodable) = self.scenarios.snapshot();
        let undecodable = undecodable
            .iter()
            .map(|invalid| (invalid.metadata.name.as_deref().unwrap_or_default(), invalid.error.as_str()));
        let states = Arc::new(WatchStates::of_objects(&scenarios, undecodable));
        *last = Some((Instant::now(), states.clone()));
        states
    }
}

impl CachedStates {
    /// The last run of any Scenario that is recorded. Of each alone it may be older than of all together.
    fn last_run_at(&self) -> Option<Timestamp> {
        let times = self.scenarios.objects();
        times.iter().filter_map(|scenario| Some(scenario.status.as_ref()?.last_run_at.as_ref()?.0)).max()
    }
}

impl OperatorStatus for LocalOperator {
    fn state(&self) -> OperatorState {
        OperatorState {
            waiting_for: self.progress.waiting_for(),
            lateness: Some(self.controller.lateness()),
            leadership: Some(self.fence.leadership()),
            undecodable_findings: self.findings.undecodable(),
            store: self.beside.store.as_ref().map(|store| {
                let controlplane::StoreState { write_error, damaged } = store.state();
                StoreState { write_error, damaged }
            }),
            channels: Some(match self.fence.leadership() {
                Leadership::Following { .. } => self.channels.unused(),
                Leadership::Leading { .. } | Leadership::Uncertain { .. } => self.channels.at(clock::now()),
            }),
            model: Some(self.model_state()),
            registry: self.beside.registry.as_ref().map(RegistryStatus::state),
        }
    }

    fn watch_states(&self) -> Arc<WatchStates> {
        self.controller.states.get().unwrap_or_else(|| self.states.get())
    }

    fn run_times(&self, scenario: &str) -> RunTimes {
        let schedule = &self.controller.schedule;
        RunTimes { interval: schedule.interval(scenario), next_run_at: schedule.next_run_at(scenario) }
    }

    fn advice_step(&self, finding: &str) -> Option<Step> {
        self.model.advice.of(finding)
    }

    fn rounds(&self) -> Rounds {
        let rounds = self.controller.schedule.rounds();
        // Before the first run of this process, and where another one reads.
        Rounds { last_at: rounds.last_at.max(self.states.last_run_at()), ..rounds }
    }
}

impl Scheduler for LocalOperator {
    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickView, String>> {
        let (controller, fence) = (self.controller.clone(), self.fence.clone());
        async move {
            let reason = || match fence.leadership() {
                Leadership::Leading { .. } => "this replica can't run Scenarios now".to_string(),
                leadership => leadership.to_string(),
            };
            if !fence.is_open() {
                return Err(reason());
            }
            let report = controller.tick(force).await.ok_or_else(reason)?;
            let results = report.results.into_iter().map(|result| TickResultView {
                scenario_id: result.scenario,
                health: result.health,
                opened: result.opened,
                resolved: result.resolved,
            });
            Ok(TickView { due: report.due, ran: report.ran, results: results.collect() })
        }
        .boxed()
    }
}

/// An operator in another process. Its schedule and leadership are not known here.
struct RemoteOperator {
    progress: ListProgress,
    findings: Cache<Finding>,
    agents: Cache<Agent>,
    states: CachedStates,
    scenarios: Objects<CachedScenario>,
    default_interval: Duration,
    holder: Arc<LeaseHolder>,
}

impl OperatorStatus for RemoteOperator {
    fn state(&self) -> OperatorState {
        OperatorState {
            waiting_for: self.progress.waiting_for(),
            undecodable_findings: self.findings.undecodable(),
            model: stored_model(&self.agents),
            ..OperatorState::default()
        }
    }

    fn watch_states(&self) -> Arc<WatchStates> {
        self.states.get()
    }

    fn run_times(&self, scenario: &str) -> RunTimes {
        let found = self.scenarios.get(scenario);
        let interval = found.and_then(|scenario| match scenario.spec.interval.as_deref() {
            Some(text) => duration::parse(text).ok(),
            None => Some(self.default_interval),
        });
        RunTimes { interval, next_run_at: None }
    }

    fn rounds(&self) -> Rounds {
        let scenarios = self.scenarios.state();
        let interval = |scenario: &Arc<CachedScenario>| match scenario.spec.interval.as_deref() {
            Some(text) => duration::parse(text).ok(),
            None => Some(self.default_interval),
        };
        Rounds {
            last_at: self.states.last_run_at(),
            next_at: None,
            interval: scenarios.iter().filter(|scenario| !scenario.spec.suspend).filter_map(interval).min(),
        }
    }

    fn leader_elsewhere(&self) -> BoxFuture<'static, Option<String>> {
        let holder = self.holder.clone();
        async move { holder.get().await }.boxed()
    }
}
