//! A text that should be JSON as a field of a reading.

use crate::domain::reading::JSON_ERROR;
use serde_json::Value;

/// The name and the value of a field.
pub(super) type Field = (&'static str, Value);

/// `json`, or [`JSON_ERROR`] with the parser's message.
pub(super) fn parsed(text: &str) -> Field {
    serde_json::from_str(text).map_or_else(|error| invalid(error.to_string()), |json| ("json", json))
}

/// [`JSON_ERROR`], for this reason.
pub(super) fn invalid(reason: String) -> Field {
    (JSON_ERROR, reason.into())
}
