//! Which Thread tells of the present occurrence of a Finding, and which changes belong to it.

use super::names::{began_at, names_after, story_name, thread_name};
use super::phases::is_opening;
use super::policy::ThreadLimits;
use super::told::Told;
use crate::api::{FindingStatus, Phase, Thread, Transition};
use jiff::Timestamp;

/// A Finding, the Thread that it names, and the Messages of that.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Object name of the Finding.
    pub finding: &'a str,
    pub status: &'a FindingStatus,
    /// The Thread that `status.thread` names; `None` where there is none.
    pub thread: Option<&'a Thread>,
    pub told: &'a Told,
    pub limits: &'a ThreadLimits,
}

impl Case<'_> {
    /// Whether the Thread is about something else: a person made it by hand under the name of the Finding's.
    fn is_taken(&self) -> bool {
        self.thread.is_some_and(|thread| thread.spec.finding.as_deref() != Some(self.finding))
    }
}

/// The Thread in which the story goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Course<'a> {
    pub thread: String,
    /// It does not exist.
    pub is_missing: bool,
    /// The Finding does not name it yet.
    pub is_new: bool,
    /// The transitions that are told in it, oldest first.
    pub transitions: &'a [Transition],
    /// The occurrence with which the next Thread begins.
    pub next: Option<Timestamp>,
}

/// The Thread in which the story goes on; `None` where there is nothing to tell: the Finding has no phase, or it is resolved and its
/// Thread does not exist.
pub fn course<'a>(case: &Case<'a>) -> Option<Course<'a>> {
    let status = case.status;
    let is_active = status.phase.map(Phase::is_active)?;
    let named = status.thread.as_deref().and_then(|name| Some((name, began_at(case.finding, name)?)));
    let Some((name, began)) = named else {
        // It was resolved before there were Threads.
        let opened = status.opened_at.as_ref().filter(|_| is_active)?.0;
        return Some(begun(case, first_of_chain(case, opened)));
    };
    if case.is_taken() {
        // Where all names are taken, nothing is told.
        let other = names_after(name).next().filter(|_| is_active)?;
        return Some(Course { thread: other, ..begun(case, began) });
    }
    let first = status.transitions.iter().position(|t| t.at.0 >= began && !ends_at(t, began));
    let own = status.transitions.get(first.unwrap_or(status.transitions.len())..).unwrap_or_default();
    let end = own.iter().enumerate().skip(1).find(|(at, _)| begins_another(case, name, own, *at));
    let (transitions, next) = match end {
        Some((at, opening)) => (own.get(..at).unwrap_or_default(), Some(opening.at.0)),
        None => (own, None),
    };
    match (case.thread.is_some(), next) {
        (false, Some(next)) => Some(begun(case, next)),
        (false, None) if !is_active => None,
        (exists, next) => {
            Some(Course { thread: name.to_string(), is_missing: !exists, is_new: false, transitions, next })
        }
    }
}

/// The opening of the occurrence with which the Thread would have begun, had it been made in time: those before it that ended shortly
/// before the next one belong to it.
fn first_of_chain(case: &Case<'_>, opened: Timestamp) -> Timestamp {
    let (mut first, mut next) = (opened, opened);
    for transition in case.status.transitions.iter().rev() {
        let at = transition.at.0;
        match (transition.to, is_opening(transition)) {
            (Phase::Resolved, _) if next.duration_since(at) > case.limits.recur_within => break,
            (_, true) => (first, next) = (first.min(at), at),
            _ => {}
        }
    }
    first
}

/// The Thread that begins with the occurrence opened at this time.
pub fn begun<'a>(case: &Case<'a>, opened: Timestamp) -> Course<'a> {
    let all = &case.status.transitions;
    let first = all.iter().position(|t| is_opening(t) && t.at.0 >= opened).unwrap_or(all.len());
    let transitions = all.get(first..).unwrap_or_default();
    Course { thread: thread_name(case.finding, opened), is_missing: true, is_new: true, transitions, next: None }
}

/// A resolution in the very second of the opening that follows it belongs to the occurrence before.
fn ends_at(transition: &Transition, began: Timestamp) -> bool {
    transition.at.0 == began && transition.to == Phase::Resolved && transition.from.is_some()
}

/// Whether the transition at this place is an opening with which another Thread begins.
fn begins_another(case: &Case<'_>, thread: &str, own: &[Transition], at: usize) -> bool {
    let Some(opening) = own.get(at).filter(|transition| is_opening(transition)) else { return false };
    let before = own.get(..at).unwrap_or_default().iter().rev().find(|t| t.to == Phase::Resolved);
    let Some(resolved) = before else { return false };
    // What is older than what was told was left out.
    let is_before_told = case.told.last_phase().is_some_and(|told| told.at >= opening.at.0);
    if is_before_told || case.told.has(&story_name(thread, &opening.reason, opening.at.0)) {
        return false;
    }
    let is_late = opening.at.0.duration_since(resolved.at.0) > case.limits.recur_within;
    let is_full = case.thread.is_some_and(|thread| thread.spec.closed) || case.told.len() >= case.limits.messages_max;
    is_late || is_full
}
