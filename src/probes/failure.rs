//! The result of a reader, and its errors.

use crate::domain::detail::{Cause, Detail};
use crate::domain::reading::{ErrorKind, ReadError};
use serde_json::{Map, Value};

/// The result of a reader: the reading's fields, or the error.
pub(super) type ReadResult = Result<Map<String, Value>, FailedReading>;

/// An error, with the fields that were read nevertheless.
#[derive(Debug)]
pub(super) struct FailedReading {
    pub error: ReadError,
    pub fields: Map<String, Value>,
}

impl From<ReadError> for FailedReading {
    fn from(error: ReadError) -> Self {
        FailedReading { error, fields: Map::new() }
    }
}

/// An error on reading `subject`, which is empty where the cause names it.
pub(super) fn failure(kind: ErrorKind, subject: impl Into<String>, cause: impl Into<Cause>) -> ReadError {
    ReadError { kind, detail: Box::new(Detail::new(subject, cause)) }
}
