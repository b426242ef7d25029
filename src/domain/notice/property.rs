//! Whatever the order of failures, recoveries, acknowledgements, silences, dependencies, settings, crashes, leader changes and failing
//! servers: who was told of an opening is told of its end once, nothing has two identities, and what was not sent has a reason.

mod world;

use super::policy::Pair;
use crate::api::{Channel, Informed, Notice, NoticeKind, NoticeState, Severity};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use world::{Accepted, Answer, Event, FINDINGS, World, summary};

/// The messages that a recipient got, each once.
fn received(world: &World, pair: &Pair, at: usize) -> Vec<(NoticeKind, u32, String)> {
    let mut seen = BTreeSet::new();
    let of_pair = world.accepted.iter().filter(|message| message.pair == *pair && seen.insert(message.id.clone()));
    of_pair
        .filter_map(|message| {
            let (_, occurrence) = message.members.iter().find(|(finding, _)| *finding == at)?;
            Some((message.kind, *occurrence, message.id.clone()))
        })
        .collect()
}

fn check(world: &World) {
    let mut members: BTreeMap<&str, &BTreeSet<(usize, u32)>> = BTreeMap::new();
    for message in &world.attempts {
        let known = members.entry(&message.id).or_insert(&message.members);
        assert_eq!(*known, &message.members, "a message has the same Findings whenever it is sent: {}", message.id);
    }
    let pairs: BTreeSet<Pair> = world.attempts.iter().map(|message| message.pair.clone()).collect();
    for at in 0..FINDINGS {
        for pair in &pairs {
            let given_up = |occurrence| world.given_up.contains(&(at, pair.clone(), occurrence));
            // Whether the opening arrived was not known when it was given up.
            let is_attempted = |occurrence| {
                let of = |message: &&Accepted| message.pair == *pair && message.members.contains(&(at, occurrence));
                world.attempts.iter().filter(of).any(|message| message.kind != NoticeKind::Resolved)
            };
            let facts = Facts { given_up: &given_up, is_attempted: &is_attempted };
            check_received(&received(world, pair, at), &facts, &format!("{pair:?} of {at}"));
        }
        let status = &world.stored[at];
        assert_eq!(status.informed, Vec::<Informed>::new(), "everybody was told of the end: {at}");
        assert!(status.notices.iter().all(|notice| !notice.state.is_pending() && notice.state != NoticeState::Held));
        if let (Some(occurrence), true) = (status.occurrences, status.notices.len() < 40) {
            for channel in Channel::ALL {
                let of_last = |notice: &&Notice| notice.channel == channel && notice.occurrence == occurrence;
                let is_explained = status
                    .notices
                    .iter()
                    .filter(of_last)
                    .all(|notice| notice.state == NoticeState::Sent || notice.reason.is_some());
                assert!(is_explained, "{at}: {:#?}", summary(status));
                let carried = status.notices.iter().any(|n| n.channel == channel && n.kind == NoticeKind::Flapping);
                assert!(
                    carried || status.notices.iter().any(|n| of_last(&n)),
                    "{at} {channel:?} {occurrence}: {:#?}",
                    summary(status)
                );
            }
        }
    }
}

/// What is known of one recipient and Finding besides what arrived.
struct Facts<'a> {
    given_up: &'a dyn Fn(u32) -> bool,
    is_attempted: &'a dyn Fn(u32) -> bool,
}

