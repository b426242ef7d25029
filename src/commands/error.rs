//! Why a command failed.

use crate::domain::refusal::{InvalidInput, Refusal};
use crate::domain::texts::Language;
use crate::domain::texts::refusals::{invalid_input, refusal};
use crate::runtime::write::WriteError;
use std::time::Duration;

/// Time after which a command that was refused as unavailable may be repeated.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a command failed. The text is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The object does not exist.
    #[error("{}", in_english(.0))]
    NotFound(Refusal),
    /// The state of the object does not allow it, or the object was changed at the same time.
    #[error("{}", in_english(.0))]
    Conflict(Refusal),
    /// A field of the input is not valid.
    #[error("{field}: {}", invalid_input(Language::English, .problem))]
    Invalid { field: String, problem: InvalidInput },
    /// The Kubernetes API refused the object as invalid.
    #[error("{}", in_english(.0))]
    Rejected(Refusal),
    /// The caller's roles do not allow it.
    #[error("{}", in_english(.0))]
    Forbidden(Refusal),
    /// The caller gave too many commands.
    #[error("too many requests within a minute: try again after {retry_after:?}")]
    TooMany {
        /// When one more is possible, in whole seconds.
        retry_after: Duration,
    },
    /// It can't be done now.
    #[error("{reason}")]
    Unavailable {
        reason: String,
        /// When to try again.
        retry_after: Duration,
    },
}

impl CommandError {
    pub fn invalid(field: impl Into<String>, problem: InvalidInput) -> CommandError {
        CommandError::Invalid { field: field.into(), problem }
    }

    pub fn unavailable(reason: impl Into<String>) -> CommandError {
        CommandError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER }
    }

    /// Another request under the same Idempotency-Key has not ended.
    pub fn in_progress() -> CommandError {
        CommandError::Conflict(Refusal::RequestInProgress)
    }

    /// Whether the same request would fail in the same way again, so that its response may be repeated.
    pub fn is_final(&self) -> bool {
        match self {
            CommandError::Conflict(refusal) => !refusal.is_passing(),
            CommandError::NotFound(_)
            | CommandError::Invalid { .. }
            | CommandError::Rejected(_)
            | CommandError::Forbidden(_) => true,
            CommandError::TooMany { .. } | CommandError::Unavailable { .. } => false,
        }
    }

    /// Whether a write that failed so may have been made all the same.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, CommandError::Unavailable { .. } | CommandError::Conflict(Refusal::Undecodable))
    }

    pub fn no_such(kind: &str, name: &str) -> CommandError {
        CommandError::NotFound(Refusal::no_such(kind, name))
    }

    /// The reason, as Actions record it.
    pub fn refusal(&self) -> Refusal {
        match self {
            CommandError::NotFound(refusal)
            | CommandError::Conflict(refusal)
            | CommandError::Rejected(refusal)
            | CommandError::Forbidden(refusal) => refusal.clone(),
            CommandError::Invalid { field, problem } => {
                let problem = invalid_input(Language::English, problem);
                Refusal::InvalidField { field: field.clone(), problem }
            }
            CommandError::TooMany { retry_after } => {
                Refusal::TooManyCommands { seconds: retry_after.as_secs().to_string() }
            }
            CommandError::Unavailable { reason, .. } => Refusal::Unavailable { message: reason.clone() },
        }
    }
}

impl From<WriteError> for CommandError {
    fn from(error: WriteError) -> CommandError {
        match error {
            WriteError::Conflict | WriteError::Exists => CommandError::Conflict(Refusal::ChangedAtOnce),
            WriteError::Gone => CommandError::NotFound(Refusal::ObjectDeleted),
            WriteError::Api(error) => match *error {
                kube::Error::Api(status) if status.code == 422 => {
                    CommandError::Rejected(Refusal::RejectedByApi { message: status.message })
                }
                error @ kube::Error::SerdeError(_) => undecodable(&error),
                error => unavailable(&error),
            },
            error @ WriteError::Undecodable { .. } => undecodable(&error),
            WriteError::Timeout | WriteError::NotLeading | WriteError::Json(_) | WriteError::Panicked => {
                unavailable(&error)
            }
        }
    }
}

/// As the API says it.
pub(super) fn in_english(refusal: &Refusal) -> String {
    self::refusal(Language::English, refusal)
}

/// One object that can't be decoded keeps no other one from being changed, nor the program from completing what was begun before.
fn undecodable(error: &impl std::fmt::Display) -> CommandError {
    tracing::warn!(%error, "an object cannot be decoded");
    CommandError::Conflict(Refusal::Undecodable)
}

fn unavailable(error: &impl std::fmt::Display) -> CommandError {
    tracing::warn!(%error, "call to the Kubernetes API failed");
    CommandError::unavailable("the Kubernetes API is not available")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_not_final() {
        for (refusal, is_final) in [
            (Refusal::ChangedAtOnce, false),
            (Refusal::KeepsChanging { kind: "Finding".into() }, false),
            (Refusal::RequestInProgress, false),
            (Refusal::Undecodable, false),
            (Refusal::AcknowledgementChanged, true),
            (Refusal::ObjectDeleted, true),
        ] {
            assert_eq!(CommandError::Conflict(refusal.clone()).is_final(), is_final, "{refusal:?}");
        }
    }
}
