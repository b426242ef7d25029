//! Messages: as they are in a Thread, and as they are in an inbox.

use super::message_state::{phase, written_at};
use super::order::{Key, Place};
use super::shown::{line, text};
use super::{AgentRef, AnswerProgressView, CitationView, OwnerView, Page, PageRequest, Resources};
use crate::api::{AuthorKind, Message, MessagePhase, Severity, Thread, Tier};
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::told::sequence;
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Serialize;
use utoipa::ToSchema;

/// A Message: one contribution to a Thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageView {
    /// Object name of the Message.
    #[schema(example = "proxmox.cluster-0123456789-s44we8-opened-s44we8")]
    pub id: String,
    /// Object name of its Thread.
    #[schema(example = "proxmox.cluster-0123456789-s44we8")]
    pub thread_id: String,
    /// Who wrote it.
    pub author: AuthorView,
    /// Whether the name of a person who wrote it was authenticated; of an Agent's, whether the operator wrote it, and nobody by hand.
    #[schema(example = true)]
    pub proven: bool,
    /// The text.
    #[schema(example = "A VM 112 parou de responder.")]
    pub body: String,
    /// How an Agent's Message came about: `T0` from what was read, `T1` by the local model. Null for people.
    #[schema(required)]
    pub tier: Option<Tier>,
    /// Sections of runbooks that it quotes.
    pub citations: Vec<CitationView>,
    /// For advice and answers of an Agent, whether each line follows from what was read or from the quoted sections; null otherwise.
    #[schema(required, example = json!(null))]
    pub grounded: Option<bool>,
    /// Object name of the Message that it replies to.
    #[schema(required, example = json!(null))]
    pub in_reply_to: Option<String>,
    /// Roles or names of people that it is for.
    #[schema(example = json!(["ops_lead"]))]
    pub recipients: Vec<String>,
    /// What an Agent's Message tells of the Finding, in CamelCase; `Explained` where a person tells what fixed it; null for other Messages
    /// of people and for answers.
    #[schema(required, example = "Opened")]
    pub reason: Option<String>,
    /// Severity of the Finding when it was written.
    #[schema(required)]
    pub severity: Option<Severity>,
    /// Whether it stays pending until a person acknowledges it or its Finding.
    #[schema(example = true)]
    pub needs_ack: bool,
    /// `pending`, `acknowledged`, or `archived` where its Finding was resolved first; null where it needs no acknowledgement.
    #[schema(required)]
    pub phase: Option<MessagePhaseView>,
    /// Who acknowledged it or its Finding.
    #[schema(required)]
    pub acknowledgement: Option<MessageAcknowledgementView>,
    /// How far the answer of the local model to it has come; null where the model is not asked, and once it answered.
    #[schema(required)]
    pub answer: Option<AnswerProgressView>,
    /// When it was written.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub created_at: Option<Timestamp>,
}

/// Who wrote a Message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuthorView {
    /// `person` or `agent`.
    #[schema(example = "agent")]
    pub kind: &'static str,
    /// Name of the person, or display name of the Agent.
    #[schema(example = "Pulso")]
    pub name: String,
}

/// Who acknowledged a Message or its Finding, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageAcknowledgementView {
    /// Name of the person.
    #[schema(example = "ana")]
    pub by: String,
    /// The person's note.
    #[schema(required, example = "vendo")]
    pub note: Option<String>,
    /// Time of the acknowledgement; null before the operator has recorded one that has none.
    #[schema(required, example = "2026-01-02T03:10:00Z")]
    pub at: Option<Timestamp>,
    /// Until when it holds; null where it does not end.
    #[schema(required, example = json!(null))]
    pub until: Option<Timestamp>,
    /// Whether the Finding was acknowledged, and the Message with it.
    #[schema(example = false)]
    pub of_finding: bool,
    /// Whether the name was authenticated.
    #[schema(example = true)]
    pub proven: bool,
}

/// Phase of a Message that needs an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessagePhaseView {
    Pending,
    Acknowledged,
    Archived,
}

impl From<MessagePhase> for MessagePhaseView {
    fn from(phase: MessagePhase) -> MessagePhaseView {
        match phase {
            MessagePhase::Pending => MessagePhaseView::Pending,
            MessagePhase::Acknowledged => MessagePhaseView::Acknowledged,
            MessagePhase::Archived => MessagePhaseView::Archived,
        }
    }
}

/// Whether it was written by whom it says.
fn is_proven(message: &Message) -> bool {
    match message.spec.author.kind {
        AuthorKind::Person => message.status.as_ref().is_some_and(|status| status.proven),
        AuthorKind::Agent => is_own(message),
    }
}

fn key_in_thread(message: &Message) -> Key {
    Key::in_thread(sequence(message), written_at(message))
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
                None => AuthorView { kind: "person", name: line(&spec.author.name) },
            },
            proven: is_proven(message),
            body: text(&spec.body),
            tier: spec.tier,
            citations: spec.citations.iter().map(CitationView::new).collect(),
            grounded: spec.grounded,
            in_reply_to: spec.in_reply_to.clone(),
            recipients: spec.recipients.iter().map(|recipient| line(recipient)).collect(),
            reason: spec.reason.as_deref().map(line),
            severity: spec.severity,
            needs_ack: spec.needs_ack,
            phase: phase(message).map(MessagePhaseView::from),
            acknowledgement: MessageAcknowledgementView::of(message),
            answer: message.status.as_ref().and_then(|status| status.answer.as_ref()).map(AnswerProgressView::from),
            created_at: written_at(message),
        }
    }
}

