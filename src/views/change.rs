//! What an event says of an object that changed: enough to know whether to read it again.

use super::finding::{opened_at, phase, severity};
use super::message::{MessagePhaseView, MessageView};
use super::{AnswerProgressView, AuthorView, FindingPhase, ThreadView};
use crate::api::{Finding, Health, Severity};
use crate::domain::cached_scenario::CachedScenario;
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use utoipa::ToSchema;

/// The data of an event: of a `finding` FindingChange, of a `thread` ThreadView, of a `message` MessageChange, of a `scenario`
/// ScenarioChange; of an object that was deleted, DeletedChange.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ChangeView {
    Finding(FindingChange),
    Thread(ThreadView),
    Message(MessageChange),
    Scenario(ScenarioChange),
    Deleted(DeletedChange),
}

/// A Finding that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FindingChange {
    /// Object name of the Finding.
    #[schema(example = "proxmox.cluster-0123456789")]
    pub id: String,
    /// Name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub scenario_id: String,
    /// Title of the Scenario.
    #[schema(required, example = "Cluster do Proxmox")]
    pub title: Option<String>,
    /// Current phase.
    #[schema(required)]
    pub phase: Option<FindingPhase>,
    /// Severity of this occurrence.
    #[schema(required)]
    pub severity: Option<Severity>,
    /// Start of the current or last occurrence.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub opened_at: Option<Timestamp>,
    /// End of the last occurrence that was resolved.
    #[schema(required, example = json!(null))]
    pub resolved_at: Option<Timestamp>,
    /// Object name of its Thread.
    #[schema(required, example = "proxmox.cluster-0123456789-s44we8")]
    pub thread_id: Option<String>,
}

/// A Message that was added or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageChange {
    /// Object name of the Message.
    #[schema(example = "proxmox.cluster-0123456789-s44we8-opened-s44we8")]
    pub id: String,
    /// Object name of its Thread.
    #[schema(example = "proxmox.cluster-0123456789-s44we8")]
    pub thread_id: String,
    /// Who wrote it.
    pub author: AuthorView,
    /// Object name of the Message that it replies to.
    #[schema(required, example = json!(null))]
    pub in_reply_to: Option<String>,
    /// `pending`, `acknowledged` or `archived`; null where it needs no acknowledgement.
    #[schema(required)]
    pub phase: Option<MessagePhaseView>,
    /// How far the answer of the local model to it has come; null where the model is not asked, and once it answered.
    #[schema(required, example = json!(null))]
    pub answer: Option<AnswerProgressView>,
    /// When it was written.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub created_at: Option<Timestamp>,
}

/// A Scenario whose health changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScenarioChange {
    /// Object name of the Scenario.
    #[schema(example = "proxmox.cluster")]
    pub id: String,
    /// Current health.
    pub health: Health,
    /// Number of Findings that are open or acknowledged.
    #[schema(example = 1)]
    pub open_findings: u32,
}

/// An object that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeletedChange {
    /// Object name.
    #[schema(example = "proxmox.cluster-0123456789")]
    pub id: String,
    /// Always true.
    #[schema(example = true)]
    pub deleted: bool,
}

impl FindingChange {
    pub fn new(finding: &Finding) -> FindingChange {
        let status = finding.status.as_ref();
        FindingChange {
            id: finding.name_any(),
            scenario_id: finding.spec.scenario.clone(),
            title: status.and_then(|status| status.title.as_deref()).map(super::shown::line),
            phase: phase(finding).map(FindingPhase::from),
            severity: severity(finding),
            opened_at: opened_at(finding),
            resolved_at: status.and_then(|status| status.resolved_at.as_ref()).map(|at| at.0),
            thread_id: status.and_then(|status| status.thread.clone()),
        }
    }
}

impl MessageChange {
    pub fn new(view: MessageView) -> MessageChange {
        let MessageView { id, thread_id, author, in_reply_to, phase, answer, created_at, .. } = view;
        MessageChange { id, thread_id, author, in_reply_to, phase, answer, created_at }
    }
}

impl ScenarioChange {
    pub fn new(scenario: &CachedScenario) -> ScenarioChange {
        let status = scenario.status.as_ref();
        ScenarioChange {
            id: scenario.name.to_string(),
            health: status.and_then(|status| status.health).unwrap_or(Health::Unknown),
            open_findings: status.and_then(|status| status.open_findings).unwrap_or(0),
        }
    }
}
