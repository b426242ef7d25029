//! What is to be told in the Thread of a Finding, from the Finding and from what was told.

use super::course::{Case, Course, begun, course};
use super::escalation::{Escalation, Surroundings, escalation};
use super::names::{following_name, story_name};
use super::phases::{Known, is_change, is_opening, select};
use super::telling::{Telling, What};
use super::told::{
    ACKNOWLEDGED, ACKNOWLEDGEMENT_EXPIRED, ESCALATED, FLAPPING, RESOLVED, SETTLED, SEVERITY_CHANGED, Told, at, place,
    second,
};
use crate::api::conditions::{
    REASON_ACKNOWLEDGED, REASON_ACKNOWLEDGEMENT_REMOVED, REASON_CHECK_REMOVED, REASON_OPENED, REASON_SCENARIO_REMOVED,
    bounded,
};
use crate::api::{FindingAcknowledgement, FindingStatus, Phase, Severity, Transition};
use crate::domain::notice::flapping::{STABLE_AFTER, flapping};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Changes of phase that a Finding keeps.
const TRANSITIONS_MAX: usize = 20;
/// Longest message of a transition, in bytes.
const TRANSITION_MESSAGE_MAX: usize = 512;

/// What is to be done for the Thread of a Finding, in this order: make the Thread, have the Finding name it, tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub thread: String,
    /// The Thread does not exist.
    pub make: bool,
    /// The Finding does not name it.
    pub refer: bool,
    pub tell: Vec<Telling>,
    /// When to decide again if nothing changes.
    pub wake: Option<Timestamp>,
}

impl Plan {
    /// Whether there is nothing to do now.
    pub fn is_empty(&self) -> bool {
        !self.make && !self.refer && self.tell.is_empty()
    }
}

/// Decides what is to be done for the Thread of a Finding; where the next occurrence begins another, after the one before is complete.
pub fn plan(case: &Case<'_>, surroundings: &Surroundings<'_>, now: Timestamp) -> Plan {
    let Some(current) = course(case) else { return Plan::default() };
    let plan = plan_in(case, &current, surroundings, now);
    match current.next.filter(|_| plan.is_empty()) {
        Some(next) => plan_in(case, &begun(case, next), surroundings, now),
        None => plan,
    }
}

fn plan_in(case: &Case<'_>, course: &Course<'_>, surroundings: &Surroundings<'_>, now: Timestamp) -> Plan {
    // What was told in the Thread before is not told in a new one.
    let nothing = Told::default();
    let told = if course.is_new { &nothing } else { case.told };
    let mut story = Story::new(case, course, told, now);
    story.tell_all(surroundings);
    let Story { tell, wake, .. } = story;
    Plan { thread: course.thread.clone(), make: course.is_missing, refer: course.is_new, tell, wake }
}

struct Story<'a> {
    status: &'a FindingStatus,
    course: &'a Course<'a>,
    told: &'a Told,
    /// The end of what was told, where the Thread is closed and the Finding resolved: what was removed since is not told again.
    sealed_at: Option<Timestamp>,
    now: Timestamp,
    tell: Vec<Telling>,
    wake: Option<Timestamp>,
}

