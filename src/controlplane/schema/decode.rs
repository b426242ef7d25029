//! Decoding as the Go types of kube-apiserver do it, before validation: a value of the wrong type is a malformed
//! request, and an empty value counts as absent.

use super::compiled::{Node, Schema};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

impl Schema {
    /// Decodes an object of a built-in kind in place and removes empty values. Returns the error if a value has the
    /// wrong type.
    pub fn decode(&self, object: &mut Value) -> Option<String> {
        let error = self.root.type_error(object, "");
        if error.is_none() {
            self.root.drop_empty(object);
        }
        error
    }

    /// The error for the first value of the wrong type, of the whole object or, for a custom resource, its metadata.
    pub fn decode_error(&self, object: &Value, is_custom: bool) -> Option<String> {
        if !is_custom {
            return self.root.type_error(object, "");
        }
        self.root.properties.get("metadata")?.type_error(object.get("metadata")?, "metadata")
    }

    /// Decodes only the metadata, as for a custom resource.
    pub fn decode_metadata(&self, object: &mut Value) -> Option<String> {
        let node = self.root.properties.get("metadata")?;
        let metadata = object.get_mut("metadata")?;
        let error = node.type_error(metadata, "metadata");
        if error.is_none() {
            node.drop_empty(metadata);
        }
        error
    }
}

impl Node {
    /// The error for the first value of the wrong type.
    fn type_error(&self, value: &Value, path: &str) -> Option<String> {
        if value.is_null() {
            return None;
        }
        let of_type = match self.kind.as_deref() {
            Some("string") => value.is_string(),
            Some("integer") => self.is_integer(value),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !of_type {
            let (actual, expected) = (super::validate::type_name(value), self.kind.as_deref().unwrap_or_default());
            return Some(format!("json: cannot unmarshal {actual} into Go struct field {path} of type {expected}"));
        }
        match value {
            Value::String(text) => self.format_error(text),
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.field(name)?.type_error(value, &path)
            }),
            Value::Array(items) => items.iter().find_map(|item| self.items.as_ref()?.type_error(item, path)),
            _ => None,
        }
    }

    /// Whether a number fits into the Go type of the field.
    fn is_integer(&self, value: &Value) -> bool {
        let is_narrow = self.format.as_deref() == Some("int32");
        value.as_i64().is_some_and(|number| !is_narrow || i32::try_from(number).is_ok())
    }

    /// The error for a string that does not have the format of the field.
    fn format_error(&self, text: &str) -> Option<String> {
        match self.format.as_deref() {
            Some("byte") => STANDARD.decode(text).is_err().then(|| "illegal base64 data".into()),
            Some("micro-time") if !is_micro_time(text) => Some(format!(
                "parsing time {text:?} as \"2006-01-02T15:04:05.000000Z07:00\": six fractional digits are required"
            )),
            Some("date-time") if !is_time(text) => {
                Some(format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse"))
            }
            _ => None,
        }
    }

    /// Removes fields that are null, empty, or empty collections.
    fn drop_empty(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields.iter_mut() {
                    match self.properties.get(name).or(self.additional.as_deref()) {
                        Some(node) => node.drop_empty(inner),
                        None => continue,
                    }
                    // In a map of strings Go decodes null as the empty string.
                    if inner.is_null() && !self.properties.contains_key(name) && self.additional.is_some() {
                        *inner = "".into();
                    }
                }
                fields.retain(|name, inner| !self.properties.contains_key(name) || !is_empty(inner));
            }
            Value::Array(items) => {
                if let Some(node) = &self.items {
                    items.iter_mut().for_each(|item| node.drop_empty(item));
                }
            }
            _ => {}
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Whether a time is written as RFC 3339 has it. Go clients cannot decode other forms, such as a space instead of the T.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let zone = shape.strip_prefix("0000-00-00T00:00:00").map(|rest| match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('0') => fraction.trim_start_matches('0'),
        _ => rest,
    });
    let is_shaped = matches!(zone, Some("Z" | "+00:00" | "-00:00"));
    is_shaped && text.get(17..19) != Some("60") && text.parse::<Timestamp>().is_ok()
}

/// Whether a time has exactly six fractional digits. Go clients cannot decode other values as `metav1.MicroTime`.
fn is_micro_time(text: &str) -> bool {
    let digits = text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    digits == 6 && is_time(text)
}
