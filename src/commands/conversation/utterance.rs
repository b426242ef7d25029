//! What a person says, and where.

use crate::api::{Subject, SubjectState, Thread, ThreadSpec};
use crate::domain::refusal::Refusal;
use kube::ResourceExt as _;

/// A Thread with so many Messages takes no further one of people: the operator counts them.
const MESSAGES_MAX: u32 = 10_000;

/// What a person says, and where.
#[derive(Clone, Debug)]
pub(super) struct Utterance {
    pub place: Place,
    /// Without secrets.
    pub text: String,
    pub in_reply_to: Option<String>,
    /// The Finding that it is about, if it is not that of the Thread.
    pub finding: Option<String>,
    pub scenario: Option<String>,
    /// The Finding of which it says what fixed it: then it gives no command.
    pub explains: Option<(Subject, SubjectState)>,
}

/// The Thread of a Message.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// As it was read.
    Thread(Box<Thread>),
    /// One that the request begins, with this name.
    New(String, ThreadSpec),
}

impl Place {
    pub fn name(&self) -> String {
        match self {
            Place::Thread(thread) => thread.name_any(),
            Place::New(name, _) => name.clone(),
        }
    }

    /// The Finding that the Thread is about.
    pub fn finding(&self) -> Option<&str> {
        match self {
            Place::Thread(thread) => thread.spec.finding.as_deref(),
            Place::New(..) => None,
        }
    }

    /// Why it takes no further Message.
    pub fn refusal(&self) -> Option<Refusal> {
        let Place::Thread(thread) = self else { return None };
        let count = thread.status.as_ref().and_then(|status| status.message_count).unwrap_or_default();
        let name = thread.name_any();
        match thread.spec.closed {
            true => Some(Refusal::ThreadClosed { thread: name }),
            false => {
                let full = || Refusal::ThreadFull { thread: name, max: MESSAGES_MAX.to_string() };
                (count >= MESSAGES_MAX).then(full)
            }
        }
    }
}
