//! Messages in which people tell what fixed a Finding.

use crate::api::{AuthorKind, Message};

/// The `reason` of such a Message.
pub const REASON_EXPLAINED: &str = "Explained";

/// Whether a person tells in the Message what fixed the Finding. It asks nothing and gives no command, so that it has no answer.
pub fn is_explanation(message: &Message) -> bool {
    message.spec.author.kind == AuthorKind::Person && message.spec.reason.as_deref() == Some(REASON_EXPLAINED)
}
