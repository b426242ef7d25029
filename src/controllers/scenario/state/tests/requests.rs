use super::world::*;
use crate::api::Phase::Open;
use crate::domain::fingerprint::finding_name;
use serde_json::json;

const FIRST: &str = "2027-01-15T08:00:01Z";
const SECOND: &str = "2027-01-15T08:00:02Z";

fn answered(world: &World) -> Option<String> {
    world.answer("shop").map(|run| run.requested_at)
}

#[test]
fn a_requested_run_begins_at_once_and_its_answer_is_in_the_status() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1}}));
    world.advance(2);
    world.find("shop", Fail);
    let (runs, at) = (world.runs_of("shop").len(), world.seconds());
    world.request("shop", Some(FIRST));
    world.advance(0);
    assert_eq!(world.runs_of("shop")[runs..], [at]);
    let answer = world.answer("shop").unwrap();
    assert_eq!((answer.requested_at.as_str(), answer.run_at.0), (FIRST, World::at(at)));
    assert_eq!((answer.opened, answer.resolved), (vec![finding_name("shop", "status", "")], vec![]));
    assert_eq!((answer.checks.len(), answer.checks[0].outcome), (1, Fail));
}

#[test]
fn the_answer_waits_until_the_findings_of_its_run_are_written() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1}, "interval": "1h"}));
    world.advance(2);
    world.find("shop", Fail);
    world.api = Api::Down;
    world.request("shop", Some(FIRST));
    world.advance(60);
    assert_eq!(answered(&world), None);
    world.api = Api::Up;
    world.advance(16);
    assert_eq!(world.answer("shop").unwrap().opened.len(), 1);
}

#[test]
fn a_request_during_a_run_leads_to_another_run() {
    let mut world = World::leading();
    world.advance(1);
    world.hang("shop");
    world.request("shop", Some(FIRST));
    world.advance(0);
    assert!(world.is_running("shop"));
    world.request("shop", Some(SECOND));
    let runs = world.runs_of("shop").len();
    world.end_run("shop", Pass);
    assert_eq!(answered(&world).as_deref(), Some(FIRST));
    world.advance(0);
    assert_eq!(world.runs_of("shop").len(), runs + 1, "at once");
    world.end_run("shop", Pass);
    assert_eq!(answered(&world).as_deref(), Some(SECOND));
}

#[test]
fn a_run_that_was_under_way_when_it_was_requested_does_not_answer() {
    let mut world = World::leading();
    world.advance(1);
    world.hang("shop");
    world.until_runs("shop", 2);
    world.request("shop", Some(FIRST));
    world.end_run("shop", Pass);
    assert_eq!(answered(&world), None);
    world.advance(0);
    world.end_run("shop", Pass);
    assert_eq!(answered(&world).as_deref(), Some(FIRST));
}

#[test]
fn a_request_counts_though_its_annotation_is_removed() {
    let mut world = World::leading();
    world.advance(1);
    world.hang("shop");
    world.until_runs("shop", 2);
    world.request("shop", Some(FIRST));
    world.request("shop", None);
    world.find("shop", Pass);
    world.end_run("shop", Pass);
    world.advance(0);
    assert_eq!(answered(&world).as_deref(), Some(FIRST));
}

#[test]
fn a_request_that_was_answered_is_not_run_again() {
    let mut world = World::leading();
    world.advance(1);
    world.request("shop", Some(SECOND));
    world.advance(0);
    let runs = world.runs_of("shop").len();
    for again in [Some(SECOND), Some(FIRST), Some(""), None] {
        world.request("shop", again);
        world.advance(0);
        assert_eq!(world.runs_of("shop").len(), runs, "{again:?}");
    }
    assert_eq!(answered(&world).as_deref(), Some(SECOND));
}

#[test]
fn a_request_that_is_no_time_is_answered_once() {
    let mut world = World::leading();
    world.advance(1);
    world.request("shop", Some("now, please"));
    world.advance(0);
    assert_eq!(answered(&world).as_deref(), Some("now, please"));
    let runs = world.runs_of("shop").len();
    world.request("shop", Some("now, please"));
    world.advance(0);
    assert_eq!(world.runs_of("shop").len(), runs);
}

#[test]
fn a_request_made_while_no_replica_led_is_run_first() {
    let mut world = World::new();
    world.agent("pulso", false);
    world.find("shop", Pass);
    world.scenario("shop", json!({}));
    world.request("shop", Some(FIRST));
    world.list();
    world.lead(1);
    world.advance(0);
    assert_eq!(world.runs_of("shop"), [0]);
    assert_eq!(answered(&world).as_deref(), Some(FIRST));
}

#[test]
fn a_run_that_read_nothing_answers_without_checks() {
    for found in [Found::Failed, Found::Refused(Vec::new())] {
        let mut world = World::leading();
        world.advance(1);
        world.find_all("shop", found);
        world.request("shop", Some(FIRST));
        world.advance(0);
        let answer = world.answer("shop").unwrap();
        assert_eq!((answer.requested_at.as_str(), answer.checks.len()), (FIRST, 0));
        assert_eq!((answer.opened.len(), answer.resolved.len()), (0, 0));
    }
}

#[test]
fn a_suspended_scenario_does_not_run_on_request_and_does_when_resumed() {
    let mut world = World::leading();
    world.scenario("shop", json!({"suspend": true}));
    let runs = world.runs_of("shop").len();
    world.request("shop", Some(FIRST));
    world.advance(60);
    assert_eq!((world.runs_of("shop").len(), answered(&world)), (runs, None));
    world.scenario("shop", json!({}));
    world.advance(0);
    assert_eq!(answered(&world).as_deref(), Some(FIRST));
}

#[test]
fn an_answer_names_what_all_runs_changed_that_were_written_with_it() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1, "recover": 1}, "interval": "10s"}));
    world.advance(1);
    world.api = Api::Down;
    world.find("shop", Fail);
    world.request("shop", Some(FIRST));
    world.advance(0);
    world.find("shop", Pass);
    world.advance(15);
    world.api = Api::Up;
    world.advance(16);
    let answer = world.answer("shop").unwrap();
    assert_eq!((answer.opened.len(), answer.resolved.len()), (1, 1));

    // Also where a run ends between two writes.
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1, "recover": 1}, "interval": "10s"}));
    world.advance(1);
    world.api = Api::Held;
    world.find("shop", Fail);
    world.request("shop", Some(FIRST));
    world.advance(0);
    world.find("shop", Pass);
    world.advance(15);
    world.release_then(Api::Held);
    assert_eq!(world.phases("shop"), [Open], "the recovery is being written");
    world.advance(15);
    world.release();
    let answer = world.answer("shop").unwrap();
    assert_eq!((answer.opened.len(), answer.resolved.len()), (1, 1));
}
