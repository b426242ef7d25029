//! Silences: which Findings, when, and what is wrong with a spec.
//!
//! `Silence` spec -> [`ValidatedSilence`] -> [`Window`] at a time; with all others -> [`ActiveSilences`] -> names for each Finding.

mod active;
mod ending;
mod error;
mod matcher;
mod validated;
mod window;

pub use active::{ActiveSilences, ParsedSilences, SilencedBy};
pub use ending::{END_WAIT_MAX, Ending, ending};
pub use error::{InputError, InputField, InputProblem, SilenceError, SilenceField, SilenceProblem};
pub use matcher::{MATCHERS_MAX, Subject, VALUE_MAX};
pub use validated::{DURATION_MAX, DURATION_MIN, ValidatedSilence};
pub use window::Window;

/// The verb of the Actions that end the Silences of a Finding or a Scenario.
pub const VERB_UNSILENCE: &str = "unsilence";
