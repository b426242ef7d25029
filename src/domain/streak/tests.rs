use super::*;
use crate::api::Severity;
use proptest::prelude::*;
use std::collections::BTreeSet;

const TWO: Thresholds = Thresholds { fail: 2, recover: 2 };

fn outcome(check: &str, key: &str, result: CheckOutcome) -> Outcome {
    let message = String::new();
    Outcome {
        check: check.into(),
        key: key.into(),
        result,
        message,
        severity: Severity::High,
        probes: Default::default(),
        proof: None,
    }
}

fn run(results: &[(&str, &str, CheckOutcome)]) -> Evaluation {
    let list = results.iter().map(|(check, key, result)| outcome(check, key, *result)).collect();
    Evaluation { list, ..Evaluation::default() }
}

fn one(result: CheckOutcome) -> Evaluation {
    run(&[("api", "", result)])
}

use CheckOutcome::{Fail, Held, Pass, Unknown};

#[test]
fn consecutive_outcomes_up_to_the_threshold_change_the_state() {
    let mut streaks = Streaks::default();
    let steps = [
        (Pass, CheckState::Passing, false),
        (Fail, CheckState::Passing, true),
        (Pass, CheckState::Passing, false),
        (Fail, CheckState::Passing, true),
        (Fail, CheckState::Failing, false),
        (Pass, CheckState::Failing, true),
        (Fail, CheckState::Failing, false),
        (Pass, CheckState::Failing, true),
        (Pass, CheckState::Passing, false),
    ];
    for (i, (result, state, thresholds)) in steps.into_iter().enumerate() {
        streaks.observe(&one(result), TWO);
        assert_eq!((streaks.state("api", ""), streaks.is_counting()), (state, thresholds), "step {i}");
    }
}

#[test]
fn a_first_fail_is_no_judgement_yet() {
    let mut streaks = Streaks::default();
    streaks.observe(&one(Fail), TWO);
    assert_eq!(streaks.state("api", ""), CheckState::Pending);
}

#[test]
fn unknown_and_held_leave_the_counts_as_they_are() {
    let mut streaks = Streaks::default();
    for result in [Fail, Unknown, Held, Fail] {
        streaks.observe(&one(result), TWO);
    }
    assert_eq!(streaks.state("api", ""), CheckState::Failing);
}

#[test]
fn unknowns_in_a_row_open_blind_and_one_full_judgement_resolves_it() {
    let mut streaks = Streaks::default();
    streaks.observe(&one(Unknown), TWO);
    assert_eq!(streaks.state(BLIND, ""), CheckState::Pending);
    streaks.observe(&one(Unknown), TWO);
    assert_eq!(streaks.state(BLIND, ""), CheckState::Failing);
    streaks.observe(&one(Held), TWO);
    assert_eq!(streaks.state(BLIND, ""), CheckState::Failing, "held is no judgement");
    streaks.observe(&one(Fail), TWO);
    assert_eq!(streaks.state(BLIND, ""), CheckState::Passing, "a fail is one");
}

#[test]
fn a_run_in_between_that_could_be_judged_starts_the_count_of_blind_again() {
    let mut streaks = Streaks::default();
    for result in [Unknown, Pass, Unknown] {
        streaks.observe(&one(result), TWO);
    }
    assert_ne!(streaks.state(BLIND, ""), CheckState::Failing);
}

#[test]
fn an_item_that_left_its_list_counts_as_a_pass() {
    let mut streaks = Streaks::restore([("vm", "112")]);
    let mut left = run(&[("vm", "122", Pass)]);
    left.items.insert("vm".into(), BTreeSet::from(["122".into()]));
    streaks.observe(&left, TWO);
    assert_eq!(streaks.state("vm", "112"), CheckState::Failing);
    streaks.observe(&left, TWO);
    assert_eq!(streaks.state("vm", "112"), CheckState::Passing);
    streaks.prune(&left, |_, _| true);
    assert_eq!(streaks.state("vm", "112"), CheckState::Passing, "kept while its Finding is open");
    streaks.prune(&left, |_, _| false);
    assert_eq!(streaks.state("vm", "112"), CheckState::Pending);
}

#[test]
fn a_list_that_was_not_read_takes_nothing_away() {
    let mut streaks = Streaks::restore([("vm", "112")]);
    for _ in 0..5 {
        streaks.observe(&run(&[("vm", "", Unknown)]), TWO);
    }
    assert_eq!(streaks.state("vm", "112"), CheckState::Failing);
}

fn any_result() -> impl Strategy<Value = CheckOutcome> {
    prop_oneof![Just(Fail), Just(Pass), Just(Unknown), Just(Held)]
}

proptest! {
    /// The state follows from the counts of the last passes and fails; held and unknown do not count.
    #[test]
    fn the_state_follows_from_the_consecutive_outcomes(results in prop::collection::vec(any_result(), 0..60), fail in 1u32..5, recover in 1u32..5) {
        let mut streaks = Streaks::default();
        let mut failing = false;
        let mut row: Vec<CheckOutcome> = Vec::new();
        for result in results {
            streaks.observe(&one(result), Thresholds { fail, recover });
            if matches!(result, Fail | Pass) {
                row.push(result);
            }
            let tail = |of: CheckOutcome| row.iter().rev().take_while(|r| **r == of).count() as u32;
            if !failing && tail(Fail) >= fail { failing = true; }
            if failing && tail(Pass) >= recover { failing = false; }
            prop_assert_eq!(streaks.state("api", "") == CheckState::Failing, failing);
        }
    }

    /// After a restart an open Finding stays open until it has recovered, whatever was counted before.
    #[test]
    fn a_restart_keeps_what_is_open(results in prop::collection::vec(any_result(), 0..30)) {
        let mut streaks = Streaks::default();
        for result in &results {
            streaks.observe(&one(*result), TWO);
        }
        if streaks.state("api", "") == CheckState::Failing {
            let mut restored = Streaks::restore([("api", "")]);
            restored.observe(&one(Pass), TWO);
            prop_assert_eq!(restored.state("api", ""), CheckState::Failing);
            restored.observe(&one(Pass), TWO);
            prop_assert_eq!(restored.state("api", ""), CheckState::Passing);
        }
    }
}
