//! The custom resources of `agentic.ligbox.io/v1alpha1`, one file for each kind, and the types that they share.
//!
//! Every string, list and map is bounded: Kubernetes rejects CEL rules over unbounded values, and an object has at most
//! 64 KiB. Doc comments are the descriptions that `kubectl explain` shows.

#![allow(clippy::duplicated_attributes, reason = "printer columns differ by name; clippy compares each argument alone")]

pub mod action;
pub mod advice;
pub mod agent;
pub mod conditions;
mod definitions;
pub mod finding;
pub mod message;
pub mod notice;
mod owner;
pub mod probe;
pub mod scenario;
mod severity;
pub mod silence;
pub mod thread;

pub use action::{Action, ActionReply, ActionRequest, ActionSpec, ActionStatus, Actor, Subject, SubjectState};
pub use advice::{Advice, AdviceBasis, AdviceModel};
pub use agent::{Agent, AgentModel, AgentSpec, AgentStatus, ModelHealth, Role, Tier};
pub use definitions::crds;
pub use finding::{
    Acknowledgement, Evidence, Excerpt, Finding, FindingAcknowledgement, FindingRunbook, FindingSpec, FindingStatus,
    Phase, ReadValue, Snapshot, Transition,
};
pub use message::{
    AnswerPhase, AnswerProgress, Author, AuthorKind, Citation, Message, MessageAcknowledgement, MessagePhase,
    MessageSpec, MessageStatus, RecordedAcknowledgement,
};
pub use notice::{Channel, DigestNotice, Informed, Notice, NoticeGroup, NoticeKind, NoticeState};
pub use owner::{FindingOwner, Owner};
pub use probe::{
    DnsProbe, Header, HttpProbe, Method, Probe, RecordType, SecretKeyRef, SqliteProbe, TcpProbe, TlsOptions, TlsProbe,
};
pub use scenario::{
    CheckOutcome, CheckResult, CheckSpec, Evaluate, Health, RequestedRun, Runbook, Scenario, ScenarioSpec,
    ScenarioStatus, Thresholds, WatchState,
};
pub use severity::Severity;
pub use silence::{Matcher, MatcherName, MatcherOp, Recurrence, Silence, SilenceSpec, SilenceStatus};
pub use thread::{Thread, ThreadSpec, ThreadStatus};

/// The API group of every kind here.
pub const GROUP: &str = "agentic.ligbox.io";
/// The one served version.
pub const VERSION: &str = "v1alpha1";
/// Annotation of a Scenario that requests a run; the value is the time of the request, RFC 3339.
pub const RUN_REQUESTED_AT: &str = "agentic.ligbox.io/run-requested-at";
/// Annotation of a Finding by which a person asks for advice; the value is the time of the request, RFC 3339 in UTC.
pub const ADVICE_REQUESTED_AT: &str = "agentic.ligbox.io/advice-requested-at";
/// Annotation of a Finding: what the person who asks for advice says, such as what was tried. At most 1 KiB.
pub const ADVICE_NOTE: &str = "agentic.ligbox.io/advice-note";
/// Annotation of a Finding by which a vote on its advice is given with kubectl: `useful` or `wrong`. The operator records and removes it.
pub const ADVICE_VOTE: &str = "agentic.ligbox.io/advice-vote";
/// Annotation of an Action that the REST facade recorded, and of a Message that the operator wrote for an Agent. Where the API server is
/// protected, only this program can write it.
pub const RECORDED_BY: &str = "agentic.ligbox.io/recorded-by";
/// Its value for the Actions of the facade.
pub const RECORDED_BY_FACADE: &str = "facade";
/// Its value for the Messages of the operator.
pub const RECORDED_BY_OPERATOR: &str = "operator";
/// Annotation of an Agent's answer after which a checked answer of the local model follows, in a Message of its own. Its value is
/// [`MODEL_ANSWER_FOLLOWS`].
pub const MODEL_ANSWER: &str = "agentic.ligbox.io/model-answer";
pub const MODEL_ANSWER_FOLLOWS: &str = "follows";
/// The field manager of the operator. Clients choose the name of their field manager freely: it proves nothing.
pub const OPERATOR_FIELD_MANAGER: &str = "agentic-ops-operator";
/// Label of a Secret. The value `allowed` lets probes use it.
pub const PROBES_LABEL: &str = "agentic.ligbox.io/probes";
/// Annotation of a Secret: `KEY=host:port,…`, the hosts that a key may be sent to. A key may be named more than once; one that is
/// not named may be sent to any host.
pub const HOSTS_ANNOTATION: &str = "agentic.ligbox.io/hosts";
/// Name of the ConfigMap and of the Secret that hold the settings.
pub const SETTINGS_NAME: &str = "agentic-ops";
/// Reserved check name: that of the Finding that says that a Scenario cannot be evaluated.
pub const BLIND: &str = "blind";
/// Reserved Scenario name: that of Findings about the program itself.
pub const OWN_SCENARIO: &str = "agentic-ops";
/// Check name of the Finding of [`OWN_SCENARIO`] that says that probes are late.
pub const LATE: &str = "late";

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

    /// Adds an unknown field to every object in the value.
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
