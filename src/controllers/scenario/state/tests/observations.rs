//! What can be seen of the simulated API.

use super::world::{START, World};
use crate::api::{FindingStatus, Phase, RequestedRun, ScenarioStatus};
use crate::domain::fingerprint::finding_name;

impl World {
    pub fn status(&self, scenario: &str) -> ScenarioStatus {
        self.stored.scenarios[scenario].status.clone().unwrap_or_default()
    }

    /// The reason of the condition Ready.
    pub fn ready(&self, scenario: &str) -> String {
        let status = self.status(scenario);
        crate::api::conditions::find(&status.conditions, "Ready").map(|c| c.reason.clone()).unwrap_or_default()
    }

    pub fn answer(&self, scenario: &str) -> Option<RequestedRun> {
        self.status(scenario).last_requested_run.map(|run| *run)
    }

    pub fn finding_of(&self, scenario: &str, check: &str, key: &str) -> Option<FindingStatus> {
        self.stored.findings.get(&finding_name(scenario, check, key))?.status.clone()
    }

    pub fn finding_name(&self, scenario: &str) -> String {
        finding_name(scenario, "status", "")
    }

    /// Phase and second of each transition of the Finding of check `status`.
    pub fn transitions(&self, scenario: &str) -> Vec<(Phase, u64)> {
        let status = self.finding_of(scenario, "status", "").unwrap_or_default();
        status.transitions.iter().map(|t| (t.to, (t.at.0.as_second() - START) as u64)).collect()
    }

    pub fn phases(&self, scenario: &str) -> Vec<Phase> {
        self.transitions(scenario).into_iter().map(|(phase, _)| phase).collect()
    }
}
