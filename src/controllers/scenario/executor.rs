//! Carries the effects out: runs and writes are tasks of their own that report back as events, so that no slow target and no slow
//! API server delays anything but its own work.

use super::assess::{Assessor, Begin};
use super::configuration::ConfigurationReader;
use super::schedule_view::ScheduleView;
use super::state::{
    Effect, Event, FindingUpdate, FindingWrite, FindingWritten, RunId, RunOrder, RunResult, StatusSeen, StatusWrite,
    TickId, TickReport,
};
use super::status::{self, StatusEvent};
use super::watch_states::WatchStatesView;
use crate::api::{GROUP, Scenario, ScenarioStatus, VERSION, WatchState};
use crate::controllers::finding::FindingWriter;
use crate::controllers::probe_lateness::ProbeLateness;
use crate::domain::history::{Mark, PastReading};
use crate::domain::keys::KeyLimit;
use crate::domain::texts::{self, Language};
use crate::history::History;
use crate::runtime::events::Events;
use crate::runtime::field_managers;
use crate::runtime::findings_first::FindingsFirst;
use crate::runtime::leadership::WriteFence;
use crate::runtime::version::Version;
use crate::runtime::write::{self, WriteError, call};
use crate::telemetry::{LastRun, Limit, Metrics};
use foldhash::fast::RandomState;
use futures::FutureExt as _;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, Resource as _, ResourceExt as _};
use serde::Deserialize as _;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// What a run needs, shared by all of them.
pub struct Runner {
    pub assessor: Assessor,
    pub configuration: ConfigurationReader,
    pub schedule: ScheduleView,
    pub metrics: Arc<Metrics>,
    /// Where runs report.
    pub events: mpsc::Sender<Event>,
}

/// What the effects act upon.
pub struct Executor {
    /// Scenarios without their spec: a status is written though the spec can't be decoded.
    pub api: Api<DynamicObject>,
    pub fence: WriteFence,
    pub findings_first: FindingsFirst,
    pub writer: FindingWriter,
    pub runner: Arc<Runner>,
    pub states: WatchStatesView,
    pub lateness: ProbeLateness,
    pub history: History,
    /// Events of the API.
    pub published: Events,
    /// The runs under way.
    pub runs: HashMap<RunId, RunTask, RandomState>,
    /// Who waits for the ticks.
    pub ticks: HashMap<TickId, oneshot::Sender<TickReport>>,
}

/// A run under way.
pub struct RunTask {
    task: AbortHandle,
    /// What came of it, once it has ended.
    ended: Arc<OnceLock<Ended>>,
}

/// What is noted of a run that has ended.
struct Ended {
    /// What metrics say about it; `None` if it read nothing.
    last_run: Option<LastRun>,
    /// What the history says about it.
    reading: PastReading,
}

impl Ended {
    fn new(started_at: Timestamp, result: &RunResult, last_run: Option<LastRun>) -> Ended {
        let mark = match result {
            RunResult::Evaluated { evaluation, .. } => Mark::of(evaluation.list.iter().map(|outcome| outcome.result)),
            RunResult::Refused(_) | RunResult::Failed(_) => Mark::Unknown,
        };
        let latency = last_run.as_ref().map(|run| run.duration).unwrap_or_default();
        Ended { last_run, reading: PastReading { at: started_at, mark, latency } }
    }
}

