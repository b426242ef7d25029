//! `Scenario`: what to read, how often, and what must be true.

use super::probe::Probe;
use super::severity::Severity;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The desired state: what to read, how often, and what must be true. The object name is the Scenario's id; dots are
/// allowed, at most 63 characters.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "agentic.ligbox.io",
    version = "v1alpha1",
    kind = "Scenario",
    plural = "scenarios",
    shortname = "scn",
    category = "agentic",
    namespaced,
    status = "ScenarioStatus",
    derive = "PartialEq",
    doc = "A Scenario declares what to read from one or more targets, and which conditions the readings must meet.",
    selectable = ".spec.agent",
    selectable = ".spec.severity",
    selectable = ".status.health",
    selectable = ".status.state",
    validation = Rule::new("self.metadata.name.size() <= 63").message("a Scenario's name is at most 63 characters"),
    validation = Rule::new("self.metadata.name != 'agentic-ops'").message("metadata.name: agentic-ops is reserved for Findings about the program itself"),
    printcolumn(name = "Agent", type_ = "string", description = "Agent that owns the Scenario", json_path = ".spec.agent"),
    printcolumn(name = "Severity", type_ = "string", description = "Severity of its Findings", json_path = ".spec.severity"),
    printcolumn(name = "Ready", type_ = "string", description = "Whether the spec is valid", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "State", type_ = "string", description = "ready, invalid, suspended or late", json_path = ".status.state"),
    printcolumn(name = "Health", type_ = "string", description = "healthy, failing or unknown", json_path = ".status.health"),
    printcolumn(name = "Open", type_ = "integer", description = "Findings in phase Open or Acknowledged", json_path = ".status.openFindings"),
    printcolumn(name = "Last Run", type_ = "date", description = "Time since the last run", json_path = ".status.lastRunAt"),
    printcolumn(name = "Title", type_ = "string", description = "Title shown to people on duty", priority = 1, json_path = ".spec.title"),
    printcolumn(name = "Message", type_ = "string", description = "Message of the condition Healthy, which says what is wrong with the spec too", priority = 1, json_path = ".status.conditions[?(@.type==\"Healthy\")].message")
)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioSpec {
    /// Short title of the Scenario, shown to people on duty. 1 to 200 characters.
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// Name of the Agent that owns this Scenario. Work of an Agent that does not exist or is suspended goes to the Agent
    /// `maestro`.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub agent: String,
    /// Severity of the Findings of this Scenario. A check can override it. `high` and `critical` are mailed.
    pub severity: Severity,
    /// Time between two runs, as a Go duration such as `30s` or `5m`. From 1s to 24h. Defaults to the setting
    /// AGENTIC_INTERVAL_SEC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub interval: Option<Box<str>>,
    /// Time between two runs while consecutive results are being counted towards a threshold, as a Go duration. From 1s
    /// to 24h. Defaults to 30s, or to the interval if that is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub confirm_interval: Option<Box<str>>,
    /// Timeout of each probe, as a Go duration. From 100ms to the interval. Defaults to 10s, or to the interval if that
    /// is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<Box<str>>,
    /// If true, no probe runs. Open Findings stay open. Defaults to false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Targets to read. All probes of a run are read in parallel. 1 to 16, unique by name.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub probes: Vec<Arc<Probe>>,
    /// Conditions that the readings must meet. Each probe is a check too, which passes if its target was read. At most
    /// 64, unique by name.
    #[serde(default, skip_serializing_if = "is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub checks: Arc<Vec<CheckSpec>>,
    /// Consecutive results needed to open or resolve a Finding. Defaults to 2 each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// Names of Scenarios whose failure explains a failure of this one. While one of them is failing, notices of this
    /// Scenario are held back; its checks still run. At most 16. Names of Scenarios that do not exist have no effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub depends_on: Vec<String>,
    /// The runbook that tells people on duty how to handle a Finding of this Scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<Box<Runbook>>,
}

/// Consecutive results needed to open or resolve a Finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thresholds {
    /// Consecutive failures of a check needed to open a Finding. From 1 to 100. Defaults to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub fail: Option<u32>,
    /// Consecutive passes of a check needed to resolve its Finding. From 1 to 100. Defaults to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub recover: Option<u32>,
}

/// A runbook, and optionally one section of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Runbook {
    /// Path of the runbook within AGENTIC_SPECS_ROOT, without `.md`. 1 to 128 characters.
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$")
    )]
    pub spec: String,
    /// Heading of the section that applies. 1 to 200 characters. Defaults to the whole runbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub section: Option<String>,
}

fn is_empty<T>(list: &Arc<Vec<T>>) -> bool {
    list.is_empty()
}

