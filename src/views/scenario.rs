//! Scenarios.

use super::shown::{line, text};
use super::{AgentRef, RunTimes};
use crate::api::conditions::{HEALTHY, READY, find};
use crate::api::{Health, Severity, WatchState};
use crate::controllers::scenario::state_of;
use crate::domain::cached_scenario::CachedScenario;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A Scenario: what is probed, how often, and its current health.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScenarioView {
    /// Object name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub id: String,
    /// Title that people on duty read.
    #[schema(example = "Cluster do Proxmox")]
    pub title: String,
    /// The responsible Agent.
    pub agent: AgentRef,
    /// Severity of its Findings where a check sets no other.
    pub severity: Severity,
    /// Time between two runs, in seconds; null where it is not known.
    #[schema(required, example = 300)]
    pub interval_seconds: Option<u64>,
    /// Whether the Scenario is suspended and does not run.
    #[schema(example = false)]
    pub suspended: bool,
    /// Whether the condition Ready is True.
    #[schema(example = true)]
    pub ready: bool,
    /// Whether the Scenario is watched: `ready`, `invalid`, `suspended`, or `late` (no run was completed for two intervals).
    pub state: WatchState,
    /// Current health.
    pub health: Health,
    /// Why the health is what it is; what is wrong with the spec where the Scenario is not ready. Null before the first run.
    #[schema(required, example = "1 Finding")]
    pub message: Option<String>,
    /// Number of Findings that are Open or Acknowledged.
    #[schema(example = 1)]
    pub open_findings: u32,
    /// Time of the last run that was recorded.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub last_run_at: Option<Timestamp>,
    /// Time of the next run; null where the Scenario does not run in this process.
    #[schema(required, example = "2026-01-02T03:09:05Z")]
    pub next_run_at: Option<Timestamp>,
}

impl ScenarioView {
    /// The view of a Scenario; `agent` is the reference to the Agent that its spec names.
    pub fn new(scenario: &CachedScenario, agent: AgentRef, times: RunTimes) -> ScenarioView {
        let status = scenario.status.as_ref();
        ScenarioView {
            id: scenario.name.to_string(),
            title: line(&scenario.spec.title),
            agent,
            severity: scenario.spec.severity,
            interval_seconds: times.interval.map(|interval| interval.as_secs()),
            suspended: scenario.spec.suspend,
            ready: is_ready(scenario),
            state: state_of(scenario),
            message: status.and_then(|s| find(&s.conditions, HEALTHY)).map(|healthy| text(&healthy.message)),
            health: status.and_then(|s| s.health).unwrap_or(Health::Unknown),
            open_findings: status.and_then(|s| s.open_findings).unwrap_or(0),
            last_run_at: status.and_then(|s| s.last_run_at.as_ref()).map(|at| at.0),
            next_run_at: times.next_run_at,
        }
    }
}

/// Whether the condition Ready of a Scenario is True.
pub fn is_ready(scenario: &CachedScenario) -> bool {
    let conditions = scenario.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
    find(conditions, READY).is_some_and(|c| c.status == "True")
}
