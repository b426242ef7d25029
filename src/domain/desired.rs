//! From streaks to the desired state of a Scenario's Findings.

pub use super::check_key::CheckKey;
use super::check_key::CheckMap;
use super::evidence::{Failing, RunSnapshot, evidence};
use super::keys::{CheckSurplus, KeyLimits, SurplusKeys};
use super::outcome::{Evaluation, Outcome};
use super::streak::{CheckState, Streaks};
use super::texts::{self, Language};
use super::transition::{Failure, ResolveReason};
use super::validate::ValidatedScenario;
use crate::api::conditions::bounded;
use crate::api::{BLIND, CheckOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Surplus keys that their Finding names, and the bytes of each.
const EXAMPLES_MAX: usize = 3;
const EXAMPLE_MAX: usize = 64;

/// The desired state of a Finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Desired {
    Open(Box<Failure>),
    Resolved(ResolveReason),
}

/// The desired state of the Findings of one Scenario; those not named stay as they are.
pub type DesiredFindings = BTreeMap<CheckKey, Desired>;

/// The last run in which each check passed.
pub type LastGood = CheckMap<Arc<RunSnapshot>>;

/// Records this run as the last good one of every check that passed.
pub fn record_last_good(last_good: &mut LastGood, outcomes: &Evaluation, snapshot: &Arc<RunSnapshot>) {
    for outcome in outcomes.list.iter().filter(|o| o.result == CheckOutcome::Pass) {
        *last_good.entry(&outcome.check, &outcome.key, || snapshot.clone()) = snapshot.clone();
    }
    if !outcomes.items.is_empty() {
        last_good.retain(|check, key| outcomes.items.get(check).is_none_or(|keys| keys.contains(key)));
    }
}

/// A run as its Findings show it.
pub struct RunRecord<'a> {
    pub outcomes: &'a Evaluation,
    pub snapshot: &'a RunSnapshot,
    pub last_good: &'a LastGood,
    pub surplus: &'a SurplusKeys,
}

/// The desired state after a run. `known` are the Findings that are open once everything pending is written.
pub fn desired_findings(
    scenario: &ValidatedScenario,
    streaks: &Streaks,
    run: &RunRecord<'_>,
    known: &BTreeSet<CheckKey>,
    language: Language,
) -> DesiredFindings {
    let RunRecord { outcomes, snapshot, last_good, surplus } = run;
    let mut desired = DesiredFindings::new();
    for (check, key) in known {
        let state = state_of(scenario, streaks, check, key);
        let reason = match state {
            None => ResolveReason::CheckRemoved,
            Some(CheckState::Passing) if has_left(outcomes, check, key) => ResolveReason::ItemRemoved,
            Some(CheckState::Passing) => ResolveReason::Recovered,
            Some(_) => continue,
        };
        desired.insert((check.clone(), key.clone()), Desired::Resolved(reason));
    }
    let is_failing = |check: &str| streaks.surplus_state(check) == Some(CheckState::Failing);
    for (check, surplus_of_check) in surplus.by_check.iter().filter(|(check, _)| is_failing(check)) {
        if let Some(failure) = surplus_failure(scenario, check, surplus_of_check, surplus.limits, snapshot, language) {
            desired.insert((check.clone(), String::new()), Desired::Open(Box::new(failure)));
        }
    }
    let failed = outcomes.list.iter().filter(|o| o.result == CheckOutcome::Fail);
    for outcome in failed.filter(|o| !surplus.has(&o.check, &o.key)) {
        if streaks.state(&outcome.check, &outcome.key) == CheckState::Failing {
            let failing = Failing {
                proof: outcome.proof.as_deref(),
                run: snapshot,
                last_good: last_good.get(&outcome.check, &outcome.key).map(Arc::as_ref),
                probes: &outcome.probes,
            };
            let failure = Failure {
                severity: outcome.severity,
                agent: scenario.agent.clone(),
                title: scenario.title.clone(),
                message: outcome.message.clone(),
                runbook: scenario.runbook.clone(),
                evidence: evidence(failing, language),
                interval: scenario.interval,
            };
            let at = (outcome.check.to_string(), outcome.key.clone());
            desired.insert(at, Desired::Open(Box::new(failure)));
        }
    }
    if streaks.state(BLIND, "") == CheckState::Failing
        && let Some(failure) = blind_failure(scenario, outcomes, snapshot, language)
    {
        desired.insert((BLIND.to_string(), String::new()), Desired::Open(Box::new(failure)));
    }
    desired
}

