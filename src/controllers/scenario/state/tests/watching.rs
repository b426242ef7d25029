//! Scenarios that are invalid, suspended or late: what is logged, counted and reported of them.

use super::world::*;
use crate::api::Phase::{self, Open, Resolved};
use crate::api::{BLIND, FindingStatus, Health, Severity, WatchState};
use crate::domain::validate::{Problem, Reason, ValidationError};
use serde_json::{Value, json};

/// A spec that does not compile.
fn invalid() -> Value {
    json!({"checks": [{"name": "status", "expect": "probes.web.status =="}]})
}

fn blind(world: &World, scenario: &str) -> Option<FindingStatus> {
    world.finding_of(scenario, BLIND, "")
}

fn phase(world: &World, scenario: &str) -> Option<Phase> {
    blind(world, scenario)?.phase
}

/// How many Scenarios are ready, invalid, suspended and late, as told last.
fn states(world: &World) -> [usize; 4] {
    WatchState::ALL.map(|state| world.log.known.as_ref().unwrap().count(state))
}

/// States as logged.
fn logged(world: &World) -> Vec<&str> {
    world.log.states.iter().map(|(_, state, _)| *state).collect()
}

/// The Scenario `shop`, which has run, and whose next run stays under way.
fn hanging() -> World {
    let mut world = World::leading();
    world.advance(65);
    world.hang("shop");
    world
}

#[test]
fn an_invalid_spec_opens_a_finding_at_once_that_resolves_with_the_first_run_of_a_valid_one() {
    let mut world = World::leading();
    world.advance(5);
    world.scenario("shop", invalid());
    let status = blind(&world, "shop").unwrap();
    assert_eq!(
        (status.phase, status.severity, status.agent.as_deref()),
        (Some(Open), Some(Severity::High), Some("pulso"))
    );
    assert!(status.message.as_deref().unwrap().contains("spec.checks[0].expect: "), "{status:?}");
    assert_eq!(world.status("shop").state, Some(WatchState::Invalid));
    world.hang("shop");
    world.scenario("shop", json!({}));
    world.advance(1);
    assert_eq!(phase(&world, "shop"), Some(Open), "it was not read yet");
    world.end_run("shop", Pass);
    assert_eq!((phase(&world, "shop"), world.status("shop").state), (Some(Resolved), Some(WatchState::Ready)));
    assert_eq!(logged(&world), ["invalid", "ready"]);
}

#[test]
fn the_finding_of_an_invalid_spec_resolves_though_the_target_of_the_valid_one_is_down() {
    let mut world = World::leading();
    world.scenario("shop", invalid());
    world.find_all("shop", Found::Outcomes(vec![("web", "", Fail), ("status", "", Held)], vec![]));
    world.scenario("shop", json!({"thresholds": {"fail": 1}}));
    world.advance(0);
    assert_eq!(phase(&world, "shop"), Some(Resolved), "what is held has a Finding of its own");
    assert_eq!(world.finding_of("shop", "web", "").unwrap().phase, Some(Open));
}

#[test]
fn the_finding_of_an_invalid_spec_stays_open_while_the_valid_one_cannot_be_judged() {
    let mut world = World::leading();
    world.scenario("shop", invalid());
    world.find("shop", Unknown);
    world.scenario("shop", json!({}));
    world.advance(0);
    let status = blind(&world, "shop").unwrap();
    assert_eq!((status.phase, status.transitions.len()), (Some(Open), 1));
    assert!(status.message.as_deref().unwrap().ends_with("status unknown"), "it says why now: {status:?}");
}

#[test]
fn a_finding_of_what_could_not_be_judged_says_at_once_that_the_spec_is_invalid() {
    let mut world = World::leading();
    world.find("shop", Unknown);
    world.advance(100);
    assert_eq!(phase(&world, "shop"), Some(Open));
    world.scenario("shop", invalid());
    let status = blind(&world, "shop").unwrap();
    assert!(status.message.as_deref().unwrap().contains("spec.checks[0].expect: "), "{status:?}");
    assert_eq!((status.occurrences, status.transitions.len()), (Some(1), 1));
}

