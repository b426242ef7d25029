//! What a message says, before it is worded for a channel.

use crate::api::{FindingStatus, NoticeKind, Severity};
use jiff::Timestamp;

/// Findings that a message describes at most; of more, it has the number and a link.
pub const ITEMS_MAX: usize = 100;

/// A message about one or several Findings.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub kind: NoticeKind,
    /// The Findings, the most severe first and then by name; at most [`ITEMS_MAX`].
    pub items: Vec<Item>,
    /// Number of all Findings of the message.
    pub total: usize,
    /// Time at which the members were chosen: the date of the message.
    pub at: Timestamp,
    /// Identity of the message: a Message-ID without angle brackets.
    pub id: String,
    /// The message that told of the opening, where this one follows it.
    pub opening: Option<Opening>,
}

/// The message that told of an opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub id: String,
    pub subject: String,
    /// Whether the recipient got it: an escalation may follow an opening that only others got.
    pub is_known: bool,
    pub findings: OfOpening,
}

/// What is known of the Findings that the message of an opening told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfOpening {
    /// Number of all; `None` where no Finding has kept it.
    pub told: Option<usize>,
    /// Those that have not ended since, acknowledged or not.
    pub open: usize,
    /// Those of them that are acknowledged.
    pub acknowledged: usize,
}

/// One Finding in a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    pub finding: String,
    pub scenario: String,
    pub check: String,
    pub key: String,
    pub agent: String,
    /// Title of the Scenario.
    pub title: String,
    /// The message of the failing check; of a resolved Finding how it ended and what that message was.
    pub message: String,
    pub severity: Option<Severity>,
    pub occurrence: u32,
    pub opened_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    /// The check, the Scenario or the item is no longer watched: it did not recover.
    pub is_unwatched: bool,
    pub acknowledgement: Option<AcknowledgedBy>,
    pub read: ReadFacts,
    pub runbook: Option<RunbookSection>,
    /// Name of the Thread, where there is one.
    pub thread: Option<String>,
    /// Checked advice of the local model, in a message that has it.
    pub advice: Option<ModelAdvice>,
}

/// Checked advice of the local model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelAdvice {
    /// Plain text in lines.
    pub text: String,
    /// The evidence changed since.
    pub is_stale: bool,
}

/// Who acknowledged, and with which note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcknowledgedBy {
    pub by: String,
    pub note: Option<String>,
    pub at: Option<Timestamp>,
    pub proven: bool,
}

/// What the check read, with secrets redacted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadFacts {
    /// What `show` of the check gives.
    pub show: Option<String>,
    /// The expression that was false.
    pub expression: Option<String>,
    /// What it read: path and value.
    pub values: Vec<(String, String)>,
    /// When the check last passed, as far as that is known.
    pub last_good_at: Option<Timestamp>,
}

impl ReadFacts {
    /// What the status of a Finding says of it.
    pub fn of(status: &FindingStatus) -> ReadFacts {
        let Some(evidence) = status.evidence.clone() else { return ReadFacts::default() };
        ReadFacts {
            show: evidence.show,
            expression: evidence.expression,
            values: evidence.values.into_iter().map(|read| (read.path, read.value)).collect(),
            last_good_at: evidence.last_good.map(|good| good.at.0),
        }
    }
}

/// The section of the runbook that applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunbookSection {
    pub spec: String,
    pub heading: Option<String>,
    pub url: Option<String>,
    /// Its text in Markdown, where the file could be read; bounded.
    pub text: Option<String>,
}
