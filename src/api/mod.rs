//! The custom resources of `agentic.ligbox.io/v1alpha1`, a file a kind, and the words they share.
//!
//! Every string, list and map is bounded: Kubernetes refuses CEL rules over unbounded values, and
//! no object may grow past 64 KiB.

#![allow(clippy::duplicated_attributes, reason = "printer columns differ by name; clippy compares each argument alone")]

pub mod action;
pub mod agent;
pub mod conditions;
pub mod finding;
pub mod message;
pub mod probe;
pub mod scenario;
pub mod thread;

pub use action::{Action, ActionSpec, ActionStatus, Actor, Subject};
pub use agent::{Agent, AgentSpec, AgentStatus, Role};
pub use finding::{
    Acknowledgement, Evidence, Excerpt, Finding, FindingAcknowledgement, FindingSpec, FindingStatus, Phase, Snapshot,
    Transition,
};
pub use message::{Author, Message, MessageAcknowledgement, MessagePhase, MessageSpec, MessageStatus};
pub use probe::{
    DnsProbe, Header, HttpProbe, Method, Probe, RecordType, SecretKeyRef, SqliteProbe, TcpProbe, TlsOptions, TlsProbe,
};
pub use scenario::{
    CheckOutcome, CheckResult, CheckSpec, Evaluate, Health, RequestedRun, Runbook, Scenario, ScenarioSpec,
    ScenarioStatus, Thresholds,
};
pub use thread::{Thread, ThreadSpec, ThreadStatus};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The API group of every kind here.
pub const GROUP: &str = "agentic.ligbox.io";
/// The one served version.
pub const VERSION: &str = "v1alpha1";
/// Asks for a run at once; its value is the time of the request, RFC 3339.
pub const RUN_REQUESTED_AT: &str = "agentic.ligbox.io/run-requested-at";
/// A Secret with this label set to `allowed` may be used by probes.
pub const PROBES_LABEL: &str = "agentic.ligbox.io/probes";
/// The ConfigMap of settings and the Secret of the program both have this name.
pub const SETTINGS_NAME: &str = "agentic-ops";
/// A check name that no Scenario may use: the Finding for "can't be judged".
pub const BLIND: &str = "blind";

/// How bad it is, worst first. `high` and `critical` are mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
    Info,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// The lower-case word used in the API, in REST and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
            Severity::Info => "info",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The six CustomResourceDefinitions, in the order in which they are printed.
pub fn crds() -> Vec<CustomResourceDefinition> {
    let mut crds = vec![Scenario::crd(), Finding::crd(), Agent::crd(), Thread::crd(), Message::crd(), Action::crd()];
    let versions = crds.iter_mut().flat_map(|crd| &mut crd.spec.versions);
    for schema in versions.filter_map(|v| v.schema.as_mut()?.open_api_v3_schema.as_mut()) {
        as_kubernetes_reads_it(schema);
    }
    crds
}

/// Kubernetes warns of formats that it does not know: what a count may be is said by its minimum and maximum. And it takes no null
/// where there is an enum, even if the enum has it.
fn as_kubernetes_reads_it(schema: &mut JSONSchemaProps) {
    if schema.format.as_deref() == Some("uint32") {
        schema.format = None;
        schema.maximum.get_or_insert(f64::from(u32::MAX));
    }
    if let Some(values) = &mut schema.enum_ {
        values.retain(|value| !value.0.is_null());
        schema.nullable = None;
    }
    schema.properties.iter_mut().flat_map(|fields| fields.values_mut()).for_each(as_kubernetes_reads_it);
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        as_kubernetes_reads_it(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        as_kubernetes_reads_it(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn read<K: DeserializeOwned>(kind: &str, spec: Value, status: Value) -> K {
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "metadata": {"name": "x"},
            "spec": spec, "status": status});
        serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error}: {object}"))
    }

    /// Adds a field that this program does not know to every object in it.
    fn newer(value: Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, newer(value)));
                Value::Object(fields.chain([("addedLater".to_string(), json!({"a": [1]}))]).collect())
            }
            Value::Array(items) => items.into_iter().map(newer).collect(),
            other => other,
        }
    }

    #[test]
    fn older_objects_with_less_and_newer_ones_with_more_are_read() {
        let scenario = json!({"title": "t", "agent": "a", "severity": "low",
            "probes": [{"name": "web", "http": {"url": "http://x"}}], "checks": [{"name": "c", "expect": "true"}]});
        let finding = json!({"scenario": "s", "check": "c", "key": "", "fingerprint": "0123456789"});
        let at = "2026-01-01T00:00:00Z";
        let old = json!({"phase": "Acknowledged", "transitions": [{"at": at, "to": "Open", "reason": "Opened"}],
            "acknowledgement": {"by": "ana", "at": at, "occurrence": 1}});
        let agent = json!({"displayName": "Pulso", "codename": "node_health", "tier": "T0"});
        for change in [|value| value, newer] {
            for status in [Value::Null, json!({})] {
                read::<Scenario>("Scenario", change(scenario.clone()), change(status.clone()));
                read::<Finding>("Finding", change(finding.clone()), change(status.clone()));
                read::<Agent>("Agent", change(agent.clone()), change(status));
            }
            let read: Finding = read("Finding", change(finding.clone()), change(old.clone()));
            let status = read.status.unwrap_or_default();
            assert_eq!((status.phase, status.transitions.len()), (Some(Phase::Acknowledged), 1));
            assert!(!status.acknowledgement.unwrap().proven);
        }
    }
}
