//! The states of all Scenarios, for metrics and health: how many are in each, and which are not watched as they should be.

use crate::api::WatchState;
use crate::api::conditions::{HEALTHY, READY, bounded, find};
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::printable::printable;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Scenarios in each state that are named; the others are only counted.
const NAMED_MAX: usize = 20;
/// Bytes of what is wrong with each.
const PROBLEM_MAX: usize = 512;

/// The states of all Scenarios at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchStates {
    pub ready: usize,
    pub suspended: usize,
    pub invalid: NotWatched,
    pub late: NotWatched,
}

/// Scenarios that are not watched as they should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotWatched {
    pub total: usize,
    /// The first by name, each with what is wrong.
    pub first: BTreeMap<String, String>,
}

impl WatchStates {
    /// Adds a Scenario; `problem` says what is wrong where it is invalid or late.
    pub fn add(&mut self, state: WatchState, name: &str, problem: impl FnOnce() -> String) {
        match state {
            WatchState::Ready => self.ready += 1,
            WatchState::Suspended => self.suspended += 1,
            WatchState::Invalid => self.invalid.add(name, problem),
            WatchState::Late => self.late.add(name, problem),
        }
    }

    /// The states as the API has them: those of Scenarios as written by the leader, and objects that can't be decoded, each with the
    /// error.
    pub fn of_objects<'a>(
        scenarios: &[Arc<CachedScenario>],
        undecodable: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> WatchStates {
        let mut states = WatchStates::default();
        for scenario in scenarios {
            states.add(state_of(scenario), &scenario.name, || problem_of(scenario));
        }
        for (name, error) in undecodable {
            states.add(WatchState::Invalid, name, || error.to_string());
        }
        states
    }

    /// How many Scenarios are in a state.
    pub fn count(&self, state: WatchState) -> usize {
        match state {
            WatchState::Ready => self.ready,
            WatchState::Suspended => self.suspended,
            WatchState::Invalid => self.invalid.total,
            WatchState::Late => self.late.total,
        }
    }

    /// Whether every Scenario is watched, or suspended.
    pub fn is_well(&self) -> bool {
        self.invalid.total + self.late.total == 0
    }
}

impl NotWatched {
    fn add(&mut self, name: &str, problem: impl FnOnce() -> String) {
        self.total += 1;
        let is_full = self.first.len() >= NAMED_MAX;
        if is_full && self.first.last_key_value().is_some_and(|(last, _)| last.as_str() <= name) {
            return;
        }
        self.first.insert(name.to_string(), bounded(&printable(&problem()), PROBLEM_MAX));
        if is_full {
            self.first.pop_last();
        }
    }
}

/// The state of a Scenario as the API has it; where it does not say, what its conditions and its spec say.
pub fn state_of(scenario: &CachedScenario) -> WatchState {
    let stated = scenario.status.as_ref().and_then(|status| status.state);
    stated.unwrap_or_else(|| match (not_ready(scenario), scenario.spec.suspend) {
        (Some(_), _) => WatchState::Invalid,
        (None, true) => WatchState::Suspended,
        (None, false) => WatchState::Ready,
    })
}

fn not_ready(scenario: &CachedScenario) -> Option<&Condition> {
    find(conditions(scenario), READY).filter(|ready| ready.status == "False")
}

fn problem_of(scenario: &CachedScenario) -> String {
    let healthy = || find(conditions(scenario), HEALTHY);
    not_ready(scenario).or_else(healthy).map(|condition| condition.message.clone()).unwrap_or_default()
}

fn conditions(scenario: &CachedScenario) -> &[Condition] {
    scenario.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default()
}

/// The states as this replica knows them while it leads. Clones share them.
#[derive(Clone, Default)]
pub struct WatchStatesView {
    states: Arc<RwLock<Option<Arc<WatchStates>>>>,
}

impl WatchStatesView {
    /// The states, not older than about a second; `None` where this replica does not read targets.
    pub fn get(&self) -> Option<Arc<WatchStates>> {
        self.states.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, states: Option<WatchStates>) {
        *self.states.write().unwrap_or_else(PoisonError::into_inner) = states.map(Arc::new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_states_of_objects_are_those_that_the_leader_wrote() {
        let scenario = |name: &str, suspend: bool, status: serde_json::Value| {
            let spec = json!({"title": "t", "agent": "a", "severity": "low", "probes": [], "suspend": suspend});
            let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
                "metadata": {"name": name}, "spec": spec, "status": status});
            Arc::new(serde_json::from_value::<CachedScenario>(object).unwrap())
        };
        let condition = |type_: &str, status: &str, message: &str| json!({"type": type_, "status": status, "reason": "R", "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let conditions = json!([condition("Ready", "False", "why"), condition("Healthy", "Unknown", "late")]);
        let scenarios = [
            scenario("new", false, json!(null)),
            scenario("new-off", true, json!(null)),
            scenario("on", false, json!({"state": "ready"})),
            scenario("off", true, json!({"state": "suspended"})),
            scenario("wrong", false, json!({"state": "invalid", "conditions": conditions})),
            scenario("stateless", false, json!({"conditions": conditions})),
            scenario("slow", false, json!({"state": "late", "conditions": [conditions[1]]})),
        ];
        let states = WatchStates::of_objects(&scenarios, [("undecodable", "missing field\u{7}")]);
        assert_eq!(WatchState::ALL.map(|state| states.count(state)), [2, 3, 2, 1]);
        let named = |of: &NotWatched| of.first.clone().into_iter().collect::<Vec<_>>();
        let pair = |name: &str, problem: &str| (name.to_string(), problem.to_string());
        assert_eq!(named(&states.late), [pair("slow", "late")]);
        let invalid = named(&states.invalid);
        assert_eq!(invalid[..1], [pair("stateless", "why")]);
        assert!(!invalid[1].1.contains('\u{7}') && invalid[2] == pair("wrong", "why"), "{invalid:?}");
    }

    #[test]
    fn the_first_by_name_are_named_and_all_are_counted() {
        let mut states = WatchStates::default();
        for number in (0..50).rev().chain(50..100) {
            states.add(WatchState::Late, &format!("s{number:02}"), || format!("why {number}"));
        }
        states.add(WatchState::Ready, "r", || unreachable!("nothing is wrong"));
        assert_eq!((states.count(WatchState::Late), states.count(WatchState::Ready)), (100, 1));
        let names: Vec<String> = (0..20).map(|number| format!("s{number:02}")).collect();
        assert_eq!(states.late.first.keys().cloned().collect::<Vec<_>>(), names);
        assert_eq!(states.late.first["s07"], "why 7");
        assert!(!states.is_well());
    }
}
