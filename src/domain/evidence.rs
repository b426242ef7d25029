//! What was read, in few words and without secrets, so that a person sees what changed.

use super::reading::Reading;
use super::redact::Redactor;
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
/// So many readings of a run are shown.
const READINGS_MAX: usize = 16;
/// One field takes at most this many; `body` is shown only where there is no `json`.
const FIELD_MAX: usize = 700;

/// The readings of one run, in few words. Kept while some check was last well then.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSnapshot {
    pub at: Timestamp,
    /// In the order of the spec.
    pub excerpts: Vec<Shortened>,
}

/// What one probe read, in few words.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortened {
    pub probe: String,
    pub text: String,
    /// Whether something of it was left out for its length.
    pub cut: bool,
}

impl RunSnapshot {
    /// Puts every reading into few words.
    pub fn take<'a>(
        readings: impl IntoIterator<Item = (&'a str, &'a Reading)>,
        redactor: &Redactor,
        at: Timestamp,
    ) -> Arc<RunSnapshot> {
        let excerpts = readings.into_iter().map(|(name, reading)| shorten(name, reading, redactor)).collect();
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

/// The evidence of a check that reads these probes, within [`EVIDENCE_MAX`] as it is stored: quotes in it are escaped there.
pub fn evidence(failing: &RunSnapshot, last_good: Option<&RunSnapshot>, probes: &BTreeSet<String>) -> Evidence {
    let mut truncated =
        failing.chosen(probes).chain(last_good.into_iter().flat_map(|s| s.chosen(probes))).any(|e| e.cut);
    let mut evidence =
        Evidence { failing: Some(failing.of(probes)), last_good: last_good.map(|s| s.of(probes)), truncated: true };
    let texts = readings_of(&mut evidence).map(|e| std::mem::take(&mut e.reading)).collect::<Vec<_>>();
    let configuration = serde_json::to_string(&evidence).map_or(EVIDENCE_MAX, |empty| empty.len());
    let share = EVIDENCE_MAX.saturating_sub(configuration) / texts.len().max(1);
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
    // Where it would be cut, with room for the sign that it was.
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

/// A reading, a line a field: the short ones first, since what is long is cut at its end. Every text is redacted before it is cut,
/// so that no half of a secret is left at the edge.
fn shorten(name: &str, reading: &Reading, redactor: &Redactor) -> Shortened {
    let mut cut = false;
    let mut lines = Vec::new();
    if let Some(error) = &reading.error {
        lines.push(format!("error: {}", error.kind.as_str()));
        lines.push(format!("detail: {}", clean(&error.detail, FIELD_MAX, redactor, &mut cut)));
    }
    let has_json = reading.fields.contains_key("json");
    let shown = reading.fields.iter().filter(|(name, _)| *name != "headers" && !(*name == "body" && has_json));
    let is_long = |value: &Value| matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_));
    let (long, short): (Vec<_>, Vec<_>) = shown.partition(|(_, value)| is_long(value));
    lines.extend(short.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(format!("latencyMs: {}", reading.latency.as_millis()));
    for (name, value) in long {
        let text = match value {
            Value::String(text) => redactor.redact(text).split_whitespace().collect::<Vec<_>>().join(" "),
            structure => structure.to_string(),
        };
        lines.push(format!("{name}: {}", clean(&text, FIELD_MAX, redactor, &mut cut)));
    }
    let text = clean(&lines.join("\n"), EXCERPT_MAX, redactor, &mut cut);
    Shortened { probe: name.to_string(), text, cut }
}

/// A text without secrets, cut where it is too long.
fn clean(text: &str, max: usize, redactor: &Redactor, cut: &mut bool) -> String {
    let text = redactor.redact(text);
    *cut |= text.len() > max;
    bounded(&text, max)
}

#[cfg(test)]
mod tests;
