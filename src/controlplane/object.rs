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

/// A value as JSON, without the formatter of its `to_string`.
pub fn to_json(value: &Value) -> String {
    // Values have no keys but texts, the only error.
    serde_json::to_string(value).unwrap_or_default()
}

/// Size of a value as JSON, in bytes.
pub fn json_size(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting has no errors, nor has a Value.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

pub fn version_of(value: &Value) -> Option<&str> {
    value.pointer("/metadata/resourceVersion").and_then(Value::as_str).filter(|v| !v.is_empty())
}

pub fn has_finalizers(value: &Value) -> bool {
    value.pointer("/metadata/finalizers").and_then(Value::as_array).is_some_and(|f| !f.is_empty())
}

/// Maximum nesting of an object, in levels of objects and lists. JSON of more than 127 levels is refused before, and
/// what is stored must be readable with its managed fields, which nest as deep as the fields.
pub const DEPTH_MAX: usize = 100;

/// The number of values in `value`, itself included, if it is nested at most `levels` deep.
pub fn depth_within(value: &Value, levels: usize) -> Option<usize> {
    let left = levels.checked_sub(1);
    let add = |count: usize, inner| Some(count + depth_within(inner, left?)?);
    match value {
        Value::Object(fields) => left.and(fields.values().try_fold(1, add)),
        Value::Array(items) => left.and(items.iter().try_fold(1, add)),
        _ => Some(1),
    }
}
