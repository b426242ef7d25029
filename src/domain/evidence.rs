//! What a person on duty sees of a failure, without secrets: the failed expression with the values that it read, what the check shows,
//! and excerpts of the readings beside those of the last good run.

mod abridged;
mod ends;
mod excerpt;
mod items;
mod plain;
mod proof;

pub use abridged::Abridged;
pub use proof::{Proof, VALUES_MAX};

use super::reading::Reading;
use super::redact::Redactor;
use super::texts::Language;
use crate::api::{Evidence, Excerpt, ReadValue, Snapshot};
use abridged::json_size;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// All of a Finding's evidence takes at most this many bytes.
pub const EVIDENCE_MAX: usize = 4096;
/// Most readings of a run that are shown.
const READINGS_MAX: usize = 16;
/// So much is kept for each reading: `ok` and `error`, in bytes between the quotes of JSON.
const READING_MIN: usize = 32;
/// Beside what the check shows, the readings take at most this many bytes.
const READINGS_SIZE_MAX: usize = 1800;
/// The values that were read take at most this many bytes.
const VALUES_SIZE_MAX: usize = 1200;
/// What JSON takes besides a path and its value, in bytes.
const VALUE_FRAME: usize = r#"{"path":"","value":""},"#.len();

/// Excerpts of the readings of one run. Kept while it is the last run in which some check passed.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSnapshot {
    pub at: Timestamp,
    /// By probe, in the order of the spec.
    pub excerpts: Vec<(Arc<str>, Abridged)>,
}

impl RunSnapshot {
    /// Takes an excerpt of every reading. `expressions` are those of the checks: of long lists the fields that they name are kept.
    pub fn take<'a, 'e>(
        readings: impl IntoIterator<Item = (&'a Arc<str>, &'a Reading)>,
        expressions: impl Fn() -> Vec<&'e str>,
        redactor: &Redactor,
        at: Timestamp,
        language: Language,
    ) -> Arc<RunSnapshot> {
        let names = excerpt::Names { expressions, found: OnceCell::new() };
        let excerpt = |(name, reading): (&Arc<str>, &Reading)| {
            (name.clone(), excerpt::excerpt(reading, &names, redactor, language))
        };
        Arc::new(RunSnapshot { at, excerpts: readings.into_iter().map(excerpt).collect() })
    }

    fn chosen(&self, probes: &BTreeSet<String>) -> impl Iterator<Item = &(Arc<str>, Abridged)> {
        self.excerpts.iter().filter(|(probe, _)| probes.contains(&**probe)).take(READINGS_MAX)
    }

    /// Without the texts.
    fn frame(&self, probes: &BTreeSet<String>) -> Snapshot {
        let readings =
            self.chosen(probes).map(|(probe, _)| Excerpt { probe: probe.to_string(), reading: String::new() });
        Snapshot { at: Time(self.at), readings: readings.collect() }
    }
}

/// A failure to show.
#[derive(Clone, Copy)]
pub struct Failing<'a> {
    /// Why the check failed; `None` where it is a probe, or was not judged.
    pub proof: Option<&'a Proof>,
    pub run: &'a RunSnapshot,
    pub last_good: Option<&'a RunSnapshot>,
    /// The probes whose readings are shown.
    pub probes: &'a BTreeSet<String>,
}

impl<'a> Failing<'a> {
    /// Only the readings of these probes.
    pub fn unproven(run: &'a RunSnapshot, probes: &'a BTreeSet<String>) -> Failing<'a> {
        Failing { proof: None, run, last_good: None, probes }
    }
}

