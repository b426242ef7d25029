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
/// Fields that say the most come first and are cut last; `body` is shown only where there is no `json`.
const FIELD_MAX: usize = 700;

/// The readings of one run, in few words. Kept while some check was last well then.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSnapshot {
    pub at: Timestamp,
    /// By probe, in the order of the spec.
    pub excerpts: Vec<(String, String)>,
}

impl RunSnapshot {
    /// Puts every reading into few words.
    pub fn take<'a>(
        readings: impl IntoIterator<Item = (&'a str, &'a Reading)>,
        redactor: &Redactor,
        at: Timestamp,
    ) -> Arc<RunSnapshot> {
        let excerpts = readings.into_iter().map(|(name, r)| (name.to_string(), excerpt(r, redactor))).collect();
        Arc::new(RunSnapshot { at, excerpts })
    }

    fn of(&self, probes: &BTreeSet<String>) -> Snapshot {
        let chosen = self.excerpts.iter().filter(|(name, _)| probes.contains(name)).take(16);
        let readings = chosen.map(|(name, text)| Excerpt { probe: name.clone(), reading: text.clone() });
        Snapshot { at: Time(self.at), readings: readings.collect() }
    }
}

/// The evidence of a check that reads these probes, within [`EVIDENCE_MAX`].
pub fn evidence(failing: &RunSnapshot, last_good: Option<&RunSnapshot>, probes: &BTreeSet<String>) -> Evidence {
    let mut evidence =
        Evidence { failing: Some(failing.of(probes)), last_good: last_good.map(|s| s.of(probes)), truncated: false };
    let parts = [evidence.failing.as_mut(), evidence.last_good.as_mut()];
    let mut excerpts: Vec<&mut Excerpt> = parts.into_iter().flatten().flat_map(|s| s.readings.iter_mut()).collect();
    let share = EVIDENCE_MAX / excerpts.len().max(1);
    let spare = 120; // names, times and punctuation around each
    let mut truncated = excerpts.iter().any(|e| e.reading.ends_with('…'));
    for excerpt in &mut excerpts {
        let max = share.saturating_sub(spare).max(64);
        truncated |= excerpt.reading.len() > max;
        excerpt.reading = bounded(&excerpt.reading, max);
    }
    evidence.truncated = truncated;
    evidence
}

/// A reading as compact JSON. Every text is redacted before it is cut, so that no half of a secret is left at the edge.
fn excerpt(reading: &Reading, redactor: &Redactor) -> String {
    let mut shown = Map::new();
    if let Some(error) = &reading.error {
        shown.insert("error".into(), error.kind.as_str().into());
        shown.insert("detail".into(), bounded(&redactor.redact(&error.detail), FIELD_MAX).into());
    }
    let has_json = reading.fields.contains_key("json");
    for (name, value) in &reading.fields {
        if name == "headers" || (name == "body" && has_json) {
            continue;
        }
        let value = match value {
            Value::String(s) => Value::String(bounded(&redactor.redact(s), FIELD_MAX)),
            Value::Array(_) | Value::Object(_) => compact(value, redactor),
            other => other.clone(),
        };
        shown.insert(name.clone(), value);
    }
    shown.insert("latencyMs".into(), (reading.latency.as_millis() as u64).into());
    let text = Value::Object(shown).to_string();
    bounded(&redactor.redact(&text), EXCERPT_MAX)
}

/// A structure as it is where it is small, else its text, cut.
fn compact(value: &Value, redactor: &Redactor) -> Value {
    let text = value.to_string();
    if text.len() <= FIELD_MAX { value.clone() } else { Value::String(bounded(&redactor.redact(&text), FIELD_MAX)) }
}
