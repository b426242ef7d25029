//! The Scenario controller: reads the targets of each Scenario on its interval, keeps one Finding for each failing check, and
//! reports in the Scenario's status.
//!
//! All decisions are in [`state`]; this file only turns what happens into events and has the effects carried out by [`executor`].
//! Scenarios and Findings are followed on every replica. Targets are read while this one leads, or may still lead; writes go
//! through the write fence, and what can't be written waits with the time at which it happened.

pub mod assess;
mod configuration;
mod evaluations;
mod executor;
mod last_run;
mod named_secrets;
mod schedule_view;
mod state;
mod status;
mod waits;
mod watch_states;

pub use configuration::ConfigurationReader;
pub use schedule_view::{Rounds, ScheduleView};
pub use state::{TickReport, TickResult};
pub use watch_states::{NotWatched, WatchStates, WatchStatesView, state_of};

use super::context::Context;
use super::finding::{FindingSummary, FindingWriter};
use crate::api::{Agent, Finding, Scenario};
use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::caches::Caches;
use crate::runtime::clock;
use crate::runtime::guard::InvalidObject;
use crate::runtime::leadership::WriteFence;
use crate::runtime::objects::CachedObject;
use crate::runtime::watch::{Cache, Change, Subscription};
use assess::Assessor;
use executor::{Executor, Runner};
use kube::core::ApiResource;
use kube::{Api, ResourceExt as _};
use state::{AgentSummary, Event, Now, ObjectChange, Settings, State, TickId, UndecodableObject};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Results of tasks that wait to be processed.
const EVENTS_MAX: usize = 1024;
/// Of these so many are processed before other inputs have a turn.
const REPORTS_AT_ONCE: usize = 64;
/// Ticks that wait to be processed.
const TICKS_MAX: usize = 64;
/// The clocks of the write fence are checked this often.
const FENCE_CHECK: Duration = Duration::from_secs(1);

/// A request of [`Handle::tick`].
struct TickRequest {
    force: bool,
    reply: oneshot::Sender<TickReport>,
}

/// What others may ask the controller.
#[derive(Clone)]
pub struct Handle {
    pub schedule: ScheduleView,
    pub states: WatchStatesView,
    assessor: Assessor,
    ticks: mpsc::Sender<TickRequest>,
}

impl Handle {
    /// How much later than it was to start the last run began, or for how long one has been waiting for a turn, whichever is longer.
    pub fn lateness(&self) -> Duration {
        self.schedule.lateness().max(self.assessor.longest_wait())
    }

    /// Runs what is due, or everything, and waits for the results; `None` where this replica does not lead, or no longer.
    pub async fn tick(&self, force: bool) -> Option<TickReport> {
        let (reply, report) = oneshot::channel();
        self.ticks.send(TickRequest { force, reply }).await.ok()?;
        report.await.ok()
    }
}

/// Starts the controller; it ends, once its writes are done, when the context is stopped.
pub fn start(context: &Context) -> (Handle, JoinHandle<()>) {
    let (ticks, tick_requests) = mpsc::channel(TICKS_MAX);
    let assessor = Assessor::new(
        context.prober.clone(),
        context.policy.clone(),
        context.language,
        context.metrics.clone(),
        context.limits.evaluations,
    );
    let handle = Handle {
        schedule: ScheduleView::default(),
        states: WatchStatesView::default(),
        assessor: assessor.clone(),
        ticks,
    };
    let (events, reports) = mpsc::channel(EVENTS_MAX);
    let executor = Executor {
        api: Api::namespaced_with(context.client.clone(), &context.namespace, &ApiResource::erase::<Scenario>(&())),
        fence: context.fence.clone(),
        writer: FindingWriter::new(context),
        findings_first: context.findings_first.clone(),
        runner: Arc::new(Runner {
            assessor,
            configuration: ConfigurationReader::new(
                context.client.clone(),
                &context.namespace,
                context.secrets.clone(),
                context.metrics.clone(),
            ),
            schedule: handle.schedule.clone(),
            metrics: context.metrics.clone(),
            events,
        }),
        states: handle.states.clone(),
        lateness: context.monitoring.lateness.clone(),
        history: context.history.clone(),
        published: context.events.clone(),
        runs: HashMap::default(),
        ticks: HashMap::new(),
    };
    let settings =
        Settings { policy: context.policy.clone(), language: context.language, key_limits: context.limits.keys };
    let controller = Controller {
        state: State::new(settings, now()),
        executor,
        caches: context.caches.clone(),
        fence: context.fence.clone(),
        tick_ids: 0,
    };
    let inputs = Inputs {
        scenarios: context.caches.scenarios.subscribe(),
        findings: context.caches.findings.subscribe(),
        agents: context.caches.agents.subscribe(),
        reports,
        ticks: tick_requests,
    };
    (handle, tokio::spawn(controller.run(inputs, context.stopped())))
}