/// The evidence of a failure, at most [`EVIDENCE_MAX`] bytes as JSON, in which quotes are escaped. What the check shows comes first, then
/// the values that it read, then the readings.
pub fn evidence(failing: Failing<'_>, language: Language) -> Evidence {
    let Failing { proof, run, last_good, probes } = failing;
    let mut evidence = Evidence {
        show: proof.and_then(|proof| proof.show.as_ref()).map(|_| String::new()),
        expression: proof.map(|_| String::new()),
        values: proof.map(|_| vec![]).unwrap_or_default(),
        failing: Some(run.frame(probes)),
        last_good: last_good.map(|good| good.frame(probes)),
        truncated: true,
    };
    let frame = serde_json::to_string(&evidence).map_or(EVIDENCE_MAX, |frame| frame.len() + r#""values":[],"#.len());
    let texts: Vec<(&Abridged, usize)> = (run.chosen(probes).map(|(_, text)| (text, 2)))
        .chain(last_good.into_iter().flat_map(|good| good.chosen(probes)).map(|(_, text)| (text, 1)))
        .collect();
    let for_readings = READING_MIN * texts.len();
    let room = EVIDENCE_MAX.saturating_sub(frame);
    let mut writer = Writer { room: room.saturating_sub(for_readings), is_cut: false, language };
    if let Some(proof) = proof {
        evidence.show = proof.show.as_ref().map(|show| writer.text(show, usize::MAX));
        evidence.expression = Some(writer.text(&proof.expression, writer.room / 2));
        evidence.values = writer.values(proof);
    }
    let left = writer.room + for_readings.min(room);
    let shares =
        shares(&texts, if evidence.show.is_some() { left.min(READINGS_SIZE_MAX.max(for_readings)) } else { left });
    for ((excerpt, (text, _)), share) in readings_of(&mut evidence).zip(&texts).zip(shares) {
        excerpt.reading = writer.shorten(text, share);
    }
    evidence.truncated = writer.is_cut;
    evidence
}

fn readings_of(evidence: &mut Evidence) -> impl Iterator<Item = &mut Excerpt> {
    let snapshots = [evidence.failing.as_mut(), evidence.last_good.as_mut()];
    snapshots.into_iter().flatten().flat_map(|s| s.readings.iter_mut())
}

/// How many bytes each text gets: what one of them leaves goes to the others, by weight.
fn shares(texts: &[(&Abridged, usize)], room: usize) -> Vec<usize> {
    let sizes: Vec<usize> = texts.iter().map(|(text, _)| text.size()).collect();
    let mut shares: Vec<Option<usize>> = vec![None; texts.len()];
    loop {
        let left = room.saturating_sub(shares.iter().flatten().sum());
        let waiting = || texts.iter().zip(&shares).filter(|(_, share)| share.is_none()).map(|((_, weight), _)| *weight);
        let unit = left / waiting().sum::<usize>().max(1);
        let fits = |at: usize| sizes[at] <= unit * texts[at].1;
        let satisfied: Vec<usize> = (0..texts.len()).filter(|at| shares[*at].is_none() && fits(*at)).collect();
        if satisfied.is_empty() {
            return (0..texts.len()).map(|at| shares[at].unwrap_or(unit * texts[at].1)).collect();
        }
        for at in satisfied {
            shares[at] = Some(sizes[at]);
        }
    }
}

/// Writes texts into what room is left.
struct Writer {
    room: usize,
    /// Whether something is left out.
    is_cut: bool,
    language: Language,
}

impl Writer {
    /// A text that takes at most `most` of the room.
    fn text(&mut self, text: &Abridged, most: usize) -> String {
        let shown = self.shorten(text, most.min(self.room));
        self.room = self.room.saturating_sub(json_size(&shown));
        shown
    }

    fn shorten(&mut self, text: &Abridged, max: usize) -> String {
        let text = text.clone().within(max);
        self.is_cut |= text.is_cut();
        text.render(self.language)
    }

    /// As many values as fit.
    fn values(&mut self, proof: &Proof) -> Vec<ReadValue> {
        self.is_cut |= proof.has_more;
        let reserved = self.room.saturating_sub(VALUES_SIZE_MAX.min(self.room * 2 / 3));
        let mut values = Vec::new();
        for (path, value) in &proof.values {
            let size = json_size(path) + value.size() + VALUE_FRAME;
            if self.room < reserved + size {
                self.is_cut = true;
                break;
            }
            self.room -= size;
            self.is_cut |= value.is_cut();
            values.push(ReadValue { path: path.clone(), value: value.render(self.language) });
        }
        values
    }
}

#[cfg(test)]
mod tests;
