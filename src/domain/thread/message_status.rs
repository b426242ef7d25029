//! The status of a Message, from its spec, its Thread and its Finding.

use super::authorship::is_own;
use super::names::began_at;
use super::told::{self, OPENED, REOPENED, RESOLVED, Told, at, place, second};
use crate::api::{
    AuthorKind, FindingStatus, Message, MessageAcknowledgement, MessagePhase, MessageStatus, Phase,
    RecordedAcknowledgement, Thread,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::sync::Arc;

/// Stands for a field manager that is not known.
const MANAGER_UNKNOWN: &str = "unknown";

/// The Finding of a Thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject<'a> {
    /// The Thread is a conversation without one.
    None,
    /// It was deleted.
    Gone,
    Finding(&'a FindingStatus),
}

/// What is known of the names of people. Each is found out once, before it is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    pub author: bool,
    pub acknowledgement: bool,
}

/// What the Messages of a Thread have in common.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    pub thread: &'a Thread,
    pub subject: Subject<'a>,
    pub told: &'a Told,
    pub now: Timestamp,
}

impl Surroundings<'_> {
    fn thread_name(&self) -> &str {
        self.thread.metadata.name.as_deref().unwrap_or_default()
    }

    /// Whether the Finding names this Thread.
    pub fn is_current(&self) -> bool {
        matches!(self.subject, Subject::Finding(status) if status.thread.as_deref() == Some(self.thread_name()))
    }

    /// Whether the Finding names a Thread that began later.
    pub fn is_past(&self) -> bool {
        let (Subject::Finding(status), Some(finding)) = (self.subject, &self.thread.spec.finding) else { return false };
        let began = |name: &str| began_at(finding, name);
        let current = status.thread.as_deref().and_then(began);
        current.zip(began(self.thread_name())).is_some_and(|(current, this)| this < current)
    }
}

/// Of a Thread, what makes its Messages moot: the last resolution that was told, and the last Message that asks, or tells of an opening.
#[derive(Clone, Debug, PartialEq)]
pub struct Moot {
    resolved: Option<Arc<Message>>,
    asking: Option<Arc<Message>>,
}

impl Moot {
    pub fn of(told: &Told) -> Moot {
        let last = |is: fn(&str, &Message) -> bool| {
            let these = told.story().filter(|(reason, message)| is(reason, message)).map(|(_, message)| message);
            these.max_by_key(|message| place(message)).cloned()
        };
        Moot {
            resolved: last(|reason, _| reason == RESOLVED),
            asking: last(|reason, message| message.spec.needs_ack || [OPENED, REOPENED].contains(&reason)),
        }
    }

    fn covers(&self, message: &Message) -> bool {
        let is_before =
            |later: &Option<Arc<Message>>| later.as_ref().is_some_and(|later| place(later) > place(message));
        is_before(&self.resolved) || told::reason(message).is_some() && is_before(&self.asking)
    }
}

/// Whether the acknowledgement of a Message is to be recorded: then whether its name is proven has to be found out first.
pub fn takes_acknowledgement(message: &Message) -> Option<&MessageAcknowledgement> {
    let is_open = message
        .status
        .as_ref()
        .is_none_or(|status| status.acknowledgement.is_none() && status.phase != Some(MessagePhase::Archived));
    message.spec.acknowledgement.as_ref().filter(|_| is_open)
}

/// Whether the name of a Message's author has to be found out.
pub fn is_author_unknown(message: &Message) -> bool {
    message.spec.author.kind == AuthorKind::Person
        && message.status.as_ref().is_none_or(|status| status.sequence.is_none())
}

