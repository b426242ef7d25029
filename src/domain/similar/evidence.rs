//! What two Findings are compared by.

use crate::api::conditions::{REASON_OPENED, REASON_REOPENED};
use crate::api::{FindingStatus, ReadValue, Transition};
use std::collections::BTreeSet;

/// Shortest word of a message that counts, in characters.
const WORD_MIN: usize = 3;
/// Words of a message that count at most.
const WORDS_MAX: usize = 40;
/// Of all words of two messages, the share that both have: with the same error or status code, and without.
const SHARE_SAME_ERROR: f64 = 0.4;
const SHARE_ALONE: f64 = 0.75;
/// Words that two messages share at least where nothing else is the same.
const SHARED_MIN: usize = 3;

/// What was wrong: the kind of the error, the status code, and the words of the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Such as `timeout`.
    error: Option<String>,
    /// Of HTTP, 400 and above.
    status: Option<u16>,
    /// In lower case, without those that have digits.
    words: BTreeSet<String>,
}

impl Evidence {
    /// Of the last occurrence.
    pub fn of(status: &FindingStatus) -> Evidence {
        let is_opening =
            |transition: &&Transition| [REASON_OPENED, REASON_REOPENED].contains(&transition.reason.as_str());
        let opening = status.transitions.iter().rev().find(is_opening).map(|transition| transition.message.as_str());
        // That of a resolved Finding says how it ended.
        let message = match status.is_active() {
            true => status.message.as_deref(),
            false => opening.or(status.message.as_deref()),
        };
        let (error, code) = read(status);
        Evidence { error, status: code, words: words(message.unwrap_or_default()) }
    }

    /// Whether two Findings may have the same cause.
    pub fn is_close_to(&self, other: &Evidence) -> bool {
        let same_error = self.error.is_some() && self.error == other.error;
        let same_status = self.status.is_some() && self.status == other.status;
        let shared = self.words.intersection(&other.words).count();
        let all = self.words.union(&other.words).count();
        let share = if all == 0 { 0.0 } else { shared as f64 / all as f64 };
        match same_error || same_status {
            true => share >= SHARE_SAME_ERROR,
            false => shared >= SHARED_MIN && share >= SHARE_ALONE,
        }
    }
}

fn words(message: &str) -> BTreeSet<String> {
    let words = message.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.contains(|c: char| c.is_numeric()));
    words.filter(|word| word.chars().count() >= WORD_MIN).take(WORDS_MAX).map(str::to_lowercase).collect()
}

/// The first error and the first status code of a failure in the readings, or else in the values.
fn read(status: &FindingStatus) -> (Option<String>, Option<u16>) {
    let Some(evidence) = &status.evidence else { return (None, None) };
    let readings = evidence.failing.iter().flat_map(|failing| &failing.readings);
    let lines = readings.flat_map(|reading| reading.reading.lines()).filter_map(|line| line.split_once(": "));
    let last = |ReadValue { path, value }: &'_ ReadValue| {
        path.rsplit_once('.').map(|(_, name)| (name.to_string(), value.clone()))
    };
    let fields: Vec<(String, String)> = lines
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .chain(evidence.values.iter().filter_map(last))
        .collect();
    let error = fields.iter().filter(|(name, _)| name == "error").map(|(_, value)| value.trim_matches('"'));
    let error = error.into_iter().find(|error| !error.is_empty()).map(String::from);
    let codes = fields.iter().filter(|(name, _)| name == "status").filter_map(|(_, value)| value.parse().ok());
    (error, codes.into_iter().find(|code: &u16| *code >= 400))
}