impl MessageAcknowledgementView {
    /// As the operator recorded it, else as it was written.
    pub(super) fn of(message: &Message) -> Option<MessageAcknowledgementView> {
        if let Some(recorded) = message.status.as_ref().and_then(|status| status.acknowledgement.as_ref()) {
            return Some(MessageAcknowledgementView {
                by: line(&recorded.by),
                note: recorded.note.as_deref().map(text),
                at: Some(recorded.at.0),
                until: recorded.until.as_ref().map(|until| until.0),
                of_finding: recorded.of_finding,
                proven: recorded.proven,
            });
        }
        let written = message.spec.acknowledgement.as_ref()?;
        Some(MessageAcknowledgementView {
            by: line(&written.by),
            note: written.note.as_deref().map(text),
            at: written.at.as_ref().map(|at| at.0),
            until: written.until.as_ref().map(|until| until.0),
            of_finding: false,
            proven: false,
        })
    }
}

/// A Message that awaits an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InboxView {
    /// Object name of the Message.
    #[schema(example = "proxmox.cluster-0123456789-s44we8-opened-s44we8")]
    pub id: String,
    /// Object name of its Thread.
    #[schema(example = "proxmox.cluster-0123456789-s44we8")]
    pub thread_id: String,
    /// Subject of the Thread; null where that does not exist.
    #[schema(required, example = "Cluster do Proxmox: VM 112 não está em execução")]
    pub subject: Option<String>,
    /// The Agent of the Thread; null where that does not exist.
    #[schema(required)]
    pub agent: Option<AgentRef>,
    /// Roles or names of people that the Message is for.
    #[schema(example = json!(["ops_lead"]))]
    pub recipients: Vec<String>,
    /// The text.
    #[schema(example = "A VM 112 parou de responder.")]
    pub body: String,
    /// Severity of the Finding when the Message was written.
    #[schema(required)]
    pub severity: Option<Severity>,
    /// Object name of the Finding; null for another subject.
    #[schema(required, example = "proxmox.cluster-0123456789")]
    pub finding_id: Option<String>,
    /// Who has taken the Finding over; null where nobody did, and for another subject.
    #[schema(required)]
    pub owner: Option<OwnerView>,
    /// When the Message was written.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    pub created_at: Option<Timestamp>,
}

impl Resources {
    /// The view of a Message, with the name of the Agent that wrote it.
    pub fn message_view(&self, message: &Message) -> MessageView {
        let author = &message.spec.author;
        let agent = (author.kind == AuthorKind::Agent).then(|| self.agent_ref(&author.name));
        MessageView::new(message, agent)
    }

    /// One page of the Messages of a Thread, oldest first.
    pub fn list_messages(&self, thread: &Thread, page: &PageRequest) -> Page<MessageView> {
        let name = thread.metadata.name.as_deref().unwrap_or_default();
        let messages = self.messages.state_filter(|message| message.spec.thread == name);
        // A Message that had no place yet when the cursor was made may have one now.
        let last = page.after().map(|place| (place, self.message(&place.name)));
        let after = last.map(|(place, message)| match message.filter(|message| message.spec.thread == name) {
            Some(message) => Place { key: key_in_thread(&message), name: place.name.clone() },
            None => place.clone(),
        });
        Page::after(page, after.as_ref(), messages, key_in_thread, |message| self.message_view(message))
    }

    /// The last Messages of a Thread, oldest first, at most so many.
    pub fn last_messages(&self, thread: &str, most: usize) -> Vec<MessageView> {
        let mut messages = self.messages.state_filter(|message| message.spec.thread == thread);
        messages.sort_by_cached_key(|message| (key_in_thread(message), message.name_any()));
        let skipped = messages.len().saturating_sub(most);
        messages.iter().skip(skipped).map(|message| self.message_view(message)).collect()
    }

    /// The severity of a Message: when it was written, or of the Finding of its Thread.
    pub(super) fn severity_of_message(&self, message: &Message) -> Option<Severity> {
        let of_thread = || self.severity_of_thread(&*self.thread(&message.spec.thread)?);
        message.spec.severity.or_else(of_thread)
    }

    pub(super) fn inbox_view(&self, message: &Message) -> InboxView {
        let (thread, spec) = (self.thread(&message.spec.thread), &message.spec);
        let finding = thread.as_ref().and_then(|thread| thread.spec.finding.clone());
        let finding_id = finding.or_else(|| spec.finding.clone());
        let owner = finding_id.as_deref().and_then(|name| self.finding(name)?.status.as_ref()?.owner.clone());
        InboxView {
            id: message.name_any(),
            thread_id: spec.thread.clone(),
            subject: thread.as_ref().map(|thread| line(&thread.spec.subject)),
            agent: thread.as_ref().map(|thread| self.agent_ref(&thread.spec.agent)),
            recipients: spec.recipients.iter().map(|recipient| line(recipient)).collect(),
            body: text(&spec.body),
            severity: self.severity_of_message(message),
            owner: owner.map(OwnerView::from),
            finding_id,
            created_at: written_at(message),
        }
    }
}
