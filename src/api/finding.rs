//! `Finding`: one thing that is wrong, from the moment it breaks until it is whole again.

use super::Severity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which fault this is (set once), and whether a person has taken note.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "agentic.ligbox.io",
    version = "v1alpha1",
    kind = "Finding",
    plural = "findings",
    shortname = "fnd",
    category = "agentic",
    namespaced,
    status = "FindingStatus",
    derive = "PartialEq",
    doc = "A Finding is one thing that is wrong, from the moment it breaks until it is whole again.",
    selectable = ".spec.scenario",
    selectable = ".spec.check",
    selectable = ".status.phase",
    selectable = ".status.severity",
    selectable = ".status.agent",
    printcolumn(name = "Severity", type_ = "string", json_path = ".status.severity"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Scenario", type_ = "string", json_path = ".spec.scenario"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message"),
    printcolumn(name = "Since", type_ = "date", json_path = ".status.since"),
    printcolumn(name = "Check", type_ = "string", priority = 1, json_path = ".spec.check"),
    printcolumn(name = "Key", type_ = "string", priority = 1, json_path = ".spec.key"),
    printcolumn(name = "Agent", type_ = "string", priority = 1, json_path = ".status.agent"),
    printcolumn(name = "Times", type_ = "integer", priority = 1, json_path = ".status.occurrences")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.scenario == oldSelf.scenario && self.check == oldSelf.check && self.key == oldSelf.key && self.fingerprint == oldSelf.fingerprint")
        .message("scenario, check, key and fingerprint are set once")
)]
pub struct FindingSpec {
    /// Name of the Scenario.
    #[schemars(length(min = 1, max = 63))]
    pub scenario: String,
    /// Name of the check or probe in it.
    #[schemars(length(min = 1, max = 63))]
    pub check: String,
    /// The item of a check with `forEach`, else empty.
    #[schemars(length(max = 256))]
    pub key: String,
    /// Ten hex digits over scenario, check and key.
    #[schemars(length(min = 10, max = 10), regex(pattern = r"^[0-9a-f]+$"))]
    pub fingerprint: String,
    /// Written by people: quiet until it clears. The operator takes it out when the Finding resolves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
}

/// A person's note that this is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledgement {
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub note: Option<String>,
    /// Default: when the operator saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

/// What the operator knows of the fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Object name of the Agent that speaks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub title: Option<String>,
    /// What is wrong, in the words of the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// When this occurrence began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Time>,
    /// When the phase last changed between wrong and whole: openedAt or resolvedAt, whichever is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// How many times it has broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub occurrences: Option<u32>,
    /// The acknowledgement of this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<FindingAcknowledgement>,
    /// The newest 20, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub transitions: Vec<Transition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// Where a Finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    Open,
    Acknowledged,
    Resolved,
}

impl FindingStatus {
    /// Whether the fault is still to be resolved. A Finding that has no phase is one: whoever made it ended before saying more,
    /// or it was restored without its status.
    pub fn is_unresolved(&self) -> bool {
        self.phase != Some(Phase::Resolved)
    }
}

impl Phase {
    /// Open or Acknowledged.
    pub fn is_active(self) -> bool {
        self != Phase::Resolved
    }

    /// The word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Open => "Open",
            Phase::Acknowledged => "Acknowledged",
            Phase::Resolved => "Resolved",
        }
    }
}

/// An acknowledgement as the operator took note of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingAcknowledgement {
    #[schemars(length(max = 253))]
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub note: Option<String>,
    pub at: Time,
    /// The occurrence that it holds for.
    #[schemars(range(min = 0))]
    pub occurrence: u32,
    /// The field manager that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub manager: Option<String>,
    /// Whether the name was proven: true through the facade; by kubectl, where the API server checked it.
    #[serde(default)]
    pub proven: bool,
}

/// A change of phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    pub at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Phase>,
    pub to: Phase,
    /// A CamelCase word.
    #[schemars(length(max = 64))]
    pub reason: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 512))]
    pub message: String,
}

/// What was read when it failed and when it was last well, so that a person sees what changed. At most 4 KiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Snapshot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Snapshot>,
    /// True where something was cut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// Readings at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    pub at: Time,
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub readings: Vec<Excerpt>,
}

/// A reading in few words, secrets blanked out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Excerpt {
    #[schemars(length(max = 63))]
    pub probe: String,
    #[schemars(length(max = 4096))]
    pub reading: String,
}
