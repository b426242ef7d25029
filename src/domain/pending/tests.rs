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

fn failing(message: &str, second: i64) -> Desired {
    Desired::Open(Box::new(Failure {
        severity: Severity::High,
        agent: "pulso".into(),
        title: "Desk".into(),
        message: message.into(),
        runbook: None,
        evidence: Evidence {
            failing: Some(Snapshot { at: Time(at(second)), readings: Vec::new() }),
            ..Evidence::default()
        },
        interval: Duration::from_secs(60),
    }))
}

fn recovered() -> Desired {
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

fn updates_of(updates: &PendingUpdates) -> Vec<PendingUpdate> {
    updates.all().into_iter().flat_map(|(_, updates_of)| updates_of).collect()
}

fn applied(current: Option<&FindingStatus>, updates: &PendingUpdates) -> Option<(FindingStatus, Vec<Step>)> {
    apply_updates(current, &updates_of(updates), Language::English)
}

fn history(status: &FindingStatus) -> Vec<(i64, Phase)> {
    status.transitions.iter().map(|t| (t.at.0.as_second() - 1_790_000_000, t.to)).collect()
}

#[test]
fn each_transition_keeps_its_time_and_its_order() {
    use Phase::{Open, Resolved};
    let pending = updates([(10, failing("a", 10)), (20, failing("b", 20)), (30, recovered()), (50, failing("c", 50))]);
    let (status, steps) = applied(None, &pending).unwrap();
    assert_eq!(steps, [Step::Opened, Step::Resolved, Step::Reopened]);
    assert_eq!(history(&status), [(10, Open), (30, Resolved), (50, Open)]);
    assert_eq!((status.occurrences, status.opened_at.unwrap().0), (Some(2), at(50)));
    assert_eq!(status.message.as_deref(), Some("c"));
    assert_eq!(status.evidence.unwrap().failing.unwrap().at.0, at(50));
}

#[test]
fn a_resolved_finding_says_what_was_and_for_how_long_until_it_is_opened_again() {
    use ResolveReason::{CheckRemoved, ItemRemoved, Recovered, ScenarioRemoved};
    for (reason, portuguese, english) in [
        (Recovered, "Voltou ao normal depois de 12 min. Era: API 500", "Recovered after 12 min. It was: API 500"),
        (
            ItemRemoved,
            "Não está mais na lista, depois de 12 min. Última mensagem: API 500",
            "No longer in the list, after 12 min. Last message: API 500",
        ),
        (
            CheckRemoved,
            "Não é mais monitorado: a verificação não existe mais no cenário. Última mensagem: API 500",
            "No longer watched: the check is no longer in the Scenario. Last message: API 500",
        ),
        (
            ScenarioRemoved,
            "Não é mais monitorado: o cenário não existe mais. Última mensagem: API 500",
            "No longer watched: the Scenario no longer exists. Last message: API 500",
        ),
    ] {
        let pending = updates([(10, failing("API 500", 10)), (750, Desired::Resolved(reason))]);
        for (language, expected) in [(Language::Portuguese, portuguese), (Language::English, english)] {
            let (status, _) = apply_updates(None, &updates_of(&pending), language).unwrap();
            assert_eq!(status.message.as_deref(), Some(expected));
            assert_eq!(status.transitions[0].message, "API 500", "what it was is in the history, too");
            let later = updates([(900, Desired::Resolved(reason))]);
            assert_eq!(apply_updates(Some(&status), &updates_of(&later), language), None, "it is written once");
            let again = updates([(900, failing("API 502", 900))]);
            let (status, _) = apply_updates(Some(&status), &updates_of(&again), language).unwrap();
            assert_eq!(status.message.as_deref(), Some("API 502"));
        }
    }
}

#[test]
fn the_message_of_a_resolved_finding_is_bounded_and_needs_no_other() {
    let long = updates([(10, failing(&"ã".repeat(600), 10)), (750, recovered())]);
    let message = applied(None, &long).unwrap().0.message.unwrap();
    assert!(message.starts_with("Recovered after 12 min. It was: ã") && message.len() <= 1024, "{}", message.len());
    let resolved = applied(Some(&FindingStatus::default()), &updates([(10, recovered())])).unwrap().0;
    assert_eq!(resolved.message.as_deref(), Some("Recovered"), "its status was never written");
}

#[test]
fn what_is_recorded_already_is_not_applied_twice() {
    let pending = updates([(10, failing("a", 10)), (30, recovered())]);
    let (resolved, _) = applied(None, &pending).unwrap();
    // The answer to the write was lost, and it is tried again: the Finding is recovered, and recovered again.
    let again = updates([(30, recovered())]);
    assert_eq!(applied(Some(&resolved), &again), None);
    let opened = applied(None, &updates([(10, failing("a", 10))])).unwrap().0;
    assert_eq!(applied(Some(&opened), &updates([(20, failing("a", 20))])), None);
    assert_eq!(applied(Some(&resolved), &pending), None, "nor is all of it, though it began with a fault");
    // Deleted by hand meanwhile: what ended it has nothing to end.
    assert_eq!(applied(None, &again), None);
}

#[test]
fn of_consecutive_updates_the_first_and_the_newest_failure_are_kept() {
    let times = |w: &PendingUpdates| updates_of(w).iter().map(|w| w.at.as_second() - 1_790_000_000).collect::<Vec<_>>();
    let faults = updates([(1, failing("a", 1)), (2, failing("b", 2)), (3, failing("c", 3))]);
    assert_eq!(times(&faults), [1, 3]);
    let passes = updates([(1, failing("a", 1)), (2, failing("b", 2)), (3, recovered()), (4, recovered())]);
    assert_eq!(times(&passes), [1, 3], "what it was like just before it ended is history");
    assert_eq!(passes.leaves_open(&check()), Some(false));
    assert!(passes.open_after(BTreeSet::from([check()])).is_empty());
    assert!(faults.open_after(BTreeSet::new()).contains(&check()));
}

#[test]
fn a_failure_that_was_resolved_is_not_opened_again_by_a_refresh() {
    let opened = applied(None, &updates([(10, failing("a", 10))])).unwrap().0;
    let resolved = applied(Some(&opened), &updates([(20, recovered())])).unwrap().0;
    let mut old = PendingUpdates::default();
    old.add(DesiredFindings::from([(check(), failing("a", 19))]), &BTreeSet::from([check()]), at(19));
    assert_eq!(applied(Some(&resolved), &old), None);
    assert_eq!(applied(None, &old), None, "nor is one that was deleted");
    let news = updates([(30, failing("a", 30))]);
    assert_eq!(applied(Some(&resolved), &news).unwrap().1, [Step::Reopened]);
}

#[test]
fn only_what_was_written_is_removed() {
    let mut pending = updates([(1, failing("a", 1))]);
    let written = updates_of(&pending).last().unwrap().number;
    add(&mut pending, recovered(), 2);
    pending.done(&check(), written);
    assert_eq!(updates_of(&pending).len(), 1);
    assert_eq!(pending.leaves_open(&check()), Some(false));
    pending.done(&check(), updates_of(&pending)[0].number);
    assert!(pending.is_empty());
}

#[test]
fn memory_is_bounded_and_the_newest_twenty_transitions_are_exact() {
    let mut pending = PendingUpdates::default();
    let mut bytes = 0;
    for second in 0..1000 {
        let desired = if second % 2 == 0 { failing("down", second) } else { recovered() };
        add(&mut pending, desired, second);
        bytes = bytes.max(updates_of(&pending).len());
    }
    assert!(bytes <= CHANGES_MAX, "{bytes} updates");
    let with_evidence = updates_of(&pending)
        .iter()
        .filter(|w| matches!(&w.desired, Desired::Open(f) if f.evidence.failing.is_some()))
        .count();
    assert_eq!(with_evidence, 1);
    let (status, _) = applied(None, &pending).unwrap();
    assert_eq!(status.occurrences, Some(500));
    let expected: Vec<_> = (980..1000).map(|s| (s, if s % 2 == 0 { Phase::Open } else { Phase::Resolved })).collect();
    assert_eq!(history(&status), expected);
}

proptest! {
    /// Whenever the API answers, and however often it does not: the history is that of an API that always answers.
    #[test]
    fn an_outage_changes_nothing_of_the_history(
        runs in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..120),
    ) {
        let (mut steady, mut patchy) = (None::<FindingStatus>, None::<FindingStatus>);
        let (mut at_once, mut pending) = (PendingUpdates::default(), PendingUpdates::default());
        for (second, (fails, answers, reply_lost)) in runs.iter().enumerate() {
            let second = second as i64;
            let desired = if *fails { failing("down", second) } else { recovered() };
            for (updates, status, answers) in [(&mut at_once, &mut steady, true), (&mut pending, &mut patchy, *answers)] {
                let is_open = status.as_ref().and_then(|s| s.phase).is_some_and(Phase::is_active);
                let open = if is_open { BTreeSet::from([check()]) } else { BTreeSet::new() };
                let known = updates.open_after(open);
                updates.add(DesiredFindings::from([(check(), desired.clone())]), &known, at(second));
                if !answers {
                    continue;
                }
                let all = updates_of(updates);
                if let Some((next, _)) = apply_updates(status.as_ref(), &all, Language::English) {
                    *status = Some(next);
                }
                if !reply_lost {
                    updates.done(&check(), all.last().unwrap().number);
                }
            }
        }
        if let Some((next, _)) = apply_updates(patchy.as_ref(), &updates_of(&pending), Language::English) {
            patchy = Some(next);
        }
        let history = |s: &Option<FindingStatus>| {
            s.as_ref().map(|s| (history(s), s.phase, s.occurrences, s.opened_at.clone(), s.resolved_at.clone()))
        };
        prop_assert_eq!(history(&patchy), history(&steady));
    }
}
