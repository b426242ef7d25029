use super::*;
use crate::api::Severity;
use proptest::prelude::*;
use std::collections::BTreeSet;

const TWO: Counting = Counting { fail: 2, recover: 2 };

fn outcome(check: &str, key: &str, result: CheckOutcome) -> Outcome {
    let message = String::new();
    Outcome { check: check.into(), key: key.into(), result, message, severity: Severity::High, probes: BTreeSet::new() }
}

fn run(results: &[(&str, &str, CheckOutcome)]) -> Outcomes {
    let list = results.iter().map(|(check, key, result)| outcome(check, key, *result)).collect();
    Outcomes { list, items: BTreeMap::new() }
}

fn one(result: CheckOutcome) -> Outcomes {
    run(&[("api", "", result)])
}

use CheckOutcome::{Fail, Held, Pass, Unknown};

#[test]
fn it_takes_the_threshold_in_a_row_to_break_and_to_mend() {
    let mut tracker = Tracker::default();
    let steps = [
        (Pass, Standing::Whole, false),
        (Fail, Standing::Whole, true),
        (Pass, Standing::Whole, false),
        (Fail, Standing::Whole, true),
        (Fail, Standing::Broken, false),
        (Pass, Standing::Broken, true),
        (Fail, Standing::Broken, false),
        (Pass, Standing::Broken, true),
        (Pass, Standing::Whole, false),
    ];
    for (i, (result, standing, counting)) in steps.into_iter().enumerate() {
        tracker.observe(&one(result), TWO);
        assert_eq!((tracker.standing("api", ""), tracker.is_counting()), (standing, counting), "step {i}");
    }
}

#[test]
fn a_first_fail_is_no_judgement_yet() {
    let mut tracker = Tracker::default();
    tracker.observe(&one(Fail), TWO);
    assert_eq!(tracker.standing("api", ""), Standing::Unjudged);
}

#[test]
fn unknown_and_held_leave_the_counts_as_they_are() {
    let mut tracker = Tracker::default();
    for result in [Fail, Unknown, Held, Fail] {
        tracker.observe(&one(result), TWO);
    }
    assert_eq!(tracker.standing("api", ""), Standing::Broken);
}

#[test]
fn unknowns_in_a_row_open_blind_and_one_full_judgement_resolves_it() {
    let mut tracker = Tracker::default();
    tracker.observe(&one(Unknown), TWO);
    assert_eq!(tracker.standing(BLIND, ""), Standing::Unjudged);
    tracker.observe(&one(Unknown), TWO);
    assert_eq!(tracker.standing(BLIND, ""), Standing::Broken);
    tracker.observe(&one(Held), TWO);
    assert_eq!(tracker.standing(BLIND, ""), Standing::Broken, "held is no judgement");
    tracker.observe(&one(Fail), TWO);
    assert_eq!(tracker.standing(BLIND, ""), Standing::Whole, "a fail is one");
}

#[test]
fn a_run_in_between_that_could_be_judged_starts_the_count_of_blind_again() {
    let mut tracker = Tracker::default();
    for result in [Unknown, Pass, Unknown] {
        tracker.observe(&one(result), TWO);
    }
    assert_ne!(tracker.standing(BLIND, ""), Standing::Broken);
}

#[test]
fn an_item_that_left_its_list_counts_as_a_pass() {
    let mut tracker = Tracker::restore([("vm", "112")]);
    let mut left = run(&[("vm", "122", Pass)]);
    left.items.insert("vm".into(), BTreeSet::from(["122".into()]));
    tracker.observe(&left, TWO);
    assert_eq!(tracker.standing("vm", "112"), Standing::Broken);
    tracker.observe(&left, TWO);
    assert_eq!(tracker.standing("vm", "112"), Standing::Whole);
    tracker.prune(&left, |_, _| true);
    assert_eq!(tracker.standing("vm", "112"), Standing::Whole, "kept while its Finding is open");
    tracker.prune(&left, |_, _| false);
    assert_eq!(tracker.standing("vm", "112"), Standing::Unjudged);
}

#[test]
fn a_list_that_was_not_read_takes_nothing_away() {
    let mut tracker = Tracker::restore([("vm", "112")]);
    for _ in 0..5 {
        tracker.observe(&run(&[("vm", "", Unknown)]), TWO);
    }
    assert_eq!(tracker.standing("vm", "112"), Standing::Broken);
}

fn any_result() -> impl Strategy<Value = CheckOutcome> {
    prop_oneof![Just(Fail), Just(Pass), Just(Unknown), Just(Held)]
}

proptest! {
    /// The standing is what the last judgements, held and unknown left out, say by the counts alone.
    #[test]
    fn the_standing_follows_from_the_judgements(results in prop::collection::vec(any_result(), 0..60), fail in 1u32..5, recover in 1u32..5) {
        let mut tracker = Tracker::default();
        let mut broken = false;
        let mut row: Vec<CheckOutcome> = Vec::new();
        for result in results {
            tracker.observe(&one(result), Counting { fail, recover });
            if matches!(result, Fail | Pass) {
                row.push(result);
            }
            let tail = |of: CheckOutcome| row.iter().rev().take_while(|r| **r == of).count() as u32;
            if !broken && tail(Fail) >= fail { broken = true; }
            if broken && tail(Pass) >= recover { broken = false; }
            prop_assert_eq!(tracker.standing("api", "") == Standing::Broken, broken);
        }
    }

    /// After a restart an open Finding stays open until it has recovered, whatever was counted before.
    #[test]
    fn a_restart_keeps_what_is_open(results in prop::collection::vec(any_result(), 0..30)) {
        let mut tracker = Tracker::default();
        for result in &results {
            tracker.observe(&one(*result), TWO);
        }
        if tracker.standing("api", "") == Standing::Broken {
            let mut restored = Tracker::restore([("api", "")]);
            restored.observe(&one(Pass), TWO);
            prop_assert_eq!(restored.standing("api", ""), Standing::Broken);
            restored.observe(&one(Pass), TWO);
            prop_assert_eq!(restored.standing("api", ""), Standing::Whole);
        }
    }
}
