use super::*;
use crate::api::{Phase, Severity, Snapshot};
use crate::domain::transition::{Failure, ResolveReason};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use proptest::prelude::*;
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn check() -> CheckKey {
    ("api".into(), String::new())
}

fn broken(message: &str, second: i64) -> Desired {
    Desired::Open(Box::new(Failure {
        severity: Severity::High,
        agent: "pulso".into(),
        title: "Desk".into(),
        message: message.into(),
        evidence: Evidence {
            failing: Some(Snapshot { at: Time(at(second)), readings: Vec::new() }),
            ..Evidence::default()
        },
        interval: Duration::from_secs(60),
    }))
}

fn whole() -> Desired {
    Desired::Resolved(ResolveReason::Recovered)
}

fn updates(of: impl IntoIterator<Item = (i64, Desired)>) -> PendingUpdates {
    let mut updates = PendingUpdates::default();
    for (second, desired) in of {
        add(&mut updates, desired, second);
    }
    updates
}

fn add(updates: &mut PendingUpdates, desired: Desired, second: i64) {
    let known = updates.open_after(BTreeSet::new());
    updates.add(DesiredFindings::from([(check(), desired)]), &known, at(second));
}

fn queue(updates: &PendingUpdates) -> Vec<PendingUpdate> {
    updates.all().into_iter().flat_map(|(_, queue)| queue).collect()
}

fn fulfilled(current: Option<&FindingStatus>, updates: &PendingUpdates) -> Option<(FindingStatus, Vec<Step>)> {
    apply_updates(current, &queue(updates), Language::English)
}

fn told(status: &FindingStatus) -> Vec<(i64, Phase)> {
    status.transitions.iter().map(|t| (t.at.0.as_second() - 1_790_000_000, t.to)).collect()
}

#[test]
fn each_transition_keeps_its_time_and_its_place() {
    use Phase::{Open, Resolved};
    let waiting = updates([(10, broken("a", 10)), (20, broken("b", 20)), (30, whole()), (50, broken("c", 50))]);
    let (status, steps) = fulfilled(None, &waiting).unwrap();
    assert_eq!(steps, [Step::Opened, Step::Resolved, Step::Reopened]);
    assert_eq!(told(&status), [(10, Open), (30, Resolved), (50, Open)]);
    assert_eq!((status.occurrences, status.opened_at.unwrap().0), (Some(2), at(50)));
    assert_eq!(status.message.as_deref(), Some("c"));
    assert_eq!(status.evidence.unwrap().failing.unwrap().at.0, at(50));
}

#[test]
fn what_stands_already_is_not_done_twice() {
    let waiting = updates([(10, broken("a", 10)), (30, whole())]);
    let (resolved, _) = fulfilled(None, &waiting).unwrap();
    // The answer to the write was lost, and it is tried again: the Finding is whole, and whole again.
    let again = updates([(30, whole())]);
    assert_eq!(fulfilled(Some(&resolved), &again), None);
    let opened = fulfilled(None, &updates([(10, broken("a", 10))])).unwrap().0;
    assert_eq!(fulfilled(Some(&opened), &updates([(20, broken("a", 20))])), None);
    assert_eq!(fulfilled(Some(&resolved), &waiting), None, "nor is all of it, though it began with a fault");
    // Deleted by hand meanwhile: what ended it has nothing to end.
    assert_eq!(fulfilled(None, &again), None);
}

#[test]
fn of_equal_wishes_in_a_row_the_first_and_the_newest_fault_are_kept() {
    let times = |w: &PendingUpdates| queue(w).iter().map(|w| w.at.as_second() - 1_790_000_000).collect::<Vec<_>>();
    let faults = updates([(1, broken("a", 1)), (2, broken("b", 2)), (3, broken("c", 3))]);
    assert_eq!(times(&faults), [1, 3]);
    let passes = updates([(1, broken("a", 1)), (2, broken("b", 2)), (3, whole()), (4, whole())]);
    assert_eq!(times(&passes), [1, 3], "what it was like just before it ended is history");
    assert_eq!(passes.leaves_open(&check()), Some(false));
    assert!(passes.open_after(BTreeSet::from([check()])).is_empty());
    assert!(faults.open_after(BTreeSet::new()).contains(&check()));
}

