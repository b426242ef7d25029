//! Calls to the API: bounded in time, with one error type; merge patches that are safe against other writers.

use crate::domain::salvage;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long one call to the API may take.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another writer changed the object: read it and decide again.
    #[error("the object was changed by another writer")]
    Conflict,
    /// The object does not exist.
    #[error("not found")]
    Gone,
    /// The object exists already.
    #[error("the object exists already")]
    Exists,
    #[error("the API server did not answer within {CALL_TIMEOUT:?}")]
    Timeout,
    /// The write fence is closed: another replica may be writing.
    #[error("this replica does not lead")]
    NotLeading,
    /// The object has not the shape that this program knows, and can't be repaired.
    #[error("{name} can't be decoded: {error}")]
    Undecodable { name: String, error: String },
    /// A defect of the program; the log has the panic.
    #[error("the program failed while it was writing")]
    Panicked,
    #[error(transparent)]
    Api(Box<kube::Error>),
    #[error("can't be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl WriteError {
    /// Whether it says that the API server does not answer, or that it stores nothing of this program; else it is about one object, or
    /// about this replica.
    pub fn is_of_store(&self) -> bool {
        match self {
            WriteError::Timeout => true,
            WriteError::Api(error) => match &**error {
                kube::Error::Api(status) => !matches!(status.code, 400 | 413 | 415 | 422),
                _ => true,
            },
            WriteError::Conflict
            | WriteError::Gone
            | WriteError::Exists
            | WriteError::NotLeading
            | WriteError::Undecodable { .. }
            | WriteError::Panicked
            | WriteError::Json(_) => false,
        }
    }

    /// Whether the API server denied permission.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, WriteError::Api(error) if matches!(&**error, kube::Error::Api(status) if status.code == 403))
    }
}

impl From<kube::Error> for WriteError {
    fn from(error: kube::Error) -> WriteError {
        match &error {
            kube::Error::Api(status) if status.code == 409 && status.reason == "AlreadyExists" => WriteError::Exists,
            kube::Error::Api(status) if status.code == 409 => WriteError::Conflict,
            kube::Error::Api(status) if status.code == 404 => WriteError::Gone,
            _ => WriteError::Api(Box::new(error)),
        }
    }
}

/// One call to the API, bounded in time.
pub async fn call<T>(future: impl Future<Output = Result<T, kube::Error>>) -> Result<T, WriteError> {
    match tokio::time::timeout(CALL_TIMEOUT, future).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(WriteError::Timeout),
    }
}

/// A patch of `part` from `old` to `new` that fails with a conflict unless the object is still at `version`.
pub fn merge<T: Serialize>(part: &str, old: Option<&T>, new: &T, version: Option<&str>) -> Result<Value, WriteError> {
    let old = old.map(serde_json::to_value).transpose()?.unwrap_or(Value::Object(Map::new()));
    let changes = difference(&old, &serde_json::to_value(new)?);
    Ok(json!({ "metadata": { "resourceVersion": version }, part: changes }))
}

/// A patch of `part`, whose `stored` value cannot be decoded, to `new`, with the conflict of [`merge`]: what cannot be decoded is replaced
/// or removed. What the stored value has besides, which a later version may have added, stays.
pub fn repair<T: Serialize + DeserializeOwned>(
    part: &str,
    stored: &Value,
    new: &T,
    version: Option<&str>,
) -> Result<Value, WriteError> {
    let new = serde_json::to_value(new)?;
    let mut old = new.clone();
    match (&mut old, stored) {
        (Value::Object(fields), Value::Object(stored)) => fields.extend(salvage::lost::<T>(stored)),
        _ => old = Value::Null,
    }
    Ok(json!({ "metadata": { "resourceVersion": version }, part: difference(&old, &new) }))
}

/// The merge patch that makes `new` of `old`.
fn difference(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return new.clone() };
    let mut patch = Map::new();
    for (name, value) in new {
        match old.get(name) {
            Some(before) if before == value => {}
            Some(before) => {
                patch.insert(name.clone(), difference(before, value));
            }
            None => {
                patch.insert(name.clone(), value.clone());
            }
        }
    }
    for name in old.keys().filter(|n| !new.contains_key(*n)) {
        patch.insert(name.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_says_only_what_changed_and_takes_out_what_is_gone() {
        let old = json!({"a": 1, "b": {"c": 1, "d": [1]}, "e": "x"});
        let new = json!({"a": 1, "b": {"c": 2, "d": [1]}, "f": true});
        let patch = merge("status", Some(&old), &new, Some("7")).unwrap();
        assert_eq!(
            patch,
            json!({"metadata": {"resourceVersion": "7"}, "status": {"b": {"c": 2}, "e": null, "f": true}})
        );
        let mut doc = json!({"status": old});
        json_patch::merge(&mut doc, &patch);
        assert_eq!(doc["status"], new);
    }
}
