//! What was told in a Thread: its Messages, as the decisions look at them.

use super::authorship::is_own;
use super::names::names;
use crate::api::{Message, MessagePhase, Severity};
pub use crate::domain::written_at::written_at as at;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// Greatest sequence that is given: more Messages than a Thread ever has. A greater one was written by hand.
pub const SEQUENCE_MAX: u32 = 1_000_000_000;

/// Reasons of Messages.
pub const OPENED: &str = "Opened";
pub const REOPENED: &str = "Reopened";
pub const SEVERITY_CHANGED: &str = "SeverityChanged";
pub const ACKNOWLEDGED: &str = "Acknowledged";
pub const ACKNOWLEDGEMENT_REMOVED: &str = "AcknowledgementRemoved";
pub const ACKNOWLEDGEMENT_EXPIRED: &str = "AcknowledgementExpired";
pub const ESCALATED: &str = "Escalated";
pub const CORRELATED: &str = "Correlated";
pub const RESOLVED: &str = "Resolved";
pub const FLAPPING: &str = "Flapping";
pub const SETTLED: &str = "Settled";
pub const ADVICE: &str = "Advice";

/// The Messages of one Thread by name. Clones of the Messages are shared.
#[derive(Clone, Debug, Default)]
pub struct Told(HashMap<String, Arc<Message>>);

/// A change of phase that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldPhase {
    /// In whole seconds.
    pub at: Timestamp,
    pub is_opening: bool,
}

impl Told {
    pub fn insert(&mut self, message: Arc<Message>) {
        if let Some(name) = message.metadata.name.clone() {
            self.0.insert(name, message);
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Message>> {
        self.0.get(name)
    }

    /// Whether the operator wrote a Message of this name, or of one that follows it where another client took that.
    pub fn has(&self, name: &str) -> bool {
        names(name).any(|name| self.get(&name).is_some_and(|message| is_own(message)))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All Messages, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.0.values()
    }

    /// Messages in which the operator tells of the Finding, each with its reason.
    pub fn story(&self) -> impl Iterator<Item = (&str, &Arc<Message>)> {
        self.all().filter_map(|message| Some((reason(message)?, message)))
    }

    /// The last opening or resolution that was told.
    pub fn last_phase(&self) -> Option<ToldPhase> {
        let phases = self.story().filter(|(reason, _)| [OPENED, REOPENED, RESOLVED].contains(reason));
        let last = phases.max_by_key(|(_, message)| place(message))?;
        Some(ToldPhase { at: second(at(last.1)), is_opening: last.0 != RESOLVED })
    }

    /// The last Message of the story that has a severity, with that.
    pub fn last_severity(&self) -> Option<(&Arc<Message>, Severity)> {
        let graded = self.story().filter_map(|(_, message)| Some((message, message.spec.severity?)));
        graded.max_by_key(|(message, _)| place(message))
    }

    /// The last Message that tells that the Finding flaps, or that it no longer does, with its reason.
    pub fn last_flapping(&self) -> Option<(&str, &Arc<Message>)> {
        let these = self.story().filter(|(reason, _)| [FLAPPING, SETTLED].contains(reason));
        these.max_by_key(|(_, message)| place(message))
    }

    /// Whether a Message of the story awaits acknowledgement.
    pub fn is_asking(&self) -> bool {
        self.story().any(|(_, message)| is_pending(message))
    }

    /// The last Message of the story that needs an acknowledgement.
    pub fn last_asking(&self) -> Option<&Arc<Message>> {
        let story = self.story().map(|(_, message)| message);
        story.filter(|message| message.spec.needs_ack).max_by_key(|message| place(message))
    }
}

/// What a Message of the operator tells of the Finding.
pub fn reason(message: &Message) -> Option<&str> {
    message.spec.reason.as_deref().filter(|_| is_own(message))
}

/// The place of a Message in its Thread, unless a senseless one was written by hand.
pub fn sequence(message: &Message) -> Option<u32> {
    message.status.as_ref().and_then(|status| status.sequence).filter(|sequence| *sequence <= SEQUENCE_MAX)
}

/// What Messages of a Thread are ordered by: those without a sequence come last.
pub fn place(message: &Message) -> (u32, Timestamp, Option<&str>) {
    let sequence = sequence(message).unwrap_or(u32::MAX);
    (sequence, at(message), message.metadata.name.as_deref())
}

/// Whether the Message awaits acknowledgement, as its spec and status say.
pub fn is_pending(message: &Message) -> bool {
    let phase = message.status.as_ref().and_then(|status| status.phase);
    message.spec.needs_ack
        && message.spec.acknowledgement.is_none()
        && matches!(phase, None | Some(MessagePhase::Pending))
}

/// The whole second of a time, as the API keeps it.
pub fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
