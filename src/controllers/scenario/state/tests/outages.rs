use super::world::*;
use crate::api::Phase::{Open, Resolved};
use serde_json::json;

/// The Scenario opens and resolves at once and runs each ten seconds.
fn quick(world: &mut World, name: &str) {
    world.find(name, Pass);
    world.scenario(name, json!({"interval": "10s", "thresholds": {"fail": 1, "recover": 1}}));
    world.advance(1);
}

/// The next run finds this; gives its second.
fn run(world: &mut World, outcome: crate::api::CheckOutcome) -> u64 {
    world.find("shop", outcome);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    *world.runs_of("shop").last().unwrap()
}

#[test]
fn an_outage_of_the_api_loses_no_transition_and_no_time() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    world.api = Api::Down;
    let mut expected = Vec::new();
    for (phase, outcome) in [(Open, Fail), (Resolved, Pass), (Open, Fail), (Resolved, Pass), (Open, Fail)] {
        expected.push((phase, run(&mut world, outcome)));
    }
    assert_eq!(world.transitions("shop"), []);
    world.api = Api::Up;
    world.advance(16);
    assert_eq!(world.transitions("shop"), expected);
    assert_eq!(world.finding_of("shop", "status", "").unwrap().occurrences, Some(3));
}

#[test]
fn failed_writes_are_retried_in_growing_intervals_with_a_bound() {
    let mut world = World::leading();
    world.scenario("shop", json!({"interval": "5s", "thresholds": {"fail": 1}}));
    world.advance(1);
    world.api = Api::Down;
    world.find("shop", Fail);
    world.request("shop", Some("2027-01-15T09:00:00Z"));
    world.advance(120);
    let tries: Vec<u64> = world.log.finding_writes.iter().map(|(_, at)| *at).collect();
    // After 2, 4, 8, 15, 15 … seconds, each shortened by up to half.
    assert!((9..=20).contains(&tries.len()), "{tries:?}");
    assert!(tries.windows(2).skip(4).all(|pair| (7..=16).contains(&(pair[1] - pair[0]))), "{tries:?}");
    assert!(world.log.status_writes.len() <= 25, "{:?}", world.log.status_writes);
}

#[test]
fn after_a_success_the_retry_interval_starts_from_the_first_again() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    world.api = Api::Down;
    run(&mut world, Fail);
    world.advance(120);
    world.api = Api::Up;
    world.advance(20);
    world.api = Api::Down;
    let before = world.log.finding_writes.len();
    run(&mut world, Pass);
    world.advance(3);
    assert!(world.log.finding_writes.len() - before >= 2, "tried again within three seconds");
}

#[test]
fn what_the_api_refuses_is_not_tried_again_before_the_next_run() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    world.api = Api::Refusing;
    run(&mut world, Fail);
    let before = world.log.finding_writes.len();
    world.advance(9);
    assert_eq!(world.log.finding_writes.len(), before);
    world.api = Api::Up;
    run(&mut world, Fail);
    assert_eq!(world.phases("shop"), [Open]);
}

#[test]
fn one_write_of_a_scenarios_findings_is_under_way_at_a_time() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    world.api = Api::Held;
    for outcome in [Fail, Pass, Fail, Pass] {
        run(&mut world, outcome);
    }
    assert_eq!(world.held_finding_writes(), 1);
    world.release();
    assert_eq!(world.phases("shop"), [Open, Resolved, Open, Resolved]);
}

#[test]
fn a_write_that_hangs_delays_no_run() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    world.api = Api::Held;
    run(&mut world, Fail);
    let runs = world.runs_of("shop").len();
    world.advance(100);
    assert_eq!(world.runs_of("shop").len(), runs + 10);
}

#[test]
fn a_write_whose_answer_is_lost_is_not_done_twice() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    world.api = Api::AnswersLost;
    let opened = run(&mut world, Fail);
    let resolved = run(&mut world, Pass);
    world.advance(60);
    world.api = Api::Up;
    world.advance(60);
    assert_eq!(world.transitions("shop"), [(Open, opened), (Resolved, resolved)]);
    assert_eq!(world.finding_of("shop", "status", "").unwrap().occurrences, Some(1));
}

#[test]
fn a_scenario_whose_writes_fail_delays_no_other() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    quick(&mut world, "bank");
    world.api = Api::Down;
    run(&mut world, Fail);
    world.hang("shop");
    world.advance(60);
    let tries = world.log.finding_writes.len();
    for _ in 0..16 {
        if world.log.finding_writes.len() == tries {
            world.advance(1);
        }
    }
    assert!(world.log.finding_writes.len() > tries, "the next try is seconds away now");
    world.api = Api::Up;
    world.find("bank", Fail);
    world.request("bank", Some("2027-01-15T09:00:00Z"));
    world.advance(0);
    assert_eq!((world.phases("bank"), world.phases("shop")), (vec![Open], vec![]));
}

#[test]
fn a_long_outage_is_bounded_in_what_it_keeps() {
    let mut world = World::leading();
    quick(&mut world, "shop");
    world.api = Api::Down;
    for round in 0..200 {
        run(&mut world, if round % 2 == 0 { Fail } else { Pass });
    }
    let kept = world.state.writes.get("shop").unwrap().updates.all();
    assert!(kept[0].1.len() <= 24, "{} updates", kept[0].1.len());
    world.api = Api::Up;
    world.advance(20);
    let status = world.finding_of("shop", "status", "").unwrap();
    assert_eq!((status.transitions.len(), status.occurrences), (20, Some(100)));
}
