//! Why a run read nothing at all. `texts::run_failure` has the words.

use std::time::Duration;

/// Why a run read nothing at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunFailure {
    ShuttingDown,
    /// The API server did not return the settings or the Secrets within this time.
    ConfigurationTimedOut(Duration),
    /// The API server did not return the settings or the Secrets; the message of the client.
    ConfigurationUnreadable(String),
    /// The evaluation of the checks panicked.
    EvaluationPanicked,
    /// The run panicked.
    Panicked,
}
