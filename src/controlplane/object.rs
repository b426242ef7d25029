//! Access to the fields that every object has.

use serde_json::{Map, Value, json};

/// The object's metadata, created if absent.
pub fn metadata_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.get("metadata").is_some_and(Value::is_object) {
        value["metadata"] = json!({});
    }
    fields_mut(&mut value["metadata"])
}

/// The fields of an object. A value that is not an object is replaced by an empty object.
pub fn fields_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(fields) => fields,
        _ => unreachable!("made an object above"),
    }
}

pub fn version_of(value: &Value) -> Option<&str> {
    value.pointer("/metadata/resourceVersion").and_then(Value::as_str).filter(|v| !v.is_empty())
}

pub fn has_finalizers(value: &Value) -> bool {
    value.pointer("/metadata/finalizers").and_then(Value::as_array).is_some_and(|f| !f.is_empty())
}
