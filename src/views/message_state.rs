//! What a Message says about itself: whether it is pending, until when its acknowledgement holds, and when it was written.

use super::order::created_at;
use crate::api::{Message, MessagePhase};
use crate::domain::thread::told;
use jiff::Timestamp;

/// The phase of a Message; before the operator has written it, what follows from the spec.
pub(super) fn phase(message: &Message) -> Option<MessagePhase> {
    let spec = &message.spec;
    let of_spec = || match (spec.needs_ack, &spec.acknowledgement) {
        (false, _) => None,
        (true, None) => Some(MessagePhase::Pending),
        (true, Some(_)) => Some(MessagePhase::Acknowledged),
    };
    match message.status.as_ref().and_then(|status| status.phase) {
        // The operator has not recorded the acknowledgement yet, or keeps the Thread no more.
        None | Some(MessagePhase::Pending) => of_spec(),
        written => written,
    }
}

/// Whether a person acknowledged a Message, or its Finding.
pub(super) fn is_acknowledged(message: &Message) -> bool {
    phase(message) == Some(MessagePhase::Acknowledged)
}

/// Whether a Message awaits an acknowledgement, and so is in an inbox.
pub fn is_pending(message: &Message) -> bool {
    phase(message) == Some(MessagePhase::Pending)
}

/// Until when the acknowledgement of a Message holds, and when it was made; `None` where there is none.
pub(super) fn acknowledged_until(message: &Message) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
    if let Some(recorded) = message.status.as_ref().and_then(|status| status.acknowledgement.as_ref()) {
        return Some((recorded.until.as_ref().map(|until| until.0), Some(recorded.at.0)));
    }
    let written = message.spec.acknowledgement.as_ref()?;
    Some((written.until.as_ref().map(|until| until.0), written.at.as_ref().map(|at| at.0)))
}

/// When a Message was written: not later than it was created, whatever it says.
pub(super) fn written_at(message: &Message) -> Option<Timestamp> {
    (message.spec.at.is_some() || created_at(message).is_some()).then(|| told::at(message))
}