impl<'a> Story<'a> {
    fn new(case: &Case<'a>, course: &'a Course<'a>, told: &'a Told, now: Timestamp) -> Story<'a> {
        let is_closed = case.thread.is_some_and(|thread| thread.spec.closed && !course.is_new);
        let last = || case.thread.and_then(|thread| thread.status.as_ref()?.last_message_at.as_ref()).map(|at| at.0);
        let sealed_at = (is_closed && !case.status.is_active()).then(|| last().unwrap_or(Timestamp::MIN));
        Story { status: case.status, course, told, sealed_at, now, tell: Vec::new(), wake: None }
    }

    fn tell_all(&mut self, surroundings: &Surroundings<'_>) {
        self.tell_transitions();
        if self.sealed_at.is_some() {
            return;
        }
        self.tell_flapping();
        if self.course.next.is_some() {
            return;
        }
        self.tell_severity();
        self.tell_acknowledged_messages();
        self.tell_expired();
        self.tell_escalation(surroundings);
    }

    fn wake_at(&mut self, at: Option<Timestamp>) {
        self.wake = self.wake.into_iter().chain(at).min();
    }

    /// The changes of phase that are told, and every acknowledgement, in their order.
    fn tell_transitions(&mut self) {
        let own = self.course.transitions;
        let changes: Vec<&Transition> = own.iter().filter(|transition| is_change(transition)).collect();
        let all = &self.status.transitions;
        let known = Known {
            is_cut: all.len() >= TRANSITIONS_MAX && own.len() == all.len(),
            last_told: self.told.last_phase(),
            is_over: self.course.next.is_some(),
            is_unasked: self.status.phase == Some(Phase::Open)
                && is_grave(self.status.severity)
                && !self.told.is_asking(),
            now: self.now,
        };
        let selected = select(&changes, &known);
        self.wake_at(selected.wake);
        for (number, transition) in own.iter().enumerate() {
            let is_told = !is_change(transition) || selected.tell.iter().any(|told| std::ptr::eq(*told, transition));
            let is_sealed = self.sealed_at.is_some_and(|last| transition.at.0 <= last);
            if is_told && !is_sealed {
                self.tell_transition(number, transition);
            }
        }
    }

    fn tell_transition(&mut self, number: usize, transition: &Transition) {
        let what = self.what(number, transition);
        let same = |other: &&Transition| other.at == transition.at && other.reason == transition.reason;
        let earlier = self.course.transitions.iter().take(number).filter(same).count();
        let mut name = story_name(&self.course.thread, what.reason(), transition.at.0);
        if earlier > 0 {
            // Within one second, as by a person who corrects a note.
            name = format!("{name}-{}", earlier + 1);
        }
        // One that is no longer acknowledged is asked about anew.
        let is_last = number + 1 == self.course.transitions.len();
        let asks = is_opening(transition) || is_last && transition.reason == REASON_ACKNOWLEDGEMENT_REMOVED;
        let needs_ack = asks && is_grave(self.status.severity);
        self.add(name, what, transition.at.0, Some(transition.clone()), needs_ack);
    }

    fn what(&self, number: usize, transition: &Transition) -> What {
        let later = self.course.transitions.get(number + 1..).unwrap_or_default();
        if transition.to == Phase::Resolved {
            let before = self.course.transitions.get(..number).unwrap_or_default();
            let opened = before.iter().rev().find(|transition| is_opening(transition)).map(|opening| opening.at.0);
            let is_last = !later.iter().any(is_opening);
            let opened = opened.or(self.status.opened_at.as_ref().filter(|_| is_last).map(|at| at.0));
            let after = opened.and_then(|opened| Duration::try_from(transition.at.0.duration_since(opened)).ok());
            let is_unwatched = [REASON_CHECK_REMOVED, REASON_SCENARIO_REMOVED].contains(&transition.reason.as_str());
            return What::Resolved { after, is_unwatched };
        }
        if is_change(transition) {
            let openings = u32::try_from(later.iter().filter(|later| is_opening(later)).count()).unwrap_or(0);
            return match transition.reason == REASON_OPENED {
                true => What::Opened,
                false => What::Reopened(self.status.occurrences.unwrap_or(1).saturating_sub(openings).max(1)),
            };
        }
        match transition.reason == REASON_ACKNOWLEDGED {
            true => What::Acknowledged(acknowledgement(self.status, transition)),
            false => What::AcknowledgementRemoved,
        }
    }

    /// That the Finding flaps, once, and that it has kept its phase since. Each of the Messages is named after the one before.
    fn tell_flapping(&mut self) {
        let last = self.told.last_flapping();
        let is_told = last.is_some_and(|(reason, _)| reason == FLAPPING);
        let last = last.and_then(|(_, message)| message.metadata.name.clone()).unwrap_or_default();
        let is_over = self.course.next.is_some();
        if !is_told {
            if !is_over && flapping(&self.status.transitions, self.now).is_some() {
                let name = following_name(&self.course.thread, FLAPPING, &last);
                self.add(name, What::Flapping, self.now, None, false);
            }
            return;
        }
        // The openings that made it flap may no longer be kept.
        let mut changes = self.status.transitions.iter().filter(|transition| is_change(transition));
        let stable_at = changes.next_back().and_then(|change| change.at.0.checked_add(STABLE_AFTER).ok());
        match stable_at.filter(|at| !is_over && *at > self.now) {
            Some(at) => self.wake_at(Some(at)),
            None => {
                let name = following_name(&self.course.thread, SETTLED, &last);
                self.add(name, What::Settled, self.now, None, false);
            }
        }
    }

    /// The severity is compared with that of the last Message that has one. The Message is named after that one.
    fn tell_severity(&mut self) {
        let (Some((last, from)), Some(to)) = (self.told.last_severity(), self.status.severity) else { return };
        // A Message about an opening says it as well.
        let is_told = self.tell.iter().any(|telling| matches!(telling.what, What::Opened | What::Reopened(_)));
        if from == to || is_told || !self.status.is_active() {
            return;
        }
        let last = last.metadata.name.clone().unwrap_or_default();
        let name = following_name(&self.course.thread, SEVERITY_CHANGED, &last);
        self.add(name, What::SeverityChanged { from, to }, self.now, None, false);
    }

    /// Messages that a person acknowledged.
    fn tell_acknowledged_messages(&mut self) {
        let mut acknowledged: Vec<_> = self.told.all().filter(|message| message.spec.needs_ack).collect();
        acknowledged.sort_unstable_by_key(|message| place(message));
        for message in acknowledged {
            let recorded = message.status.as_ref().and_then(|status| status.acknowledgement.as_ref());
            let Some(recorded) = recorded.filter(|recorded| !recorded.of_finding) else { continue };
            let by = FindingAcknowledgement {
                by: recorded.by.clone(),
                note: recorded.note.clone(),
                at: recorded.at.clone(),
                occurrence: self.status.occurrences.unwrap_or(1),
                action: None,
                manager: None,
                proven: recorded.proven,
            };
            let until = recorded.until.as_ref().map(|until| until.0);
            let name = message.metadata.name.clone().unwrap_or_default();
            let name = following_name(&self.course.thread, ACKNOWLEDGED, &name);
            self.add(name, What::MessageAcknowledged { by, until }, self.now, None, false);
        }
    }

    /// The last Message that asked was acknowledged until a time that has passed, and the Finding is still open.
    fn tell_expired(&mut self) {
        let Some(last) = self.told.last_asking().filter(|_| self.status.phase == Some(Phase::Open)) else { return };
        let recorded = last.status.as_ref().and_then(|status| status.acknowledgement.as_ref());
        let Some(recorded) = recorded.filter(|recorded| !recorded.of_finding) else { return };
        let Some(until) = recorded.until.as_ref().map(|until| until.0) else { return };
        let is_after = |reason: &str| self.told.story().any(|(r, message)| r == reason && place(message) > place(last));
        if is_after(RESOLVED) || self.tell.iter().any(|telling| telling.needs_ack) {
            return;
        }
        if until > self.now {
            return self.wake_at(Some(until));
        }
        let name = last.metadata.name.clone().unwrap_or_default();
        let name = following_name(&self.course.thread, ACKNOWLEDGEMENT_EXPIRED, &name);
        self.add(name, What::AcknowledgementExpired { by: recorded.by.clone() }, self.now, None, true);
    }

    /// Once for each occurrence.
    fn tell_escalation(&mut self, surroundings: &Surroundings<'_>) {
        let Some(opened) = self.status.opened_at.as_ref().map(|at| at.0) else { return };
        let name = story_name(&self.course.thread, ESCALATED, opened);
        if self.told.has(&name) {
            return;
        }
        match escalation(self.status, surroundings, self.now) {
            Escalation::Now(after) => self.add(name, What::Escalated(after), self.now, None, true),
            Escalation::At(at) => self.wake_at(Some(at)),
            Escalation::Never => {}
        }
    }

    /// What was told already is left out. Within a second, what is told later has a later time.
    fn add(&mut self, name: String, what: What, when: Timestamp, change: Option<Transition>, needs_ack: bool) {
        if self.told.has(&name) {
            return;
        }
        let planned = self.tell.iter().map(|telling| telling.at);
        let stored = self.told.story().map(|(_, message)| at(message)).filter(|at| second(*at) == second(when));
        let last = planned.chain(stored).max();
        let after = last.and_then(|last| last.checked_add(SignedDuration::from_micros(1)).ok());
        let at = after.map_or(when, |after| after.max(when));
        let severity = self.status.severity.filter(|_| what.is_graded());
        self.tell.push(Telling { name, what, at, change, severity, needs_ack });
    }
}

fn is_grave(severity: Option<Severity>) -> bool {
    matches!(severity, Some(Severity::Critical | Severity::High))
}

/// The acknowledgement that a transition tells of: the present one, or what the transition says of an earlier one.
fn acknowledgement(status: &FindingStatus, transition: &Transition) -> FindingAcknowledgement {
    let message_of = |by: &str, note: Option<&str>| match note {
        Some(note) => bounded(&format!("{by}: {note}"), TRANSITION_MESSAGE_MAX),
        None => bounded(by, TRANSITION_MESSAGE_MAX),
    };
    let present = status.acknowledgement.as_ref();
    if let Some(present) = present.filter(|of| message_of(&of.by, of.note.as_deref()) == transition.message) {
        return present.clone();
    }
    let (by, note) = match transition.message.split_once(": ") {
        Some((by, note)) => (by, Some(note.to_string())),
        None => (transition.message.as_str(), None),
    };
    FindingAcknowledgement {
        by: by.to_string(),
        note,
        at: transition.at.clone(),
        occurrence: status.occurrences.unwrap_or(1),
        action: None,
        manager: None,
        proven: false,
    }
}

#[cfg(test)]
mod tests;
