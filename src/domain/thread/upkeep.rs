//! What Threads and Messages say of themselves: which statuses have to be written, and whether the Thread is closed.

use super::closing::{Closing, closing};
use super::message_status::{self, Moot, Proof, Surroundings};
use super::policy::ThreadLimits;
use super::thread_status::{self, sequenced};
use crate::api::{Message, MessageStatus, ThreadStatus};
use std::collections::HashMap;
use std::sync::Arc;

/// What is to be written, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Upkeep {
    /// The status of the Thread, where it says something else. It reserves the sequences of the Messages.
    pub thread: Option<ThreadStatus>,
    /// The statuses of Messages that say something else.
    pub messages: Vec<(Arc<Message>, MessageStatus)>,
    pub closing: Closing,
}

impl Upkeep {
    /// Whether there is nothing to do now.
    pub fn is_empty(&self) -> bool {
        self.thread.is_none() && self.messages.is_empty() && self.closing != Closing::Now
    }
}

/// Decides it for one Thread. `proofs` are those that were looked up, by the name of the Message; `manager` gives who created one.
pub fn upkeep(
    surroundings: &Surroundings<'_>,
    limits: &ThreadLimits,
    proofs: &HashMap<String, Proof>,
    manager: fn(&Message) -> Option<&str>,
) -> Upkeep {
    let (thread, told) = (surroundings.thread, surroundings.told);
    let moot = Moot::of(told);
    let messages = sequenced(thread, told.all().cloned().collect());
    let next = |message: &Arc<Message>, sequence| {
        let name = message.metadata.name.as_deref().unwrap_or_default();
        let proof = proofs.get(name).copied().unwrap_or_default();
        message_status::status(message, surroundings, &moot, sequence, manager(message), proof)
    };
    let statuses: Vec<_> = messages.iter().map(|(message, sequence)| (message, next(message, *sequence))).collect();
    let finding = match surroundings.subject {
        message_status::Subject::Finding(status) if surroundings.is_current() => Some(status),
        _ => None,
    };
    let pairs = statuses.iter().map(|(message, status)| (&***message, status));
    let status = thread_status::status(thread, pairs, finding);
    let closing = closing(surroundings, &status, limits);
    let changed = statuses.iter().filter(|(message, status)| message.status.as_ref() != Some(status));
    let messages = changed.map(|(message, status)| ((*message).clone(), status.clone())).collect();
    Upkeep { thread: Some(status).filter(|status| thread.status.as_ref() != Some(status)), messages, closing }
}

#[cfg(test)]
mod tests;
