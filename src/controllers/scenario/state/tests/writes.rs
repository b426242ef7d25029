use super::world::*;
use crate::api::Phase::Open;
use crate::api::{Finding, Health};
use crate::domain::fingerprint::{finding_name, finding_spec};
use crate::domain::validate::{Problem, Reason, ValidationError};
use serde_json::json;

#[test]
fn at_rest_nothing_is_written_but_freshness_within_its_budget() {
    let mut world = World::leading();
    world.advance(59);
    let first = world.log.status_writes.len();
    assert!(first <= 2, "{:?}", world.log.status_writes);
    world.advance(3600);
    let fresh = world.log.status_writes.len() - first;
    // One run a minute: fewer than the budget of one write each two seconds.
    assert!((55..=61).contains(&fresh), "{fresh} in an hour");
    assert!(world.log.finding_writes.is_empty());
    assert!(world.status("shop").last_run_at.unwrap().0 >= World::at(3600));
}

#[test]
fn freshness_keeps_to_its_budget_and_writes_the_stalest_first() {
    let mut world = World::leading();
    for i in 0..40 {
        let name = format!("s{i}");
        world.find(&name, Pass);
        world.scenario(&name, json!({"interval": "1s"}));
    }
    world.advance(120);
    let before = world.log.status_writes.len();
    world.advance(100);
    // 40 probes a second allow 0.64 writes a second.
    let written = world.log.status_writes.len() - before;
    assert!((58..=70).contains(&written), "{written} in 100 s");
    let mut named: Vec<&str> =
        world.log.status_writes[before..before + 30].iter().map(|(name, _)| name.as_str()).collect();
    named.sort_unstable();
    named.dedup();
    assert!(named.len() >= 29, "each in turn: {named:?}");
}

#[test]
fn nothing_is_written_for_freshness_in_the_first_minute() {
    let mut world = World::leading();
    world.find("bank", Pass);
    world.scenario("bank", json!({"interval": "1s"}));
    world.advance(5);
    let writes = world.log.status_writes.len();
    world.advance(54);
    assert_eq!(world.log.status_writes.len(), writes);
    world.advance(20);
    assert!(world.log.status_writes.len() > writes);
}

#[test]
fn after_a_conflict_the_status_is_decided_again_from_the_object_as_it_is() {
    let mut world = World::leading();
    world.scenario("shop", json!({"interval": "10s", "thresholds": {"fail": 1}}));
    world.advance(1);
    world.meddle_with_status("shop");
    world.find("shop", Fail);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    assert_eq!(world.status("shop").health, Some(Health::Failing));
    assert_eq!(world.ready("shop"), "Validated", "the rest of it was put back");
}

#[test]
fn a_status_that_could_not_be_written_is_written_later() {
    let mut world = World::leading();
    world.api = Api::Down;
    world.scenario("shop", json!({"suspend": true}));
    world.advance(30);
    assert_ne!(world.ready("shop"), "Suspended");
    world.api = Api::Up;
    world.advance(16);
    assert_eq!(world.ready("shop"), "Suspended");
}

#[test]
fn one_write_of_a_status_is_under_way_at_a_time() {
    let mut world = World::leading();
    world.advance(1);
    world.api = Api::Held;
    let before = world.log.status_writes.len();
    for suspend in [true, false, true] {
        world.scenario("shop", json!({"suspend": suspend}));
    }
    assert_eq!(world.log.status_writes.len(), before + 1);
    world.release();
    world.advance(16);
    assert_eq!(world.ready("shop"), "Suspended");
}

#[test]
fn what_the_spec_may_not_use_shows_in_ready_and_goes_with_the_next_run() {
    let mut world = World::leading();
    world.advance(1);
    let error = ValidationError {
        field: "spec.probes[0].http.headers[0].secretKeyRef".into(),
        reason: Reason::SecretNotOffered,
        problem: Problem::SecretNotOffered { name: "x".into() },
    };
    world.find_all("shop", Found::Refused(vec![error]));
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    assert_eq!(world.ready("shop"), "SecretNotOffered");
    world.find("shop", Pass);
    world.until_runs("shop", runs + 2);
    assert_eq!(world.ready("shop"), "Validated");
}

#[test]
fn open_findings_are_counted_in_the_status() {
    let mut world = World::leading();
    world.advance(1);
    world.find("shop", Fail);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 2);
    assert_eq!(world.status("shop").open_findings, Some(1));
    world.delete_finding("shop");
    assert_eq!(world.status("shop").open_findings, Some(0));
}

#[test]
fn the_work_of_an_agent_that_is_suspended_or_absent_goes_to_the_fallback() {
    for (suspended, expected) in [(Some(false), "pulso"), (Some(true), "maestro"), (None, "maestro")] {
        let mut world = World::new();
        if let Some(suspended) = suspended {
            world.agent("pulso", suspended);
        }
        world.find("shop", Fail);
        world.scenario("shop", json!({"thresholds": {"fail": 1}}));
        world.list();
        world.lead(1);
        world.advance(1);
        assert_eq!(world.finding_of("shop", "status", "").unwrap().agent.as_deref(), Some(expected), "{suspended:?}");
    }
}

#[test]
fn a_status_whose_write_was_overtaken_by_another_writer_is_decided_again() {
    let mut world = World::leading();
    world.advance(61);
    world.api = Api::Held;
    let held = world.log.status_writes.len();
    world.advance(60);
    assert!(world.log.status_writes.len() > held, "freshness is being written");
    world.api = Api::Up;
    world.touch("shop");
    world.finding("shop", "status", crate::api::Phase::Open);
    world.on(super::super::Event::Timer);
    world.hang("shop");
    world.release();
    assert_eq!(world.status("shop").open_findings, Some(1));
}

#[test]
fn the_status_of_an_object_that_cannot_be_decoded_is_written_once() {
    let mut world = World::leading();
    world.advance(1);
    world.undecodable("shop");
    let writes = world.log.status_writes.len();
    world.advance(600);
    assert_eq!((world.ready("shop").as_str(), world.log.status_writes.len()), ("Undecodable", writes));
}

#[test]
fn a_status_that_the_api_refuses_is_tried_again_though_no_run_follows() {
    let mut world = World::leading();
    world.advance(1);
    world.api = Api::Refusing;
    world.scenario("shop", json!({"suspend": true}));
    world.advance(60);
    world.api = Api::Up;
    world.advance(16);
    assert_eq!(world.ready("shop"), "Suspended");
}

#[test]
fn a_finding_without_a_phase_counts_nowhere_until_a_failure_gives_it_one() {
    let mut world = World::leading();
    world.until_runs("shop", 2);
    let spec = finding_spec("shop", "status", "");
    world.store_finding(Finding::new(&finding_name("shop", "status", ""), spec));
    world.advance(1);
    let counted = |world: &World| (world.status("shop").open_findings, world.status("shop").health);
    assert_eq!(counted(&world), (Some(0), Some(Health::Healthy)));
    world.follow();
    world.find("shop", Fail);
    world.lead(2);
    world.advance(1);
    assert_eq!((world.phases("shop"), counted(&world)), (vec![Open], (Some(1), Some(Health::Failing))));
}
