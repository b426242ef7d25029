//! What Agents say in Threads: text that follows from what was read, in the language of the people on duty.

pub mod answer;
pub mod command;
pub mod correlation;
mod draft;
mod finding;
pub mod mentioned;
pub mod noted;
mod quote;
mod shown;
pub mod tell;
#[cfg(test)]
mod tests;
mod worded;

use crate::api::{Citation, FindingSpec, FindingStatus};
use crate::domain::silence::SilencedBy;
use crate::domain::texts::Language;
use correlation::Group;
use jiff::tz::TimeZone;

/// Longest body of a Message, in characters.
pub const BODY_MAX: usize = 16_384;

/// A Finding, and what is known besides about it.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Object name of the Finding.
    pub finding: &'a str,
    pub spec: &'a FindingSpec,
    pub status: &'a FindingStatus,
    /// The page of its runbook, where the file could be read.
    pub page: Option<&'a str>,
    /// The group of open Findings that it belongs to, if there is one.
    pub group: Option<&'a Group>,
    /// The active Silences that hold back notices about it.
    pub silences: &'a [SilencedBy],
}

/// How times and texts are worded.
#[derive(Clone, Debug)]
pub struct Style {
    pub language: Language,
    pub zone: TimeZone,
}

/// The text of a Message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// At most [`BODY_MAX`] characters.
    pub body: String,
    /// The sections of runbooks that it quotes.
    pub citations: Vec<Citation>,
}
