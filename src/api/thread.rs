//! `Thread`: a conversation, about a Finding or another subject.

use super::Severity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// Subject and participants of the conversation.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "agentic.ligbox.io",
    version = "v1alpha1",
    kind = "Thread",
    plural = "threads",
    shortname = "thr",
    category = "agentic",
    namespaced,
    status = "ThreadStatus",
    derive = "PartialEq",
    doc = "A Thread is a conversation between an Agent and the people on duty.",
    selectable = ".spec.agent",
    selectable = ".spec.finding",
    printcolumn(
        name = "Severity",
        type_ = "string",
        description = "Severity of the Finding",
        json_path = ".status.severity"
    ),
    printcolumn(
        name = "Subject",
        type_ = "string",
        description = "Subject of the conversation",
        json_path = ".spec.subject"
    ),
    printcolumn(name = "Agent", type_ = "string", description = "Agent that takes part", json_path = ".spec.agent"),
    printcolumn(
        name = "Closed",
        type_ = "boolean",
        description = "Whether the conversation has ended",
        json_path = ".spec.closed"
    ),
    printcolumn(
        name = "Messages",
        type_ = "integer",
        description = "Number of Messages",
        json_path = ".status.messageCount"
    ),
    printcolumn(
        name = "Pending",
        type_ = "integer",
        description = "Messages that await acknowledgement",
        json_path = ".status.pendingCount"
    ),
    printcolumn(
        name = "Last",
        type_ = "date",
        description = "Time since the last Message",
        json_path = ".status.lastMessageAt"
    ),
    printcolumn(
        name = "Finding",
        type_ = "string",
        description = "Finding that the conversation is about",
        priority = 1,
        json_path = ".spec.finding"
    ),
    printcolumn(
        name = "Participants",
        type_ = "string",
        description = "People and Agents that take part",
        priority = 1,
        json_path = ".spec.participants"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        description = "Time since its creation",
        priority = 1,
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.agent == oldSelf.agent && has(self.finding) == has(oldSelf.finding) && (!has(self.finding) || self.finding == oldSelf.finding) && has(self.conversation) == has(oldSelf.conversation) && (!has(self.conversation) || self.conversation == oldSelf.conversation)")
        .message("agent, finding and conversation are immutable"),
    validation = Rule::new("!(has(self.finding) && has(self.conversation))").message("at most one of finding, conversation may be set")
)]
pub struct ThreadSpec {
    /// Subject of the conversation. 1 to 200 characters.
    #[schemars(length(min = 1, max = 200))]
    pub subject: String,
    /// Name of the Agent that takes part. 1 to 63 characters. Immutable.
    #[schemars(length(min = 1, max = 63))]
    pub agent: String,
    /// Name of the Finding that the conversation is about. Cannot be combined with conversation. 1 to 128 characters.
    /// Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub finding: Option<String>,
    /// Id of a conversation without a Finding. Cannot be combined with finding. 1 to 128 characters. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub conversation: Option<String>,
    /// Names of the people and Agents that take part. At most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub participants: Vec<String>,
    /// If true, the conversation has ended. Defaults to false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// The observed state, written by the operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadStatus {
    /// The `metadata.generation` of the Thread that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Severity of the Finding that the Thread is about, in the occurrence that it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Number of Messages in the Thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub message_count: Option<u32>,
    /// Number of Messages in the Thread that await acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub pending_count: Option<u32>,
    /// Greatest `status.sequence` that a Message of the Thread has or is about to get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub last_sequence: Option<u32>,
    /// Time of the last Message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Time>,
    /// Message-ID of the first mail about the Thread; later mails refer to it. At most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub mail_root: Option<String>,
    /// Conditions of the Thread. None is defined yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}
