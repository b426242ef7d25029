//! From readings to outcomes: each check passes, fails, is held or can't be told.

use super::reading::{ErrorOrigin, Reading};
use super::redact::Redactor;
use super::target::Target;
use super::texts::{self, Language};
use super::validate::{Check, ValidatedScenario};
use crate::api::{CheckOutcome, Evaluate, Severity, conditions::bounded};
use crate::cel::{Expression, Inputs, Item, ReadingInput};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Keys are cut at this many bytes.
const KEY_MAX: usize = 256;
/// Messages are cut at this many bytes.
const MESSAGE_MAX: usize = 1024;

/// What one check, or one item of it, came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub check: String,
    /// The item of a check with `forEach`, else empty.
    pub key: String,
    pub result: CheckOutcome,
    /// For people; empty on a pass.
    pub message: String,
    pub severity: Severity,
    /// The probes whose readings decided it.
    pub probes: BTreeSet<String>,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Probes first, then checks, in the order of the spec.
    pub list: Vec<Outcome>,
    /// For each check whose `forEach` list was read: its keys. What was there before and is not now has left.
    pub items: BTreeMap<String, BTreeSet<String>>,
}

/// A probe with what came of it.
pub struct Observation {
    pub name: String,
    /// What it was read from, where that could be told.
    pub target: Option<Target>,
    pub reading: Reading,
}

impl Observation {
    fn input(&self) -> (&str, ReadingInput<'_>) {
        let Reading { error, latency, fields } = &self.reading;
        let error = error.as_ref().map_or("", |e| e.kind.as_str());
        (&self.name, ReadingInput { fields, error, latency: *latency })
    }
}

/// What a run is judged with, besides its readings.
pub struct RunContext<'a> {
    /// The settings, as `env`.
    pub settings: Arc<BTreeMap<String, String>>,
    /// When the run began, as `now`.
    pub now: Timestamp,
    pub redactor: &'a Redactor,
    pub language: Language,
}

/// Judges every probe and every check. Nothing in the result is volatile but what the messages of the checks say.
pub fn judge(scenario: &ValidatedScenario, observations: &[Observation], context: &RunContext<'_>) -> Evaluation {
    let RunContext { redactor, language, .. } = *context;
    let inputs = &Inputs::new(observations.iter().map(Observation::input), context.settings.clone(), context.now);
    let mut list = judge_probes(scenario, observations, redactor, language);
    let ok: BTreeSet<&str> = observations.iter().filter(|o| o.reading.ok()).map(|o| o.name.as_str()).collect();
    let mut judged: BTreeMap<usize, Vec<Outcome>> = BTreeMap::new();
    let mut items = BTreeMap::new();
    let judge = Judge { observations, ok: &ok, inputs, redactor, language };
    for &index in &scenario.order {
        let check = &scenario.checks[index];
        let passes = |name: &String| {
            let own = list.iter().filter(|o| o.check == *name);
            let others = judged.values().flatten().filter(|o| o.check == *name);
            let mut all = own.chain(others).peekable();
            // A probe without a check of its own passes when it was read.
            if all.peek().is_none() {
                ok.contains(name.as_str()) || known_check(scenario, name)
            } else {
                all.all(|o| o.result == CheckOutcome::Pass)
            }
        };
        let outcomes = match check.requires.iter().find(|r| !passes(r)) {
            Some(_) => vec![plain(check, CheckOutcome::Held, String::new())],
            None => judge.check(check, &mut items),
        };
        judged.insert(index, outcomes);
    }
    list.extend(judged.into_values().flatten());
    Evaluation { list, items }
}

/// A check whose list is empty has no outcome, and nothing in it is wrong.
fn known_check(scenario: &ValidatedScenario, name: &str) -> bool {
    scenario.checks.iter().any(|c| c.name == name)
}

/// Each probe's own check. Of several on one target that were not read the first fails and the others are held.
fn judge_probes(
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
                let shown = seen.target.as_ref().map(|t| t.request.root()).unwrap_or_else(|| seen.name.clone());
                let message = texts::unread(language, &shown, error.kind, &error.detail);
                let first = error.kind.origin() != ErrorOrigin::Target || roots_down.insert(shown);
                match (error.kind.origin(), first) {
                    (ErrorOrigin::Watcher, _) => (CheckOutcome::Unknown, message),
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

struct Judge<'a> {
    observations: &'a [Observation],
    ok: &'a BTreeSet<&'a str>,
    inputs: &'a Inputs,
    redactor: &'a Redactor,
    language: Language,
}

impl Judge<'_> {
    fn check(&self, check: &Check, items: &mut BTreeMap<String, BTreeSet<String>>) -> Vec<Outcome> {
        if let Some(outcome) = self.unread(check) {
            return vec![outcome];
        }
        let Some(for_each) = &check.for_each else {
            return vec![self.item(check, None)];
        };
        match for_each.evaluate_list(self.inputs) {
            Err(e) => vec![plain(check, CheckOutcome::Unknown, self.unknown(check, &e.to_string()))],
            Ok(list) => {
                // Without a name its Finding could not be told from the check's: the list comes from a setting that is not set, say.
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

    /// One outcome for each key, the worst: items may differ and be known by one key, as `1` and `"1"` are, or two secrets.
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

    /// Held, or unknown, for want of a reading.
    fn unread(&self, check: &Check) -> Option<Outcome> {
        let bad = || {
            self.observations.iter().filter(|o| check.probes.contains(&o.name) && !self.ok.contains(o.name.as_str()))
        };
        if check.evaluate == Evaluate::WhenRead {
            return bad().next().map(|_| plain(check, CheckOutcome::Held, String::new()));
        }
        let watcher =
            bad().find_map(|o| o.reading.error.as_ref().filter(|e| e.kind.origin() == ErrorOrigin::Watcher))?;
        let message = texts::unread(self.language, &check.name, watcher.kind, &watcher.detail);
        Some(plain(check, CheckOutcome::Unknown, self.redactor.redact(&message).into_owned()))
    }

    fn item(&self, check: &Check, item: Option<&Item>) -> Outcome {
        let key = item.map(|i| bounded(&self.redactor.redact(&i.key()), KEY_MAX)).unwrap_or_default();
        let judged = self.given(check, item).and_then(|given| match given {
            false => Err(texts::not_given(self.language, &check.name)),
            true => check.expect.evaluate_bool(self.inputs, item).map_err(|e| self.unknown(check, &e.to_string())),
        });
        let (result, message) = match judged {
            Ok(true) => (CheckOutcome::Pass, String::new()),
            Ok(false) => (CheckOutcome::Fail, self.message(check, item, &key)),
            Err(message) => (CheckOutcome::Unknown, message),
        };
        let message = self.redactor.redact(&message).into_owned();
        Outcome { key, ..plain(check, result, message) }
    }

    fn given(&self, check: &Check, item: Option<&Item>) -> Result<bool, String> {
        let evaluate =
            |e: &Expression| e.evaluate_bool(self.inputs, item).map_err(|e| self.unknown(check, &e.to_string()));
        check.given.as_ref().map_or(Ok(true), evaluate)
    }

    fn message(&self, check: &Check, item: Option<&Item>, key: &str) -> String {
        let own = check.message.as_ref().and_then(|m| m.evaluate_text(self.inputs, item).ok());
        own.filter(|m| !m.trim().is_empty()).unwrap_or_else(|| texts::check_failed(self.language, &check.name, key))
    }

    fn unknown(&self, check: &Check, why: &str) -> String {
        format!("{}: {why}", check.name)
    }
}

#[cfg(test)]
mod tests;
