//! Messages of Threads.

use super::{AgentRef, Resources};
use crate::api::{AuthorKind, Citation, Message, Tier};
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
    /// Whether the name of a person who wrote it was authenticated.
    #[schema(example = true)]
    pub proven: bool,
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
    #[schema(required, example = "2026-01-02T03:04:05.000006Z")]
    pub created_at: Option<Timestamp>,
}

/// Who wrote a Message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuthorView {
    /// `person` or `agent`.
    #[schema(example = "person")]
    pub kind: &'static str,
    /// Name of the person, or display name of the Agent.
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
    /// Time of the acknowledgement; null before the operator has recorded one that has none.
    #[schema(required, example = "2026-01-02T03:05:00Z")]
    pub at: Option<Timestamp>,
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
    /// The view of a Message; `author` is the reference to the Agent that wrote it, where it is one.
    pub fn new(message: &Message, author: Option<AgentRef>) -> MessageView {
        let spec = &message.spec;
        MessageView {
            id: message.name_any(),
            thread_id: spec.thread.clone(),
            author: match author {
                Some(agent) => AuthorView { kind: "agent", name: agent.name },
                None => AuthorView { kind: "person", name: spec.author.name.clone() },
            },
            proven: message.status.as_ref().is_some_and(|status| status.proven),
            body: spec.body.clone(),
            tier: spec.tier.map(|tier| if tier == Tier::T0 { "T0" } else { "T1" }),
            citations: spec.citations.iter().map(CitationView::new).collect(),
            in_reply_to: spec.in_reply_to.clone(),
            needs_ack: spec.needs_ack,
            acknowledgement: MessageAcknowledgementView::of(message),
            created_at: written_at(message),
        }
    }
}

/// When a Message was written.
fn written_at(message: &Message) -> Option<Timestamp> {
    let created = || message.metadata.creation_timestamp.as_ref().map(|at| at.0);
    message.spec.at.as_ref().map(|at| at.0).or_else(created)
}

impl CitationView {
    fn new(citation: &Citation) -> CitationView {
        let Citation { spec, section, quote } = citation.clone();
        CitationView { spec, section, quote }
    }
}

impl MessageAcknowledgementView {
    /// As the operator recorded it, else as it was written.
    fn of(message: &Message) -> Option<MessageAcknowledgementView> {
        if let Some(recorded) = message.status.as_ref().and_then(|status| status.acknowledgement.as_ref()) {
            return Some(MessageAcknowledgementView {
                by: recorded.by.clone(),
                note: recorded.note.clone(),
                at: Some(recorded.at.0),
                until: recorded.until.as_ref().map(|until| until.0),
                of_finding: recorded.of_finding,
                proven: recorded.proven,
            });
        }
        let written = message.spec.acknowledgement.as_ref()?;
        Some(MessageAcknowledgementView {
            by: written.by.clone(),
            note: written.note.clone(),
            at: written.at.as_ref().map(|at| at.0),
            until: written.until.as_ref().map(|until| until.0),
            of_finding: false,
            proven: false,
        })
    }
}

impl Resources {
    /// The view of a Message, with the name of the Agent that wrote it.
    pub fn message_view(&self, message: &Message) -> MessageView {
        let author = &message.spec.author;
        let agent = (author.kind == AuthorKind::Agent).then(|| self.agent_ref(&author.name));
        MessageView::new(message, agent)
    }
}
