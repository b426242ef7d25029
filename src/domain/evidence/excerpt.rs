//! The excerpt of a reading: one field per line, without secrets.

use super::abridged::Abridged;
use super::ends::Ends;
use super::{items, plain};
use crate::domain::reading::{JSON_ERROR, Reading};
use crate::domain::redact::Redactor;
use crate::domain::texts::{self, Language};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

/// An excerpt takes at most this many bytes between the quotes of JSON.
const EXCERPT_MAX: usize = 1024;
/// A field of it takes at most this many; `body` is shown only where there is no `json`.
const FIELD_MAX: usize = 700;
/// Most excerpts are shorter.
const USUAL: usize = 256;

/// The names in the expressions of a Scenario, once they are needed.
pub(super) struct Names<'a, F> {
    pub expressions: F,
    pub found: OnceCell<BTreeSet<&'a str>>,
}

impl<'a, F: Fn() -> Vec<&'a str>> Names<'a, F> {
    fn get(&self) -> &BTreeSet<&'a str> {
        self.found.get_or_init(|| items::names((self.expressions)()))
    }
}

/// `ok`, `error` and other short fields first, since the middle is cut. Each text is redacted before it is cut, so that no part of a
/// secret is left there. Most readings are short, and have nothing to redact: they are written without copies.
pub(super) fn excerpt<'a, F: Fn() -> Vec<&'a str>>(
    reading: &Reading,
    names: &Names<'a, F>,
    redactor: &Redactor,
    language: Language,
) -> Abridged {
    let mut excerpt = Abridged::with_capacity(USUAL);
    let error = reading.error.as_ref().map_or("\"\"", |error| error.kind.as_str());
    excerpt.push_short(EXCERPT_MAX, |out| {
        out.push_str(if reading.ok() { "ok: true\nerror: " } else { "ok: false\nerror: " });
        out.push_str(error);
        true
    });
    if let Some(error) = &reading.error {
        let detail = single_spaced(&redactor.redact(&texts::detail(language, &error.detail)));
        excerpt = excerpt.with(&field("detail", &Abridged::from(detail)));
    }
    let is_shown = excerpt.push_short(FIELD_MAX, |out| {
        let from = out.len();
        write_short_fields(reading, out);
        matches!(redactor.redact(&out[from..]), Cow::Borrowed(_))
    });
    if !is_shown {
        let mut lines = String::new();
        write_short_fields(reading, &mut lines);
        excerpt = excerpt.with(&Abridged::from(redactor.redact(&lines).into_owned()).within(FIELD_MAX));
    }
    for (name, value) in shown(reading).filter(|(name, value)| is_long(name, value)) {
        if !excerpt.push_short(FIELD_MAX, |out| write_long_field(name, value, redactor, out)) {
            excerpt = excerpt.with(&field(name, &long_text(value, names, redactor)));
        }
    }
    excerpt.within(EXCERPT_MAX).compact()
}

fn shown(reading: &Reading) -> impl Iterator<Item = (&String, &Value)> {
    let has_json = reading.fields.contains_key("json");
    reading.fields.iter().filter(move |(name, _)| *name != "headers" && !(*name == "body" && has_json))
}

fn is_long(name: &str, value: &Value) -> bool {
    name != JSON_ERROR && matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_))
}

fn write_short_fields(reading: &Reading, out: &mut String) {
    // Writing to a string cannot fail.
    for (name, value) in shown(reading).filter(|(name, value)| !is_long(name, value)) {
        let _ = match value {
            Value::Number(number) => write!(out, "\n{name}: {number}"),
            value => write!(out, "\n{name}: {value}"),
        };
    }
    let millis = u64::try_from(reading.latency.as_millis()).unwrap_or(u64::MAX);
    let _ = write!(out, "\nlatencyMs: {millis}");
}

/// Writes a field as [`field`] and [`long_text`] do; false where it is not that simple.
fn write_long_field(name: &str, value: &Value, redactor: &Redactor, out: &mut String) -> bool {
    for part in ["\n", name, ": "] {
        out.push_str(part);
    }
    let from = out.len();
    let is_plain = match value {
        Value::String(text) if text.len() > FIELD_MAX => return false,
        Value::String(text) => {
            // White space counts where secrets are searched for.
            if !matches!(redactor.redact(text), Cow::Borrowed(_)) {
                return false;
            }
            push_single_spaced(text, out);
            return true;
        }
        structure => plain::write(structure, FIELD_MAX, out),
    };
    is_plain && matches!(redactor.redact(&out[from..]), Cow::Borrowed(_))
}

/// A further line.
fn field(name: &str, value: &Abridged) -> Abridged {
    Abridged::from(format!("\n{name}: ")).with(value).within(FIELD_MAX)
}

fn long_text<'a, F: Fn() -> Vec<&'a str>>(value: &Value, names: &Names<'a, F>, redactor: &Redactor) -> Abridged {
    let mut ends = Ends::default();
    // Writing to it cannot fail.
    match value {
        Value::String(text) => {
            let _ = ends.write_all(text.as_bytes());
            ends.abridged(redactor, single_spaced)
        }
        structure => {
            let _ = serde_json::to_writer_pretty(&mut ends, structure);
            let whole = ends.abridged(redactor, str::to_string);
            if whole.size() <= FIELD_MAX || !items::is_shortened(structure, names.get()) {
                return whole;
            }
            let mut ends = Ends::default();
            let _ = items::write_shortened(structure, names.get(), 0, &mut ends);
            let short = ends.abridged(redactor, str::to_string);
            let left_out = whole.length().saturating_sub(short.length());
            // A mark at the end of a line would be taken for a part of it.
            short.with(&Abridged::from("\n".to_string()).with_gap(left_out))
        }
    }
}

fn single_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_single_spaced(text, &mut out);
    out
}

fn push_single_spaced(text: &str, out: &mut String) {
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}