#[test]
fn a_fault_that_has_ended_is_not_opened_again_by_old_news_of_it() {
    let opened = fulfilled(None, &updates([(10, broken("a", 10))])).unwrap().0;
    let resolved = fulfilled(Some(&opened), &updates([(20, whole())])).unwrap().0;
    let mut old = PendingUpdates::default();
    old.add(DesiredFindings::from([(check(), broken("a", 19))]), &BTreeSet::from([check()]), at(19));
    assert_eq!(fulfilled(Some(&resolved), &old), None);
    assert_eq!(fulfilled(None, &old), None, "nor is one that somebody deleted");
    let news = updates([(30, broken("a", 30))]);
    assert_eq!(fulfilled(Some(&resolved), &news).unwrap().1, [Step::Reopened]);
}

#[test]
fn only_what_was_written_is_done() {
    let mut waiting = updates([(1, broken("a", 1))]);
    let written = queue(&waiting).last().unwrap().number;
    add(&mut waiting, whole(), 2);
    waiting.done(&check(), written);
    assert_eq!(queue(&waiting).len(), 1);
    assert_eq!(waiting.leaves_open(&check()), Some(false));
    waiting.done(&check(), queue(&waiting)[0].number);
    assert!(waiting.is_empty());
}

#[test]
fn memory_is_bounded_and_the_newest_twenty_transitions_are_exact() {
    let mut waiting = PendingUpdates::default();
    let mut bytes = 0;
    for second in 0..1000 {
        let desired = if second % 2 == 0 { broken("down", second) } else { whole() };
        add(&mut waiting, desired, second);
        bytes = bytes.max(queue(&waiting).len());
    }
    assert!(bytes <= TURNS_MAX, "{bytes} wishes");
    let with_evidence = queue(&waiting)
        .iter()
        .filter(|w| matches!(&w.desired, Desired::Open(f) if f.evidence.failing.is_some()))
        .count();
    assert_eq!(with_evidence, 1);
    let (status, _) = fulfilled(None, &waiting).unwrap();
    assert_eq!(status.occurrences, Some(500));
    let expected: Vec<_> = (980..1000).map(|s| (s, if s % 2 == 0 { Phase::Open } else { Phase::Resolved })).collect();
    assert_eq!(told(&status), expected);
}

proptest! {
    /// Whenever the API answers, and however often it does not: the history is that of an API that always answers.
    #[test]
    fn an_outage_changes_nothing_of_the_history(
        runs in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..120),
    ) {
        let (mut steady, mut patchy) = (None::<FindingStatus>, None::<FindingStatus>);
        let (mut at_once, mut waiting) = (PendingUpdates::default(), PendingUpdates::default());
        for (second, (fails, answers, reply_lost)) in runs.iter().enumerate() {
            let second = second as i64;
            let desired = if *fails { broken("down", second) } else { whole() };
            for (updates, status, answers) in [(&mut at_once, &mut steady, true), (&mut waiting, &mut patchy, *answers)] {
                let is_open = status.as_ref().and_then(|s| s.phase).is_some_and(Phase::is_active);
                let open = if is_open { BTreeSet::from([check()]) } else { BTreeSet::new() };
                let known = updates.open_after(open);
                updates.add(DesiredFindings::from([(check(), desired.clone())]), &known, at(second));
                if !answers {
                    continue;
                }
                let all = queue(updates);
                if let Some((next, _)) = apply_updates(status.as_ref(), &all, Language::English) {
                    *status = Some(next);
                }
                if !reply_lost {
                    updates.done(&check(), all.last().unwrap().number);
                }
            }
        }
        if let Some((next, _)) = apply_updates(patchy.as_ref(), &queue(&waiting), Language::English) {
            patchy = Some(next);
        }
        let history = |s: &Option<FindingStatus>| {
            s.as_ref().map(|s| (told(s), s.phase, s.occurrences, s.opened_at.clone(), s.resolved_at.clone()))
        };
        prop_assert_eq!(history(&patchy), history(&steady));
    }
}
