//! One assessment of a Scenario: prepare its targets, read them, judge the readings. Writes nothing.
//!
//! The operator, `agentic-ops check` and the demo's tests all assess Scenarios through [`Assessor`].

use super::configuration::ConfigurationReader;
use super::evaluations::Evaluations;
use super::state::RunResult;
use crate::domain::evidence::RunSnapshot;
use crate::domain::outcome::{Evaluation, Observation, RunContext, judge};
use crate::domain::prepare::{ReferencedConfiguration, prepare};
use crate::domain::reading::Reading;
use crate::domain::redact::Redactor;
use crate::domain::run_failure::RunFailure;
use crate::domain::target::Target;
use crate::domain::texts::Language;
use crate::domain::validate::{ProbePolicy, ValidatedScenario, ValidationError};
use crate::probes::Prober;
use crate::runtime::write::{CALL_TIMEOUT, WriteError};
use crate::telemetry::{Limit, Metrics};
use futures::FutureExt as _;
use futures::future::join_all;
use jiff::Timestamp;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Scenarios assessed at once; the others wait.
const RUNS_MAX: usize = 512;

/// Reads and judges Scenarios. Clones share the limits.
#[derive(Clone)]
pub struct Assessor {
    pub prober: Arc<Prober>,
    pub policy: Arc<ProbePolicy>,
    pub language: Language,
    pub metrics: Arc<Metrics>,
    runs: Arc<Semaphore>,
    evaluations: Arc<Evaluations>,
}

/// The result of an assessment.
pub struct Assessment {
    pub evaluation: Evaluation,
    /// What was read, redacted.
    pub snapshot: Arc<RunSnapshot>,
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

impl Assessor {
    pub fn new(prober: Arc<Prober>, policy: Arc<ProbePolicy>, language: Language, metrics: Arc<Metrics>) -> Assessor {
        let runs = Arc::new(Semaphore::new(RUNS_MAX));
        let evaluations = Arc::new(Evaluations::new());
        Assessor { prober, policy, language, metrics, runs, evaluations }
    }

    /// Assesses a Scenario over this configuration, at `now`.
    pub async fn assess(
        &self,
        scenario: &Arc<ValidatedScenario>,
        configuration: &ReferencedConfiguration,
        now: Timestamp,
    ) -> Result<Assessment, AssessError> {
        let prepared = prepare(scenario, configuration, &self.policy);
        if !prepared.refused.is_empty() {
            return Err(AssessError::Refused(prepared.refused));
        }
        let observations =
            join_all(prepared.targets.into_iter().map(|(name, target)| self.observe(name, target))).await;
        let redactor = prepared.redactor;
        let readings = observations.iter().map(|o| (o.name.as_str(), &o.reading));
        let snapshot = RunSnapshot::take(readings, &redactor, now, self.language);
        let evaluation = self.judge(scenario, observations, configuration, redactor, now).await?;
        for outcome in &evaluation.list {
            self.metrics.check(outcome.result);
        }
        for check in &evaluation.too_costly {
            let detail = format_args!("an expression of check {check:?} of Scenario {:?}", scenario.name);
            self.metrics.limit_reached(Limit::Evaluation, detail);
        }
        Ok(Assessment { evaluation, snapshot })
    }

    async fn observe(&self, name: String, target: Result<Target, Reading>) -> Observation {
        match target {
            Ok(target) => {
                let reading = self.prober.read(&target).await;
                let outcome = reading.error.as_ref().map_or("ok", |e| e.kind.as_str());
                self.metrics.probe(target.request.kind(), outcome, reading.latency);
                Observation { name, target: Some(target), reading }
            }
            Err(reading) => Observation { name, target: None, reading },
        }
    }

    /// Costly evaluations run on a thread of their own.
    async fn judge(
        &self,
        scenario: &Arc<ValidatedScenario>,
        observations: Vec<Observation>,
        configuration: &ReferencedConfiguration,
        redactor: Redactor,
        now: Timestamp,
    ) -> Result<Evaluation, AssessError> {
        let (settings, language) = (configuration.settings.clone(), self.language);
        let evaluation_steps = self.policy.evaluation_steps;
        let judge = move |scenario: &ValidatedScenario| {
            let context = RunContext { settings, now, evaluation_steps, redactor: &redactor, language };
            judge(scenario, &observations, &context)
        };
        if scenario.is_cheap() {
            return Ok(judge(scenario));
        }
        let turn = self.evaluations.turn(&scenario.name).await;
        let turn = turn.map_err(|_| AssessError::Failed(RunFailure::ShuttingDown))?;
        let (scenario, evaluations) = (scenario.clone(), self.evaluations.clone());
        let judging = move || {
            let evaluation = judge(&scenario);
            evaluations.finished(&scenario.name, evaluation.steps);
            // It goes on to the end where nobody waits for it any more.
            drop(turn);
            evaluation
        };
        let judged = tokio::task::spawn_blocking(judging).await;
        judged.map_err(|_| AssessError::Failed(RunFailure::EvaluationPanicked))
    }

    /// A run of the operator, once it is this Scenario's turn among those that are due; `started` is called then.
    pub async fn run(
        &self,
        scenario: Arc<ValidatedScenario>,
        configuration: &ConfigurationReader,
        started: impl FnOnce(),
    ) -> (Timestamp, RunResult) {
        let permit = self.runs.acquire().await;
        let now = crate::runtime::clock::now();
        started();
        let Ok(_permit) = permit else { return (now, RunResult::Failed(RunFailure::ShuttingDown)) };
        // Boxed, so that the thousands that wait after a start are small.
        let run = Box::pin(self.run_now(scenario, configuration, now));
        let result = AssertUnwindSafe(run).catch_unwind().await;
        (now, result.unwrap_or(RunResult::Failed(RunFailure::Panicked)))
    }

    async fn run_now(
        &self,
        scenario: Arc<ValidatedScenario>,
        configuration: &ConfigurationReader,
        now: Timestamp,
    ) -> RunResult {
        let configuration = match configuration.read(scenario.secret_names()).await {
            Ok(configuration) => configuration,
            Err(WriteError::Timeout) => return RunResult::Failed(RunFailure::ConfigurationTimedOut(CALL_TIMEOUT)),
            Err(error) => return RunResult::Failed(RunFailure::ConfigurationUnreadable(error.to_string())),
        };
        match self.assess(&scenario, &configuration, now).await {
            Ok(Assessment { evaluation, snapshot }) => RunResult::Evaluated { evaluation, snapshot },
            Err(AssessError::Refused(errors)) => RunResult::Refused(errors),
            Err(AssessError::Failed(failure)) => RunResult::Failed(failure),
        }
    }
}

#[cfg(test)]
mod tests;
