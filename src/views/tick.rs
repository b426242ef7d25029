//! Ticks.

use crate::api::Health;
use serde::Serialize;
use utoipa::ToSchema;

/// Results of a tick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TickView {
    /// Number of Scenarios that were due.
    pub due: usize,
    /// Number of Scenarios that ran.
    pub ran: usize,
    /// Results by Scenario, at most 500; those that are not healthy come first.
    pub results: Vec<TickResultView>,
}

/// Results of a tick for one Scenario.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TickResultView {
    /// Name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub scenario_id: String,
    /// Health of the Scenario after the run.
    #[schema(required)]
    pub health: Option<Health>,
    /// Names of the Findings that the run opened.
    pub opened: Vec<String>,
    /// Names of the Findings that the run resolved.
    pub resolved: Vec<String>,
}