#[test]
fn the_finding_is_not_written_again_by_time_or_a_restart_and_follows_the_errors() {
    let mut world = World::leading();
    world.scenario("shop", invalid());
    world.advance(3600);
    let writes = (world.log.finding_writes.len(), world.log.status_writes.len(), world.stored.version);
    world.advance(3600);
    assert_eq!((world.log.finding_writes.len(), world.log.status_writes.len(), world.stored.version), writes);
    let mut world = world.restarted();
    world.advance(3600);
    assert_eq!((world.stored.version, world.log.status_writes.len()), (writes.2, 0));
    assert_eq!(logged(&world), ["invalid"], "each start says it once");
    world.scenario("shop", json!({"interval": "0s", "severity": "low"}));
    let status = blind(&world, "shop").unwrap();
    assert!(status.message.as_deref().unwrap().contains("spec.interval: "), "{status:?}");
    assert_eq!((status.severity, status.occurrences, status.transitions.len()), (Some(Severity::Low), Some(1), 1));
}

#[test]
fn a_finding_of_an_invalid_spec_that_is_missing_is_opened_at_the_start_and_after_its_deletion() {
    let mut world = World::leading();
    world.scenario("shop", invalid());
    let name = crate::domain::fingerprint::finding_name("shop", BLIND, "");
    world.stored.findings.remove(&name);
    let mut world = world.restarted();
    assert_eq!(phase(&world, "shop"), Some(Open));
    world.stored.findings.remove(&name);
    world.list_findings();
    assert_eq!(phase(&world, "shop"), Some(Open), "no run would open it");
}

#[test]
fn an_object_that_cannot_be_decoded_has_a_finding_at_the_severity_that_can_be_read() {
    for (severity, expected) in [(Some(Severity::Info), Severity::Info), (None, Severity::High)] {
        let mut world = World::leading();
        world.agent("maestro", false);
        world.outline.severity = severity;
        world.outline.title = severity.map(|_| "The shop".into());
        world.outline.agent = severity.map(|_| "pulso".into());
        world.undecodable("shop");
        let status = blind(&world, "shop").unwrap();
        let (title, agent) = if severity.is_some() { ("The shop: blind", "pulso") } else { ("shop: blind", "maestro") };
        assert_eq!((status.severity, status.title.as_deref()), (Some(expected), Some(title)));
        assert_eq!(status.agent.as_deref(), Some(agent));
        world.advance(1);
        assert_eq!(states(&world), [0, 1, 0, 0]);
        world.delete_scenario("shop");
        assert_eq!(phase(&world, "shop"), Some(Resolved));
    }
}

#[test]
fn what_a_run_finds_that_the_spec_may_not_use_is_reported_once() {
    let mut world = World::leading();
    let error = ValidationError {
        field: "spec.probes[0]".into(),
        reason: Reason::ReservedName,
        problem: Problem::ReservedName,
    };
    world.find_all("shop", Found::Refused(vec![error]));
    world.advance(300);
    assert_eq!((phase(&world, "shop"), world.status("shop").state), (Some(Open), Some(WatchState::Invalid)));
    let version = world.stored.version;
    world.advance(300);
    assert_eq!((logged(&world), world.stored.version), (vec!["invalid"], version));
    let mut world = world.restarted();
    world.advance(300);
    assert_eq!(world.stored.version, version, "a restart over unchanged resources writes nothing");
    world.find("shop", Pass);
    world.advance(60);
    assert_eq!((phase(&world, "shop"), world.status("shop").state), (Some(Resolved), Some(WatchState::Ready)));
}

#[test]
fn scenarios_in_a_cycle_have_findings_until_it_is_broken() {
    let mut world = World::leading();
    world.find("bank", Pass);
    world.scenario("bank", json!({"dependsOn": ["shop"]}));
    world.scenario("shop", json!({"dependsOn": ["bank"]}));
    assert_eq!([phase(&world, "shop"), phase(&world, "bank")], [Some(Open), Some(Open)]);
    world.advance(1);
    assert_eq!(states(&world), [0, 2, 0, 0]);
    world.scenario("bank", json!({}));
    world.advance(1);
    assert_eq!([phase(&world, "shop"), phase(&world, "bank")], [Some(Resolved), Some(Resolved)]);
    assert_eq!(states(&world), [2, 0, 0, 0]);
}

