//! Short JSON, written as `serde_json` writes it with one field or item per line, in a fraction of the time.

use serde_json::Value;
use std::fmt::Write as _;

const INDENT: &str = "  ";

/// Writes a value that takes at most about `max` bytes and has no texts with characters that JSON escapes. The result is false for others:
/// then what was written is not all of it.
pub(super) fn write(value: &Value, max: usize, out: &mut String) -> bool {
    Writer { end: out.len() + max, out }.value(value, 0)
}

struct Writer<'o> {
    out: &'o mut String,
    /// The length from which on nothing more is written.
    end: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> bool {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Number(number) => return write!(self.out, "{number}").is_ok(),
            Value::String(text) => return self.text(text),
            Value::Array(items) => {
                return self.items(['[', ']'], items, depth, |this, item| this.value(item, depth + 1));
            }
            Value::Object(fields) => {
                return self.items(['{', '}'], fields, depth, |this, (name, value)| {
                    this.text(name) && {
                        this.out.push_str(": ");
                        this.value(value, depth + 1)
                    }
                });
            }
        }
        true
    }

    fn items<T>(
        &mut self,
        [open, close]: [char; 2],
        items: impl IntoIterator<Item = T>,
        depth: usize,
        write: impl Fn(&mut Self, T) -> bool,
    ) -> bool {
        self.out.push(open);
        let mut is_empty = true;
        for item in items {
            self.out.push_str(if is_empty { "\n" } else { ",\n" });
            is_empty = false;
            self.indent(depth + 1);
            if self.out.len() > self.end || !write(self, item) {
                return false;
            }
        }
        if !is_empty {
            self.out.push('\n');
            self.indent(depth);
        }
        self.out.push(close);
        true
    }

    fn indent(&mut self, depth: usize) {
        (0..depth).for_each(|_| self.out.push_str(INDENT));
    }

    fn text(&mut self, text: &str) -> bool {
        let is_plain = |byte: &u8| *byte >= b' ' && !matches!(byte, b'"' | b'\\');
        if self.out.len() + text.len() > self.end || !text.as_bytes().iter().all(is_plain) {
            return false;
        }
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(value: &Value, max: usize) -> Option<String> {
        let mut out = "before".to_string();
        write(value, max, &mut out).then(|| out["before".len()..].to_string())
    }

    #[test]
    fn what_is_written_is_what_serde_json_writes() {
        for value in [
            json!(null),
            json!([true, false, -1, 1.5, 1e300, u64::MAX, "é \u{1f642} \u{7f}"]),
            json!({}),
            json!([]),
            json!({"a": {"b": [1, [2], [], {}]}, "c": {"d": null}}),
            json!({"status": "ok"}),
        ] {
            assert_eq!(written(&value, 1000), serde_json::to_string_pretty(&value).ok());
        }
    }

    #[test]
    fn long_and_escaped_values_are_not_written() {
        for value in [json!("a\"b"), json!("a\\b"), json!(["a\nb"]), json!({"a\tb": 1}), json!(["\u{1}"])] {
            assert_eq!(written(&value, 1000), None, "{value}");
        }
        assert_eq!(written(&json!("x".repeat(1000)), 999), None);
        assert_eq!(written(&json!(vec![1; 1_000_000]), 1000), None);
    }
}