/// Whether the list of the check was read and has no such item.
fn has_left(outcomes: &Evaluation, check: &str, key: &str) -> bool {
    !key.is_empty() && outcomes.items.get(check).is_some_and(|keys| !keys.contains(key))
}

/// The desired state of the open Findings of a Scenario that was deleted.
pub fn desired_after_removal(known: &BTreeSet<CheckKey>) -> DesiredFindings {
    known.iter().map(|at| (at.clone(), Desired::Resolved(ResolveReason::ScenarioRemoved))).collect()
}

/// The desired state of the open Findings of checks that an edited Scenario no longer has. `streaks` have only what it has.
pub fn desired_after_edit(
    scenario: &ValidatedScenario,
    streaks: &Streaks,
    known: &BTreeSet<CheckKey>,
) -> DesiredFindings {
    let gone = known.iter().filter(|(check, key)| state_of(scenario, streaks, check, key).is_none());
    gone.map(|at| (at.clone(), Desired::Resolved(ResolveReason::CheckRemoved))).collect()
}

/// The state of the check, the item or the surplus keys that a Finding is about; `None` where the Scenario no longer has it.
fn state_of(scenario: &ValidatedScenario, streaks: &Streaks, check: &str, key: &str) -> Option<CheckState> {
    if key.is_empty() && scenario.has_list(check) {
        return streaks.surplus_state(check);
    }
    scenario.has_check(check, key).then(|| streaks.state(check, key))
}

/// The failure that the surplus keys of a check are; `None` where it has none.
fn surplus_failure(
    scenario: &ValidatedScenario,
    name: &str,
    surplus: &CheckSurplus,
    limits: KeyLimits,
    snapshot: &RunSnapshot,
    language: Language,
) -> Option<Failure> {
    let check = scenario.checks.iter().find(|check| *check.name == *name)?;
    let examples: Vec<String> = surplus.keys.iter().take(EXAMPLES_MAX).map(|key| bounded(key, EXAMPLE_MAX)).collect();
    let count = surplus.keys.len();
    let KeyLimits { findings_per_check: most, new_keys_per_hour: hourly } = limits;
    (count > 0).then(|| Failure {
        severity: check.severity,
        agent: scenario.agent.clone(),
        title: texts::surplus_title(language, &scenario.title),
        message: bounded(&texts::surplus(language, name, count, &examples.join(", "), most, hourly), 1024),
        runbook: scenario.runbook.clone(),
        evidence: evidence(Failing::unproven(snapshot, &check.probes), language),
        interval: scenario.interval,
    })
}

fn blind_failure(
    scenario: &ValidatedScenario,
    outcomes: &Evaluation,
    snapshot: &RunSnapshot,
    language: Language,
) -> Option<Failure> {
    let unknown: Vec<&Outcome> = outcomes.list.iter().filter(|o| o.result == CheckOutcome::Unknown).collect();
    let reasons = unknown_reasons(outcomes)?;
    let probes = unknown.iter().flat_map(|o| o.probes.iter().cloned()).collect();
    Some(Failure {
        severity: scenario.severity,
        agent: scenario.agent.clone(),
        title: texts::blind_title(language, &scenario.title),
        message: bounded(&texts::blind(language, &reasons), 1024),
        runbook: scenario.runbook.clone(),
        evidence: evidence(Failing::unproven(snapshot, &probes), language),
        interval: scenario.interval,
    })
}

/// Why checks could not be judged, each reason once; `None` where all could.
pub fn unknown_reasons(outcomes: &Evaluation) -> Option<String> {
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
