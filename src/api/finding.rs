//! `Finding`: a failed check, from opening to resolution.

use super::advice::Advice;
use super::notice::{Informed, Notice};
use super::owner::{FindingOwner, Owner};
use super::severity::Severity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The identity of the Finding, which is immutable, and what people state about the current occurrence: that it is known, and who works on it.
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
    doc = "A Finding is a failed check of a Scenario, from opening to resolution. The same check and item always use the same Finding.",
    selectable = ".spec.scenario",
    selectable = ".spec.check",
    selectable = ".status.phase",
    selectable = ".status.severity",
    selectable = ".status.agent",
    printcolumn(
        name = "Severity",
        type_ = "string",
        description = "Severity of the Finding",
        json_path = ".status.severity"
    ),
    printcolumn(
        name = "Phase",
        type_ = "string",
        description = "Open, Acknowledged or Resolved",
        json_path = ".status.phase"
    ),
    printcolumn(
        name = "Scenario",
        type_ = "string",
        description = "Scenario that it belongs to",
        json_path = ".spec.scenario"
    ),
    printcolumn(name = "Title", type_ = "string", description = "Title of the Scenario", json_path = ".status.title"),
    printcolumn(
        name = "Message",
        type_ = "string",
        description = "Message of the failing check, or how it ended",
        json_path = ".status.message"
    ),
    printcolumn(
        name = "Since",
        type_ = "date",
        description = "Time since it became active or resolved",
        json_path = ".status.since"
    ),
    printcolumn(
        name = "Check",
        type_ = "string",
        description = "Check or probe that failed",
        priority = 1,
        json_path = ".spec.check"
    ),
    printcolumn(
        name = "Key",
        type_ = "string",
        description = "Item of a check with forEach",
        priority = 1,
        json_path = ".spec.key"
    ),
    printcolumn(
        name = "Agent",
        type_ = "string",
        description = "Agent that owns the Scenario",
        priority = 1,
        json_path = ".status.agent"
    ),
    printcolumn(
        name = "Times",
        type_ = "integer",
        description = "Number of times that it was opened",
        priority = 1,
        json_path = ".status.occurrences"
    ),
    printcolumn(
        name = "Owner",
        type_ = "string",
        description = "Person who works on it",
        priority = 1,
        json_path = ".spec.owner.by"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.scenario == oldSelf.scenario && self.check == oldSelf.check && self.key == oldSelf.key && self.fingerprint == oldSelf.fingerprint")
        .message("scenario, check, key and fingerprint are immutable")
)]
pub struct FindingSpec {
    /// Name of the Scenario that the Finding belongs to. Immutable.
    #[schemars(length(min = 1, max = 63))]
    pub scenario: String,
    /// Name of the check or probe that failed, or `blind` if the Scenario cannot be evaluated. Immutable.
    #[schemars(length(min = 1, max = 63))]
    pub check: String,
    /// Item of a check with `forEach`; empty for other checks. At most 256 characters. Immutable.
    #[schemars(length(max = 256))]
    pub key: String,
    /// Hash over scenario, check and key, 10 hexadecimal digits. It is the last part of the object name. Immutable.
    #[schemars(length(min = 10, max = 10), regex(pattern = r"^[0-9a-f]+$"))]
    pub fingerprint: String,
    /// Acknowledgement of the current occurrence, written by people. It stops further notices until the Finding resolves;
    /// the operator then removes it. Removing it earlier takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// Who works on the current occurrence, written by people. It changes no phase and holds no notice back. When the Finding resolves,
    /// the operator removes it. Removing it earlier releases the Finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
}

/// A person's statement that the Finding is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledgement {
    /// Name of the person who acknowledges. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    /// Note for other people on duty. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub note: Option<String>,
    /// Time of the acknowledgement. Defaults to the time at which the operator recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// Name of the Action that records the acknowledgement; set by the REST facade. The name in `by` is proven by that
    /// Action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"))]
    pub action: Option<String>,
}

