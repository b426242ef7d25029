//! The checks: their expressions, evaluated over the readings.

use super::{MESSAGE_MAX, Observation, Outcome, RunContext};
use crate::api::conditions::bounded;
use crate::api::{CheckOutcome, Evaluate};
use crate::cel::{EvalError, Expression, Inputs, Item};
use crate::domain::evidence::{Proof, VALUES_MAX};
use crate::domain::reading::ErrorOrigin;
use crate::domain::redact::Redactor;
use crate::domain::texts::{self, Language};
use crate::domain::validate::Check;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Keys are cut at this many bytes.
const KEY_MAX: usize = 256;

/// The outcome of a check, or of one item of it.
pub(super) struct Judged {
    pub outcome: Outcome,
    item: Option<Item>,
}

impl Judged {
    fn plain(check: &Check, result: CheckOutcome, message: &str) -> Judged {
        let outcome = Outcome {
            check: check.name.clone(),
            key: String::new(),
            result,
            message: bounded(message, MESSAGE_MAX),
            severity: check.severity,
            probes: check.probes.clone(),
            proof: None,
        };
        Judged { outcome, item: None }
    }

    /// Held, and why.
    pub fn held(check: &Check, reason: &str) -> Judged {
        Judged::plain(check, CheckOutcome::Held, reason)
    }

    fn unknown(check: &Check, reason: &str) -> Judged {
        Judged::plain(check, CheckOutcome::Unknown, reason)
    }
}

/// Evaluates checks over the readings of a run.
pub(super) struct Evaluator<'a> {
    observations: &'a [Observation],
    /// The probes that were read.
    ok: &'a BTreeSet<&'a str>,
    inputs: &'a Inputs,
    redactor: &'a Redactor,
    language: Language,
    /// Names of checks.
    too_costly: RefCell<BTreeSet<String>>,
}

