//! Why a command failed.

use crate::runtime::write::WriteError;
use std::time::Duration;

/// Time after which a command that was refused as unavailable may be repeated.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a command failed. The text is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The object does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The state of the object does not allow it, or the object was changed at the same time.
    #[error("{0}")]
    Conflict(String),
    /// A field of the input is not valid.
    #[error("{field}: {message}")]
    Invalid {
        field: String,
        /// What would be right.
        message: String,
    },
    /// The Kubernetes API refused the object as invalid.
    #[error("{0}")]
    Rejected(String),
    /// The caller's roles do not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// The caller gave too many commands.
    #[error("too many commands within a minute: try again after {retry_after:?}")]
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
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> CommandError {
        CommandError::Invalid { field: field.into(), message: message.into() }
    }

    pub fn unavailable(reason: impl Into<String>) -> CommandError {
        CommandError::Unavailable { reason: reason.into(), retry_after: RETRY_AFTER }
    }

    /// Another request under the same Idempotency-Key has not ended.
    pub fn in_progress() -> CommandError {
        CommandError::Conflict("a request with the same Idempotency-Key is in progress: try again later".into())
    }

    /// Whether the same request would fail in the same way again, so that its response may be repeated.
    pub fn is_final(&self) -> bool {
        match self {
            CommandError::NotFound(_)
            | CommandError::Conflict(_)
            | CommandError::Invalid { .. }
            | CommandError::Rejected(_)
            | CommandError::Forbidden(_) => true,
            CommandError::TooMany { .. } | CommandError::Unavailable { .. } => false,
        }
    }

    pub fn no_such(kind: &str, name: &str) -> CommandError {
        CommandError::NotFound(format!("no {kind} is named {name:?}"))
    }
}

impl From<WriteError> for CommandError {
    fn from(error: WriteError) -> CommandError {
        match error {
            WriteError::Conflict | WriteError::Exists => {
                CommandError::Conflict("the object was changed at the same time: read it again and retry".into())
            }
            WriteError::Gone => CommandError::NotFound("the object no longer exists".into()),
            WriteError::Api(error) => match *error {
                kube::Error::Api(status) if status.code == 422 => CommandError::Rejected(status.message),
                error => unavailable(&error),
            },
            WriteError::Timeout
            | WriteError::NotLeading
            | WriteError::Json(_)
            | WriteError::Panicked
            | WriteError::Undecodable { .. } => unavailable(&error),
        }
    }
}

fn unavailable(error: &impl std::fmt::Display) -> CommandError {
    tracing::warn!(%error, "call to the Kubernetes API failed");
    CommandError::unavailable("the Kubernetes API is not available")
}