/// The observed state, written by the operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingStatus {
    /// The `metadata.generation` of the Finding that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Open, Acknowledged or Resolved. Findings in phase Open or Acknowledged are active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Severity of the check, or of the Scenario if the check has none, as of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Name of the Agent that owns the Scenario, as of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub agent: Option<String>,
    /// Title of the Scenario, as of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub title: Option<String>,
    /// Message of the failing check; once the Finding is resolved, how it ended and what that message was. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// The runbook of the Scenario, as of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<FindingRunbook>,
    /// Why the check failed, and readings of a failing and of the last passing run. At most 4 KiB. While the Finding is
    /// open it is written again where the message, `show` or the values have changed, at most every 5 minutes; for the
    /// first time after 30 seconds where the words of the message or a status code changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Time at which the current or last occurrence was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Time>,
    /// Time at which the last occurrence was resolved; absent while the Finding is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Time>,
    /// Time at which the Finding last became active or resolved: the later of openedAt and resolvedAt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Number of times that the Finding was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub occurrences: Option<u32>,
    /// Acknowledgement of the current occurrence, as the operator recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<FindingAcknowledgement>,
    /// Who took the current or last occurrence over, as the operator recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<FindingOwner>,
    /// The last 20 changes of phase, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub transitions: Vec<Transition>,
    /// Recipients who were told of an opening and not yet of its end. It is never cut; at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub informed: Vec<Informed>,
    /// The last 40 notices about the Finding, oldest first, with the reason for each that was not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 40))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub notices: Vec<Notice>,
    /// Name of the Thread that tells of the current or last occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub thread: Option<String>,
    /// Advice on the current or last occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
    /// The conditions Resolved and Acknowledged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// The runbook that tells people on duty how to handle a Finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingRunbook {
    /// Path of the runbook within AGENTIC_SPECS_ROOT, without `.md`.
    #[schemars(length(max = 128))]
    pub spec: String,
    /// Heading of the section that applies; absent for the whole runbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub section: Option<String>,
    /// Address of the runbook, at its section; absent if AGENTIC_RUNBOOK_URL is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub url: Option<String>,
}

/// The phase of a Finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    Open,
    Acknowledged,
    Resolved,
}

impl FindingStatus {
    /// Whether the Finding is not resolved. A Finding without a phase is not: the operator ended between creating it and
    /// writing its status, or it was restored from a backup without its status. The operator still gives it a phase; nothing else
    /// shows or counts it before that.
    pub fn is_unresolved(&self) -> bool {
        self.phase != Some(Phase::Resolved)
    }

    /// Whether the Finding is in phase Open or Acknowledged.
    pub fn is_active(&self) -> bool {
        self.phase.is_some_and(Phase::is_active)
    }
}

impl Phase {
    /// Whether the phase is Open or Acknowledged.
    pub fn is_active(self) -> bool {
        self != Phase::Resolved
    }

    /// The value in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Open => "Open",
            Phase::Acknowledged => "Acknowledged",
            Phase::Resolved => "Resolved",
        }
    }
}

/// An acknowledgement as the operator recorded it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingAcknowledgement {
    /// Name of the person who acknowledged.
    #[schemars(length(max = 253))]
    pub by: String,
    /// Note of that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub note: Option<String>,
    /// Time of the acknowledgement.
    pub at: Time,
    /// Number of the occurrence that was acknowledged, as counted by `status.occurrences`.
    #[schemars(range(min = 0))]
    pub occurrence: u32,
    /// Name of the Action that records the acknowledgement, as `spec.acknowledgement` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub action: Option<String>,
    /// Field manager that wrote the acknowledgement, such as `kubectl-patch`. Clients choose it freely: it proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub manager: Option<String>,
    /// Whether the name was authenticated: true for acknowledgements through the REST facade, which its Action proves, and
    /// for those by kubectl if an admission policy of the API server checks names.
    #[serde(default)]
    pub proven: bool,
}

/// A change of phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// Time of the change.
    pub at: Time,
    /// Phase before the change; absent for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Phase>,
    /// Phase after the change.
    pub to: Phase,
    /// Reason for the change, in CamelCase: Opened, Reopened, Acknowledged, AcknowledgementRemoved, Recovered,
    /// CheckRemoved or ScenarioRemoved.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// Details of the change. At most 512 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 512))]
    pub message: String,
}

/// Why the check failed, and the readings of a failing and of the last passing run. At most 4 KiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// What `show` of the check gives: a text as it is, anything else as JSON with one field per line, with secret values
    /// redacted. Where it cannot be evaluated, the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub show: Option<String>,
    /// The expression that was false: `expect` of the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub expression: Option<String>,
    /// What the expression read, in its order. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub values: Vec<ReadValue>,
    /// Readings of the run in which the check failed like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Snapshot>,
    /// Readings of the last run in which the check passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Snapshot>,
    /// If true, something was left out to keep within 4 KiB.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// The readings of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Time of the run.
    pub at: Time,
    /// Excerpts of the readings that the check uses. At most 16.
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub readings: Vec<Excerpt>,
}

/// A value that an expression read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadValue {
    /// Where it is, as in the expression, such as `probes.api.status`.
    #[schemars(length(max = 256))]
    pub path: String,
    /// The value as JSON, with secret values redacted; in parentheses, why there is none.
    #[schemars(length(max = 1024))]
    pub value: String,
}

/// An excerpt of one reading, with secret values redacted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Excerpt {
    /// Name of the probe.
    #[schemars(length(max = 63))]
    pub probe: String,
    /// Excerpt of the reading, one field per line, with secret values redacted. `ok` and `error` come first; a mark says how
    /// much is left out in the middle.
    #[schemars(length(max = 4096))]
    pub reading: String,
}
