//! Checks with more failing keys than may have Findings of their own. The limits of the simulated replica are 5 Findings for each
//! check and 3 new keys an hour.

use super::world::*;
use crate::api::Phase::{self, Open, Resolved};
use crate::domain::fingerprint::finding_name;
use serde_json::json;

const AT_ONCE: fn() -> serde_json::Value = || {
    json!({
        "thresholds": {"fail": 1, "recover": 1},
        "checks": [{"name": "vm", "forEach": "['x']", "expect": "false"}],
    })
};

fn world() -> World {
    let mut world = World::leading();
    world.scenario("shop", AT_ONCE());
    world.advance(1);
    world
}

/// One more run, in which these items of the list fail, and no others are in it.
fn run(world: &mut World, failing: &[&str]) {
    world.find_all("shop", Found::Failing("vm", failing.iter().map(ToString::to_string).collect()));
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
}

/// Keys with a Finding in this phase, without the empty one.
fn keys(world: &World, phase: Phase) -> Vec<String> {
    let of_phase = world.stored.findings.values().filter(|f| f.status.as_ref().and_then(|s| s.phase) == Some(phase));
    let mut keys: Vec<String> = of_phase.map(|f| f.spec.key.clone()).filter(|key| !key.is_empty()).collect();
    keys.sort();
    keys
}

fn surplus(world: &World) -> Option<Phase> {
    world.finding_of("shop", "vm", "").and_then(|status| status.phase)
}

fn message(world: &World) -> String {
    world.finding_of("shop", "vm", "").unwrap().message.unwrap()
}

#[test]
fn more_new_keys_than_an_hour_may_have_are_counted_in_one_finding() {
    let mut world = world();
    run(&mut world, &["a", "b", "c"]);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (3, None));
    run(&mut world, &["a", "b", "c", "d", "e"]);
    assert_eq!(keys(&world, Open), ["a", "b", "c"]);
    let status = world.finding_of("shop", "vm", "").unwrap();
    assert_eq!((status.phase, status.severity.map(|s| s.as_str())), (Some(Open), Some("high")));
    assert!(message(&world).starts_with("vm: 2 failing items have no Finding of their own, for example d, e "));
    assert_eq!(world.log.key_limits.last().map(|(check, _)| check.as_str()), Some("vm"));
    // Once they may be new, they get Findings of their own, with no failure in between.
    world.advance(3600);
    run(&mut world, &["a", "b", "c", "d", "e"]);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (5, Some(Resolved)));
}

#[test]
fn keys_that_are_new_in_each_run_are_said_to_be_evaluated_but_not_confirmed() {
    let mut world = World::leading();
    world.scenario("shop", json!({"checks": AT_ONCE()["checks"]}));
    world.advance(1);
    for i in 0..5 {
        run(&mut world, &[&format!("key-{i}")]);
        let status = world.status("shop");
        let healthy = crate::api::conditions::find(&status.conditions, "Healthy").unwrap();
        assert_eq!((healthy.status.as_str(), healthy.reason.as_str()), ("Unknown", "NotJudgedYet"));
        let message = "evaluated, with failures that are not confirmed by consecutive runs yet: vm";
        assert_eq!(healthy.message, message, "the same in each run, so that it is written once");
    }
    assert!(keys(&world, Open).is_empty());
}

#[test]
fn a_target_that_gives_new_keys_each_time_makes_only_so_many_findings() {
    let mut world = world();
    let mut most = 0;
    for i in 0..600 {
        let failing: Vec<String> = (0..4).map(|j| format!("key-{i}-{j}")).collect();
        run(&mut world, &failing.iter().map(String::as_str).collect::<Vec<_>>());
        most = most.max(keys(&world, Open).len() + keys(&world, Resolved).len());
    }
    assert!(world.seconds() > 5 * 3600, "{}", world.seconds());
    assert_eq!(most, 5);
    assert_eq!(surplus(&world), Some(Open));
    // The oldest made room for newer ones.
    assert!(!keys(&world, Resolved).iter().any(|key| key.starts_with("key-0-")), "{:?}", keys(&world, Resolved));
    let created = world.stored.findings_created - 1;
    let hours = world.seconds() / 3600 + 1;
    assert!(created as u64 <= 3 * hours, "{created} within {hours} hours");
    world.delete_scenario("shop");
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (0, Some(Resolved)));
}

#[test]
fn the_count_ends_when_the_surplus_keys_pass_or_leave_the_list_as_often_as_is_needed() {
    let mut world = World::leading();
    let mut fields = AT_ONCE();
    fields["thresholds"] = json!({"fail": 2, "recover": 2});
    world.scenario("shop", fields);
    world.advance(1);
    run(&mut world, &["a", "b", "c", "d"]);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (0, None));
    run(&mut world, &["a", "b", "c", "d"]);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (3, Some(Open)));
    let passes = |d| {
        let outcomes = [("vm", "a", Fail), ("vm", "b", Fail), ("vm", "c", Fail), ("vm", "d", d)];
        Found::Outcomes(outcomes.into(), vec![("vm", vec!["a", "b", "c", "d"])])
    };
    for (found, expected) in [
        (passes(Pass), Open),
        (passes(Fail), Open),
        (passes(Pass), Open),
        (passes(Unknown), Open),
        (passes(Pass), Open),
        (passes(Pass), Resolved),
        (passes(Fail), Resolved),
        (passes(Fail), Open),
        (Found::Failing("vm", ["a", "b", "c"].map(String::from).into()), Open),
        (Found::Failing("vm", ["a", "b", "c"].map(String::from).into()), Resolved),
    ] {
        world.find_all("shop", found);
        let runs = world.runs_of("shop").len();
        world.until_runs("shop", runs + 1);
        assert_eq!((keys(&world, Open).len(), surplus(&world)), (3, Some(expected)), "run {}", runs + 1);
    }
}