/// The status of a Message. What a person acknowledged, or what is archived, stays so; not what a status that was written by hand says
/// without a record of who acknowledged. `sequence` is its place; `manager` who created it.
pub fn status(
    message: &Message,
    surroundings: &Surroundings<'_>,
    moot: &Moot,
    sequence: u32,
    manager: Option<&str>,
    proof: Proof,
) -> MessageStatus {
    let mut next = message.status.clone().unwrap_or_default();
    next.observed_generation = message.metadata.generation;
    let manager = || manager.map(|manager| crate::api::conditions::bounded(manager, 128));
    match message.spec.author.kind {
        AuthorKind::Person if is_author_unknown(message) => {
            next.manager = manager();
            next.proven = proof.author;
        }
        AuthorKind::Person => {}
        AuthorKind::Agent => {
            next.proven = is_own(message);
            // Its presence says that it was made by hand.
            let known = || next.manager.clone().or_else(manager).unwrap_or_else(|| MANAGER_UNKNOWN.into());
            next.manager = (!next.proven).then(known);
        }
    }
    next.sequence = Some(sequence);
    if let Some(written) = takes_acknowledgement(message) {
        next.acknowledgement = Some(recorded(written, surroundings.now, proof.acknowledgement));
    }
    let is_settled = match next.phase {
        None | Some(MessagePhase::Pending) => false,
        Some(MessagePhase::Acknowledged) => next.acknowledgement.is_some(),
        Some(MessagePhase::Archived) => !asks_about_what_is_open(message, surroundings, moot),
    };
    if message.spec.needs_ack && !is_settled {
        next.phase = Some(phase(message, surroundings, moot, &mut next.acknowledgement));
    }
    next
}

/// Whether the Finding is open, and this is the last Message that asks about it: nothing archives that.
fn asks_about_what_is_open(message: &Message, surroundings: &Surroundings<'_>, moot: &Moot) -> bool {
    let is_open = matches!(surroundings.subject, Subject::Finding(status) if status.phase == Some(Phase::Open));
    let is_last = moot.asking.as_ref().is_some_and(|asking| asking.metadata.name == message.metadata.name);
    is_open && surroundings.is_current() && is_last && !moot.covers(message)
}

fn phase(
    message: &Message,
    surroundings: &Surroundings<'_>,
    moot: &Moot,
    acknowledgement: &mut Option<RecordedAcknowledgement>,
) -> MessagePhase {
    if acknowledgement.is_some() {
        return MessagePhase::Acknowledged;
    }
    if is_moot(message, surroundings, moot) {
        return MessagePhase::Archived;
    }
    let Subject::Finding(status) = surroundings.subject else { return MessagePhase::Pending };
    let of_finding = status.acknowledgement.as_ref().filter(|_| status.phase == Some(Phase::Acknowledged));
    match of_finding.filter(|_| !surroundings.is_past()) {
        Some(of) => {
            *acknowledgement = Some(RecordedAcknowledgement {
                by: of.by.clone(),
                note: of.note.clone(),
                at: of.at.clone(),
                until: None,
                of_finding: true,
                proven: of.proven,
            });
            MessagePhase::Acknowledged
        }
        None => MessagePhase::Pending,
    }
}

/// Whether nobody has to acknowledge the Message any more: its Finding was resolved and that was told, or a later Message asks the same.
fn is_moot(message: &Message, surroundings: &Surroundings<'_>, moot: &Moot) -> bool {
    if surroundings.subject != Subject::None && moot.covers(message) {
        return true;
    }
    match surroundings.subject {
        // What the operator told of a Finding before a person made the Thread another one.
        Subject::None => told::reason(message).is_some(),
        Subject::Gone => true,
        // The Thread of the Finding tells of the resolution first.
        Subject::Finding(_) if surroundings.is_current() => false,
        Subject::Finding(status) => {
            let resolved_at = status.resolved_at.as_ref().filter(|_| status.phase == Some(Phase::Resolved));
            surroundings.is_past() || resolved_at.is_some_and(|resolved| resolved.0 >= second(at(message)))
        }
    }
}

fn recorded(written: &MessageAcknowledgement, now: Timestamp, proven: bool) -> RecordedAcknowledgement {
    RecordedAcknowledgement {
        by: written.by.clone(),
        note: written.note.clone(),
        at: written.at.clone().unwrap_or(Time(second(now))),
        until: written.until.clone(),
        of_finding: false,
        proven,
    }
}
