//! From readings to outcomes: each check is pass, fail, unknown or held.

use super::reading::{ErrorOrigin, Reading};
use super::redact::Redactor;
use super::target::Target;
use super::texts::{self, Language};
use super::validate::{Check, ValidatedScenario};
use crate::api::{CheckOutcome, Evaluate, Severity, conditions::bounded};
use crate::cel::{EvalError, Expression, Inputs, Item, ReadingInput};
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Keys are cut at this many bytes.
const KEY_MAX: usize = 256;
/// Messages are cut at this many bytes.
const MESSAGE_MAX: usize = 1024;

/// The outcome of one check, or of one item of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub check: String,
    /// The item of a check with `forEach`, else empty.
    pub key: String,
    pub result: CheckOutcome,
    /// For people; empty on a pass.
    pub message: String,
    pub severity: Severity,
    /// The probes whose readings it depends on.
    pub probes: BTreeSet<String>,
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
    pub name: String,
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
        self.target.as_ref().map_or_else(|| self.name.clone(), |target| target.request.root())
    }
}

/// The inputs of an evaluation besides readings.
pub struct RunContext {
    /// The settings, as `env`.
    pub settings: Arc<BTreeMap<String, String>>,
    /// When the run began, as `now`.
    pub now: Timestamp,
    /// Steps that all expressions may take together.
    pub evaluation_steps: usize,
    pub redactor: Redactor,
    pub language: Language,
}

/// Evaluates every probe and every check. Only the messages of checks contain volatile text.
pub fn judge(scenario: &ValidatedScenario, observations: &[Observation], context: &RunContext) -> Evaluation {
    let RunContext { redactor, language, .. } = context;
    let language = *language;
    let readings = observations.iter().map(Observation::input);
    let inputs = &Inputs::new(readings, context.settings.clone(), context.now, context.evaluation_steps);
    let mut list = evaluate_probes(scenario, observations, redactor, language);
    let ok: BTreeSet<&str> = observations.iter().filter(|o| o.reading.ok()).map(|o| o.name.as_str()).collect();
    let mut evaluated: BTreeMap<usize, Vec<Outcome>> = BTreeMap::new();
    let mut items = BTreeMap::new();
    let too_costly = RefCell::default();
    let evaluator = Evaluator { observations, ok: &ok, inputs, redactor, language, too_costly: &too_costly };
    for &index in &scenario.order {
        let check = &scenario.checks[index];
        let passes = |name: &String| {
            let own = list.iter().filter(|o| o.check == *name);
            let others = evaluated.values().flatten().filter(|o| o.check == *name);
            let mut all = own.chain(others).peekable();
            // A probe without an own check passes when it was read.
            if all.peek().is_none() {
                ok.contains(name.as_str()) || is_check(scenario, name)
            } else {
                all.all(|o| o.result == CheckOutcome::Pass)
            }
        };
        let outcomes = match check.requires.iter().find(|r| !passes(r)) {
            Some(_) => vec![plain(check, CheckOutcome::Held, String::new())],
            None => evaluator.check(check, &mut items),
        };
        evaluated.insert(index, outcomes);
    }
    list.extend(evaluated.into_values().flatten());
    Evaluation { list, items, too_costly: too_costly.into_inner(), steps: inputs.steps_taken() }
}

/// A check with an empty `forEach` list has no outcome, and passes.
fn is_check(scenario: &ValidatedScenario, name: &str) -> bool {
    scenario.checks.iter().any(|c| c.name == name)
}

/// The probes' own checks. Of several probes of one target that was not read, the first fails and the others are held.
fn evaluate_probes(
    scenario: &ValidatedScenario,
    observations: &[Observation],
    redactor: &Redactor,
    language: Language,
) -> Vec<Outcome> {
    let mut roots_down = BTreeSet::new();
    let mut list = Vec::new();
    for (valid, seen) in scenario.probes.iter().zip(observations) {
        if !valid.own_check {
            continue;
        }
        let (result, message) = match &seen.reading.error {
            None => (CheckOutcome::Pass, String::new()),
            Some(error) => {
                let target = seen.shown_target();
                let message = texts::unread(language, &target, error);
                let first = error.kind.origin() != ErrorOrigin::Target || roots_down.insert(target);
                match (error.kind.origin(), first) {
                    (ErrorOrigin::Local, _) => (CheckOutcome::Unknown, message),
                    (ErrorOrigin::Target, true) => (CheckOutcome::Fail, message),
                    (ErrorOrigin::Target, false) => (CheckOutcome::Held, String::new()),
                }
            }
        };
        list.push(Outcome {
            check: seen.name.clone(),
            key: String::new(),
            result,
            message: bounded(&redactor.redact(&message), MESSAGE_MAX),
            severity: scenario.severity,
            probes: BTreeSet::from([seen.name.clone()]),
        });
    }
    list
}

