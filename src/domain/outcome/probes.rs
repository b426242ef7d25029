//! The probes' own checks: whether each target was read.

use super::{MESSAGE_MAX, Observation, Outcome};
use crate::api::CheckOutcome;
use crate::api::conditions::bounded;
use crate::domain::reading::ErrorOrigin;
use crate::domain::redact::Redactor;
use crate::domain::texts::{self, Language};
use crate::domain::validate::ValidatedScenario;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Of several probes of one target that was not read, the first fails and the others are held.
pub(super) fn evaluate(
    scenario: &ValidatedScenario,
    observations: &[Observation],
    redactor: &Redactor,
    language: Language,
) -> Vec<Outcome> {
    // Each target that failed, with the probe that says so.
    let mut roots_down: BTreeMap<String, &str> = BTreeMap::new();
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
                match (error.kind.origin(), roots_down.get(&target)) {
                    (ErrorOrigin::Local, _) => (CheckOutcome::Unknown, message),
                    (ErrorOrigin::Target, Some(first)) => (CheckOutcome::Held, texts::held_by_target(language, first)),
                    (ErrorOrigin::Target, None) => {
                        roots_down.insert(target, &seen.name);
                        (CheckOutcome::Fail, message)
                    }
                }
            }
        };
        list.push(Outcome {
            check: seen.name.clone(),
            key: String::new(),
            result,
            message: bounded(&redactor.redact(&message), MESSAGE_MAX),
            severity: scenario.severity,
            probes: Arc::new(BTreeSet::from([seen.name.to_string()])),
            proof: None,
        });
    }
    list
}
