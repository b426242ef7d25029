//! What was read, in few words and without secrets, so that a person sees what changed.

use super::reading::Reading;
use super::redact::Redactor;
use crate::api::conditions::bounded;
use crate::api::{Evidence, Excerpt, Snapshot};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// All of a Finding's evidence takes at most this many bytes.
pub const EVIDENCE_MAX: usize = 4096;
/// One reading takes at most this many.
const EXCERPT_MAX: usize = 1024;
/// So many readings of a run are shown.
const READINGS_MAX: usize = 16;
/// Fields that say the most come first and are cut last; `body` is shown only where there is no `json`.
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
    let around = serde_json::to_string(&evidence).map_or(EVIDENCE_MAX, |empty| empty.len());
    let share = EVIDENCE_MAX.saturating_sub(around) / texts.len().max(1);
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

/// A reading as compact JSON. Every text is redacted before it is cut, so that no half of a secret is left at the edge.
fn shorten(name: &str, reading: &Reading, redactor: &Redactor) -> Shortened {
    let mut cut = false;
    let mut shown = Map::new();
    if let Some(error) = &reading.error {
        shown.insert("error".into(), error.kind.as_str().into());
        shown.insert("detail".into(), clean(&error.detail, FIELD_MAX, redactor, &mut cut).into());
    }
    let has_json = reading.fields.contains_key("json");
    for (name, value) in &reading.fields {
        if name == "headers" || (name == "body" && has_json) {
            continue;
        }
        let value = match value {
            Value::String(s) => clean(s, FIELD_MAX, redactor, &mut cut).into(),
            Value::Array(_) | Value::Object(_) => compact(value, redactor, &mut cut),
            other => other.clone(),
        };
        shown.insert(name.clone(), value);
    }
    shown.insert("latencyMs".into(), (reading.latency.as_millis() as u64).into());
    let text = clean(&Value::Object(shown).to_string(), EXCERPT_MAX, redactor, &mut cut);
    Shortened { probe: name.to_string(), text, cut }
}

/// A text without secrets, cut where it is too long.
fn clean(text: &str, max: usize, redactor: &Redactor, cut: &mut bool) -> String {
    let text = redactor.redact(text);
    *cut |= text.len() > max;
    bounded(&text, max)
}

/// A structure as it is where it is small, else its text, cut.
fn compact(value: &Value, redactor: &Redactor, cut: &mut bool) -> Value {
    let text = value.to_string();
    if text.len() <= FIELD_MAX { value.clone() } else { clean(&text, FIELD_MAX, redactor, cut).into() }
}

#[cfg(test)]
mod tests;
