use super::world::*;
use crate::api::Phase::{Open, Resolved};
use crate::api::{BLIND, CheckOutcome, Phase};
use serde_json::json;

/// One more run, which finds this; gives the seconds since the run before.
fn run(world: &mut World, outcome: CheckOutcome) -> u64 {
    world.find("shop", outcome);
    let before = world.runs_of("shop");
    world.until_runs("shop", before.len() + 1);
    world.runs_of("shop").last().unwrap() - before.last().unwrap()
}

/// Phases after each run.
fn phases_after(world: &mut World, outcomes: &[CheckOutcome]) -> Vec<Option<Phase>> {
    let mut phases = Vec::new();
    for outcome in outcomes {
        run(world, *outcome);
        phases.push(world.finding_of("shop", "status", "").and_then(|status| status.phase));
    }
    phases
}

fn steady() -> World {
    let mut world = World::leading();
    // The first interval is shorter: it gives the Scenario its place.
    world.until_runs("shop", 3);
    world
}

#[test]
fn consecutive_fails_open_and_consecutive_passes_resolve() {
    let (none, open, resolved) = (None, Some(Open), Some(Resolved));
    type Case<'a> = (&'a str, serde_json::Value, &'a [CheckOutcome], &'a [Option<Phase>]);
    let cases: &[Case<'_>] = &[
        ("two fails", json!({}), &[Fail, Fail, Fail], &[none, open, open]),
        ("a pass between", json!({}), &[Fail, Pass, Fail, Fail], &[none, none, none, open]),
        ("two passes", json!({}), &[Fail, Fail, Pass, Pass], &[none, open, open, resolved]),
        ("a fail between", json!({}), &[Fail, Fail, Pass, Fail, Pass, Pass], &[none, open, open, open, open, resolved]),
        ("one", json!({"thresholds": {"fail": 1, "recover": 1}}), &[Fail, Pass, Fail], &[open, resolved, open]),
        (
            "three and one",
            json!({"thresholds": {"fail": 3, "recover": 1}}),
            &[Fail, Fail, Fail, Pass],
            &[none, none, open, resolved],
        ),
        ("unknown keeps the count", json!({"thresholds": {"fail": 2}}), &[Fail, Unknown, Fail], &[none, none, open]),
        (
            "neither unknown nor held counts",
            json!({"thresholds": {"fail": 4}}),
            &[Fail, Unknown, Held, Fail, Fail, Fail],
            &[none, none, none, none, none, open],
        ),
        ("held keeps the count", json!({}), &[Fail, Held, Fail], &[none, none, open]),
        ("held resolves nothing", json!({}), &[Fail, Fail, Held, Held, Held], &[none, open, open, open, open]),
        ("unknown resolves nothing", json!({}), &[Fail, Fail, Unknown, Unknown], &[none, open, open, open]),
    ];
    for (name, fields, outcomes, expected) in cases {
        let mut world = steady();
        world.scenario("shop", fields.clone());
        world.advance(1);
        assert_eq!(phases_after(&mut world, outcomes), *expected, "{name}");
    }
}

#[test]
fn a_finding_that_opens_again_counts_its_occurrences() {
    let mut world = steady();
    phases_after(&mut world, &[Fail, Fail, Pass, Pass, Fail, Fail]);
    assert_eq!(world.phases("shop"), [Open, Resolved, Open]);
    assert_eq!(world.finding_of("shop", "status", "").unwrap().occurrences, Some(2));
}

#[test]
fn a_confirm_run_follows_a_first_fail() {
    let mut world = steady();
    assert_eq!(run(&mut world, Fail), 60, "the interval");
    assert_eq!(run(&mut world, Fail), 30, "the confirm interval");
    assert_eq!(run(&mut world, Fail), 60, "it is open: the interval again");
}

#[test]
fn a_confirm_run_follows_a_first_pass_of_what_is_open() {
    let mut world = steady();
    run(&mut world, Fail);
    run(&mut world, Fail);
    assert_eq!(run(&mut world, Pass), 60);
    assert_eq!(run(&mut world, Pass), 30);
    assert_eq!(run(&mut world, Pass), 60);
}

#[test]
fn the_confirm_interval_is_the_scenarios_own_and_never_longer_than_the_interval() {
    for (fields, expected) in [
        (json!({"confirmInterval": "7s"}), 7),
        (json!({"interval": "10s"}), 10),
        (json!({"confirmInterval": "1m"}), 60),
    ] {
        let mut world = steady();
        world.scenario("shop", fields.clone());
        world.advance(1);
        run(&mut world, Fail);
        assert_eq!(run(&mut world, Fail), expected, "{fields}");
    }
}

#[test]
fn what_cannot_be_judged_opens_blind_and_nothing_of_the_target() {
    let mut world = steady();
    run(&mut world, Unknown);
    assert!(world.finding_of("shop", BLIND, "").is_none());
    assert_eq!(run(&mut world, Unknown), 30, "unknown outcomes are confirmed, too");
    assert_eq!(world.finding_of("shop", BLIND, "").unwrap().phase, Some(Open));
    assert_eq!(world.phases("shop"), []);
    run(&mut world, Held);
    assert_eq!(world.finding_of("shop", BLIND, "").unwrap().phase, Some(Open), "held is no judgement");
    run(&mut world, Pass);
    assert_eq!(world.finding_of("shop", BLIND, "").unwrap().phase, Some(Resolved));
}

#[test]
fn items_have_findings_of_their_own_and_one_that_left_its_list_recovers() {
    let mut world = steady();
    world.scenario("shop", json!({"checks": [{"name": "vm", "forEach": "['1', '2']", "expect": "false"}]}));
    let both = || Found::Outcomes(vec![("vm", "1", Fail), ("vm", "2", Fail)], vec![("vm", vec!["1", "2"])]);
    let one = || Found::Outcomes(vec![("vm", "2", Fail)], vec![("vm", vec!["2"])]);
    let phase = |world: &World, key| world.finding_of("shop", "vm", key).and_then(|status| status.phase);
    for (found, first, second) in [
        (both(), None, None),
        (both(), Some(Open), Some(Open)),
        (one(), Some(Open), Some(Open)),
        (one(), Some(Resolved), Some(Open)),
    ] {
        world.find_all("shop", found);
        let runs = world.runs_of("shop").len();
        world.until_runs("shop", runs + 1);
        assert_eq!((phase(&world, "1"), phase(&world, "2")), (first, second));
    }
}

#[test]
fn a_run_that_read_nothing_counts_for_nothing() {
    let mut world = steady();
    run(&mut world, Fail);
    world.find_all("shop", Found::Failed);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 3);
    assert_eq!(world.phases("shop"), []);
    run(&mut world, Fail);
    assert_eq!(world.phases("shop"), [Open]);
}
