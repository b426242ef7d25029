//! One assessment of a Scenario: prepare its targets, read them, judge the readings. Writes nothing.
//!
//! The operator, `agentic-ops check` and the demo's tests all assess Scenarios through [`Assessor`].

use super::configuration::ConfigurationReader;
use super::evaluations::{self, Evaluations};
use super::last_run::{certificate_expires, is_up};
use super::state::RunResult;
use super::waits::Waits;
use crate::controllers::probe_lateness::DueRun;
use crate::domain::evidence::RunSnapshot;
use crate::domain::outcome::{Evaluation, Observation, RunContext, judge};
use crate::domain::prepare::{ReferencedConfiguration, prepare};
use crate::domain::reading::Reading;
use crate::domain::run_failure::RunFailure;
use crate::domain::target::Target;
use crate::domain::texts::Language;
use crate::domain::validate::{ProbePolicy, ValidatedScenario, ValidationError};
use crate::probes::{HeldReading, ParsedMemory, PoolBound, Prober, Turn};
use crate::runtime::clock;
use crate::runtime::write::{CALL_TIMEOUT, WriteError};
use crate::telemetry::{LastRun, Limit, Metrics};
use futures::FutureExt as _;
use futures::future::join_all;
use jiff::Timestamp;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// Runs that read their configuration at once; the others wait. Probes have limits of their own.
const PREPARING_MAX: usize = 512;
/// Readings of a Scenario that take more memory than this, in bytes, are judged on a thread of their own.
const LARGE_READINGS: usize = 256 << 10;
/// A probe that waits longer than this for its turn is reported.
const WAIT_REPORTED: Duration = Duration::from_secs(1);

/// Reads and judges Scenarios. Clones share the limits.
#[derive(Clone)]
pub struct Assessor {
    pub prober: Arc<Prober>,
    pub policy: Arc<ProbePolicy>,
    pub language: Language,
    pub metrics: Arc<Metrics>,
    preparing: Arc<Semaphore>,
    evaluations: Evaluations,
    waits: Arc<Waits>,
}

/// How probes begin.
#[derive(Clone, Copy)]
pub struct Begin<'a, F> {
    /// Whether the targets answered the last time, as far as is known without having read them.
    pub answered_before: bool,
    /// Called once all probes have begun.
    pub begun: F,
    /// When they should begin, if that counts.
    pub due: Option<&'a DueRun>,
}

/// The result of an assessment.
pub struct Assessment {
    pub evaluation: Evaluation,
    /// What was read, redacted.
    pub snapshot: Arc<RunSnapshot>,
    /// Of the slowest probe, and the evaluation.
    pub duration: Duration,
    /// The probes that read a certificate, each with the time at which it expires, in seconds since 1970.
    pub certificates: Vec<(String, i64)>,
}

/// Why nothing was read or judged.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// The spec asks for what it may not use.
    #[error("the spec asks for what it may not use")]
    Refused(Vec<ValidationError>),
    #[error("nothing was read: {0:?}")]
    Failed(RunFailure),
}

/// A probe and its reading, with the memory that it holds.
struct Observed {
    name: Arc<str>,
    /// `None` where the probe could not be prepared.
    target: Option<Target>,
    reading: HeldReading,
}

/// What is judged. Readings hold their memory until they are.
struct Judging {
    observed: Vec<Observed>,
    /// For JSON that is not parsed yet.
    memory: ParsedMemory,
    context: RunContext,
}

/// The result of judging.
struct Judged {
    evaluation: Evaluation,
    snapshot: Arc<RunSnapshot>,
    /// Probes with JSON that takes too much memory.
    oversized: Vec<Arc<str>>,
}

/// Readings that are complete. They hold their memory until they are judged.
struct Complete<S> {
    observations: Vec<Observation>,
    _shares: Vec<S>,
    context: RunContext,
    snapshot: Arc<RunSnapshot>,
    oversized: Vec<Arc<str>>,
}

impl Judging {
    /// Memory of the readings, in bytes.
    fn bytes(&self) -> usize {
        self.observed.iter().map(|observed| observed.reading.bytes()).sum()
    }

