//! `Thread`: a conversation about a Finding, or about anything.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// What is spoken of, and by whom.
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
    printcolumn(name = "Subject", type_ = "string", json_path = ".spec.subject"),
    printcolumn(name = "Agent", type_ = "string", json_path = ".spec.agent"),
    printcolumn(name = "Closed", type_ = "boolean", json_path = ".spec.closed"),
    printcolumn(name = "Messages", type_ = "integer", json_path = ".status.messageCount"),
    printcolumn(name = "Pending", type_ = "integer", json_path = ".status.pendingCount"),
    printcolumn(name = "Last", type_ = "date", json_path = ".status.lastMessageAt")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.agent == oldSelf.agent && has(self.finding) == has(oldSelf.finding) && (!has(self.finding) || self.finding == oldSelf.finding) && has(self.conversation) == has(oldSelf.conversation) && (!has(self.conversation) || self.conversation == oldSelf.conversation)")
        .message("agent, finding and conversation are set once"),
    validation = Rule::new("!(has(self.finding) && has(self.conversation))").message("at most one of finding, conversation may be set")
)]
pub struct ThreadSpec {
    #[schemars(length(min = 1, max = 200))]
    pub subject: String,
    /// Object name of the Agent that answers here.
    #[schemars(length(min = 1, max = 63))]
    pub agent: String,
    /// The Finding that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub finding: Option<String>,
    /// A chat with no Finding: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub conversation: Option<String>,
    /// People and agents, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub participants: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// What the operator counts in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub message_count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub pending_count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Time>,
    /// Message-ID of the first mail, that the others answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub mail_root: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}
