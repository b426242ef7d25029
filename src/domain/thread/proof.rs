//! Whether an Action of the facade proves who wrote, or acknowledged, a Message.

use super::names::message_name;
use crate::api::{Action, Message, MessageAcknowledgement};
use crate::domain::transition::VERB_ACKNOWLEDGE;

/// Whether the Action records that the author wrote this Message: one Action, one Message, whose name follows from it.
pub fn proves_author(action: &Action, message: &Message) -> bool {
    let (Some(id), Some(name)) = (&action.metadata.name, &message.metadata.name) else { return false };
    is_made(action)
        && action.spec.actor.name == message.spec.author.name
        && *name == message_name(&message.spec.thread, id)
}

/// Whether the Action records this acknowledgement, word for word: of this Message, by this person, with this note, at the time when the
/// Action was created.
pub fn proves_acknowledgement(action: &Action, message: &Message, written: &MessageAcknowledgement) -> bool {
    let (subject, Some(before)) = (&action.spec.subject, &action.spec.before) else { return false };
    let created = action.metadata.creation_timestamp.as_ref().map(|at| at.0);
    is_made(action)
        && action.spec.verb == VERB_ACKNOWLEDGE
        && subject.kind == "Message"
        && Some(&subject.name) == message.metadata.name.as_ref()
        && before.uid == message.metadata.uid
        && action.spec.actor.name == written.by
        && action.spec.parameters.get("note") == written.note.as_ref()
        && created.is_some()
        && written.at.as_ref().map(|at| at.0) == created
}

/// The facade recorded it, and it was not refused. The result is written after the change.
fn is_made(action: &Action) -> bool {
    let result = action.status.as_ref().and_then(|status| status.result.as_deref());
    action.is_of_facade() && result.is_none_or(|result| result == "done")
}
