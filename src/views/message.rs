//! Messages of Threads.

use crate::api::{Author, AuthorKind, Citation, Message, MessageAcknowledgement, RecordedAcknowledgement, Tier};
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use utoipa::ToSchema;

/// A Message: one contribution to a Thread.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageView {
    /// Object name of the Message.
    #[schema(example = "message-0f1e2d3c4b5a69788796")]
    pub id: String,
    /// Object name of the Thread that it belongs to.
    #[schema(example = "proxmox.cluster-0123456789-t3nk2a")]
    pub thread_id: String,
    /// Who wrote it.
    pub author: AuthorView,
    /// The text.
    #[schema(example = "Vou ver o nó agora.")]
    pub body: String,
    /// How an Agent's Message came about: `T0` for text from what was read, `T1` for text of the local model; null for people.
    #[schema(required, example = json!(null))]
    pub tier: Option<&'static str>,
    /// Sections of runbooks that it quotes.
    pub citations: Vec<CitationView>,
    /// Object name of the Message that it replies to.
    #[schema(required, example = json!(null))]
    pub in_reply_to: Option<String>,
    /// Whether it is in inboxes until somebody acknowledges it or its Finding.
    #[schema(example = false)]
    pub needs_ack: bool,
    /// Its acknowledgement, or that of its Finding.
    #[schema(required)]
    pub acknowledgement: Option<MessageAcknowledgementView>,
    /// When it was written.
    #[schema(example = "2026-01-02T03:04:05.000006Z")]
    pub created_at: Timestamp,
}

/// Who wrote a Message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuthorView {
    /// `person` or `agent`.
    #[schema(example = "person")]
    pub kind: &'static str,
    /// Name of the person, or object name of the Agent.
    #[schema(example = "ana")]
    pub name: String,
}

/// A section of a runbook that is quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CitationView {
    /// File name of the runbook, without `.md`.
    #[schema(example = "proxmox-cluster")]
    pub spec: String,
    /// Heading of the section; null for the whole runbook.
    #[schema(required, example = "Como verificar à mão")]
    pub section: Option<String>,
    /// What is quoted.
    #[schema(example = "Veja `pvecm status` em um nó que responde.")]
    pub quote: String,
}

/// Who acknowledged a Message, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageAcknowledgementView {
    /// Name of the person.
    #[schema(example = "ana")]
    pub by: String,
    /// The person's note.
    #[schema(required, example = "vendo")]
    pub note: Option<String>,
    /// Time of the acknowledgement.
    #[schema(example = "2026-01-02T03:05:00Z")]
    pub at: Timestamp,
    /// Until when it holds: if the Finding is still open then, a new Message needs an acknowledgement. Null if it does not end.
    #[schema(required, example = "2026-01-02T07:00:00Z")]
    pub until: Option<Timestamp>,
    /// Whether the Finding was acknowledged, and the Message with it.
    #[schema(example = false)]
    pub of_finding: bool,
    /// Whether the name was authenticated.
    #[schema(example = true)]
    pub proven: bool,
}

impl MessageView {
    /// The view of a Message. An acknowledgement that the operator has not recorded yet is shown as it was written.
    pub fn new(message: &Message) -> MessageView {
        let created = created_at(message);
        let status = message.status.as_ref();
        let recorded = status.and_then(|status| status.acknowledgement.clone());
        let written = message.spec.acknowledgement.clone();
        MessageView {
            id: message.name_any(),
            thread_id: message.spec.thread.clone(),
            author: AuthorView::from(&message.spec.author),
            body: message.spec.body.clone(),
            tier: message.spec.tier.map(tier_word),
            citations: message.spec.citations.iter().cloned().map(CitationView::from).collect(),
            in_reply_to: message.spec.in_reply_to.clone(),
            needs_ack: message.spec.needs_ack,
            acknowledgement: recorded
                .map(MessageAcknowledgementView::from)
                .or_else(|| written.map(|written| MessageAcknowledgementView::of_written(written, created))),
            created_at: created,
        }
    }
}

/// When a Message was written, or else created.
pub fn created_at(message: &Message) -> Timestamp {
    let created = || message.metadata.creation_timestamp.as_ref().map(|at| at.0);
    message.spec.at.as_ref().map(|at| at.0).or_else(created).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `T0` or `T1`.
pub fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::T0 => "T0",
        Tier::T1 => "T1",
    }
}

impl MessageAcknowledgementView {
    /// Of one that was written without a time, `created` stands for it.
    fn of_written(written: MessageAcknowledgement, created: Timestamp) -> MessageAcknowledgementView {
        let MessageAcknowledgement { by, note, at, until, action: _ } = written;
        let (at, until) = (at.map_or(created, |at| at.0), until.map(|until| until.0));
        MessageAcknowledgementView { by, note, at, until, of_finding: false, proven: false }
    }
}

impl From<RecordedAcknowledgement> for MessageAcknowledgementView {
    fn from(recorded: RecordedAcknowledgement) -> MessageAcknowledgementView {
        let RecordedAcknowledgement { by, note, at, until, of_finding, proven } = recorded;
        MessageAcknowledgementView { by, note, at: at.0, until: until.map(|until| until.0), of_finding, proven }
    }
}

impl From<&Author> for AuthorView {
    fn from(author: &Author) -> AuthorView {
        let kind = match author.kind {
            AuthorKind::Person => "person",
            AuthorKind::Agent => "agent",
        };
        AuthorView { kind, name: author.name.clone() }
    }
}

impl From<Citation> for CitationView {
    fn from(Citation { spec, section, quote }: Citation) -> CitationView {
        CitationView { spec, section, quote }
    }
}
