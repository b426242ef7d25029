use super::super::{Event, ObjectChange};
use super::world::*;
use crate::api::Health;
use crate::api::Phase::{Open, Resolved};
use serde_json::json;

const AT_ONCE: fn() -> serde_json::Value = || json!({"thresholds": {"fail": 1, "recover": 1}});

fn failing() -> World {
    let mut world = World::leading();
    world.scenario("shop", AT_ONCE());
    world.find("shop", Fail);
    world.advance(2);
    assert_eq!(world.phases("shop"), [Open]);
    world
}

fn reason(world: &World) -> String {
    world.finding_of("shop", "status", "").unwrap().transitions.last().unwrap().reason.clone()
}

#[test]
fn deleting_a_scenario_resolves_its_findings_and_ends_its_runs() {
    let mut world = failing();
    world.delete_scenario("shop");
    assert_eq!((world.phases("shop"), reason(&world).as_str()), (vec![Open, Resolved], "ScenarioRemoved"));
    let runs = world.runs_of("shop").len();
    world.advance(600);
    assert_eq!(world.runs_of("shop").len(), runs);
    assert!(!world.log.next.contains_key("shop"));
}

#[test]
fn the_result_of_a_run_of_a_deleted_scenario_does_not_count() {
    let mut world = World::leading();
    world.scenario("shop", AT_ONCE());
    world.hang("shop");
    world.advance(2);
    world.delete_scenario("shop");
    assert!(world.is_cancelled("shop"));
    world.end_run("shop", Fail);
    assert_eq!(world.phases("shop"), []);
}

#[test]
fn the_result_of_a_run_does_not_count_for_a_scenario_that_was_created_again() {
    let mut world = World::new();
    world.agent("pulso", false);
    world.scenario("shop", AT_ONCE());
    world.list();
    world.lead(1);
    world.advance(1);
    assert!(world.is_running("shop"));
    world.delete_scenario("shop");
    // The new object has the same generation as the old one.
    world.scenario("shop", AT_ONCE());
    world.advance(0);
    world.end_run("shop", Fail);
    assert_eq!(world.phases("shop"), [], "the new object has a run of its own under way");
    world.end_run("shop", Fail);
    assert_eq!(world.phases("shop"), [Open]);
}

#[test]
fn a_scenario_that_is_created_again_while_its_finding_is_open_resolves_it_when_it_passes() {
    let mut world = failing();
    world.api = Api::Held;
    world.delete_scenario("shop");
    world.scenario("shop", AT_ONCE());
    world.advance(0);
    world.release();
    assert_eq!(world.phases("shop"), [Open, Resolved, Open], "it failed while the removal was being written");
    world.find("shop", Pass);
    world.advance(120);
    assert_eq!(world.phases("shop"), [Open, Resolved, Open, Resolved]);
}

#[test]
fn a_deletion_during_an_outage_resolves_the_findings_after_it() {
    let mut world = failing();
    world.api = Api::Down;
    let at = world.seconds();
    world.delete_scenario("shop");
    world.advance(100);
    assert_eq!(world.phases("shop"), [Open]);
    world.api = Api::Up;
    world.advance(16);
    assert_eq!(world.transitions("shop")[1], (Resolved, at));
}

#[test]
fn a_deletion_while_in_doubt_resolves_the_findings_once_the_fence_opens() {
    let mut world = failing();
    world.doubt(1);
    world.delete_scenario("shop");
    world.advance(60);
    assert_eq!(world.phases("shop"), [Open]);
    world.lead(1);
    assert_eq!(world.phases("shop"), [Open, Resolved]);
}

#[test]
fn a_deletion_while_following_is_left_to_the_leader() {
    let mut world = failing();
    world.follow();
    world.delete_scenario("shop");
    world.advance(60);
    assert_eq!(world.phases("shop"), [Open]);
    world.lead(2);
    assert_eq!((world.phases("shop"), reason(&world).as_str()), (vec![Open, Resolved], "ScenarioRemoved"));
    assert_eq!(world.transitions("shop")[1].1, world.seconds(), "nothing was decided before");
}

#[test]
fn findings_without_a_scenario_are_resolved_when_this_replica_leads_and_as_they_appear() {
    let mut world = World::new();
    world.finding("gone", "status", Open);
    world.finding("settled", "status", Resolved);
    world.list();
    world.lead(1);
    assert_eq!(world.phases("gone"), [Resolved]);
    assert_eq!(world.phases("settled"), []);
    world.finding("later", "status", Open);
    world.on(Event::Timer);
    assert_eq!(world.phases("later"), [Resolved]);
}

