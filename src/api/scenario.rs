//! `Scenario`: what to look at, how often, and what must be true.

use super::{Probe, Severity};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to look at and what must be true. Its name is its id: dots are allowed, at most 63 characters.
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
    doc = "A Scenario says what to look at and what must be true.",
    selectable = ".spec.agent",
    selectable = ".spec.severity",
    selectable = ".status.health",
    validation = Rule::new("self.metadata.name.size() <= 63").message("a Scenario's name is at most 63 characters"),
    printcolumn(name = "Agent", type_ = "string", json_path = ".spec.agent"),
    printcolumn(name = "Severity", type_ = "string", json_path = ".spec.severity"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Health", type_ = "string", json_path = ".status.health"),
    printcolumn(name = "Open", type_ = "integer", description = "open Findings", json_path = ".status.openFindings"),
    printcolumn(name = "Last Run", type_ = "date", json_path = ".status.lastRunAt"),
    printcolumn(name = "Title", type_ = "string", priority = 1, json_path = ".spec.title"),
    printcolumn(name = "Message", type_ = "string", priority = 1, json_path = ".status.conditions[?(@.type==\"Healthy\")].message")
)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioSpec {
    /// What people on duty read.
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// Object name of the Agent that speaks for it.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub agent: String,
    pub severity: Severity,
    /// Time between two runs, from 1s to 24h, as Go writes durations (`30s`, `5m`). Default: AGENTIC_INTERVAL_SEC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub interval: Option<String>,
    /// Time between two runs while a threshold is being counted. Default: 30s, or the interval if shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub confirm_interval: Option<String>,
    /// How long each probe may take. Default: 10s, or the interval if shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), regex(pattern = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"))]
    pub timeout: Option<String>,
    /// Nothing is read while true; open Findings stay.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Targets, read in parallel.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub probes: Vec<Probe>,
    /// What must be true of the readings. Each probe is a check of its own besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub checks: Vec<CheckSpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
    /// Scenarios whose failure explains this one's: notices are held back while one of them fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub depends_on: Vec<String>,
    /// Where people on duty read what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<Runbook>,
}

/// How many in a row it takes to change one's mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thresholds {
    /// Fails in a row that open a Finding. Default: 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub fail: Option<u32>,
    /// Passes in a row that resolve it. Default: 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub recover: Option<u32>,
}

/// A runbook and the part of it that helps first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Runbook {
    /// File name under the spec library, without `.md`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"))]
    pub spec: String,
    /// A heading in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub section: Option<String>,
}

/// Something that must be true of the readings, in CEL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckSpec {
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z]([-a-z0-9_]*[a-z0-9])?$"))]
    pub name: String,
    /// CEL, boolean. False: the readings do not allow a judgement, and the outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub given: Option<String>,
    /// CEL, a list of at most 100 strings or numbers, each judged by itself as `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub for_each: Option<String>,
    /// CEL, boolean: what must be true.
    #[schemars(length(min = 1, max = 4096))]
    pub expect: String,
    /// CEL, a string: what people read when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub message: Option<String>,
    /// Ahead of the Scenario's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Checks or probes of this Scenario; while one of them does not pass, this one is held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub requires: Vec<String>,
    /// `Always` judges readings that failed too, as in "this port must be closed". Default: `WhenRead`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate: Option<Evaluate>,
}

/// When a check is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Evaluate {
    #[default]
    WhenRead,
    Always,
}

/// What the operator saw, as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Findings that are Open or Acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub open_findings: Option<u32>,
    /// Written on a small budget: it may lag behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_at: Option<Time>,
    /// The answer to the annotation `agentic.ligbox.io/run-requested-at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_requested_run: Option<RequestedRun>,
}

/// The condition Healthy in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Healthy,
    Failing,
    Unknown,
}

impl Health {
    /// The lower-case word used in the API, in REST and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Healthy => "healthy",
            Health::Failing => "failing",
            Health::Unknown => "unknown",
        }
    }
}

/// What a run that somebody asked for saw. Done for everyone who asked at or before `requestedAt`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestedRun {
    #[schemars(length(max = 64))]
    pub requested_at: String,
    pub run_at: Time,
    /// At most 128; the worst outcomes are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub checks: Vec<CheckResult>,
    /// Names of Findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), inner(length(max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub opened: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), inner(length(max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub resolved: Vec<String>,
}

impl RequestedRun {
    /// When it was asked for, if that is a time.
    pub fn requested(&self) -> Option<Timestamp> {
        self.requested_at.parse().ok()
    }
}

/// One check's outcome in a requested run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    #[schemars(length(max = 63))]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub key: String,
    pub outcome: CheckOutcome,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub message: String,
}

/// The four ways a check can come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    Fail,
    Unknown,
    Held,
    Pass,
}

impl CheckOutcome {
    /// The lower-case word used in the API, in REST and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckOutcome::Fail => "fail",
            CheckOutcome::Unknown => "unknown",
            CheckOutcome::Held => "held",
            CheckOutcome::Pass => "pass",
        }
    }
}
