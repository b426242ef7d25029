//! From readings to outcomes: each check is pass, fail, unknown or held.

mod checks;
mod probes;

use super::evidence::Proof;
use super::reading::Reading;
use super::redact::Redactor;
use super::target::Target;
use super::texts::{self, Language};
use super::validate::{Check, ValidatedScenario};
use crate::api::{CheckOutcome, Severity};
use crate::cel::{Environment, Expression, Inputs, ReadingInput};
use checks::{Evaluator, Judged};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Messages are cut at this many bytes.
const MESSAGE_MAX: usize = 1024;
/// What all failures of a run show takes at most about this many bytes; further ones only have their expression.
const PROOFS_MAX: usize = 1 << 20;

/// The outcome of one check, or of one item of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub check: Arc<str>,
    /// The item of a check with `forEach`, else empty.
    pub key: String,
    pub result: CheckOutcome,
    /// For people: why it failed, is unknown or was held; empty on a pass.
    pub message: String,
    pub severity: Severity,
    /// The probes whose readings it depends on.
    pub probes: Arc<BTreeSet<String>>,
    /// Of a check that failed.
    pub proof: Option<Box<Proof>>,
}

/// All outcomes of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Probes first, then checks, in the order of the spec.
    pub list: Vec<Outcome>,
    /// The keys of each check whose `forEach` list was evaluated. A key that is missing was removed from the list.
    pub items: BTreeMap<String, BTreeSet<String>>,
    /// Checks of which an expression cost more than it may.
    pub too_costly: BTreeSet<String>,
    /// Steps that all expressions took.
    pub steps: usize,
}

/// A probe and its reading.
pub struct Observation {
    pub name: Arc<str>,
    /// The target; `None` where the probe could not be prepared.
    pub target: Option<Target>,
    pub reading: Reading,
}

impl Observation {
    fn input(&self) -> (&str, ReadingInput<'_>) {
        let Reading { error, latency, fields } = &self.reading;
        let error = error.as_ref().map_or("", |e| e.kind.as_str());
        (&self.name, ReadingInput { fields, error, latency: *latency })
    }

    /// The target, or the probe's name where there is none.
    fn shown_target(&self) -> String {
        self.target.as_ref().map_or_else(|| self.name.to_string(), |target| target.request.root())
    }
}

/// The inputs of an evaluation besides readings.
pub struct RunContext {
    /// The settings, as `env`.
    pub settings: Arc<Environment>,
    /// When the run began, as `now`.
    pub now: Timestamp,
    /// Steps that all expressions may take together.
    pub evaluation_steps: usize,
    pub redactor: Redactor,
    pub language: Language,
}

/// Evaluates every probe and every check. Only the messages and proofs of checks contain volatile text.
pub fn judge(scenario: &ValidatedScenario, observations: &[Observation], context: &RunContext) -> Evaluation {
    let readings = observations.iter().map(Observation::input);
    let expressions: Vec<&Expression> = scenario.checks.iter().flat_map(Check::expressions).collect();
    let is_read = |probe: &str, field: &str| expressions.iter().any(|expression| expression.may_read(probe, field));
    let inputs = &Inputs::of_fields(readings, is_read, &context.settings, context.now, context.evaluation_steps);
    let mut list = probes::evaluate(scenario, observations, &context.redactor, context.language);
    let ok: BTreeSet<&str> = observations.iter().filter(|o| o.reading.ok()).map(|o| &*o.name).collect();
    let mut evaluated: BTreeMap<usize, Vec<Judged>> = BTreeMap::new();
    let mut items = BTreeMap::new();
    let evaluator = Evaluator::new(observations, &ok, inputs, context);
    for &index in &*scenario.order {
        let check = &scenario.checks[index];
        let passes = |name: &String| {
            let mut all = outcomes_of(name, &list, &evaluated).peekable();
            // A probe without an own check passes when it was read.
            if all.peek().is_none() {
                ok.contains(name.as_str()) || is_check(scenario, name)
            } else {
                all.all(|o| o.result == CheckOutcome::Pass)
            }
        };
        let judged = match check.requires.iter().find(|r| !passes(r)) {
            Some(name) => {
                let is_probe = scenario.probes.iter().any(|valid| valid.probe.name == *name);
                let mut all = outcomes_of(name, &list, &evaluated).peekable();
                let is_held = all.peek().is_some() && all.all(|o| o.result == CheckOutcome::Held);
                let text = match (is_probe, is_held) {
                    (true, _) => texts::held_by_unread_requirement(context.language, name),
                    (false, true) => texts::held_by_held_requirement(context.language, name),
                    (false, false) => texts::held_by_requirement(context.language, name),
                };
                vec![Judged::held(check, &text)]
            }
            None => evaluator.check(check, &mut items),
        };
        evaluated.insert(index, judged);
    }
    // Last, so that what failures show takes no steps from the checks.
    let mut room = PROOFS_MAX;
    for (index, judged) in evaluated {
        list.extend(judged.into_iter().map(|judged| evaluator.proven(&scenario.checks[index], judged, &mut room)));
    }
    Evaluation { list, items, too_costly: evaluator.too_costly(), steps: inputs.steps_taken() }
}

/// The outcomes so far of a check or probe.
fn outcomes_of<'a>(
    name: &'a str,
    probes: &'a [Outcome],
    checks: &'a BTreeMap<usize, Vec<Judged>>,
) -> impl Iterator<Item = &'a Outcome> {
    let checks = checks.values().flatten().map(|judged| &judged.outcome);
    probes.iter().chain(checks).filter(move |outcome| *outcome.check == *name)
}

/// A check with an empty `forEach` list has no outcome, and passes.
fn is_check(scenario: &ValidatedScenario, name: &str) -> bool {
    scenario.checks.iter().any(|c| *c.name == *name)
}

#[cfg(test)]
mod tests;
