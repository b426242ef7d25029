use super::world::*;
use crate::api::Health;
use crate::api::Phase::{Open, Resolved};
use crate::domain::agents::MAESTRO;
use serde_json::{Value, json};

/// A spec that does not compile.
fn invalid() -> Value {
    json!({"checks": [{"name": "status", "expect": "probes.web.status =="}]})
}

/// With an open Finding.
fn failing() -> World {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1, "recover": 1}}));
    world.find("shop", Fail);
    world.advance(2);
    assert_eq!(world.phases("shop"), [Open]);
    world
}

/// With a failure that is not written yet.
fn with_pending_failure() -> World {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1}}));
    world.advance(2);
    world.api = Api::Down;
    world.find("shop", Fail);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    world
}

#[test]
fn an_edited_scenario_runs_at_once() {
    let mut world = World::leading();
    world.advance(10);
    let (runs, at) = (world.runs_of("shop").len(), world.seconds());
    world.scenario("shop", json!({"interval": "1h"}));
    world.advance(0);
    assert_eq!(world.runs_of("shop")[runs..], [at]);
}

#[test]
fn a_change_of_status_alone_is_no_edit() {
    let mut world = World::leading();
    world.advance(10);
    let runs = world.runs_of("shop").len();
    world.request("shop", None);
    world.list_scenarios();
    world.advance(0);
    assert_eq!(world.runs_of("shop").len(), runs);
}

#[test]
fn the_result_of_a_run_that_an_edit_overtook_does_not_count() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1}}));
    world.advance(2);
    world.hang("shop");
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    assert!(!world.is_cancelled("shop"));
    world.scenario("shop", json!({"thresholds": {"fail": 1}, "title": "Shop"}));
    assert!(world.is_cancelled("shop"), "one run of a Scenario at a time");
    world.advance(0);
    assert_eq!(world.runs_of("shop").len(), runs + 2, "the new spec is tried at once");
    world.end_run("shop", Fail);
    assert_eq!(world.phases("shop"), []);
    world.end_run("shop", Fail);
    assert_eq!(world.phases("shop"), [Open]);
}

#[test]
fn findings_of_a_check_that_an_edit_removed_are_resolved() {
    let mut world = failing();
    world.find_all("shop", Found::Outcomes(vec![("other", "", Pass)], vec![]));
    world.scenario("shop", json!({"checks": [{"name": "other", "expect": "true"}]}));
    let status = world.finding_of("shop", "status", "").unwrap();
    assert_eq!(status.phase, Some(Resolved));
    assert_eq!(status.transitions.last().unwrap().reason, "CheckRemoved");
}

#[test]
fn a_finding_pending_for_a_check_that_an_edit_removed_is_opened_and_resolved() {
    let mut world = with_pending_failure();
    world.hang("shop");
    world.scenario("shop", json!({"checks": [{"name": "other", "expect": "true"}]}));
    world.api = Api::Up;
    world.advance(16);
    assert_eq!(world.phases("shop"), [Open, Resolved]);
}

#[test]
fn streaks_of_checks_that_remain_continue_across_an_edit() {
    let mut world = World::leading();
    world.advance(2);
    world.find("shop", Fail);
    world.scenario("shop", json!({"title": "Shop"}));
    world.advance(0);
    assert_eq!(world.phases("shop"), []);
    world.scenario("shop", json!({"title": "The shop"}));
    world.advance(0);
    assert_eq!(world.phases("shop"), [Open], "the second fail in a row");
}

#[test]
fn an_invalid_spec_is_not_run_and_leaves_findings_as_they_are() {
    let mut world = failing();
    world.scenario("shop", invalid());
    let runs = world.runs_of("shop").len();
    world.advance(600);
    assert_eq!(world.runs_of("shop").len(), runs);
    assert!(!world.log.next.contains_key("shop"));
    assert_eq!(
        (world.ready("shop").as_str(), world.status("shop").health),
        ("InvalidExpression", Some(Health::Failing))
    );
    assert_eq!(world.phases("shop"), [Open]);
    world.find("shop", Pass);
    world.scenario("shop", json!({"thresholds": {"recover": 1}}));
    world.advance(0);
    assert_eq!(world.phases("shop"), [Open, Resolved], "it runs again once it is valid");
}

#[test]
fn the_result_of_a_run_that_an_invalid_spec_overtook_does_not_count() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1}}));
    world.advance(2);
    world.hang("shop");
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    world.scenario("shop", invalid());
    assert!(world.is_cancelled("shop"));
    world.end_run("shop", Fail);
    world.advance(60);
    assert_eq!((world.phases("shop"), world.runs_of("shop").len()), (vec![], runs + 1));
}

