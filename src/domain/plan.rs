//! From counted outcomes to what the Findings of a Scenario are to become.

use super::evidence::{RunSnapshot, evidence};
use super::outcome::{Outcome, Outcomes};
use super::texts::{self, Language};
use super::tracker::{Standing, Tracker};
use super::transition::{Fault, ResolveReason};
use super::validate::ValidatedScenario;
use crate::api::conditions::bounded;
use crate::api::{BLIND, CheckOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A check and an item of it.
pub type CheckKey = (String, String);

/// What a Finding is to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Desired {
    Broken(Box<Fault>),
    Whole(ResolveReason),
}

/// What is wanted of the Findings of one Scenario; those not named stay as they are.
pub type Plan = BTreeMap<CheckKey, Desired>;

/// Where each check was last well.
pub type LastGood = BTreeMap<CheckKey, Arc<RunSnapshot>>;

/// Notes this run as the last good one of every check that passed.
pub fn note_good(last_good: &mut LastGood, outcomes: &Outcomes, snapshot: &Arc<RunSnapshot>) {
    for outcome in outcomes.list.iter().filter(|o| o.result == CheckOutcome::Pass) {
        last_good.insert((outcome.check.clone(), outcome.key.clone()), snapshot.clone());
    }
    last_good.retain(|(check, key), _| outcomes.items.get(check).is_none_or(|keys| keys.contains(key)));
}

/// The plan after a run. `known` are the Findings that are open, or are about to be.
pub fn plan(
    scenario: &ValidatedScenario,
    tracker: &Tracker,
    outcomes: &Outcomes,
    snapshot: &RunSnapshot,
    last_good: &LastGood,
    known: &BTreeSet<CheckKey>,
    language: Language,
) -> Plan {
    let mut plan = Plan::new();
    for (check, key) in known {
        if !scenario.has_check(check, key) {
            plan.insert((check.clone(), key.clone()), Desired::Whole(ResolveReason::CheckRemoved));
        } else if tracker.standing(check, key) == Standing::Whole {
            plan.insert((check.clone(), key.clone()), Desired::Whole(ResolveReason::Recovered));
        }
    }
    for outcome in outcomes.list.iter().filter(|o| o.result == CheckOutcome::Fail) {
        if tracker.standing(&outcome.check, &outcome.key) == Standing::Broken {
            let at = (outcome.check.clone(), outcome.key.clone());
            let good = last_good.get(&at).map(Arc::as_ref);
            let fault = Fault {
                severity: outcome.severity,
                agent: scenario.agent.clone(),
                title: scenario.title.clone(),
                message: outcome.message.clone(),
                evidence: evidence(snapshot, good, &outcome.probes),
                interval: scenario.interval,
            };
            plan.insert(at, Desired::Broken(Box::new(fault)));
        }
    }
    if tracker.standing(BLIND, "") == Standing::Broken
        && let Some(fault) = blind_fault(scenario, outcomes, snapshot, language)
    {
        plan.insert((BLIND.to_string(), String::new()), Desired::Broken(Box::new(fault)));
    }
    plan
}

/// What stands on record of a Scenario that is gone.
pub fn plan_removed(known: &BTreeSet<CheckKey>) -> Plan {
    known.iter().map(|at| (at.clone(), Desired::Whole(ResolveReason::ScenarioRemoved))).collect()
}

/// What stands on record of checks that an edited Scenario no longer has.
pub fn plan_edited(scenario: &ValidatedScenario, known: &BTreeSet<CheckKey>) -> Plan {
    let gone = known.iter().filter(|(check, key)| !scenario.has_check(check, key));
    gone.map(|at| (at.clone(), Desired::Whole(ResolveReason::CheckRemoved))).collect()
}

fn blind_fault(
    scenario: &ValidatedScenario,
    outcomes: &Outcomes,
    snapshot: &RunSnapshot,
    language: Language,
) -> Option<Fault> {
    let unknown: Vec<&Outcome> = outcomes.list.iter().filter(|o| o.result == CheckOutcome::Unknown).collect();
    let reasons = unknown_reasons(outcomes)?;
    let probes = unknown.iter().flat_map(|o| o.probes.iter().cloned()).collect();
    Some(Fault {
        severity: scenario.severity,
        agent: scenario.agent.clone(),
        title: texts::blind_title(language, &scenario.title),
        message: bounded(&texts::blind(language, &reasons), 1024),
        evidence: evidence(snapshot, None, &probes),
        interval: scenario.interval,
    })
}

/// Why something could not be judged, each reason once; `None` where everything could.
pub fn unknown_reasons(outcomes: &Outcomes) -> Option<String> {
    let mut reasons: Vec<&str> = Vec::new();
    for outcome in outcomes.list.iter().filter(|o| o.result == CheckOutcome::Unknown) {
        if !reasons.contains(&outcome.message.as_str()) {
            reasons.push(&outcome.message);
        }
    }
    (!reasons.is_empty()).then(|| bounded(&reasons.join("; "), 900))
}

#[cfg(test)]
mod tests;