#[test]
fn each_scenario_is_in_one_state() {
    let mut world = World::leading();
    for (name, fields) in [("bank", json!({})), ("old", json!({"suspend": true})), ("wrong", invalid())] {
        world.find(name, Pass);
        world.scenario(name, fields);
    }
    world.advance(2);
    assert_eq!(states(&world), [2, 1, 1, 0]);
    let of = |name: &str| world.status(name).state.unwrap();
    assert_eq!([of("bank"), of("old"), of("wrong")], [WatchState::Ready, WatchState::Suspended, WatchState::Invalid]);
    assert_eq!(world.log.known.as_ref().unwrap().invalid.first.keys().collect::<Vec<_>>(), ["wrong"]);
    world.follow();
    assert!(world.log.known.is_none(), "this replica does not know any more");
}

#[test]
fn a_scenario_is_late_when_no_run_is_completed_for_two_intervals() {
    let mut world = hanging();
    let last = *world.runs_of("shop").last().unwrap();
    while world.status("shop").state == Some(WatchState::Ready) {
        world.advance(1);
    }
    let (late, status) = (world.seconds() - last, world.status("shop"));
    assert!((126..=128).contains(&late), "{late} s after the run before");
    assert_eq!((status.health, status.state), (Some(Health::Unknown), Some(WatchState::Late)));
    assert_eq!((states(&world), phase(&world, "shop")), ([0, 0, 0, 1], Some(Open)));
    let message = &world.log.known.as_ref().unwrap().late.first["shop"];
    assert!(message.starts_with("no run has been completed for two intervals of 1m; "), "{message}");
    let writes = (world.log.finding_writes.len(), world.log.status_writes.len());
    world.advance(3600);
    assert_eq!((world.log.finding_writes.len(), world.log.status_writes.len()), writes, "nothing is new");
    world.find("shop", Pass);
    world.end_run("shop", Pass);
    world.advance(61);
    assert_eq!((world.status("shop").state, phase(&world, "shop")), (Some(WatchState::Ready), Some(Resolved)));
    assert_eq!((states(&world), logged(&world)), ([1, 0, 0, 0], vec!["late", "ready"]));
}

#[test]
fn a_run_that_takes_the_whole_interval_is_not_late() {
    for interval in [1, 5, 60] {
        let mut world = World::leading();
        world.scenario("shop", json!({"interval": format!("{interval}s"), "timeout": format!("{interval}s")}));
        world.advance(interval);
        world.hang("shop");
        for _ in 0..20 {
            while !world.is_running("shop") {
                world.advance(1);
            }
            world.advance(interval);
            world.end_run("shop", Fail);
        }
        assert_eq!(logged(&world), [""; 0], "{interval}");
    }
}

#[test]
fn a_run_that_reads_nothing_is_not_completed() {
    let mut world = World::leading();
    world.advance(60);
    world.find_all("shop", Found::Failed);
    world.advance(260);
    let message = world.log.states.last().unwrap().2.clone().unwrap();
    assert!(message.starts_with("no run has been completed for two intervals of 1m: "), "{message}");
    assert_eq!(world.status("shop").health, Some(Health::Unknown), "it does not stay healthy");
    world.find("shop", Pass);
    world.advance(60);
    assert_eq!(world.status("shop").health, Some(Health::Healthy));
}

#[test]
fn nothing_is_late_after_a_start_a_change_of_leader_or_a_pause() {
    let mut world = hanging();
    world.find("shop", Pass);
    world.follow();
    world.advance(3600);
    world.lead(2);
    world.advance(10);
    assert_eq!(logged(&world), [""; 0], "it did not lead");
    world.pause(3600);
    world.advance(120);
    assert_eq!((logged(&world), world.status("shop").state), (vec![], Some(WatchState::Ready)));
    let mut world = world.restarted();
    world.advance(600);
    assert_eq!(logged(&world), [""; 0]);
}

#[test]
fn a_late_scenario_stays_so_over_a_restart_until_a_run_is_completed() {
    let mut world = hanging();
    world.advance(300);
    assert_eq!(phase(&world, "shop"), Some(Open));
    let version = world.stored.version;
    let mut world = world.restarted();
    world.advance(3600);
    assert_eq!((world.stored.version, states(&world)), (version, [0, 0, 0, 1]));
    world.end_run("shop", Pass);
    assert_eq!((world.status("shop").state, phase(&world, "shop")), (Some(WatchState::Late), Some(Open)), "too slow");
    assert_eq!(states(&world), [0, 0, 0, 1]);
    world.find("shop", Pass);
    world.advance(60);
    assert_eq!((world.status("shop").state, phase(&world, "shop")), (Some(WatchState::Ready), Some(Resolved)));
}

