//! What the daily digest says, before it is worded.

use super::content::AcknowledgedBy;
use crate::api::Severity;
use jiff::Timestamp;
use jiff::civil::Date;

/// Lines of one section at most; of more, it has the number.
pub const SECTION_LINES_MAX: usize = 50;

/// The digest of one date for one recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// The date in the time zone of the schedule.
    pub date: Date,
    /// Time at which the sections were filled: the date of the mail.
    pub at: Timestamp,
    /// Message-ID without angle brackets, made from the date and the recipient.
    pub id: String,
    /// Open Findings that no other section has.
    pub open: Section,
    /// Findings that were acknowledged more than 24 hours ago and are still active.
    pub acknowledged: Section,
    /// Findings that open and resolve again and again.
    pub flapping: Section,
    /// Findings whose notices a Silence holds back.
    pub silenced: Section,
    /// Scenarios that are suspended, invalid, late or unknown.
    pub unwatched: Section,
}

/// Findings or Scenarios in one state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// The most severe first and then by name; at most [`SECTION_LINES_MAX`].
    pub lines: Vec<Line>,
    /// Number of all.
    pub total: usize,
}

/// One Finding or Scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub subject: LineSubject,
    pub severity: Option<Severity>,
    /// Title of the Scenario.
    pub title: String,
    /// The message of the failing check, or why the Scenario is not watched.
    pub message: String,
    /// Since when it is in this state; of an acknowledged Finding since when it is open.
    pub since: Option<Timestamp>,
    /// Who acknowledged; of a silenced Finding the author of the Silence, with its reason as the note.
    pub by: Option<AcknowledgedBy>,
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineSubject {
    /// Name of a Finding, and of its Scenario.
    Finding { name: String, scenario: String },
    /// Name of a Scenario.
    Scenario(String),
}

impl Digest {
    /// Whether there is nothing to tell: then no mail is sent.
    pub fn is_empty(&self) -> bool {
        [&self.open, &self.acknowledged, &self.flapping, &self.silenced, &self.unwatched]
            .iter()
            .all(|section| section.total == 0)
    }
}