/// Opening, what follows, end; again and again. Nothing is told twice.
fn check_received(received: &[(NoticeKind, u32, String)], facts: &Facts<'_>, of: &str) {
    let mut told: Option<u32> = None;
    let mut once: BTreeMap<(NoticeKind, u32), &str> = BTreeMap::new();
    let context = || format!("{of}: {received:#?}");
    for (kind, occurrence, id) in received {
        let is_told = told.is_some_and(|told| !(told < *occurrence && (facts.given_up)(told)));
        match kind {
            NoticeKind::Opened => {
                assert!(!is_told, "{}", context());
                told = Some(*occurrence);
            }
            NoticeKind::Flapping | NoticeKind::Escalated => told = Some(*occurrence),
            NoticeKind::Resolved => {
                assert!(told.is_some() || (facts.is_attempted)(*occurrence), "{}", context());
                told = None;
            }
            NoticeKind::Reminder | NoticeKind::Acknowledged => {
                assert!(is_told || (facts.is_attempted)(*occurrence), "{}", context());
                told = Some(*occurrence);
            }
            NoticeKind::Advised => assert!(is_told || (facts.is_attempted)(*occurrence), "{}", context()),
        }
        if !matches!(kind, NoticeKind::Reminder | NoticeKind::Acknowledged) {
            let first = once.insert((*kind, *occurrence), id);
            assert!(first.is_none_or(|first| first == id), "{}", context());
        }
    }
    assert!(told.is_none_or(facts.given_up), "told of the opening and not of the end: {}", context());
}

fn event() -> impl Strategy<Value = Event> {
    let at = 0..FINDINGS;
    let severity = prop::sample::select(vec![Severity::Critical, Severity::High, Severity::Medium]);
    let answer = prop::sample::select(vec![
        Answer::Accepts,
        Answer::Refuses,
        Answer::IsAway,
        Answer::AcceptsAndDrops,
        Answer::LosesAndDrops,
    ]);
    let channel = prop::sample::select(Channel::ALL.to_vec());
    prop_oneof![
        6 => at.clone().prop_map(Event::Fail),
        5 => at.clone().prop_map(Event::Recover),
        1 => at.clone().prop_map(Event::Remove),
        2 => (at.clone(), prop::sample::select(vec![1, 20, 200])).prop_map(|(at, seconds)| Event::Flap(at, seconds)),
        2 => at.clone().prop_map(Event::Acknowledge),
        1 => at.clone().prop_map(Event::TakeBack),
        1 => (at.clone(), severity).prop_map(|(at, severity)| Event::Severity(at, severity)),
        2 => (at.clone(), any::<bool>()).prop_map(|(at, on)| Event::Silence(at, on)),
        2 => (at.clone(), any::<bool>()).prop_map(|(at, on)| Event::Dependency(at, on)),
        3 => (at, any::<bool>()).prop_map(|(at, on)| Event::Advice(at, on)),
        4 => (channel, answer).prop_map(|(channel, answer)| Event::Server(channel, answer)),
        1 => any::<bool>().prop_map(Event::Recipient),
        1 => any::<bool>().prop_map(Event::Mail),
        2 => Just(Event::Leader),
        3 => (0..12_usize).prop_map(Event::Crash),
        6 => prop::sample::select(vec![5, 40, 200, 1000, 5000, 15_000]).prop_map(Event::Wait),
    ]
}

/// Nothing ends in the middle of its work, and no answer of a server is lost: what is told depends on nothing else.
fn is_plain(event: &Event) -> bool {
    !matches!(event, Event::Crash(_) | Event::Server(_, Answer::AcceptsAndDrops | Answer::LosesAndDrops))
}

/// All attempts to tell anything but advice, and when.
fn told_without_advice(events: &[Event], mails_advice: bool) -> Vec<(String, Timestamp)> {
    let mut world = World::new();
    world.policy.mails_advice = mails_advice;
    events.iter().for_each(|event| world.apply(event));
    world.settle();
    let others = world.attempts.iter().filter(|message| message.kind != NoticeKind::Advised);
    others.map(|message| (message.id.clone(), message.at)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, ..ProptestConfig::default() })]
    #[test]
    fn advice_neither_delays_nor_displaces_what_else_is_told(
        events in prop::collection::vec(event().prop_filter("plain", is_plain), 1..40),
    ) {
        prop_assert_eq!(told_without_advice(&events, true), told_without_advice(&events, false));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn who_is_told_of_an_opening_is_told_of_its_end_once(events in prop::collection::vec(event(), 1..60)) {
        let mut world = World::new();
        for event in &events {
            world.apply(event);
        }
        world.settle();
        check(&world);
    }
}
