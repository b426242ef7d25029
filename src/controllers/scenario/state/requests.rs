//! Requested runs of one Scenario: asked for by an annotation, answered in its status.

use crate::api::conditions::bounded;
use crate::api::{CheckResult, RequestedRun};
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::outcome::Evaluation;
use crate::domain::transition::Step;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// Results kept of a requested run.
const RESULTS_MAX: usize = 128;
/// A longer annotation is not a time.
const ANNOTATION_MAX: usize = 64;

/// The Findings that a run opened and resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunChanges {
    pub opened: Vec<String>,
    pub resolved: Vec<String>,
}

impl RunChanges {
    fn add(&mut self, finding: &str, steps: &[Step]) {
        for step in steps {
            let list = match step {
                Step::Opened | Step::Reopened => &mut self.opened,
                Step::Resolved => &mut self.resolved,
                _ => continue,
            };
            if list.len() < RESULTS_MAX {
                list.push(finding.to_string());
            }
        }
    }
}

/// The requested runs of one Scenario.
#[derive(Default)]
pub struct RunRequests {
    /// The last request seen. It counts though its annotation is removed: Flux removes what kubectl wrote.
    asked: Option<String>,
    /// The answer of a run whose Findings are not all written.
    collecting: Option<Box<RequestedRun>>,
    /// The last answer given since this replica leads.
    answered: Option<Box<RequestedRun>>,
    /// What the last run changed, or all runs since `collecting` began.
    changes: Option<Box<RunChanges>>,
}

impl RunRequests {
    /// Notes the annotation of the object.
    pub fn observe(&mut self, scenario: &CachedScenario) {
        let asked = scenario.run_requested_at.as_deref();
        if let Some(asked) = asked.filter(|a| !a.trim().is_empty() && a.len() <= ANNOTATION_MAX) {
            self.asked = Some(asked.into());
        }
    }

    /// The request that no run has answered; `written` is the last answer that the API has.
    pub fn open<'a>(&'a self, written: Option<&'a RequestedRun>) -> Option<&'a str> {
        let answered = self.answered.as_deref().or(written);
        let asked = self.asked.as_deref()?;
        (!is_answered(asked, answered)).then_some(asked)
    }

    /// The open request that the run whose answer is being collected does not answer.
    pub fn open_beyond_collected<'a>(&'a self, written: Option<&'a RequestedRun>) -> Option<&'a str> {
        let collecting = self.collecting.as_ref();
        self.open(written).filter(|asked| collecting.is_none_or(|run| run.requested_at != *asked))
    }

    /// A run has ended. `requested` is the request that was open when it began.
    pub fn run_ended(&mut self, requested: Option<String>, run_at: Timestamp, evaluation: Option<&Evaluation>) {
        if self.collecting.is_none() {
            self.changes = None;
        }
        match (requested, evaluation) {
            (Some(requested_at), _) => self.collecting = Some(Box::new(answer(requested_at, run_at, evaluation))),
            (None, Some(_)) => {}
            (None, None) => self.collecting = None,
        }
    }

    /// Everything of the run is written: its answer is complete.
    pub fn complete(&mut self) {
        if let Some(mut run) = self.collecting.take() {
            RunChanges { opened: run.opened, resolved: run.resolved } = self.changes();
            self.answered = Some(run);
        }
    }

    /// Adds the transitions of a Finding that was written.
    pub fn changed(&mut self, finding: &str, steps: &[Step]) {
        self.changes.get_or_insert_default().add(finding, steps);
    }

    /// What the last run changed, or all runs since the one whose answer is being collected.
    pub fn changes(&self) -> RunChanges {
        self.changes.as_deref().cloned().unwrap_or_default()
    }

    /// The last answer given since this replica leads.
    pub fn answered(&self) -> Option<&RequestedRun> {
        self.answered.as_deref()
    }

    /// Keeps only what the API says: another replica answers.
    pub fn reset(&mut self) {
        *self = RunRequests { asked: self.asked.take(), ..RunRequests::default() };
    }
}

/// Whether a request was answered, by its own run or a later one.
fn is_answered(asked: &str, answered: Option<&RequestedRun>) -> bool {
    let Some(answered) = answered else { return false };
    match (asked.parse::<Timestamp>(), answered.requested()) {
        (Ok(asked), Some(done)) => asked <= done,
        _ => asked == answered.requested_at,
    }
}

/// The answer to a request, without the Findings that it opened and resolved. Of too many results the worst are kept.
fn answer(requested_at: String, run_at: Timestamp, evaluation: Option<&Evaluation>) -> RequestedRun {
    let outcomes = evaluation.map(|evaluation| evaluation.list.as_slice()).unwrap_or_default();
    let result = |outcome: &crate::domain::outcome::Outcome| CheckResult {
        name: outcome.check.to_string(),
        key: outcome.key.clone(),
        outcome: outcome.result,
        message: bounded(&outcome.message, 256),
    };
    let mut checks: Vec<CheckResult> = outcomes.iter().map(result).collect();
    if checks.len() > RESULTS_MAX {
        checks.sort_by_key(|check| check.outcome);
        checks.truncate(RESULTS_MAX);
    }
    RequestedRun { requested_at, run_at: Time(run_at), checks, opened: Vec::new(), resolved: Vec::new() }
}
