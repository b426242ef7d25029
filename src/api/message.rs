//! `Message`: one contribution to a Thread.

use super::agent::Tier;
use super::severity::Severity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
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
        name = "Reason",
        type_ = "string",
        description = "What the Message tells of the Finding",
        json_path = ".spec.reason"
    ),
    printcolumn(
        name = "Phase",
        type_ = "string",
        description = "Pending, Acknowledged or Archived; empty if no acknowledgement is needed",
        json_path = ".status.phase"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        description = "Time since its creation",
        json_path = ".metadata.creationTimestamp"
    ),
    printcolumn(
        name = "Sequence",
        type_ = "integer",
        description = "Place in the Thread",
        priority = 1,
        json_path = ".status.sequence"
    ),
    printcolumn(name = "Body", type_ = "string", description = "Text", priority = 1, json_path = ".spec.body")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.thread == oldSelf.thread && self.author == oldSelf.author && self.body == oldSelf.body && has(self.inReplyTo) == has(oldSelf.inReplyTo) && (!has(self.inReplyTo) || self.inReplyTo == oldSelf.inReplyTo) && has(self.recipients) == has(oldSelf.recipients) && (!has(self.recipients) || self.recipients == oldSelf.recipients) && has(self.needsAck) == has(oldSelf.needsAck) && (!has(self.needsAck) || self.needsAck == oldSelf.needsAck) && has(self.at) == has(oldSelf.at) && (!has(self.at) || self.at == oldSelf.at) && has(self.tier) == has(oldSelf.tier) && (!has(self.tier) || self.tier == oldSelf.tier) && has(self.citations) == has(oldSelf.citations) && (!has(self.citations) || self.citations == oldSelf.citations) && has(self.grounded) == has(oldSelf.grounded) && (!has(self.grounded) || self.grounded == oldSelf.grounded) && has(self.reason) == has(oldSelf.reason) && (!has(self.reason) || self.reason == oldSelf.reason) && has(self.severity) == has(oldSelf.severity) && (!has(self.severity) || self.severity == oldSelf.severity) && has(self.finding) == has(oldSelf.finding) && (!has(self.finding) || self.finding == oldSelf.finding) && has(self.scenario) == has(oldSelf.scenario) && (!has(self.scenario) || self.scenario == oldSelf.scenario) && has(self.action) == has(oldSelf.action) && (!has(self.action) || self.action == oldSelf.action)")
        .message("spec is immutable except for acknowledgement"),
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
    /// If true, the Message stays pending until a person acknowledges it or its Finding. Defaults to false. Immutable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_ack: bool,
    /// Time at which the Message was written. Defaults to the time of its creation. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<MicroTime>,
    /// How an Agent's Message came about: `T0` for text from what was read, `T1` for text of the local model. Absent for people.
    /// Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Sections of runbooks that the Message quotes. At most 8. Immutable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub citations: Vec<Citation>,
    /// For an Agent's advice or answer, whether each line of it follows from what was read or from the quoted sections. Absent
    /// otherwise. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounded: Option<bool>,
    /// What an Agent's Message tells of the Finding, in CamelCase: Opened, Reopened, SeverityChanged, Acknowledged,
    /// AcknowledgementRemoved, AcknowledgementExpired, Escalated, Correlated, Resolved, Flapping, Settled or Advice. Of a person's Message
    /// only Explained, where it tells what fixed the Finding. Absent for other Messages of people and for answers. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Z][A-Za-z]*$"))]
    pub reason: Option<String>,
    /// Severity of the Finding when the Message was written. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Name of the Finding that a question is about, if it is not that of the Thread. 1 to 128 characters. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub finding: Option<String>,
    /// Name of the Scenario that a question is about. 1 to 63 characters. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub scenario: Option<String>,
    /// Name of the Action that records the Message, or the command that it gave; set by the REST facade. The name of the author is
    /// proven by that Action. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"))]
    pub action: Option<String>,
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

/// A section of a runbook that a Message quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Citation {
    /// Path of the runbook within AGENTIC_SPECS_ROOT, without `.md`.
    #[schemars(length(min = 1, max = 128))]
    pub spec: String,
    /// Heading of the section; absent for the whole runbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub section: Option<String>,
    /// What is quoted. At most 1024 characters.
    #[schemars(length(max = 1024))]
    pub quote: String,
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
    /// Time of the acknowledgement. Defaults to the time at which the operator recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// Until when it holds: if the Finding is still open then, the operator adds a new Message that needs an acknowledgement. Absent
    /// for an acknowledgement that does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// Name of the Action that records the acknowledgement; set by the REST facade. The name in `by` is proven by that Action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"))]
    pub action: Option<String>,
}

/// The phase of a Message that needs an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MessagePhase {
    /// It awaits acknowledgement, and is shown in inboxes.
    Pending,
    /// A person acknowledged it or its Finding.
    Acknowledged,
    /// Its Finding was resolved before anybody acknowledged it.
    Archived,
}

impl MessagePhase {
    /// The value in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            MessagePhase::Pending => "Pending",
            MessagePhase::Acknowledged => "Acknowledged",
            MessagePhase::Archived => "Archived",
        }
    }
}

/// The observed state, written by the operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageStatus {
    /// The `metadata.generation` of the Message that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Pending, Acknowledged or Archived; absent if the Message needs no acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<MessagePhase>,
    /// Place in the Thread: a later Message has a greater number. Numbers are not without gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub sequence: Option<u32>,
    /// Acknowledgement as the operator recorded it: of the Message, or of its Finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<RecordedAcknowledgement>,
    /// How far the answer of the local model to a question of a person has come; absent where it is not asked, and once it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerProgress>,
    /// Field manager that wrote the Message of a person, or one in the name of an Agent that is not of the operator, such as
    /// `kubectl-create`; absent for Messages of the operator. Clients choose it freely: it proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub manager: Option<String>,
    /// Whether the name of a person who wrote the Message was authenticated: true for Messages through the REST facade, which their
    /// Action proves, and for those by kubectl if an admission policy of the API server checks names. For a Message of an Agent, whether
    /// the operator wrote it: one by hand tells nothing of a Finding and answers nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proven: bool,
}

/// An acknowledgement as the operator recorded it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedAcknowledgement {
    /// Name of the person who acknowledged.
    #[schemars(length(max = 253))]
    pub by: String,
    /// Note of that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub note: Option<String>,
    /// Time of the acknowledgement.
    pub at: Time,
    /// Until when it holds; absent if it does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// Whether the Finding was acknowledged, and the Message with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_finding: bool,
    /// Whether the name was authenticated, as in `status.acknowledgement` of a Finding.
    #[serde(default)]
    pub proven: bool,
}

/// How far the answer of the local model to a question has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerProgress {
    /// Queued, Loading, Reading or Writing.
    pub phase: AnswerPhase,
    /// Place in the queue, 1 for the next one; absent unless it is queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub position: Option<u32>,
    /// Time since which it is in this phase.
    pub since: Time,
}

/// What is being done for the answer of the local model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AnswerPhase {
    /// It waits for others.
    Queued,
    /// The model is loaded into memory.
    Loading,
    /// The model reads the prompt.
    Reading,
    /// The model writes its answer, which is checked afterwards.
    Writing,
}
