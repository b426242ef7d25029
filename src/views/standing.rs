//! How a Scenario stands.

use crate::api::{Health, WatchState};
use crate::controllers::scenario::state_of;
use crate::domain::cached_scenario::CachedScenario;

/// How a Scenario stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A Finding is open.
    Failing,
    /// It can't be judged.
    Unknown,
    /// No run was completed for two intervals.
    Late,
    /// Its spec has errors: nothing is read.
    Invalid,
    Suspended,
    Healthy,
}

impl Standing {
    pub const ALL: [Standing; 6] = [
        Standing::Failing,
        Standing::Unknown,
        Standing::Late,
        Standing::Invalid,
        Standing::Suspended,
        Standing::Healthy,
    ];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Failing => "failing",
            Standing::Unknown => "unknown",
            Standing::Late => "late",
            Standing::Invalid => "invalid",
            Standing::Suspended => "suspended",
            Standing::Healthy => "healthy",
        }
    }
}

/// How a Scenario stands. A failure says more than lateness.
pub fn standing(scenario: &CachedScenario) -> Standing {
    let health = scenario.status.as_ref().and_then(|status| status.health);
    match (state_of(scenario), health) {
        (WatchState::Invalid, _) => Standing::Invalid,
        (WatchState::Suspended, _) => Standing::Suspended,
        (_, Some(Health::Failing)) => Standing::Failing,
        (WatchState::Late, _) => Standing::Late,
        (WatchState::Ready, Some(Health::Healthy)) => Standing::Healthy,
        (WatchState::Ready, _) => Standing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scenario(status: serde_json::Value) -> CachedScenario {
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "x"},
            "spec": {"title": "t", "agent": "a", "severity": "low", "probes": []}, "status": status});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_scenario_stands_in_one_way() {
        for (status, expected) in [
            (json!({"state": "ready", "health": "healthy"}), Standing::Healthy),
            (json!({"state": "ready", "health": "failing"}), Standing::Failing),
            (json!({"state": "late", "health": "failing"}), Standing::Failing),
            (json!({"state": "late", "health": "unknown"}), Standing::Late),
            (json!({"state": "suspended", "health": "failing"}), Standing::Suspended),
            (json!({"state": "invalid", "health": "unknown"}), Standing::Invalid),
            (json!(null), Standing::Unknown),
        ] {
            assert_eq!(standing(&scenario(status.clone())), expected, "{status}");
        }
    }
}