impl Executor {
    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        // Runs begin while the effects are carried out.
        for effect in &effects {
            if let Effect::SecretsNamed(scenario) = effect {
                self.runner.configuration.expect(scenario.secret_names());
            }
        }
        for effect in effects {
            match effect {
                Effect::StartRun(order) => self.start_run(order),
                Effect::CancelRuns => {
                    tracing::info!("this replica reads no targets any more");
                    self.cancel_runs();
                }
                Effect::CancelRun { id } => {
                    if let Some(run) = self.runs.remove(&id) {
                        run.task.abort();
                    }
                }
                Effect::WriteFindings(write) => self.write_findings(write),
                Effect::WriteStatus(write) => self.write_status(*write),
                Effect::KeyLimitReached { scenario, check, limit } => {
                    let limit = match limit {
                        KeyLimit::FindingsPerCheck => Limit::FindingsPerCheck,
                        KeyLimit::NewKeysPerHour => Limit::NewKeysPerHour,
                    };
                    self.runner.metrics.limit_reached(limit, format_args!("check {check} of Scenario {scenario}"));
                }
                // See above.
                Effect::SecretsNamed(_) => {}
                Effect::RunRecorded => self.runner.metrics.run(),
                Effect::Scheduled { scenario, at, interval } => self.runner.schedule.scheduled(scenario, at, interval),
                Effect::IntervalKnown { scenario, interval } => self.runner.schedule.interval_known(scenario, interval),
                Effect::Unscheduled { scenario } => {
                    self.runner.schedule.unscheduled(&scenario);
                    self.runner.metrics.forget_scenario(&scenario);
                }
                Effect::StateChanged { scenario, state, problem } => log_state(&scenario, state, problem.as_deref()),
                Effect::StatesKnown(states) => self.states.set(Some(*states)),
                Effect::ScheduleCleared => {
                    self.runner.schedule.clear();
                    self.states.set(None);
                    self.runner.metrics.forget_scenarios();
                }
                Effect::AnswerTick { id, report } => {
                    if let Some(reply) = self.ticks.remove(&id) {
                        // The caller may be gone.
                        let _ = reply.send(report);
                    }
                }
                // The caller sees the end of its channel.
                Effect::RefuseTick { id } => drop(self.ticks.remove(&id)),
            }
        }
    }

    /// Ends all runs under way, with the queries and connections that they have.
    pub fn cancel_runs(&mut self) {
        for (_, run) in self.runs.drain() {
            run.task.abort();
        }
    }

    /// A run has ended. One that was cancelled meanwhile counts for nothing.
    pub fn run_ended(&mut self, scenario: &Arc<str>, id: RunId) {
        let Some(run) = self.runs.remove(&id) else { return };
        let ended = run.ended.get();
        if let Some(ended) = ended {
            self.runner.schedule.ran(ended.reading.at);
            self.history.record(scenario, ended.reading);
        }
        match ended.and_then(|ended| ended.last_run.as_ref()) {
            Some(last_run) => self.runner.metrics.scenario_ran(scenario.clone(), last_run.clone()),
            _ => self.runner.metrics.scenario_not_read(scenario),
        }
    }

    fn start_run(&mut self, order: RunOrder) {
        let RunOrder { id, scenario, spec, starts_at, answered_before } = order;
        let runner = self.runner.clone();
        let due = self.lateness.due(starts_at);
        let ended = Arc::new(OnceLock::new());
        let noted = ended.clone();
        let run = tokio::spawn(async move {
            let begun = || {
                let lateness = Instant::now().saturating_duration_since(starts_at);
                runner.schedule.set_lateness(lateness);
                runner.metrics.lateness(lateness);
            };
            let begin = Begin { answered_before, begun, due: Some(&due) };
            let (started_at, result, last_run) = runner.assessor.run(spec, &runner.configuration, begin).await;
            let _ = noted.set(Ended::new(started_at, &result, last_run));
            if let RunResult::Failed(failure) = &result {
                let reason = texts::run_failure(Language::English, failure);
                tracing::warn!(%scenario, reason, "Scenario not run");
            }
            let _ = runner.events.send(Event::RunEnded { scenario, id, started_at, result }).await;
        });
        self.runs.insert(id, RunTask { task: run.abort_handle(), ended });
    }

    fn write_findings(&self, write: FindingWrite) {
        let FindingWrite { id, scenario, removals, updates } = write;
        let (writer, events, metrics) = (self.writer.clone(), self.runner.events.clone(), self.runner.metrics.clone());
        tokio::spawn(async move {
            let removed = make_room(&writer, &scenario, removals).await;
            let mut results = Vec::with_capacity(updates.len());
            for FindingUpdate { at, updates, known } in updates {
                let Some(number) = updates.last().map(|update| update.number) else { continue };
                // A defect that one Finding shows must not keep the others of the Scenario from being written.
                let applied = AssertUnwindSafe(writer.apply(&scenario, &at, &updates, known)).catch_unwind().await;
                let result = applied.unwrap_or(Err(WriteError::Panicked));
                match &result {
                    Ok((_, steps)) => metrics.api_write("findings", !steps.is_empty(), true),
                    Err(WriteError::NotLeading) => {}
                    Err(error) => {
                        metrics.api_write("findings", true, false);
                        tracing::warn!(%scenario, check = at.0, key = at.1, %error, "Finding not written yet");
                    }
                }
                results.push(FindingWritten { at, number, result });
            }
            let _ = events.send(Event::FindingsWritten { scenario, id, removed, results }).await;
        });
    }

    fn write_status(&self, write: StatusWrite) {
        let StatusWrite { id, scenario, resource_version, before, status } = write;
        let (api, fence, findings_first) = (self.api.clone(), self.fence.clone(), self.findings_first.clone());
        let (events, metrics, published) =
            (self.runner.events.clone(), self.runner.metrics.clone(), self.published.clone());
        let language = self.runner.assessor.language;
        let patch = write::merge("status", Some(&before), &status, Some(&resource_version));
        tokio::spawn(async move {
            findings_first.wait().await;
            let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
            let written = match patch {
                Ok(patch) => fence.write(api.patch_status(&scenario, &params, &Patch::Merge(patch))).await,
                Err(error) => Err(error),
            };
            let written = match written {
                Ok(object) => repaired(object, &status, &api, &fence).await,
                Err(error) => Err(error),
            };
            if let Ok(object) = &written {
                publish(&published, object, status::event(&before, &status, language));
            }
            let result = match written {
                // Another writer was faster: the next decision starts from the object as it is now.
                Err(WriteError::Conflict) => call(api.get(&scenario)).await,
                other => other,
            };
            metrics.api_write("scenarios", !matches!(result, Err(WriteError::NotLeading)), result.is_ok());
            match &result {
                Ok(_) | Err(WriteError::Gone | WriteError::NotLeading) => {}
                Err(error) => tracing::warn!(%scenario, %error, "status not written yet"),
            }
            let result = result.map(status_seen);
            let _ = events.send(Event::StatusWritten { scenario, id, result }).await;
        });
    }
}

