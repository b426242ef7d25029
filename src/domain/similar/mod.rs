//! Similar past occurrences of a Finding: how long they lasted, and what people wrote about them.
//!
//! Two steps, since what people wrote is looked up only for the few occurrences that may be shown: [`candidates`], then [`told`].

mod evidence;
mod notes;
#[cfg(test)]
mod tests;

pub use notes::{Note, Written, written};

use crate::api::conditions::{REASON_OPENED, REASON_REOPENED};
use crate::api::{Finding, FindingSpec, FindingStatus, Message, Phase, Thread, Transition};
use evidence::Evidence;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Occurrences that are shown at most.
pub const SHOWN_MAX: usize = 3;
/// Occurrences of which it is looked up what people wrote, at most.
const CANDIDATES_MAX: usize = 12;

/// How close a past occurrence is; the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closeness {
    /// An earlier occurrence of the same Finding.
    SameFinding,
    /// The same check of the same Scenario, with another key.
    SameCheck,
    /// Another check, with the same kind of error or status code and a similar message, or with nearly the same message.
    CloseEvidence,
}

impl Closeness {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Closeness::SameFinding => "same_finding",
            Closeness::SameCheck => "same_check",
            Closeness::CloseEvidence => "close_evidence",
        }
    }
}

/// A past occurrence of a Finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Similar {
    /// Name of the Finding.
    pub finding: String,
    pub scenario: String,
    pub check: String,
    pub key: String,
    pub closeness: Closeness,
    pub opened_at: Timestamp,
    pub resolved_at: Timestamp,
    /// The message with which it was opened.
    pub message: String,
    /// What people wrote, oldest first.
    pub notes: Vec<Note>,
}

impl Similar {
    /// How long it lasted.
    pub fn lasted(&self) -> SignedDuration {
        self.resolved_at.duration_since(self.opened_at)
    }
}

/// A past occurrence that may be shown.
#[derive(Clone, Debug)]
pub struct Candidate {
    occurrence: Similar,
    /// When the Finding was opened again.
    until: Option<Timestamp>,
}

impl Candidate {
    /// Name of the Finding.
    pub fn finding(&self) -> &str {
        &self.occurrence.finding
    }
}

/// The past occurrences that are closest to a Finding, of it and of `all` others; the closest first, then the last.
///
/// The last occurrence of the Finding itself is not one of them, whether it is over or not.
pub fn candidates<'a>(finding: &Finding, all: impl IntoIterator<Item = &'a Finding>) -> Vec<Candidate> {
    let name = finding.metadata.name.as_deref().unwrap_or_default();
    let own = finding.status.as_ref().map(Evidence::of).unwrap_or_default();
    let mut found: Vec<Candidate> = of_finding(finding, Closeness::SameFinding);
    for other in all.into_iter().filter(|other| other.metadata.name.as_deref() != Some(name)) {
        let Some(closeness) = closeness(&finding.spec, &own, other) else { continue };
        found.extend(of_finding(other, closeness));
    }
    found.sort_by_key(|candidate| (candidate.occurrence.closeness, Reverse(candidate.occurrence.resolved_at)));
    found.truncate(CANDIDATES_MAX);
    found
}

/// Whether another Finding may have an occurrence that is close: few do, and what they read takes longer to compare.
pub fn may_be_close(finding: &Finding, other: &Finding) -> bool {
    let (own, of_other) = (&finding.spec, &other.spec);
    (&own.scenario, &own.check) == (&of_other.scenario, &of_other.check) || other.status.as_ref().is_some_and(is_over)
}

/// How close the occurrences of another Finding are; `None` where they are not.
fn closeness(spec: &FindingSpec, own: &Evidence, other: &Finding) -> Option<Closeness> {
    if (&other.spec.scenario, &other.spec.check) == (&spec.scenario, &spec.check) {
        return Some(Closeness::SameCheck);
    }
    let status = other.status.as_ref().filter(|status| is_over(status))?;
    own.is_close_to(&Evidence::of(status)).then_some(Closeness::CloseEvidence)
}

/// The occurrences of a Finding that are over, as far as its status has them.
fn of_finding(finding: &Finding, closeness: Closeness) -> Vec<Candidate> {
    let Some(status) = &finding.status else { return Vec::new() };
    let mut ended = ended(status);
    match closeness {
        Closeness::SameFinding => ended.retain(|(_, _, _, until)| until.is_some()),
        Closeness::SameCheck => {}
        // What an earlier occurrence read is not known any more.
        Closeness::CloseEvidence => ended.retain(|(_, _, _, until)| until.is_none()),
    }
    let spec = &finding.spec;
    let candidate = |(opened_at, resolved_at, message, until): Ended| Candidate {
        occurrence: Similar {
            finding: finding.metadata.name.clone().unwrap_or_default(),
            scenario: spec.scenario.clone(),
            check: spec.check.clone(),
            key: spec.key.clone(),
            closeness,
            opened_at,
            resolved_at,
            message,
            notes: notes::acknowledgements(status, opened_at, until),
        },
        until,
    };
    ended.into_iter().map(candidate).collect()
}