#[test]
fn a_list_that_is_not_read_leaves_the_count_as_it_is() {
    let mut world = world();
    run(&mut world, &["a", "b", "c", "d"]);
    world.find_all("shop", Found::Outcomes(vec![("vm", "", Held)], vec![]));
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 5);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (3, Some(Open)));
}

#[test]
fn a_replica_that_takes_over_counts_the_new_keys_that_it_finds() {
    let mut world = world();
    run(&mut world, &["a", "b"]);
    run(&mut world, &["a", "b", "c", "d"]);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (3, Some(Open)));
    let mut after = world.restarted();
    run(&mut after, &["a", "b", "c", "d", "e"]);
    assert_eq!((keys(&after, Open).len(), surplus(&after)), (3, Some(Open)));
    assert_eq!(after.finding_of("shop", "vm", "").unwrap().transitions.len(), 1, "it stayed open");
    run(&mut after, &["a"]);
    assert_eq!((keys(&after, Open), surplus(&after)), (vec!["a".to_string()], Some(Resolved)));
}

#[test]
fn keys_of_an_outage_count_as_new_though_they_are_not_written() {
    let mut world = world();
    world.api = Api::Down;
    for i in 0..20 {
        let failing: Vec<String> = (0..4).map(|j| format!("key-{i}-{j}")).collect();
        run(&mut world, &failing.iter().map(String::as_str).collect::<Vec<_>>());
    }
    world.api = Api::Up;
    world.advance(60);
    assert_eq!(keys(&world, Open).len() + keys(&world, Resolved).len(), 3);
    assert_eq!(surplus(&world), Some(Open));
}

#[test]
fn the_count_that_was_closed_by_hand_opens_again_after_as_many_fails() {
    let mut world = World::leading();
    let mut fields = AT_ONCE();
    fields["thresholds"] = json!({"fail": 2, "recover": 1});
    world.scenario("shop", fields);
    world.advance(1);
    let all = ["a", "b", "c", "d"];
    run(&mut world, &all);
    run(&mut world, &all);
    assert_eq!(surplus(&world), Some(Open));
    world.delete_finding_of("shop", "vm", "");
    run(&mut world, &all);
    assert_eq!(surplus(&world), None);
    run(&mut world, &all);
    assert_eq!(surplus(&world), Some(Open));
}

#[test]
fn the_finding_of_a_check_that_gets_a_list_is_resolved_and_a_count_stays_open_when_it_is_edited() {
    let mut world = World::leading();
    world.scenario(
        "shop",
        json!({"thresholds": {"fail": 1, "recover": 1}, "checks": [{"name": "vm", "expect": "false"}]}),
    );
    world.find_all("shop", Found::Outcomes(vec![("vm", "", Fail)], vec![]));
    world.advance(2);
    assert_eq!(surplus(&world), Some(Open));
    world.hang("shop");
    world.scenario("shop", AT_ONCE());
    let reason = |world: &World| world.finding_of("shop", "vm", "").unwrap().transitions.last().unwrap().reason.clone();
    assert_eq!((surplus(&world), reason(&world).as_str()), (Some(Resolved), "CheckRemoved"));
    world.advance(2);
    world.end_run("shop", Pass);
    run(&mut world, &["a", "b", "c", "d"]);
    assert_eq!(surplus(&world), Some(Open));
    let mut fields = AT_ONCE();
    fields["title"] = json!("Another");
    world.hang("shop");
    world.scenario("shop", fields);
    assert_eq!(surplus(&world), Some(Open), "the check has a list as before");
}

#[test]
fn a_finding_that_is_removed_after_its_resolution_loses_nothing_that_is_pending() {
    let mut world = world();
    run(&mut world, &["a"]);
    run(&mut world, &[]);
    assert_eq!(keys(&world, Resolved), ["a"]);
    world.api = Api::Down;
    run(&mut world, &["a"]);
    let at = *world.runs_of("shop").last().unwrap();
    world.delete_finding_of("shop", "vm", "a");
    world.api = Api::Up;
    world.advance(60);
    let status = world.finding_of("shop", "vm", "a").unwrap();
    assert_eq!((status.phase, status.opened_at.map(|t| t.0)), (Some(Open), Some(World::at(at))));
}

#[test]
fn a_deletion_that_is_older_than_the_finding_does_not_close_it() {
    let mut world = world();
    run(&mut world, &["a"]);
    run(&mut world, &[]);
    let name = finding_name("shop", "vm", "a");
    let deleted = world.stored.findings.remove(&name).unwrap();
    run(&mut world, &["a"]);
    assert_eq!(keys(&world, Open), ["a"]);
    world.find_all("shop", Found::Outcomes(vec![("vm", "a", Unknown)], vec![("vm", vec!["a"])]));
    world.finding_deleted(&deleted);
    world.advance(120);
    run(&mut world, &[]);
    assert_eq!(keys(&world, Resolved), ["a"], "it is known to be open");
}

#[test]
fn a_key_whose_finding_was_removed_counts_as_new_all_the_same() {
    let mut world = world();
    run(&mut world, &["a", "b", "c"]);
    run(&mut world, &[]);
    for key in ["a", "b", "c"] {
        world.delete_finding_of("shop", "vm", key);
    }
    run(&mut world, &["d", "a"]);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (0, Some(Open)));
    world.advance(3600);
    assert_eq!((keys(&world, Open).len(), surplus(&world)), (2, Some(Resolved)));
}