    fn complete(self, scenario: &ValidatedScenario) -> Complete<impl Send + use<>> {
        let Judging { observed, mut memory, context } = self;
        let mut oversized = Vec::new();
        let complete = |Observed { name, target, mut reading }| {
            if !reading.parse(&mut memory) {
                oversized.push(name.clone());
            }
            let (reading, share) = reading.into_parts();
            (Observation { name, target, reading }, share)
        };
        let (observations, _shares): (Vec<_>, Vec<_>) = observed.into_iter().map(complete).unzip();
        let readings = observations.iter().map(|o| (&o.name, &o.reading));
        let snapshot =
            RunSnapshot::take(readings, || scenario.expressions(), &context.redactor, context.now, context.language);
        Complete { observations, _shares, context, snapshot, oversized }
    }
}

impl<S> Complete<S> {
    fn judge(self, scenario: &ValidatedScenario) -> Judged {
        let evaluation = judge(scenario, &self.observations, &self.context);
        Judged { evaluation, snapshot: self.snapshot, oversized: self.oversized }
    }

    /// The same, if it takes fewer than so many steps.
    fn judge_within(mut self: Box<Self>, scenario: &ValidatedScenario, steps: usize) -> Result<Judged, Box<Self>> {
        let all = self.context.evaluation_steps;
        self.context.evaluation_steps = all.min(steps);
        let evaluation = judge(scenario, &self.observations, &self.context);
        if evaluation.steps < steps {
            return Ok(Judged { evaluation, snapshot: self.snapshot, oversized: self.oversized });
        }
        self.context.evaluation_steps = all;
        Err(self)
    }
}

impl Assessor {
    /// `evaluations`: how many that keep a thread busy run at once.
    pub fn new(
        prober: Arc<Prober>,
        policy: Arc<ProbePolicy>,
        language: Language,
        metrics: Arc<Metrics>,
        evaluations: usize,
    ) -> Assessor {
        let preparing = Arc::new(Semaphore::new(PREPARING_MAX));
        let (evaluations, waits) = (Evaluations::new(evaluations), Arc::new(Waits::new(metrics.clone())));
        Assessor { prober, policy, language, metrics, preparing, evaluations, waits }
    }

    /// For how long the run that waits longest for a turn has been waiting: for its configuration, a probe or its evaluation.
    pub fn longest_wait(&self) -> Duration {
        self.prober.longest_wait().max(self.waits.longest())
    }

