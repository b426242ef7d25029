//! What is told in the Thread of a Finding.

use super::{Facts, Said, Style};
use crate::api::{FindingAcknowledgement, Severity};
use std::time::Duration;

/// Something that happened to a Finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    Opened,
    /// With the number of this occurrence.
    Reopened(u32),
    SeverityChanged {
        from: Severity,
        to: Severity,
    },
    Acknowledged(&'a FindingAcknowledgement),
    /// The acknowledgement was taken back.
    AcknowledgementRemoved,
    /// The acknowledgement of a Message was until a time that has passed, by this person.
    AcknowledgementExpired {
        by: &'a str,
    },
    /// Critical, and nobody acknowledged it for this long.
    Escalated(Duration),
    /// It is the root of others that are open ([`Facts::group`]).
    Correlated,
    /// It ended after this long; `is_unwatched` where its check, item or Scenario was removed.
    Resolved {
        after: Option<Duration>,
        is_unwatched: bool,
    },
}

/// The text about an event.
pub fn tell(event: &Event<'_>, facts: &Facts<'_>, _style: &Style) -> Said {
    let message = facts.status.message.clone().unwrap_or_default();
    Said { body: format!("{event:?}: {message}"), citations: Vec::new() }
}
