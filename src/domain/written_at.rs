//! When a Message was written.

use crate::api::Message;
use jiff::{SignedDuration, Timestamp};

/// The clocks of this program and of the API server differ by less.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// When the Message was written: not later than it was created, whatever it says. The API server knows only whole seconds.
pub fn written_at(message: &Message) -> Timestamp {
    let created = message.metadata.creation_timestamp.as_ref().map(|at| at.0);
    let latest = created.and_then(|created| created.checked_add(CLOCKS_DIFFER).ok()).unwrap_or(Timestamp::MAX);
    message.spec.at.as_ref().map(|at| at.0.min(latest)).or(created).unwrap_or(Timestamp::MIN)
}