    /// Assesses a Scenario over this configuration. `begun` gives the time at which it is judged.
    pub async fn assess(
        &self,
        scenario: &Arc<ValidatedScenario>,
        configuration: &ReferencedConfiguration,
        begin: Begin<'_, impl Fn() -> Timestamp + Sync>,
    ) -> Result<Assessment, AssessError> {
        let prepared = prepare(scenario, configuration, &self.policy);
        if !prepared.refused.is_empty() {
            return Err(AssessError::Refused(prepared.refused));
        }
        let waiting = AtomicUsize::new(prepared.targets.iter().filter(|(_, target)| target.is_ok()).count());
        let begun_at = OnceLock::new();
        let has_begun = || {
            if waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
                begun_at.get_or_init(&begin.begun);
            }
        };
        let begin_one = Begin { answered_before: begin.answered_before, begun: &has_begun, due: begin.due };
        let mut observing = prepared.targets.into_iter().map(|(name, target)| self.observe(name, target, begin_one));
        // Most Scenarios have one probe, whose future is not copied.
        let observed = match (observing.len(), observing.next()) {
            (1, Some(only)) => vec![only.await],
            (_, first) => join_all(first.into_iter().chain(observing)).await,
        };
        let now = *begun_at.get_or_init(&begin.begun);
        let (read_in, certificates) = summary(&observed);
        let judging_since = Instant::now();
        let judging = Judging {
            context: RunContext {
                settings: configuration.settings.clone(),
                now,
                evaluation_steps: self.policy.evaluation_steps,
                redactor: prepared.redactor,
                language: self.language,
            },
            memory: self.prober.parsed_memory(),
            observed,
        };
        let Judged { evaluation, snapshot, oversized } = self.judge(scenario, judging).await?;
        for outcome in &evaluation.list {
            self.metrics.check(outcome.result);
        }
        for check in &evaluation.too_costly {
            let detail = format_args!("an expression of check {check:?} of Scenario {:?}", scenario.name);
            self.metrics.limit_reached(Limit::Evaluation, detail);
        }
        for probe in oversized {
            let detail = format_args!("the JSON of probe {probe:?} of Scenario {:?}", scenario.name);
            self.metrics.limit_reached(Limit::Readings, detail);
        }
        Ok(Assessment { evaluation, snapshot, duration: read_in + judging_since.elapsed(), certificates })
    }

    /// Reads the target when it is its turn.
    async fn observe(&self, name: Arc<str>, target: Result<Target, Reading>, begin: Begin<'_, impl Fn()>) -> Observed {
        match target {
            Ok(target) => {
                let mut turn = self.turn(&target, begin.answered_before).await;
                (begin.begun)();
                if let Some(due) = begin.due.filter(|_| !turn.is_of_hung_target()) {
                    due.probe_began();
                }
                let reading = self.prober.read(&target).await;
                turn.saw(reading.latency, target.timeout);
                drop(turn);
                let outcome = reading.error.as_ref().map_or("ok", |e| e.kind.as_str());
                self.metrics.probe(target.request.kind(), outcome, reading.latency);
                Observed { name, target: Some(target), reading }
            }
            Err(reading) => Observed { name, target: None, reading: reading.into() },
        }
    }

    /// Waits for the target's turn, and reports the limit that keeps it waiting.
    async fn turn(&self, target: &Target, answered_before: bool) -> Turn {
        let mut turn = pin!(self.prober.turn(target, answered_before));
        if let Ok(turn) = tokio::time::timeout(WAIT_REPORTED, turn.as_mut()).await {
            return turn;
        }
        let limit = match self.prober.bound(target) {
            PoolBound::Total => Limit::Probes,
            PoolBound::Target => Limit::ProbesOfTarget,
            PoolBound::SlowTargets => Limit::ProbesOfSlowTargets,
        };
        self.metrics.limit_reached(limit, format_args!("a probe of {} waits for its turn", target.request.endpoint()));
        turn.await
    }

    /// Judges the readings; on a thread of its own where that is costly.
    async fn judge(&self, scenario: &Arc<ValidatedScenario>, judging: Judging) -> Result<Judged, AssessError> {
        // Large readings are not kept complete while others have their turn.
        let is_repeatable = judging.bytes() <= LARGE_READINGS;
        if scenario.is_cheap() && is_repeatable {
            return Ok(judging.complete(scenario).judge(scenario));
        }
        Box::pin(self.judge_in_turn(scenario, judging, is_repeatable)).await
    }

    async fn judge_in_turn(
        &self,
        scenario: &Arc<ValidatedScenario>,
        judging: Judging,
        is_repeatable: bool,
    ) -> Result<Judged, AssessError> {
        let turn = self.evaluation_turn(&scenario.name, is_repeatable).await;
        let steps = turn.steps().filter(|_| is_repeatable);
        let first = self.on_thread(scenario, turn, move |scenario| match steps {
            Some(steps) => Box::new(judging.complete(scenario)).judge_within(scenario, steps),
            None => Ok(judging.complete(scenario).judge(scenario)),
        });
        let complete = match first.await? {
            Ok(judged) => return Ok(judged),
            Err(complete) => complete,
        };
        let turn = self.evaluation_turn(&scenario.name, true).await;
        let Ok(judged) =
            self.on_thread(scenario, turn, move |scenario| Ok::<_, Infallible>(complete.judge(scenario))).await?;
        Ok(judged)
    }

    async fn evaluation_turn(&self, scenario: &str, is_repeatable: bool) -> evaluations::Turn {
        let turn = self.evaluations.turn(scenario, is_repeatable);
        let (turn, waited) = self.waits.turn(Limit::Evaluations, scenario, turn).await;
        if waited >= WAIT_REPORTED {
            self.metrics.lateness(waited);
        }
        turn
    }

    /// Evaluates on a thread, and notes what it cost. Error of `evaluate`: the turn was too short.
    async fn on_thread<E: Send + 'static>(
        &self,
        scenario: &Arc<ValidatedScenario>,
        turn: evaluations::Turn,
        evaluate: impl FnOnce(&ValidatedScenario) -> Result<Judged, E> + Send + 'static,
    ) -> Result<Result<Judged, E>, AssessError> {
        let (scenario, evaluations) = (scenario.clone(), self.evaluations.clone());
        let evaluation = move || {
            let judged = evaluate(&scenario);
            match &judged {
                Ok(judged) => evaluations.finished(&scenario.name, judged.evaluation.steps),
                Err(_) => evaluations.ended(&scenario.name),
            }
            // The evaluation ends on its thread even if the run was cancelled.
            drop(turn);
            judged
        };
        let judged = tokio::task::spawn_blocking(evaluation).await;
        judged.map_err(|_| AssessError::Failed(RunFailure::EvaluationPanicked))
    }

    /// A run of the operator: the time when it started, the result, and what metrics say about it if anything was read.
    pub async fn run(
        &self,
        scenario: Arc<ValidatedScenario>,
        configuration: &ConfigurationReader,
        begin: Begin<'_, impl Fn() + Sync>,
    ) -> (Timestamp, RunResult, Option<LastRun>) {
        let permit = match self.preparing.try_acquire() {
            Ok(permit) => Ok(permit),
            Err(_) => Box::pin(self.preparing_turn(&scenario.name, begin.due)).await,
        };
        let now = clock::now();
        let Ok(permit) = permit else { return (now, RunResult::Failed(RunFailure::ShuttingDown), None) };
        // Boxed, so that the thousands that wait after a start are small.
        let run = Box::pin(self.run_now(scenario, configuration, permit, begin));
        let result = AssertUnwindSafe(run).catch_unwind().await.unwrap_or(Err(RunResult::Failed(RunFailure::Panicked)));
        match result {
            Ok(Assessment { evaluation, snapshot, duration, certificates }) => {
                let last_run = LastRun { up: is_up(&evaluation), at: now, duration, certificates };
                (now, RunResult::Evaluated { evaluation, snapshot }, Some(last_run))
            }
            Err(result) => (now, result, None),
        }
    }

    /// Waits until one more run may read its configuration.
    async fn preparing_turn(&self, scenario: &str, due: Option<&DueRun>) -> Result<SemaphorePermit<'_>, AcquireError> {
        let _waiting = due.map(DueRun::waits);
        self.waits.turn(Limit::PreparedRuns, scenario, self.preparing.acquire()).await.0
    }

    async fn run_now(
        &self,
        scenario: Arc<ValidatedScenario>,
        configuration: &ConfigurationReader,
        preparing: SemaphorePermit<'_>,
        begin: Begin<'_, impl Fn() + Sync>,
    ) -> Result<Assessment, RunResult> {
        configuration.learn().await;
        let configuration = configuration.read(scenario.secret_names()).await;
        drop(preparing);
        let configuration = match configuration {
            Ok(configuration) => configuration,
            Err(WriteError::Timeout) => return Err(RunResult::Failed(RunFailure::ConfigurationTimedOut(CALL_TIMEOUT))),
            Err(error) => {
                return Err(RunResult::Failed(RunFailure::ConfigurationUnreadable(error.to_string())));
            }
        };
        let begun = || {
            (begin.begun)();
            clock::now()
        };
        let begin = Begin { answered_before: begin.answered_before, begun, due: begin.due };
        self.assess(&scenario, &configuration, begin).await.map_err(|error| match error {
            AssessError::Refused(errors) => RunResult::Refused(errors),
            AssessError::Failed(failure) => RunResult::Failed(failure),
        })
    }
}

/// How long the slowest probe took, and the certificates that were read.
fn summary(observed: &[Observed]) -> (Duration, Vec<(String, i64)>) {
    let slowest = observed.iter().map(|one| one.reading.latency).max();
    let certificates =
        observed.iter().filter_map(|one| Some((one.name.to_string(), certificate_expires(&one.reading)?)));
    (slowest.unwrap_or_default(), certificates.collect())
}

#[cfg(test)]
mod tests;