impl<'a> Evaluator<'a> {
    pub fn new(
        observations: &'a [Observation],
        ok: &'a BTreeSet<&'a str>,
        inputs: &'a Inputs,
        context: &'a RunContext,
    ) -> Evaluator<'a> {
        let RunContext { redactor, language, .. } = context;
        Evaluator { observations, ok, inputs, redactor, language: *language, too_costly: RefCell::default() }
    }

    /// Checks of which an expression cost more than it may.
    pub fn too_costly(self) -> BTreeSet<String> {
        self.too_costly.into_inner()
    }

    /// The outcomes of a check; adds the keys of its items where there is a list of them.
    pub fn check(&self, check: &Check, items: &mut BTreeMap<String, BTreeSet<String>>) -> Vec<Judged> {
        if let Some(judged) = self.unread(check) {
            return vec![judged];
        }
        let Some(for_each) = &check.for_each else {
            return vec![self.item(check, None)];
        };
        match for_each.evaluate_list(self.inputs) {
            Err(e) => vec![Judged::unknown(check, &self.unknown(check, &e))],
            Ok(list) => {
                // Its Finding would have the key of the check itself. Such a list comes from an empty setting, for example.
                if let Some(at) = list.iter().position(|item| item.key().is_empty()) {
                    return vec![Judged::unknown(check, &texts::item_without_name(self.language, &check.name, at))];
                }
                let judged = self.items(check, list);
                items.insert(check.name.to_string(), judged.iter().map(|j| j.outcome.key.clone()).collect());
                judged
            }
        }
    }

    /// The outcome, of a failure with what proves it. `room`: the bytes that are left for that.
    pub fn proven(&self, check: &Check, judged: Judged, room: &mut usize) -> Outcome {
        let Judged { mut outcome, item } = judged;
        if outcome.result == CheckOutcome::Fail {
            let proof = match *room {
                0 => Proof::omitted(check.expect.source(), self.redactor, self.language),
                _ => self.proof(check, item.as_ref()),
            };
            *room = room.saturating_sub(proof.size());
            outcome.proof = Some(Box::new(proof));
        }
        outcome
    }

    fn proof(&self, check: &Check, item: Option<&Item>) -> Proof {
        let show = check.show.as_ref();
        let show = show.map(|e| e.evaluate_shown(self.inputs, item).inspect_err(|e| self.note(check, e)));
        let reads = check.expect.reads(self.inputs, item, VALUES_MAX + 1);
        Proof::new(check.expect.source(), reads, show, self.redactor, self.language)
    }

    /// One outcome for each key, the worst: different items may have the same key, such as `1` and `"1"`, or two redacted secrets.
    fn items(&self, check: &Check, list: Vec<Item>) -> Vec<Judged> {
        let mut all: Vec<Judged> = Vec::with_capacity(list.len());
        for judged in list.into_iter().map(|item| self.item(check, Some(item))) {
            match all.iter_mut().find(|known| known.outcome.key == judged.outcome.key) {
                Some(known) if judged.outcome.result < known.outcome.result => *known = judged,
                Some(_) => {}
                None => all.push(judged),
            }
        }
        all
    }

    /// Held or unknown, where a reading is missing.
    fn unread(&self, check: &Check) -> Option<Judged> {
        let bad =
            || self.observations.iter().filter(|o| check.probes.contains(&*o.name) && !self.ok.contains(&*o.name));
        if check.evaluate == Evaluate::WhenRead {
            return bad().next().map(|seen| Judged::held(check, &texts::held_by_probe(self.language, &seen.name)));
        }
        let local = |o: &&Observation| o.reading.error.as_ref().is_some_and(|e| e.kind.origin() == ErrorOrigin::Local);
        let seen = bad().find(local)?;
        let error = seen.reading.error.as_ref()?;
        let message = format!("{}: {}", check.name, texts::unread(self.language, &seen.shown_target(), error));
        Some(Judged::unknown(check, &self.redactor.redact(&message)))
    }

    fn item(&self, check: &Check, item: Option<Item>) -> Judged {
        let of_item = item.as_ref();
        let key = of_item.map(|i| bounded(&self.redactor.redact(&i.key()), KEY_MAX)).unwrap_or_default();
        let result = self.given(check, of_item).and_then(|given| match given {
            false => Err(texts::not_given(self.language, &check.name)),
            true => check.expect.evaluate_bool(self.inputs, of_item).map_err(|e| self.unknown(check, &e)),
        });
        let (result, message) = match result {
            Ok(true) => (CheckOutcome::Pass, String::new()),
            Ok(false) => (CheckOutcome::Fail, self.message(check, of_item, &key)),
            Err(message) => (CheckOutcome::Unknown, message),
        };
        let Judged { outcome, .. } = Judged::plain(check, result, &self.redactor.redact(&message));
        Judged { outcome: Outcome { key, ..outcome }, item }
    }

    fn given(&self, check: &Check, item: Option<&Item>) -> Result<bool, String> {
        let evaluate = |e: &Expression| e.evaluate_bool(self.inputs, item).map_err(|e| self.unknown(check, &e));
        check.given.as_ref().map_or(Ok(true), evaluate)
    }

    /// The check's own message, else the standard phrase, with the error where there is one.
    fn message(&self, check: &Check, item: Option<&Item>, key: &str) -> String {
        let standard = || texts::check_failed(self.language, &check.name, key);
        match check.message.as_ref().map(|message| message.evaluate_text(self.inputs, item)) {
            Some(Ok(message)) if !message.trim().is_empty() => message,
            Some(Err(error)) => {
                self.note(check, &error);
                texts::message_failed(self.language, &standard(), &error)
            }
            _ => standard(),
        }
    }

    /// Notes the check if its expression cost more than it may.
    fn note(&self, check: &Check, error: &EvalError) {
        if error.is_too_costly() {
            self.too_costly.borrow_mut().insert(check.name.to_string());
        }
    }

    fn unknown(&self, check: &Check, error: &EvalError) -> String {
        self.note(check, error);
        format!("{}: {}", check.name, texts::evaluation(self.language, error))
    }
}
