//! `Message`: one thing said in a Thread.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was said, by whom, to whom (set once), and whether it was taken note of (once).
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "agentic.ligbox.io",
    version = "v1alpha1",
    kind = "Message",
    plural = "messages",
    shortname = "msg",
    category = "agentic",
    namespaced,
    status = "MessageStatus",
    derive = "PartialEq",
    doc = "A Message is one thing said in a Thread.",
    selectable = ".spec.thread",
    selectable = ".status.phase",
    printcolumn(name = "Thread", type_ = "string", json_path = ".spec.thread"),
    printcolumn(name = "Author", type_ = "string", json_path = ".spec.author.name"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.thread == oldSelf.thread && self.author == oldSelf.author && self.body == oldSelf.body && has(self.inReplyTo) == has(oldSelf.inReplyTo) && (!has(self.inReplyTo) || self.inReplyTo == oldSelf.inReplyTo) && has(self.recipients) == has(oldSelf.recipients) && (!has(self.recipients) || self.recipients == oldSelf.recipients) && has(self.needsAck) == has(oldSelf.needsAck) && (!has(self.needsAck) || self.needsAck == oldSelf.needsAck)")
        .message("thread, author, body, inReplyTo, recipients and needsAck are set once"),
    validation = Rule::new("!has(oldSelf.acknowledgement) || (has(self.acknowledgement) && self.acknowledgement == oldSelf.acknowledgement)")
        .message("a message is acknowledged once")
)]
pub struct MessageSpec {
    /// Name of the Thread.
    #[schemars(length(min = 1, max = 128))]
    pub thread: String,
    pub author: Author,
    #[schemars(length(min = 1, max = 16384))]
    pub body: String,
    /// Name of the Message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub in_reply_to: Option<String>,
    /// Roles or people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub recipients: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_ack: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<MessageAcknowledgement>,
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Author {
    pub kind: AuthorKind,
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// A person or one of the agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    Person,
    Agent,
}

/// A person's note that the message was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageAcknowledgement {
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MessagePhase {
    Pending,
    Acknowledged,
    Archived,
}

/// What the operator made of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<MessagePhase>,
}