#[test]
fn a_scenario_whose_runs_all_take_too_long_is_reported_once() {
    let mut world = hanging();
    for _ in 0..10 {
        while !world.is_running("shop") {
            world.advance(1);
        }
        world.advance(150);
        world.end_run("shop", Pass);
    }
    assert_eq!((logged(&world).len(), states(&world)), (1, [0, 0, 0, 1]));
    let transitions = world.finding_of("shop", "blind", "").unwrap().transitions;
    assert_eq!(transitions.len(), 1, "{transitions:?}");
}

#[test]
fn a_late_scenario_whose_finding_was_not_written_before_a_restart_has_it_afterwards() {
    let mut world = hanging();
    world.advance(300);
    world.stored.findings.clear();
    let world = world.restarted();
    assert_eq!(phase(&world, "shop"), Some(Open));
}

#[test]
fn an_edit_of_something_else_makes_no_late_scenario_ready() {
    let mut world = hanging();
    world.advance(300);
    for title in ["a", "b", "c"] {
        world.scenario("shop", json!({"title": title}));
        world.advance(60);
        assert_eq!((world.status("shop").state, states(&world)), (Some(WatchState::Late), [0, 0, 0, 1]), "{title}");
    }
    world.scenario("shop", json!({"suspend": true}));
    world.advance(1);
    assert_eq!((world.status("shop").state, states(&world)), (Some(WatchState::Suspended), [0, 0, 1, 0]));
    world.scenario("shop", json!({}));
    world.advance(60);
    assert_eq!(states(&world), [1, 0, 0, 0], "it is watched anew");
    world.scenario("shop", json!({"interval": "1h"}));
    world.advance(7000);
    assert_eq!(states(&world), [1, 0, 0, 0], "by its new interval");
}

#[test]
fn edits_that_follow_each_other_do_not_hide_that_no_run_is_completed() {
    let mut world = hanging();
    for edit in 0..15 {
        world.scenario("shop", json!({"title": edit.to_string()}));
        world.advance(10);
    }
    assert_eq!(states(&world), [0, 0, 0, 1]);
}

#[test]
fn many_late_scenarios_are_counted_at_once_and_reported_at_a_bounded_rate() {
    let mut world = World::leading();
    for number in 0..200 {
        world.find(&format!("s{number:03}"), Pass);
        world.scenario(&format!("s{number:03}"), json!({}));
    }
    world.advance(65);
    world.found.clear();
    // All of them become late while nothing can be written.
    world.doubt(1);
    world.advance(300);
    assert_eq!(states(&world)[3], 201);
    let before = world.log.status_writes.len();
    world.lead(1);
    let mut reported = Vec::new();
    for _ in 0..60 {
        world.advance(1);
        reported.push(world.log.status_writes.len() - before);
    }
    // One with the state, one with its Finding.
    assert!(reported[0] <= 2 * 25 && reported[9] <= 2 * (25 + 9 * 5), "{reported:?}");
    let late = world.stored.scenarios.keys().filter(|name| world.status(name).state == Some(WatchState::Late)).count();
    assert_eq!(late, 201, "all are reported in the end: {reported:?}");
}

#[test]
fn a_finding_that_the_api_refuses_is_tried_again_though_no_run_follows() {
    for is_invalid in [true, false] {
        let mut world = hanging();
        world.api = Api::Refusing;
        if is_invalid {
            world.scenario("shop", invalid());
        }
        world.advance(300);
        world.api = Api::Up;
        world.advance(16);
        assert_eq!(phase(&world, "shop"), Some(Open), "{is_invalid}");
    }
}

#[test]
fn nothing_is_reported_as_late_while_nothing_can_be_written() {
    let mut world = hanging();
    world.doubt(1);
    world.advance(300);
    assert_eq!((states(&world), phase(&world, "shop")), ([0, 0, 0, 1], None), "it is counted");
    world.find("shop", Pass);
    world.end_run("shop", Pass);
    world.lead(1);
    world.advance(60);
    assert_eq!((states(&world), phase(&world, "shop"), logged(&world)), ([1, 0, 0, 0], None, vec![]));
}
