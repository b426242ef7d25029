//! What the real server's types do to an object before anything else looks at it: a value of a wrong type is refused as a
//! request that can't be read, and what is empty is as if it were not there.

use super::compiled::{Node, Schema};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

impl Schema {
    /// Reads an object of core: gives why it can't be read. What is empty is taken out.
    pub fn decode(&self, object: &mut Value) -> Option<String> {
        let wrong = self.root.mismatch(object, "");
        if wrong.is_none() {
            self.root.drop_empty(object);
        }
        wrong
    }

    /// Reads the metadata alone, as of a custom kind.
    pub fn decode_metadata(&self, object: &mut Value) -> Option<String> {
        let node = self.root.properties.get("metadata")?;
        let metadata = object.get_mut("metadata")?;
        let wrong = node.mismatch(metadata, "metadata");
        if wrong.is_none() {
            node.drop_empty(metadata);
        }
        wrong
    }
}

impl Node {
    /// The first value that is not of its type.
    fn mismatch(&self, value: &Value, path: &str) -> Option<String> {
        if value.is_null() {
            return None;
        }
        let of_type = match self.kind.as_deref() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !of_type {
            let (is, must) = (super::validate::type_name(value), self.kind.as_deref().unwrap_or_default());
            return Some(format!("json: cannot unmarshal {is} into Go struct field {path} of type {must}"));
        }
        match value {
            Value::String(text) => self.misread(text),
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.field(name)?.mismatch(value, &path)
            }),
            Value::Array(items) => items.iter().find_map(|item| self.items.as_ref()?.mismatch(item, path)),
            _ => None,
        }
    }

    /// A text that stands for something else and can't be read as it.
    fn misread(&self, text: &str) -> Option<String> {
        match self.format.as_deref() {
            Some("byte") => STANDARD.decode(text).is_err().then(|| "illegal base64 data".into()),
            Some("micro-time") if !is_micro_time(text) => Some(format!(
                "parsing time {text:?} as \"2006-01-02T15:04:05.000000Z07:00\": six digits of a second are needed"
            )),
            Some("date-time") if text.parse::<Timestamp>().is_err() => {
                Some(format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot be read"))
            }
            _ => None,
        }
    }

    /// Takes out fields that are null, empty or, where that is their default, nothing.
    fn drop_empty(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields.iter_mut() {
                    match self.properties.get(name).or(self.additional.as_deref()) {
                        Some(node) => node.drop_empty(inner),
                        None => continue,
                    }
                    // In a map of texts a null is an empty text.
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

/// Six digits of a second, no more and no less, or Go's clients can't read the object.
fn is_micro_time(text: &str) -> bool {
    let digits = text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    digits == 6 && text.parse::<Timestamp>().is_ok()
}
