//! Why there is no compiled expression.

use crate::cel::error::EvalError;

/// Why there is no compiled expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It is not in the syntax of RE2.
    Invalid,
    /// It is longer than is allowed, or would be once it is compiled.
    TooLarge,
}

impl PatternError {
    /// The error of the function that uses it.
    pub(in crate::cel) fn of(self, function: &str) -> EvalError {
        match self {
            PatternError::Invalid => EvalError::function(function),
            PatternError::TooLarge => EvalError::PatternTooLarge,
        }
    }
}
