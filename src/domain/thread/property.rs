//! Whatever the order of openings, recoveries, acknowledgements, changes of severity, crashes, leader changes and deleted Threads: the
//! Threads tell each change once, in order, and what awaits acknowledgement is what should.

mod world;

use super::authorship::is_own;
use super::names::{first_name, names};
use super::phases::{is_change, is_opening};
use super::told::{
    ACKNOWLEDGED, ACKNOWLEDGEMENT_REMOVED, FLAPPING, OPENED, REOPENED, RESOLVED, SETTLED, SEVERITY_CHANGED, is_pending,
    reason, second,
};
use crate::api::{Message, MessagePhase, Phase, Severity, Transition};
use crate::domain::notice::flapping::{STABLE_AFTER, flapping};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;
use world::{Event, World, counts};

/// What is told of the changes of phase, by the words of the documents: all of them, but while the Finding flaps the last one only, once
/// it has kept its phase.
fn expected(history: &[Transition]) -> Vec<(String, Timestamp)> {
    let changes: Vec<&Transition> = history.iter().filter(|transition| is_change(transition)).collect();
    let mut told = Vec::new();
    for (number, change) in changes.iter().enumerate() {
        let before: Vec<Transition> = changes[..number].iter().map(|change| (*change).clone()).collect();
        let is_kept = changes.get(number + 1).is_none_or(|next| next.at.0.duration_since(change.at.0) >= STABLE_AFTER);
        if flapping(&before, change.at.0).is_none() || is_kept {
            told.push((reason_of(change), change.at.0));
        }
    }
    told
}

fn reason_of(transition: &Transition) -> String {
    let reason = if transition.to == Phase::Resolved { RESOLVED } else { &transition.reason };
    reason.to_string()
}

/// Each Thread that there was, with the part of the history that it tells.
fn parts(history: &[Transition]) -> Vec<Vec<Transition>> {
    let mut parts: Vec<Vec<Transition>> = Vec::new();
    let mut resolved: Option<Timestamp> = None;
    for transition in history {
        let is_late = resolved.is_some_and(|at| transition.at.0.duration_since(at) > SignedDuration::from_hours(24));
        if parts.is_empty() || is_late && is_opening(transition) {
            parts.push(Vec::new());
        }
        if transition.to == Phase::Resolved {
            resolved = Some(transition.at.0);
        }
        parts.last_mut().unwrap().push(transition.clone());
    }
    parts
}

fn told(messages: &[&Message], reasons: &[&str]) -> Vec<(String, Timestamp)> {
    let of = |message: &&&Message| reason(message).is_some_and(|reason| reasons.contains(&reason));
    let one = |message: &&Message| (reason(message).unwrap().to_string(), second(message.spec.at.as_ref().unwrap().0));
    messages.iter().filter(of).map(one).collect()
}

fn check(world: &World) {
    let parts = parts(&world.history);
    let mut known = BTreeSet::new();
    for part in &parts {
        let first = super::names::thread_name(&world.name, part[0].at.0);
        let is_it =
            |name: &String| world.stored.threads.get(name).is_some_and(|(_, thread)| thread.spec.finding.is_some());
        let Some(name) = names(&first).find(is_it) else {
            assert!(world.deleted.iter().any(|deleted| first_name(deleted) == first), "{first}");
            continue;
        };
        known.insert(name.clone());
        let messages = world.stored.ordered(&name);
        let context =
            || format!("{name}: {:#?}\n{:#?}", messages.iter().map(|m| &m.metadata.name).collect::<Vec<_>>(), part);
        check_phases(&told(&messages, &[OPENED, REOPENED, RESOLVED]), part, world.people_acted, &context);
        check_flapping(&messages, &context);
        let acknowledgements: Vec<_> = part.iter().filter(|t| !is_change(t)).map(|t| (reason_of(t), t.at.0)).collect();
        let of_finding: Vec<&Message> = messages
            .iter()
            .filter(|m| is_own(m) && m.metadata.name.as_ref().unwrap().starts_with(&name))
            .copied()
            .collect();
        assert_eq!(told(&of_finding, &[ACKNOWLEDGED, ACKNOWLEDGEMENT_REMOVED]), acknowledgements, "{}", context());
        check_severities(&messages);
        let sequences: Vec<u32> = messages.iter().map(|m| m.status.as_ref().unwrap().sequence.unwrap()).collect();
        assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]), "{sequences:?}");
        let (_, thread) = &world.stored.threads[&name];
        let status = thread.status.as_ref().unwrap();
        assert_eq!(counts(status), (Some(u32::try_from(messages.len()).unwrap()), Some(0)), "{}", context());
        assert!(thread.spec.closed, "{}", context());
    }
    let of_finding = world.stored.threads.iter().filter(|(_, (_, thread))| thread.spec.finding.is_some());
    let threads: BTreeSet<String> = of_finding.map(|(name, _)| name.clone()).collect();
    assert!(threads.is_subset(&known), "{threads:?} {known:?}");
    let kept = world.stored.messages.values().map(|(_, m)| m).filter(|m| threads.contains(&m.spec.thread));
    assert!(kept.into_iter().all(|message| !is_own(message) || !is_pending(message)));
}

