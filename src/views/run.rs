//! Requested runs.

use super::shown::{line, text};
use crate::api::{CheckOutcome, Health};
use crate::domain::cached_scenario::CachedScenario;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Results of a requested run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunView {
    /// Name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub scenario_id: String,
    /// Start of the run.
    pub run_at: Timestamp,
    /// Health of the Scenario after the run.
    #[schema(required)]
    pub health: Option<Health>,
    /// Outcomes of the checks, at most 128; the worst are kept.
    pub checks: Vec<CheckView>,
    /// Names of the Findings that the run opened.
    pub opened: Vec<String>,
    /// Names of the Findings that the run resolved.
    pub resolved: Vec<String>,
}

/// Outcome of one check.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CheckView {
    /// Name of the check or probe.
    pub name: String,
    /// Item of a check with `forEach`, else empty.
    pub key: String,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// Message of the check; empty where it passed.
    pub message: String,
}

/// A run that was requested and has not finished.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunAccepted {
    /// Name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub scenario_id: String,
    /// Time of the request, which identifies it.
    pub requested_at: Timestamp,
    /// Where the results will be, as in the header Location.
    #[schema(example = "/api/v1/agents/runs/proxmox.cluster?requested_at=2026-01-02T03:04:05Z")]
    pub location: String,
}

impl RunView {
    /// The results of the last requested run of a Scenario, if it was requested at this time or later.
    pub fn new(scenario: &CachedScenario, requested_at: Timestamp) -> Option<RunView> {
        let status = scenario.status.as_ref()?;
        let run = status.last_requested_run.as_ref()?;
        if run.requested()? < requested_at {
            return None;
        }
        let checks = run.checks.iter().map(|check| CheckView {
            name: line(&check.name),
            key: line(&check.key),
            outcome: check.outcome,
            message: text(&check.message),
        });
        Some(RunView {
            scenario_id: scenario.name.to_string(),
            run_at: run.run_at.0,
            health: status.health,
            checks: checks.collect(),
            opened: run.opened.clone(),
            resolved: run.resolved.clone(),
        })
    }
}