#[test]
fn a_pending_failure_keeps_its_agent_when_an_edit_makes_the_scenario_invalid() {
    let mut world = with_pending_failure();
    world.scenario("shop", invalid());
    world.api = Api::Up;
    world.advance(16);
    let status = world.finding_of("shop", "status", "").unwrap();
    assert_eq!((status.phase, status.agent.as_deref()), (Some(Open), Some("pulso")));
}

#[test]
fn a_pending_failure_goes_to_the_agent_that_an_edit_names_or_the_fallback() {
    for (known, expected) in [(true, "trilho"), (false, MAESTRO)] {
        let mut world = World::leading();
        if known {
            world.agent("trilho", false);
        }
        world.scenario("shop", json!({"thresholds": {"fail": 1}}));
        world.advance(2);
        world.api = Api::Down;
        world.find("shop", Fail);
        let runs = world.runs_of("shop").len();
        world.until_runs("shop", runs + 1);
        world.hang("shop");
        world.scenario("shop", json!({"agent": "trilho"}));
        world.api = Api::Up;
        world.advance(16);
        assert_eq!(world.finding_of("shop", "status", "").unwrap().agent.as_deref(), Some(expected));
    }
}

#[test]
fn a_suspended_scenario_is_not_run_and_its_findings_stay() {
    let mut world = failing();
    world.scenario("shop", json!({"suspend": true}));
    let runs = world.runs_of("shop").len();
    world.advance(600);
    assert_eq!((world.runs_of("shop").len(), world.phases("shop")), (runs, vec![Open]));
    assert_eq!(world.ready("shop"), "Suspended");
    world.scenario("shop", json!({}));
    world.advance(0);
    assert_eq!(world.runs_of("shop").len(), runs + 1);
}

#[test]
fn an_object_that_cannot_be_decoded_is_not_run_and_says_so() {
    let mut world = failing();
    world.undecodable("shop");
    let runs = world.runs_of("shop").len();
    world.advance(600);
    assert_eq!((world.runs_of("shop").len(), world.ready("shop").as_str()), (runs, "Undecodable"));
    assert_eq!(world.phases("shop"), [Open]);
    world.scenario("shop", json!({}));
    world.advance(0);
    assert_eq!((world.runs_of("shop").len(), world.ready("shop").as_str()), (runs + 1, "Validated"));
}

#[test]
fn one_object_that_cannot_be_decoded_does_not_stop_the_others() {
    let mut world = World::leading();
    world.undecodable("broken");
    world.advance(120);
    assert!(world.runs_of("shop").len() >= 2);
}

#[test]
fn scenarios_in_a_dependency_cycle_are_not_run_until_it_is_broken() {
    let mut world = World::leading();
    world.find("bank", Pass);
    world.scenario("bank", json!({"dependsOn": ["shop"]}));
    world.advance(1);
    assert_eq!(world.ready("shop"), "Validated");
    world.scenario("shop", json!({"dependsOn": ["bank"]}));
    assert_eq!([world.ready("shop"), world.ready("bank")], ["DependencyCycle", "DependencyCycle"]);
    let runs = world.log.runs.len();
    world.advance(600);
    assert_eq!(world.log.runs.len(), runs);
    world.scenario("bank", json!({}));
    world.advance(0);
    assert_eq!(world.log.runs.len(), runs + 2, "both, at once");
    assert_eq!([world.ready("shop"), world.ready("bank")], ["Validated", "Validated"]);
}

#[test]
fn a_dependency_cycle_ends_with_the_deletion_of_one_member() {
    let mut world = World::leading();
    world.find("bank", Pass);
    world.scenario("bank", json!({"dependsOn": ["shop"]}));
    world.scenario("shop", json!({"dependsOn": ["bank"]}));
    let runs = world.runs_of("shop").len();
    world.delete_scenario("bank");
    world.advance(0);
    assert_eq!((world.ready("shop").as_str(), world.runs_of("shop").len()), ("Validated", runs + 1));
}

#[test]
fn an_older_copy_of_the_object_changes_nothing() {
    let mut world = World::leading();
    world.advance(1);
    let older = world.copy("shop");
    world.scenario("shop", json!({"suspend": true}));
    let runs = world.runs_of("shop").len();
    world.on(super::super::Event::Scenario(super::super::ObjectChange::Applied(older)));
    world.advance(600);
    assert_eq!((world.runs_of("shop").len(), world.ready("shop").as_str()), (runs, "Suspended"));
}
