//! What is wrong with the spec of a Silence.

use jiff::Timestamp;
use std::time::Duration;

/// What is wrong with one field. Its words are in [`crate::domain::texts::silence_problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilenceError {
    pub field: SilenceField,
    pub problem: SilenceProblem,
}

/// A field of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceField {
    Matchers,
    /// With the index of the matcher.
    MatcherValue(usize),
    EndsAt,
    Cron,
    Duration,
    TimeZone,
}

/// What is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SilenceProblem {
    /// Their number.
    MatcherCount {
        count: usize,
        max: usize,
    },
    /// Each of them matches the empty text, so that they match any Finding, or any without a key.
    MatchesEmpty,
    ValueTooLong {
        chars: usize,
        max: usize,
    },
    /// Not a regular expression of RE2.
    NotAPattern {
        text: String,
    },
    PatternTooLarge {
        text: String,
    },
    NotASeverity {
        text: String,
    },
    /// There is neither an end nor a recurrence.
    NoEnd,
    /// There are both.
    TwoEnds,
    EndNotAfterStart {
        start: Timestamp,
        end: Timestamp,
    },
    /// It was over when it was created.
    OverAtCreation {
        created: Timestamp,
        end: Timestamp,
    },
    NotACron {
        text: String,
    },
    /// A recurrence without any time, such as one on 30 February.
    NeverActive {
        text: String,
    },
    NotATimeZone {
        text: String,
    },
    NotADuration {
        text: String,
    },
    DurationOutOfRange {
        text: String,
        min: Duration,
        max: Duration,
    },
}

/// What is wrong with what a person says of a new Silence. Its words are in [`crate::domain::texts::silence_input`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    pub field: InputField,
    pub problem: InputProblem,
}

/// A part of what a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputField {
    Spec(SilenceField),
    /// The time from the start to the end.
    Length,
    Reason,
}

/// What is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputProblem {
    Spec(SilenceProblem),
    ReasonLength {
        chars: usize,
        max: usize,
    },
    /// Not exactly one of an end, a length and a recurrence.
    NotOneEnd,
    /// A length that is no duration.
    NotALength {
        text: String,
    },
    TooShort {
        text: String,
    },
    /// It ends after the last time there is.
    TooLong {
        text: String,
    },
    /// A length from a start in the past that ends before now.
    LengthIsOver {
        text: String,
        end: Timestamp,
        now: Timestamp,
    },
}

impl From<SilenceError> for InputError {
    fn from(error: SilenceError) -> InputError {
        InputError { field: InputField::Spec(error.field), problem: InputProblem::Spec(error.problem) }
    }
}

impl SilenceField {
    /// Its path in the object, such as `spec.matchers[0].value`.
    pub fn path(self) -> String {
        match self {
            SilenceField::Matchers => "spec.matchers".into(),
            SilenceField::MatcherValue(index) => format!("spec.matchers[{index}].value"),
            SilenceField::EndsAt => "spec.endsAt".into(),
            SilenceField::Cron => "spec.recurrence.cron".into(),
            SilenceField::Duration => "spec.recurrence.duration".into(),
            SilenceField::TimeZone => "spec.recurrence.timezone".into(),
        }
    }
}
