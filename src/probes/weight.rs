//! How much memory values take, estimated from above.

use serde_json::{Map, Value};

/// A value in a list or a map.
const VALUE: usize = size_of::<Value>();
/// A map's node, which has room for eleven entries.
const NODE: usize = 11 * (VALUE + size_of::<String>()) + 16;
/// What an allocation takes besides its bytes.
const ALLOCATION: usize = 16;

/// The memory that the fields of a reading take, in bytes.
pub(super) fn of_fields(fields: &Map<String, Value>) -> usize {
    let nodes = fields.len().div_ceil(5) * NODE;
    nodes + fields.iter().map(|(name, value)| ALLOCATION + name.len() + of_value(value)).sum::<usize>()
}

/// What a value takes besides its own place.
fn of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => ALLOCATION + text.capacity(),
        Value::Array(items) => ALLOCATION + items.capacity() * VALUE + items.iter().map(of_value).sum::<usize>(),
        Value::Object(fields) => of_fields(fields),
    }
}

/// The memory that a text in JSON takes once it is parsed and given to expressions, in bytes, from its punctuation: a list or map has
/// its own size, and each item of it a place. It is not known yet whether the text is JSON.
pub(super) fn of_json(text: &[u8]) -> usize {
    // Twice: as JSON, and as a value of CEL.
    let mut weight = 2 * text.len();
    let (mut in_string, mut escaped, mut previous) = (false, false, b' ');
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' | b':' | b',' if !in_string => {
                weight += 2 * match byte {
                    b'[' => 4 * VALUE,
                    b'{' => 2 * VALUE,
                    // The first entry of a map.
                    b':' if previous == b'{' => NODE + ALLOCATION,
                    b':' => NODE / 6 + ALLOCATION,
                    _ => VALUE + ALLOCATION,
                };
                previous = byte;
            }
            _ => {}
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_estimate_from_the_text_is_at_least_that_of_the_values() {
        let rows: Vec<_> = (0..100).map(|i| json!({"id": i, "name": format!("vm{i}, [a]"), "tags": [1, 2]})).collect();
        let wide: Map<_, _> = (0..100).map(|i| (format!("key{i}"), json!([]))).collect();
        for value in [json!(rows), json!(wide), json!([[[[0]]]]), json!(vec![0; 1000]), json!(vec![json!({}); 50])] {
            let (estimate, exact) = (of_json(value.to_string().as_bytes()), of_value(&value));
            assert!(exact <= estimate && estimate <= 20 * exact.max(1), "{estimate} for {exact}: {value}");
        }
    }

    #[test]
    fn punctuation_in_texts_does_not_count() {
        assert_eq!(of_json(br#"" [{,:\", ""#), 2 * 11);
    }
}
