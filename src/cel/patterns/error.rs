//! Why there is no compiled expression.

use crate::cel::error::EvalError;

/// Why there is no compiled expression.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) enum PatternError {
    Invalid,
    TooLarge,
}

impl PatternError {
    /// The error of the function that uses it.
    pub fn of(self, function: &str) -> EvalError {
        match self {
            PatternError::Invalid => EvalError::function(function),
            PatternError::TooLarge => EvalError::PatternTooLarge,
        }
    }
}
