//! Query parameters of lists.

use std::collections::BTreeMap;

/// Query parameters by name, as text.
pub type Parameters = BTreeMap<String, String>;

/// A query parameter that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {message}")]
pub struct QueryError {
    /// Name of the parameter.
    pub parameter: String,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl QueryError {
    pub fn new(parameter: impl Into<String>, message: impl Into<String>) -> QueryError {
        QueryError { parameter: parameter.into(), message: message.into() }
    }
}
