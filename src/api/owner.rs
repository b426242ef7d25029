//! Who has taken a Finding over: as people write it, and as the operator records it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person who works on the Finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Name of the person who works on the Finding. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    /// Time at which the person took the Finding over. Defaults to the time at which the operator recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// Name of the Action that records who took the Finding over; set by the REST facade. The name in `by` is proven by that Action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"))]
    pub action: Option<String>,
}

/// The owner of an occurrence as the operator recorded it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingOwner {
    /// Name of the person who took the Finding over.
    #[schemars(length(max = 253))]
    pub by: String,
    /// Time at which that was.
    pub at: Time,
    /// Number of the occurrence that was taken over, as counted by `status.occurrences`.
    #[schemars(range(min = 0))]
    pub occurrence: u32,
    /// Name of the Action that records it, as `spec.owner` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub action: Option<String>,
    /// Field manager that wrote the owner, such as `kubectl-patch`. Clients choose it freely: it proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub manager: Option<String>,
    /// Whether the name was authenticated, as in `status.acknowledgement`.
    #[serde(default)]
    pub proven: bool,
}