/// When an occurrence was opened and resolved, the message with which it was opened, and when the next one was opened.
type Ended = (Timestamp, Timestamp, String, Option<Timestamp>);

fn is_opening(transition: &Transition) -> bool {
    [REASON_OPENED, REASON_REOPENED].contains(&transition.reason.as_str())
}

/// Whether there may be an occurrence that is over and after which no other began.
fn is_over(status: &FindingStatus) -> bool {
    let is_end = |transition: &&Transition| is_opening(transition) || transition.to == Phase::Resolved;
    status.transitions.iter().rev().find(is_end).is_none_or(|last| !is_opening(last))
}

fn ended(status: &FindingStatus) -> Vec<Ended> {
    let mut ended: Vec<Ended> = Vec::new();
    let mut opened: Option<(Timestamp, &str)> = None;
    for transition in &status.transitions {
        if is_opening(transition) {
            if let Some(last) = ended.last_mut() {
                last.3 = Some(transition.at.0);
            }
            opened = Some((transition.at.0, &transition.message));
        } else if transition.to == Phase::Resolved
            && let Some((at, message)) = opened.take()
        {
            ended.push((at, transition.at.0, message.to_string(), None));
        }
    }
    // Many acknowledgements push the opening out of the transitions.
    if let (true, Some(at), Some(resolved)) =
        (ended.is_empty() && opened.is_none(), &status.opened_at, &status.resolved_at)
        && status.phase == Some(Phase::Resolved)
    {
        ended.push((at.0, resolved.0, String::new(), None));
    }
    ended
}

/// The earlier occurrences of a Finding itself, as far as its status has them, the last one first: when each was opened and resolved, and
/// the message with which it was opened. Of a Finding that is resolved its last occurrence is not one of them.
pub fn earlier(status: &FindingStatus) -> Vec<(Timestamp, Timestamp, String)> {
    let ended = ended(status).into_iter().filter(|(_, _, _, until)| until.is_some());
    ended.map(|(opened, resolved, message, _)| (opened, resolved, message)).rev().collect()
}

/// All occurrences that are over, as far as the status has them, the first one first, as [`earlier`].
pub fn occurrences(status: &FindingStatus) -> Vec<(Timestamp, Timestamp, String)> {
    ended(status).into_iter().map(|(opened, resolved, message, _)| (opened, resolved, message)).collect()
}

/// The past occurrences that are shown, of the [`candidates`]. `threads` and `messages` are those that may be about them; `said` as
/// [`written`] takes it.
pub fn similar<'a>(
    candidates: Vec<Candidate>,
    threads: impl IntoIterator<Item = &'a Thread>,
    messages: impl IntoIterator<Item = &'a Message>,
    said: impl Fn(&str) -> Option<String>,
) -> Vec<Similar> {
    let of_thread = |thread: &'a Thread| {
        let of = thread.spec.finding.as_deref()?;
        candidates.iter().any(|candidate| candidate.finding() == of).then_some((thread.metadata.name.as_deref()?, of))
    };
    let threads: HashMap<&str, &str> = threads.into_iter().filter_map(of_thread).collect();
    if threads.is_empty() {
        return told(candidates, []);
    }
    let note = |message: &'a Message| written(threads.get(message.spec.thread.as_str())?, message, &said);
    let notes: Vec<Written> = messages.into_iter().filter_map(note).collect();
    told(candidates, &notes)
}

/// What is shown: the candidates with what people wrote. Of those that are equally close, the ones that a person wrote about come first.
pub fn told<'a>(candidates: Vec<Candidate>, written: impl IntoIterator<Item = &'a Written>) -> Vec<Similar> {
    let written: Vec<&Written> = written.into_iter().collect();
    let with_notes = |Candidate { mut occurrence, until }: Candidate| {
        let is_about = |note: &&&Written| {
            note.finding == occurrence.finding
                && note.note.at >= occurrence.opened_at
                && until.is_none_or(|until| note.note.at < until)
        };
        let about = written.iter().filter(is_about).map(|written| written.note.clone());
        occurrence.notes =
            notes::chosen(std::mem::take(&mut occurrence.notes).into_iter().chain(about.collect::<Vec<_>>()));
        occurrence
    };
    let mut similar: Vec<Similar> = candidates.into_iter().map(with_notes).collect();
    similar.sort_by_key(|similar| (similar.closeness, similar.notes.is_empty()));
    similar.truncate(SHOWN_MAX);
    similar
}
