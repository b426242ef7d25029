//! Findings about the program itself, which another controller opens and resolves.

use super::world::*;
use crate::api::Phase::{Acknowledged, Open};
use crate::api::{LATE, OWN_SCENARIO, WatchState};
use serde_json::json;

/// Phases of the Finding about the program, and how often Findings of its Scenario were to be written.
fn seen(world: &World) -> (Vec<crate::api::Phase>, usize) {
    let phase = world.finding_of(OWN_SCENARIO, LATE, "").and_then(|status| status.phase);
    let writes = world.log.finding_writes.iter().filter(|(scenario, _)| scenario == OWN_SCENARIO).count();
    (phase.into_iter().collect(), writes)
}

#[test]
fn they_stay_open_without_a_scenario_also_after_a_restart_and_a_change_of_leader() {
    for phase in [Open, Acknowledged] {
        let mut world = World::leading();
        world.finding(OWN_SCENARIO, LATE, phase);
        world.finding("gone", LATE, phase);
        world.advance(300);
        assert_ne!(world.phases("gone").last(), Some(&phase), "that of any other Scenario is resolved");
        assert_eq!(seen(&world), (vec![phase], 0));
        world.follow();
        world.lead(3);
        world.list_findings();
        world.advance(300);
        assert_eq!(seen(&world), (vec![phase], 0));
        let mut world = world.restarted();
        world.advance(300);
        assert_eq!(seen(&world), (vec![phase], 0));
    }
}

#[test]
fn a_scenario_of_the_reserved_name_is_not_ready_and_changes_none_of_them() {
    let mut world = World::leading();
    world.finding(OWN_SCENARIO, LATE, Open);
    world.find(OWN_SCENARIO, Fail);
    world.scenario(OWN_SCENARIO, json!({"thresholds": {"fail": 1, "recover": 1}}));
    world.advance(300);
    assert!(world.runs_of(OWN_SCENARIO).is_empty());
    let status = world.stored.scenarios[OWN_SCENARIO].status.clone().unwrap();
    let ready = status.conditions.iter().find(|c| c.type_ == "Ready").unwrap();
    assert_eq!((ready.status.as_str(), ready.reason.as_str()), ("False", "ReservedName"));
    assert!(ready.message.starts_with("metadata.name: \"agentic-ops\" is reserved"), "{}", ready.message);
    assert_eq!((status.state, status.open_findings), (Some(WatchState::Invalid), Some(1)));
    world.scenario(OWN_SCENARIO, json!({"interval": "5m"}));
    world.undecodable(OWN_SCENARIO);
    world.advance(300);
    world.delete_scenario(OWN_SCENARIO);
    world.advance(300);
    assert_eq!(seen(&world), (vec![Open], 0));
    assert_eq!(world.stored.findings.len(), 1, "no other Finding is opened");
}

#[test]
fn one_that_is_deleted_by_hand_is_left_to_its_controller() {
    let mut world = World::leading();
    world.finding(OWN_SCENARIO, LATE, Open);
    world.delete_finding_of(OWN_SCENARIO, LATE, "");
    world.advance(300);
    assert_eq!(seen(&world), (vec![], 0));
}