/// Removes resolved Findings, and returns the names of those that no longer exist. What can't be removed now is removed later, by the
/// retention controller.
async fn make_room(writer: &FindingWriter, scenario: &str, removals: Vec<String>) -> Vec<String> {
    let mut removed = Vec::with_capacity(removals.len());
    for name in removals {
        match writer.remove_resolved(&name).await {
            Ok(true) => removed.push(name),
            Ok(false) | Err(WriteError::Conflict) => {}
            Err(WriteError::NotLeading) => break,
            // The updates that wait for this have their own errors.
            Err(error) => {
                tracing::warn!(%scenario, finding = name, %error, "resolved Findings not removed yet");
                break;
            }
        }
    }
    removed
}

fn log_state(scenario: &str, state: WatchState, problem: Option<&str>) {
    let state = state.as_str();
    match problem {
        Some(problem) => tracing::warn!(scenario, state, problem, "the Scenario is not watched"),
        None => tracing::info!(scenario, state, "what kept the Scenario from being watched is gone"),
    }
}

/// Publishes the Event about a status that was written, if it is worth one.
fn publish(events: &Events, object: &DynamicObject, event: Option<StatusEvent<'_>>) {
    let Some(event) = event else { return };
    let about = ObjectReference {
        api_version: Some(format!("{GROUP}/{VERSION}")),
        kind: Some(Scenario::kind(&()).into_owned()),
        name: object.metadata.name.clone(),
        namespace: object.metadata.namespace.clone(),
        uid: object.metadata.uid.clone(),
        ..ObjectReference::default()
    };
    events.publish(about, event.is_warning, event.reason, &event.note);
}

/// The Scenario once its status was written. Where that still has fields that can't be decoded, which keep the Scenario from being
/// read, it is written again without them.
async fn repaired(
    object: DynamicObject,
    status: &ScenarioStatus,
    api: &Api<DynamicObject>,
    fence: &WriteFence,
) -> Result<DynamicObject, WriteError> {
    let stored = object.data.get("status");
    let Some(stored) = stored.filter(|stored| ScenarioStatus::deserialize(*stored).is_err()) else { return Ok(object) };
    let name = object.name_any();
    tracing::warn!(scenario = name, "status repaired: fields that can't be decoded are removed");
    let patch = write::repair("status", stored, status, object.metadata.resource_version.as_deref())?;
    let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
    fence.write(api.patch_status(&name, &params, &Patch::Merge(patch))).await
}

/// A Scenario's status in an answer of the API.
fn status_seen(object: DynamicObject) -> StatusSeen {
    let status = object.data.get("status").cloned().and_then(|status| serde_json::from_value(status).ok());
    StatusSeen {
        generation: object.metadata.generation,
        version: Version::of(&object),
        status: status.unwrap_or_default(),
        resource_version: object.metadata.resource_version,
    }
}
