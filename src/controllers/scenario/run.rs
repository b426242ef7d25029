//! One run of a Scenario: fetch what it draws on, read its targets, judge. Writes nothing.

use super::configuration::ConfigurationReader;
use crate::domain::evidence::RunSnapshot;
use crate::domain::outcome::{Evaluation, Observation, RunContext, judge};
use crate::domain::prepare::prepare;
use crate::domain::reading::Reading;
use crate::domain::run_failure::RunFailure;
use crate::domain::target::Target;
use crate::domain::texts::Language;
use crate::domain::validate::{ProbePolicy, ValidatedScenario, ValidationError};
use crate::probes::Prober;
use crate::runtime::write::{CALL_TIMEOUT, WriteError};
use crate::telemetry::Metrics;
use futures::future::join_all;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Scenarios that run at once; the others wait for their turn.
const RUNS_MAX: usize = 512;
/// Costly evaluations at once: they keep a thread busy.
const EVALUATIONS_MAX: usize = 2;

/// Everything that a run needs.
#[derive(Clone)]
pub struct Runner {
    pub configuration: ConfigurationReader,
    pub prober: Arc<Prober>,
    pub policy: Arc<ProbePolicy>,
    pub language: Language,
    pub metrics: Arc<Metrics>,
    runs: Arc<Semaphore>,
    evaluations: Arc<Semaphore>,
}

/// What a run came to.
pub enum Ran {
    Judged {
        outcomes: Evaluation,
        snapshot: Arc<RunSnapshot>,
    },
    /// The spec asks for what it may not have; nothing was read.
    Refused(Vec<ValidationError>),
    /// Nothing was read, and it is nobody's fault that a Finding could name.
    Failed(RunFailure),
}

impl Runner {
    pub fn new(
        configuration: ConfigurationReader,
        prober: Arc<Prober>,
        policy: Arc<ProbePolicy>,
        language: Language,
        metrics: Arc<Metrics>,
    ) -> Runner {
        let runs = Arc::new(Semaphore::new(RUNS_MAX));
        let evaluations = Arc::new(Semaphore::new(EVALUATIONS_MAX));
        Runner { configuration, prober, policy, language, metrics, runs, evaluations }
    }

    /// Runs `scenario` when it is its turn; `started` is called then.
    pub async fn run(&self, scenario: Arc<ValidatedScenario>, started: impl FnOnce(Timestamp)) -> Ran {
        let Ok(_turn) = self.runs.acquire().await else { return Ran::Failed(RunFailure::ShuttingDown) };
        let now = crate::runtime::clock::now();
        started(now);
        // Boxed, so that the thousands that wait for their turn at a start are small.
        Box::pin(self.run_now(scenario, now)).await
    }

    async fn run_now(&self, scenario: Arc<ValidatedScenario>, now: Timestamp) -> Ran {
        let configuration = match self.configuration.read(scenario.secret_names()).await {
            Ok(configuration) => configuration,
            Err(error) => return Ran::Failed(unreadable(error)),
        };
        let resolved = prepare(&scenario, &configuration, &self.policy);
        if !resolved.refused.is_empty() {
            return Ran::Refused(resolved.refused);
        }
        let observations =
            join_all(resolved.targets.into_iter().map(|(name, target)| self.observe(name, target))).await;
        let redactor = resolved.redactor;
        let readings = observations.iter().map(|o| (o.name.as_str(), &o.reading));
        let snapshot = RunSnapshot::take(readings, &redactor, now, self.language);
        let language = self.language;
        let cheap = scenario.is_cheap();
        let judging = move || {
            let settings = configuration.settings.clone();
            judge(&scenario, &observations, &RunContext { settings, now, redactor: &redactor, language })
        };
        let outcomes = if cheap {
            judging()
        } else {
            let Ok(_turn) = self.evaluations.acquire().await else { return Ran::Failed(RunFailure::ShuttingDown) };
            match tokio::task::spawn_blocking(judging).await {
                Ok(outcomes) => outcomes,
                Err(_) => return Ran::Failed(RunFailure::EvaluationPanicked),
            }
        };
        for outcome in &outcomes.list {
            self.metrics.check(outcome.result);
        }
        Ran::Judged { outcomes, snapshot }
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
}

fn unreadable(error: WriteError) -> RunFailure {
    match error {
        WriteError::Timeout => RunFailure::ConfigurationTimedOut(CALL_TIMEOUT),
        other => RunFailure::ConfigurationUnreadable(other.to_string()),
    }
}