/// A condition over the readings, in CEL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckSpec {
    /// Name of the check, unique among the checks and probes of the Scenario. It is part of the identity of its Findings.
    /// At most 63 characters; `blind` is reserved.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z]([-a-z0-9_]*[a-z0-9])?$"))]
    pub name: String,
    /// Precondition, as a CEL expression of type bool. If it is false, the outcome of the check is unknown. At most 4096
    /// characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub given: Option<String>,
    /// Items to check separately, as a CEL expression of type list with at most 100 strings or numbers. The other
    /// expressions see the item as `item`, and each item has its own Finding. At most 4096 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub for_each: Option<String>,
    /// Condition that must hold, as a CEL expression of type bool. The check passes if it is true and fails if it is
    /// false. At most 4096 characters.
    #[schemars(length(min = 1, max = 4096))]
    pub expect: String,
    /// Text that people on duty read when the check fails, as a CEL expression of type string. At most 4096 characters.
    /// Defaults to a standard phrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub message: Option<String>,
    /// What people on duty need to see when the check fails, as a CEL expression of any type, such as the entry of one
    /// machine instead of the whole cluster. It comes first in the evidence. An error in it is shown there and does not
    /// change the outcome. At most 4096 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub show: Option<String>,
    /// Severity of the Findings of this check. Defaults to the severity of the Scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Names of checks or probes of this Scenario. While one of them does not pass, the outcome of this check is held. At
    /// most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub requires: Vec<String>,
    /// Whether the check is evaluated for failed readings. `WhenRead` holds the check unless its probes were read;
    /// `Always` evaluates it in any case, as for "this port must be closed". Defaults to `WhenRead`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate: Option<Evaluate>,
}

/// When a check is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Evaluate {
    #[default]
    WhenRead,
    Always,
}

/// The observed state, written by the operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioStatus {
    /// The `metadata.generation` of the Scenario that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The conditions Ready and Healthy. Ready is False while the spec has validation errors; Healthy is False while a
    /// Finding is open.
    #[serde(default, skip_serializing_if = "is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Arc<Vec<Condition>>,
    /// Whether the Scenario is being watched, in one word: `ready`, `invalid` (Ready is False), `suspended`, or `late` (no run
    /// has been completed for two intervals).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<WatchState>,
    /// The status of the condition Healthy in one word: `healthy` (True), `failing` (False) or `unknown` (Unknown).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Number of Findings of this Scenario in phase Open or Acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub open_findings: Option<u32>,
    /// Time of the last run. Updates are rate limited, so the value can lag behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_at: Option<Time>,
    /// Result of the last run that was requested with the annotation `agentic.ligbox.io/run-requested-at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_requested_run: Option<Box<RequestedRun>>,
}

/// Whether a Scenario is being watched, in one word: `ready`, `invalid` (Ready is False), `suspended`, or `late` (no run has been
/// completed for two intervals).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WatchState {
    /// The spec is valid, and its probes run.
    Ready,
    /// The spec has validation errors or cannot be decoded. No probe runs.
    Invalid,
    /// The spec is valid and `spec.suspend` is true. No probe runs.
    Suspended,
    /// The spec is valid, and no run has been completed for two intervals.
    Late,
}

impl WatchState {
    /// All states.
    pub const ALL: [WatchState; 4] = [WatchState::Ready, WatchState::Invalid, WatchState::Suspended, WatchState::Late];

    /// The value in the API, in REST and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            WatchState::Ready => "ready",
            WatchState::Invalid => "invalid",
            WatchState::Suspended => "suspended",
            WatchState::Late => "late",
        }
    }
}

/// The status of the condition Healthy in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Healthy,
    Failing,
    Unknown,
}

impl Health {
    /// The value in the API, in REST and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Healthy => "healthy",
            Health::Failing => "failing",
            Health::Unknown => "unknown",
        }
    }
}

/// The result of a run on request. It answers every request made at or before `requestedAt`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestedRun {
    /// Value of the annotation that requested the run, RFC 3339. At most 64 characters.
    #[schemars(length(max = 64))]
    pub requested_at: String,
    /// Time at which the run started.
    pub run_at: Time,
    /// Outcomes of the checks of that run. At most 128; the worst outcomes are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub checks: Vec<CheckResult>,
    /// Names of the Findings that the run opened. At most 128.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), inner(length(max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub opened: Vec<String>,
    /// Names of the Findings that the run resolved. At most 128.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), inner(length(max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub resolved: Vec<String>,
}

impl RequestedRun {
    /// The time of the request; `None` if it is not a valid time.
    pub fn requested(&self) -> Option<Timestamp> {
        self.requested_at.parse().ok()
    }
}

/// The outcome of one check for one item in a requested run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// Name of the check or probe.
    #[schemars(length(max = 63))]
    pub name: String,
    /// Item of a check with `forEach`; empty for other checks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub key: String,
    /// Outcome of the check for this item.
    pub outcome: CheckOutcome,
    /// Message of the check, or the reason why it could not be evaluated or was held. At most 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub message: String,
}

/// The four outcomes of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    Fail,
    Unknown,
    Held,
    Pass,
}

impl CheckOutcome {
    /// The value in the API, in REST and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckOutcome::Fail => "fail",
            CheckOutcome::Unknown => "unknown",
            CheckOutcome::Held => "held",
            CheckOutcome::Pass => "pass",
        }
    }
}