/// What is told of the changes of phase is what is expected, and openings while the Finding flapped, each after an
/// acknowledgement, or a change of severity.
fn check_phases(told: &[(String, Timestamp)], part: &[Transition], most_besides: usize, context: &dyn Fn() -> String) {
    let expected = expected(part);
    let (as_expected, besides): (Vec<_>, Vec<_>) = told.iter().cloned().partition(|one| expected.contains(one));
    assert_eq!(as_expected, expected, "{}", context());
    let happened: Vec<_> = part.iter().filter(|t| is_opening(t)).map(|t| (reason_of(t), t.at.0)).collect();
    assert!(besides.iter().all(|one| happened.contains(one)), "{besides:?}\n{}", context());
    assert!(besides.len() <= most_besides, "{besides:?}\n{}", context());
}

/// That a Finding flaps is told once until it has settled, and that it has settled at the end.
fn check_flapping(messages: &[&Message], context: &dyn Fn() -> String) {
    let these: Vec<&str> =
        messages.iter().filter_map(|m| reason(m)).filter(|reason| [FLAPPING, SETTLED].contains(reason)).collect();
    let pairs = these.chunks(2).all(|pair| pair == [FLAPPING, SETTLED]);
    assert!(pairs, "{these:?}\n{}", context());
}

/// Each change begins where the one before ended.
fn check_severities(messages: &[&Message]) {
    let mut last: Option<Severity> = None;
    for message in messages {
        let Some(severity) = message.spec.severity.filter(|_| is_own(message)) else { continue };
        if reason(message) == Some(SEVERITY_CHANGED) {
            assert!(last.is_some_and(|last| last != severity), "a change of severity changes it");
        }
        last = Some(severity);
    }
}

impl World {
    /// What holds whenever a leader has nothing left to do.
    fn check_now(&self) {
        let status = self.status();
        // Those of a Thread that was deleted belong to none.
        let exists = |m: &&Message| self.stored.threads.contains_key(&m.spec.thread);
        let all = self.stored.messages.values().map(|(_, m)| m);
        let pending: Vec<&Message> = all.filter(exists).filter(|m| is_own(m) && is_pending(m)).collect();
        let names = |of: &[&Message]| format!("{:?}", of.iter().map(|m| &m.metadata.name).collect::<Vec<_>>());
        let all: Vec<&Message> = self.stored.messages.values().map(|(_, m)| m).collect();
        let context = || format!("{} of {} at {}: {:#?}", names(&pending), names(&all), self.now, status.transitions);
        assert!(pending.len() <= 1, "{}", context());
        let flaps = flapping(&self.history, self.now).is_some();
        if status.phase == Some(Phase::Acknowledged) || status.phase == Some(Phase::Resolved) && !flaps {
            assert_eq!(pending.len(), 0, "{}", context());
        }
        let Some(thread) = status.thread.as_ref().filter(|_| status.is_active()) else {
            assert!(!status.is_active(), "an active Finding has a Thread");
            return;
        };
        let mut messages = self.stored.ordered(thread);
        messages.retain(|message| is_own(message));
        assert!(self.stored.threads.contains_key(thread), "the Thread of an active Finding exists");
        let graded = messages.iter().rev().find_map(|message| message.spec.severity);
        assert_eq!(graded, status.severity, "the last severity is told");
        // What is open and grave is in the inbox until a person acknowledges it.
        let opened = status.opened_at.as_ref().map_or(self.now, |at| at.0);
        let is_grave = matches!(status.severity, Some(Severity::Critical | Severity::High));
        if status.phase == Some(Phase::Open) && is_grave && opened > self.acknowledged_at.max(self.severity_at) {
            assert_eq!(pending.len(), 1, "{}", context());
        }
        // Nobody acknowledged anything: it is in the inbox.
        let is_quiet =
            !messages.iter().any(|m| m.spec.acknowledgement.is_some()) && !self.history.iter().any(|t| !is_change(t));
        if is_quiet && !flaps && messages.iter().filter(|m| m.spec.needs_ack).count() > 0 {
            let last = messages.iter().rev().find(|m| [OPENED, REOPENED].contains(&reason(m).unwrap())).unwrap();
            let is_graver =
                |message: &&&Message| message.spec.needs_ack && super::told::place(message) >= super::told::place(last);
            assert_eq!(pending.len(), usize::from(messages.iter().any(|m| is_graver(&m))), "{}", context());
        }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let severity = prop::sample::select(vec![Severity::Critical, Severity::High, Severity::Medium]);
    prop_oneof![
        6 => Just(Event::Fail),
        5 => Just(Event::Recover),
        1 => Just(Event::Remove),
        2 => Just(Event::Acknowledge),
        1 => Just(Event::TakeBack),
        2 => severity.prop_map(Event::Severity),
        2 => (1..14_usize, prop::sample::select(vec![1, 20, 200, 800])).prop_map(|(times, seconds)| Event::Flap(times, seconds)),
        2 => prop::sample::select(vec![None, Some(60), Some(4000)]).prop_map(Event::AcknowledgeMessage),
        1 => Just(Event::DeleteThread),
        1 => any::<bool>().prop_map(Event::Silence),
        2 => Just(Event::Follower),
        2 => Just(Event::Leader),
        2 => Just(Event::TakeNames),
        1 => Just(Event::TamperThread),
        1 => prop::sample::select(vec![MessagePhase::Acknowledged, MessagePhase::Archived]).prop_map(Event::TamperMessage),
        4 => (0..8_usize).prop_map(Event::Crash),
        6 => prop::sample::select(vec![5, 40, 200, 1000, 5000, 40_000, 90_000]).prop_map(Event::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn threads_tell_each_change_once_and_in_order(events in prop::collection::vec(event(), 1..50)) {
        let mut world = World::new();
        for event in &events {
            world.apply(event);
        }
        world.settle();
        check(&world);
    }
}