fn plain(check: &Check, result: CheckOutcome, message: String) -> Outcome {
    Outcome {
        check: check.name.clone(),
        key: String::new(),
        result,
        message: bounded(&message, MESSAGE_MAX),
        severity: check.severity,
        probes: check.probes.clone(),
    }
}

struct Evaluator<'a> {
    observations: &'a [Observation],
    ok: &'a BTreeSet<&'a str>,
    inputs: &'a Inputs,
    redactor: &'a Redactor,
    language: Language,
    /// Names of checks.
    too_costly: &'a RefCell<BTreeSet<String>>,
}

impl Evaluator<'_> {
    fn check(&self, check: &Check, items: &mut BTreeMap<String, BTreeSet<String>>) -> Vec<Outcome> {
        if let Some(outcome) = self.unread(check) {
            return vec![outcome];
        }
        let Some(for_each) = &check.for_each else {
            return vec![self.item(check, None)];
        };
        match for_each.evaluate_list(self.inputs) {
            Err(e) => vec![plain(check, CheckOutcome::Unknown, self.unknown(check, &e))],
            Ok(list) => {
                // Its Finding would have the key of the check itself. Such a list comes from an empty setting, for example.
                if let Some(at) = list.iter().position(|item| item.key().is_empty()) {
                    let message = texts::item_without_name(self.language, &check.name, at);
                    return vec![plain(check, CheckOutcome::Unknown, message)];
                }
                let outcomes = self.items(check, &list);
                items.insert(check.name.clone(), outcomes.iter().map(|o| o.key.clone()).collect());
                outcomes
            }
        }
    }

    /// One outcome for each key, the worst: different items may have the same key, such as `1` and `"1"`, or two redacted secrets.
    fn items(&self, check: &Check, list: &[Item]) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(list.len());
        for outcome in list.iter().map(|item| self.item(check, Some(item))) {
            match outcomes.iter_mut().find(|known| known.key == outcome.key) {
                Some(known) if outcome.result < known.result => *known = outcome,
                Some(_) => {}
                None => outcomes.push(outcome),
            }
        }
        outcomes
    }

    /// Held or unknown, where a reading is missing.
    fn unread(&self, check: &Check) -> Option<Outcome> {
        let bad = || {
            self.observations.iter().filter(|o| check.probes.contains(&o.name) && !self.ok.contains(o.name.as_str()))
        };
        if check.evaluate == Evaluate::WhenRead {
            return bad().next().map(|_| plain(check, CheckOutcome::Held, String::new()));
        }
        let local = |o: &&Observation| o.reading.error.as_ref().is_some_and(|e| e.kind.origin() == ErrorOrigin::Local);
        let seen = bad().find(local)?;
        let error = seen.reading.error.as_ref()?;
        let message = format!("{}: {}", check.name, texts::unread(self.language, &seen.shown_target(), error));
        Some(plain(check, CheckOutcome::Unknown, self.redactor.redact(&message).into_owned()))
    }

    fn item(&self, check: &Check, item: Option<&Item>) -> Outcome {
        let key = item.map(|i| bounded(&self.redactor.redact(&i.key()), KEY_MAX)).unwrap_or_default();
        let result = self.given(check, item).and_then(|given| match given {
            false => Err(texts::not_given(self.language, &check.name)),
            true => check.expect.evaluate_bool(self.inputs, item).map_err(|e| self.unknown(check, &e)),
        });
        let (result, message) = match result {
            Ok(true) => (CheckOutcome::Pass, String::new()),
            Ok(false) => (CheckOutcome::Fail, self.message(check, item, &key)),
            Err(message) => (CheckOutcome::Unknown, message),
        };
        let message = self.redactor.redact(&message).into_owned();
        Outcome { key, ..plain(check, result, message) }
    }

    fn given(&self, check: &Check, item: Option<&Item>) -> Result<bool, String> {
        let evaluate = |e: &Expression| e.evaluate_bool(self.inputs, item).map_err(|e| self.unknown(check, &e));
        check.given.as_ref().map_or(Ok(true), evaluate)
    }

    fn message(&self, check: &Check, item: Option<&Item>, key: &str) -> String {
        let evaluate = |m: &Expression| m.evaluate_text(self.inputs, item).inspect_err(|e| self.note(check, e)).ok();
        let own = check.message.as_ref().and_then(evaluate);
        own.filter(|m| !m.trim().is_empty()).unwrap_or_else(|| texts::check_failed(self.language, &check.name, key))
    }

    /// Notes the check if its expression cost more than it may.
    fn note(&self, check: &Check, error: &EvalError) {
        if error.is_too_costly() {
            self.too_costly.borrow_mut().insert(check.name.clone());
        }
    }

    fn unknown(&self, check: &Check, error: &EvalError) -> String {
        self.note(check, error);
        format!("{}: {}", check.name, texts::evaluation(self.language, error))
    }
}

#[cfg(test)]
mod tests;