/// Everything that the controller follows.
struct Inputs {
    scenarios: Subscription<CachedScenario>,
    findings: Subscription<Finding>,
    agents: Subscription<Agent>,
    reports: mpsc::Receiver<Event>,
    ticks: mpsc::Receiver<TickRequest>,
}

struct Controller {
    state: State,
    executor: Executor,
    caches: Caches,
    fence: WriteFence,
    tick_ids: u64,
}

impl Controller {
    async fn run(mut self, mut inputs: Inputs, stopped: impl Future<Output = Instant>) {
        let mut fence = self.fence.clone();
        let mut fence_check = tokio::time::interval(FENCE_CHECK);
        fence_check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut stopped = std::pin::pin!(stopped);
        let mut reports = Vec::with_capacity(REPORTS_AT_ONCE);
        let until = loop {
            let timer = tokio::time::sleep_until(self.state.next_timer().into());
            tokio::select! {
                biased;
                until = &mut stopped => break until,
                () = fence.changed() => self.check_leadership(),
                _ = fence_check.tick() => self.check_leadership(),
                1.. = inputs.reports.recv_many(&mut reports, REPORTS_AT_ONCE) => {
                    reports.drain(..).for_each(|event| self.on(event));
                }
                change = inputs.findings.next() => {
                    let change = observed(change, &self.caches.findings, |finding| FindingSummary::of(finding));
                    self.on(Event::Finding(change));
                }
                change = inputs.scenarios.next() => {
                    let change = observed(change, &self.caches.scenarios, Arc::clone);
                    self.on(Event::Scenario(change));
                }
                change = inputs.agents.next() => {
                    let change = observed(change, &self.caches.agents, |agent| summary(agent));
                    self.on(Event::Agent(change));
                }
                Some(request) = inputs.ticks.recv() => self.tick(request),
                () = timer => self.on(Event::Timer),
            }
        };
        self.drain(inputs.reports, until).await;
    }

    fn on(&mut self, event: Event) {
        if let Event::RunEnded { scenario, id, .. } = &event {
            self.executor.run_ended(scenario, *id);
        }
        let effects = self.state.on(event, now());
        self.executor.carry_out(effects);
    }

    fn check_leadership(&mut self) {
        let (term, may_write) = (self.fence.leadership().term(), self.fence.is_open());
        self.on(Event::Leadership { term, may_write });
    }

    fn tick(&mut self, request: TickRequest) {
        let gone = self.executor.ticks.iter().filter(|(_, reply)| reply.is_closed()).map(|(id, _)| *id);
        for id in gone.collect::<Vec<_>>() {
            self.executor.ticks.remove(&id);
            self.on(Event::TickAbandoned { id });
        }
        self.tick_ids += 1;
        let id = TickId(self.tick_ids);
        self.executor.ticks.insert(id, request.reply);
        self.on(Event::Tick { id, force: request.force });
    }

    /// Waits for the writes under way, so that nothing is left half done.
    async fn drain(mut self, mut reports: mpsc::Receiver<Event>, until: Instant) {
        self.on(Event::Stopping);
        while self.state.is_writing() {
            match tokio::time::timeout_at(until.into(), reports.recv()).await {
                Ok(Some(event)) => self.on(event),
                Ok(None) | Err(_) => break,
            }
        }
        self.executor.cancel_runs();
        tracing::debug!("the writes of the scenario controller are done");
    }
}

fn now() -> Now {
    Now { monotonic: Instant::now(), wall: clock::now() }
}

/// A change of a kind as an event, each object summarised.
fn observed<K, T>(change: Change<K>, cache: &Cache<K>, summarise: impl Fn(&Arc<K>) -> T) -> ObjectChange<T>
where
    K: CachedObject + Send + Sync + 'static,
{
    match change {
        Change::Applied(object) => ObjectChange::Applied(summarise(&object)),
        Change::Undecodable(invalid) => {
            let kind = cache.kind();
            tracing::warn!(%kind, name = invalid.metadata.name, error = %invalid.error, "the object can't be decoded");
            ObjectChange::Undecodable(undecodable(&invalid))
        }
        Change::Deleted(name, version) => ObjectChange::Deleted(name, version),
        Change::Resynchronise => {
            let (objects, invalid) = cache.snapshot();
            let undecodable = invalid.iter().map(|object| undecodable(object)).collect();
            ObjectChange::Resynchronised(objects.iter().map(summarise).collect(), undecodable)
        }
    }
}

fn undecodable(invalid: &InvalidObject) -> UndecodableObject {
    UndecodableObject {
        name: invalid.metadata.name.as_deref().unwrap_or_default().into(),
        generation: invalid.metadata.generation,
        resource_version: invalid.metadata.resource_version.clone(),
        error: invalid.error.clone(),
        outline: invalid.outline.clone(),
    }
}

fn summary(agent: &Agent) -> AgentSummary {
    AgentSummary { name: agent.name_any(), is_suspended: agent.spec.suspend }
}