#[test]
fn a_finding_that_is_deleted_while_open_opens_again_only_after_its_threshold() {
    let mut world = World::leading();
    world.find("shop", Fail);
    world.until_runs("shop", 3);
    assert_eq!(world.phases("shop"), [Open]);
    world.delete_finding("shop");
    let runs = world.runs_of("shop").len();
    let status = world.status("shop");
    let healthy = crate::api::conditions::find(&status.conditions, "Healthy").unwrap();
    assert_eq!(
        (status.health, healthy.reason.as_str()),
        (Some(Health::Unknown), "NotJudgedYet"),
        "it failed the last time"
    );
    world.until_runs("shop", runs + 1);
    assert_eq!(world.phases("shop"), [], "one fail");
    world.until_runs("shop", runs + 2);
    assert_eq!(world.phases("shop"), [Open]);
    assert_eq!(world.finding_of("shop", "status", "").unwrap().occurrences, Some(1));
}

#[test]
fn a_pending_update_of_a_finding_that_is_deleted_is_not_written() {
    let mut world = failing();
    world.api = Api::Down;
    for outcome in [Pass, Fail] {
        world.find("shop", outcome);
        let runs = world.runs_of("shop").len();
        world.until_runs("shop", runs + 1);
    }
    world.delete_finding("shop");
    world.hang("shop");
    world.api = Api::Up;
    world.advance(16);
    assert!(world.finding_of("shop", "status", "").is_none());
}

#[test]
fn what_was_deleted_while_the_watch_was_interrupted_is_found_by_the_next_list() {
    let mut world = failing();
    world.scenario("bank", AT_ONCE());
    world.find("bank", Fail);
    world.advance(2);
    world.delete_unseen("shop");
    world.list_scenarios();
    world.list_findings();
    let runs = world.runs_of("shop").len();
    world.advance(120);
    assert_eq!(world.runs_of("shop").len(), runs);
    assert_eq!(world.phases("bank"), [Open], "what is still there stays");
}

#[test]
fn a_finding_that_was_deleted_while_the_watch_was_interrupted_no_longer_counts() {
    let mut world = failing();
    world.delete_finding_unseen("shop");
    world.list_findings();
    assert_eq!(world.status("shop").open_findings, Some(0));
}

#[test]
fn a_finding_that_cannot_be_decoded_is_left_as_it_is() {
    let mut world = failing();
    let name = world.finding_name("shop");
    let object = super::super::UndecodableObject {
        name: name.as_str().into(),
        generation: None,
        resource_version: None,
        error: "x".into(),
        outline: Default::default(),
    };
    world.on(Event::Finding(ObjectChange::Resynchronised(Vec::new(), vec![object])));
    assert_eq!(world.status("shop").open_findings, Some(1));
}

#[test]
fn a_list_older_than_a_write_of_this_replica_deletes_nothing() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1, "recover": 2}}));
    world.advance(2);
    world.watch_falls_silent();
    world.find("shop", Fail);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    world.list_no_findings();
    assert_eq!(world.status("shop").open_findings, Some(1));
    world.find("shop", Pass);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    assert_eq!(world.phases("shop"), [Open], "one pass resolves nothing");
    world.watch_resumes();
    world.until_runs("shop", runs + 2);
    assert_eq!(world.phases("shop"), [Open, Resolved]);
}

#[test]
fn a_finding_that_was_deleted_while_its_first_write_was_under_way_can_open_again() {
    let mut world = World::leading();
    world.scenario("shop", AT_ONCE());
    world.advance(2);
    world.watch_falls_silent();
    world.find("shop", Fail);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    // The watch shows neither the creation nor the deletion.
    world.delete_finding_unseen("shop");
    world.until_runs("shop", runs + 4);
    assert_eq!(world.phases("shop"), [Open]);
}

#[test]
fn a_scenario_that_was_deleted_and_created_again_unseen_runs_with_its_new_spec() {
    let mut world = World::leading();
    world.advance(2);
    world.recreate_unseen("shop", "5s");
    let runs = world.runs_of("shop").len();
    world.advance(60);
    assert!(world.runs_of("shop").len() >= runs + 10);
}

#[test]
fn a_scenario_that_is_created_again_opens_only_after_its_threshold() {
    let mut world = failing();
    world.api = Api::Held;
    world.delete_scenario("shop");
    world.scenario("shop", json!({}));
    world.release();
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    assert_eq!(world.phases("shop"), [Open, Resolved], "one fail");
    world.until_runs("shop", runs + 2);
    assert_eq!(world.phases("shop"), [Open, Resolved, Open]);
}

#[test]
fn a_resolution_that_the_api_refuses_is_tried_again_though_no_run_follows() {
    let mut world = failing();
    world.api = Api::Refusing;
    world.delete_scenario("shop");
    world.api = Api::Up;
    world.advance(16);
    assert_eq!(world.phases("shop"), [Open, Resolved]);
}
