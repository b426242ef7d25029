//! Excerpts of readings without secrets, so that a person sees what changed.

use super::reading::{JSON_ERROR, Reading};
use super::redact::Redactor;
use super::texts::{self, Language};
use crate::api::conditions::bounded;
use crate::api::{Evidence, Excerpt, Snapshot};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// All of a Finding's evidence takes at most this many bytes.
pub const EVIDENCE_MAX: usize = 4096;
/// One reading takes at most this many.
const EXCERPT_MAX: usize = 1024;
/// Most readings of a run that are shown.
const READINGS_MAX: usize = 16;
/// One field takes at most this many; `body` is shown only where there is no `json`.
const FIELD_MAX: usize = 700;
/// So much of a field is looked at.
const HEAD_MAX: usize = 64 << 10;
/// Shorter parts of a secret, in any encoding, may be left where a text is cut.
const SECRET_PART_MAX: usize = 256;

/// Excerpts of the readings of one run. Kept while it is the last run in which some check passed.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSnapshot {
    pub at: Timestamp,
    /// In the order of the spec.
    pub excerpts: Vec<Shortened>,
}

/// An excerpt of one reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortened {
    pub probe: String,
    pub text: String,
    /// Whether text was cut.
    pub cut: bool,
}

impl RunSnapshot {
    /// Takes an excerpt of every reading.
    pub fn take<'a>(
        readings: impl IntoIterator<Item = (&'a str, &'a Reading)>,
        redactor: &Redactor,
        at: Timestamp,
        language: Language,
    ) -> Arc<RunSnapshot> {
        let excerpts = readings.into_iter().map(|(name, reading)| shorten(name, reading, redactor, language)).collect();
        Arc::new(RunSnapshot { at, excerpts })
    }

    fn chosen(&self, probes: &BTreeSet<String>) -> impl Iterator<Item = &Shortened> {
        self.excerpts.iter().filter(|e| probes.contains(&e.probe)).take(READINGS_MAX)
    }

    fn of(&self, probes: &BTreeSet<String>) -> Snapshot {
        let readings = self.chosen(probes).map(|e| Excerpt { probe: e.probe.clone(), reading: e.text.clone() });
        Snapshot { at: Time(self.at), readings: readings.collect() }
    }
}

/// The evidence of a check that reads these probes, at most [`EVIDENCE_MAX`] bytes as JSON, in which quotes are escaped.
pub fn evidence(failing: &RunSnapshot, last_good: Option<&RunSnapshot>, probes: &BTreeSet<String>) -> Evidence {
    let mut truncated =
        failing.chosen(probes).chain(last_good.into_iter().flat_map(|s| s.chosen(probes))).any(|e| e.cut);
    let mut evidence =
        Evidence { failing: Some(failing.of(probes)), last_good: last_good.map(|s| s.of(probes)), truncated: true };
    let texts = readings_of(&mut evidence).map(|e| std::mem::take(&mut e.reading)).collect::<Vec<_>>();
    let frame = serde_json::to_string(&evidence).map_or(EVIDENCE_MAX, |empty| empty.len());
    let share = EVIDENCE_MAX.saturating_sub(frame) / texts.len().max(1);
    for (excerpt, text) in readings_of(&mut evidence).zip(texts) {
        excerpt.reading = bounded_in_json(&text, share);
        truncated |= excerpt.reading.len() < text.len();
    }
    evidence.truncated = truncated;
    evidence
}

fn readings_of(evidence: &mut Evidence) -> impl Iterator<Item = &mut Excerpt> {
    let snapshots = [evidence.failing.as_mut(), evidence.last_good.as_mut()];
    snapshots.into_iter().flatten().flat_map(|s| s.readings.iter_mut())
}

/// A text that takes at most `max` bytes between the quotes of JSON.
fn bounded_in_json(text: &str, max: usize) -> String {
    let mut taken = 0;
    // Where it would be cut, with room for the ellipsis.
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if taken + '…'.len_utf8() <= max {
            end = at;
        }
        taken += match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            c if c < ' ' => 6,
            c => c.len_utf8(),
        };
    }
    if taken <= max { text.to_string() } else { format!("{}…", &text[..end]) }
}

/// A reading, one field per line: short ones first, since the end is cut. Every text is redacted before it is cut, so that no part of
/// a secret is left where it is cut.
fn shorten(name: &str, reading: &Reading, redactor: &Redactor, language: Language) -> Shortened {
    let mut cut = false;
    let mut lines = Vec::new();
    if let Some(error) = &reading.error {
        lines.push(format!("error: {}", error.kind.as_str()));
        lines
            .push(format!("detail: {}", clean(&texts::detail(language, &error.detail), FIELD_MAX, redactor, &mut cut)));
    }
    let has_json = reading.fields.contains_key("json");
    let shown = reading.fields.iter().filter(|(name, _)| *name != "headers" && !(*name == "body" && has_json));
    let is_long = |value: &Value| matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_));
    let (long, short): (Vec<_>, Vec<_>) = shown.partition(|(name, value)| *name != JSON_ERROR && is_long(value));
    lines.extend(short.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(format!("latencyMs: {}", reading.latency.as_millis()));
    for (name, value) in long {
        let text = match value {
            Value::String(text) => beginning(text, single_spaced, redactor, &mut cut),
            structure => beginning(&structure.to_string(), str::to_string, redactor, &mut cut),
        };
        lines.push(format!("{name}: {}", clean(&text, FIELD_MAX, redactor, &mut cut)));
    }
    let text = clean(&lines.join("\n"), EXCERPT_MAX, redactor, &mut cut);
    Shortened { probe: name.to_string(), text, cut }
}

/// The beginning of a text without secrets, of which more is left than is shown: redacting megabytes would cost more than reading
/// them.
fn beginning(text: &str, shape: impl Fn(&str) -> String, redactor: &Redactor, cut: &mut bool) -> String {
    let head = &text[..text.floor_char_boundary(HEAD_MAX)];
    let mut shown = shape(&redactor.redact(head));
    if head.len() < text.len() {
        *cut = true;
        if shown.len() <= FIELD_MAX {
            // It consisted of white space and secrets, so that the end may be part of a secret.
            shown.truncate(shown.floor_char_boundary(shown.len().saturating_sub(SECRET_PART_MAX)));
        }
    }
    shown
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without secrets, cut where it is too long.
fn clean(text: &str, max: usize, redactor: &Redactor, cut: &mut bool) -> String {
    let text = redactor.redact(text);
    *cut |= text.len() > max;
    bounded(&text, max)
}

#[cfg(test)]
mod tests;
