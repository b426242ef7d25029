//! The excerpt of a reading: one field per line, without secrets.

use super::abridged::Abridged;
use super::ends::Ends;
use super::items;
use crate::domain::reading::{JSON_ERROR, Reading};
use crate::domain::redact::Redactor;
use crate::domain::texts::{self, Language};
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::io::Write as _;

/// An excerpt takes at most this many bytes between the quotes of JSON.
const EXCERPT_MAX: usize = 1024;
/// A field of it takes at most this many; `body` is shown only where there is no `json`.
const FIELD_MAX: usize = 700;

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
/// secret is left there.
pub(super) fn excerpt<'a, F: Fn() -> Vec<&'a str>>(
    reading: &Reading,
    names: &Names<'a, F>,
    redactor: &Redactor,
    language: Language,
) -> Abridged {
    let has_json = reading.fields.contains_key("json");
    let shown = reading.fields.iter().filter(|(name, _)| *name != "headers" && !(*name == "body" && has_json));
    let is_long = |value: &Value| matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_));
    let (long, short): (Vec<_>, Vec<_>) = shown.partition(|(name, value)| *name != JSON_ERROR && is_long(value));
    let error = reading.error.as_ref().map_or("\"\"", |error| error.kind.as_str());
    let mut excerpt = Abridged::from(format!("ok: {}\nerror: {error}", reading.ok()));
    let mut lines: String = short.iter().map(|(name, value)| format!("\n{name}: {value}")).collect();
    lines.push_str(&format!("\nlatencyMs: {}", reading.latency.as_millis()));
    if let Some(error) = &reading.error {
        let detail = single_spaced(&redactor.redact(&texts::detail(language, &error.detail)));
        excerpt = excerpt.with(&field("detail", &Abridged::from(detail)));
    }
    excerpt = excerpt.with(&Abridged::from(redactor.redact(&lines).into_owned()).within(FIELD_MAX));
    for (name, value) in long {
        excerpt = excerpt.with(&field(name, &long_text(value, names, redactor)));
    }
    excerpt.within(EXCERPT_MAX).compact()
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
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
