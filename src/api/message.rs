//! `Message`: one contribution to a Thread.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Author, text and recipients, which are immutable, and the acknowledgement, which can be set once.
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
    doc = "A Message is one contribution to a Thread.",
    selectable = ".spec.thread",
    selectable = ".status.phase",
    printcolumn(
        name = "Thread",
        type_ = "string",
        description = "Thread that it belongs to",
        json_path = ".spec.thread"
    ),
    printcolumn(
        name = "Author",
        type_ = "string",
        description = "Name of the author",
        json_path = ".spec.author.name"
    ),
    printcolumn(
        name = "Phase",
        type_ = "string",
        description = "Pending, Acknowledged or Archived",
        json_path = ".status.phase"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        description = "Time since its creation",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.thread == oldSelf.thread && self.author == oldSelf.author && self.body == oldSelf.body && has(self.inReplyTo) == has(oldSelf.inReplyTo) && (!has(self.inReplyTo) || self.inReplyTo == oldSelf.inReplyTo) && has(self.recipients) == has(oldSelf.recipients) && (!has(self.recipients) || self.recipients == oldSelf.recipients) && has(self.needsAck) == has(oldSelf.needsAck) && (!has(self.needsAck) || self.needsAck == oldSelf.needsAck)")
        .message("thread, author, body, inReplyTo, recipients and needsAck are immutable"),
    validation = Rule::new("!has(oldSelf.acknowledgement) || (has(self.acknowledgement) && self.acknowledgement == oldSelf.acknowledgement)")
        .message("acknowledgement is immutable once set")
)]
pub struct MessageSpec {
    /// Name of the Thread that the Message belongs to. 1 to 128 characters. Immutable.
    #[schemars(length(min = 1, max = 128))]
    pub thread: String,
    /// Author of the Message. Immutable.
    pub author: Author,
    /// Text of the Message. 1 to 16384 characters. Immutable.
    #[schemars(length(min = 1, max = 16384))]
    pub body: String,
    /// Name of the Message that this one replies to. 1 to 128 characters. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub in_reply_to: Option<String>,
    /// Roles or names of people that the Message is for. At most 64. Immutable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub recipients: Vec<String>,
    /// If true, the Message stays pending until a person acknowledges it. Defaults to false. Immutable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_ack: bool,
    /// Acknowledgement of the Message, written by people. Immutable once set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<MessageAcknowledgement>,
}

/// The author of a Message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Author {
    /// `person` or `agent`.
    pub kind: AuthorKind,
    /// Name of the person, or object name of the Agent. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Whether an author is a person or an Agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    Person,
    Agent,
}

/// A person's statement that the Message was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageAcknowledgement {
    /// Name of the person who acknowledges. 1 to 253 characters.
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    /// Note for the author. At most 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub note: Option<String>,
    /// Time of the acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

/// The phase of a Message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MessagePhase {
    Pending,
    Acknowledged,
    Archived,
}

/// The observed state, written by the operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageStatus {
    /// The `metadata.generation` of the Message that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Pending, Acknowledged or Archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<MessagePhase>,
}
