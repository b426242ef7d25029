use super::world::*;
use crate::api::Phase::{Open, Resolved};
use serde_json::json;

/// All that the world needs before it leads: two Scenarios, nothing listed.
fn following() -> World {
    let mut world = World::new();
    world.agent("pulso", false);
    for name in ["shop", "bank"] {
        world.find(name, Pass);
        world.scenario(name, json!({}));
    }
    world
}

#[test]
fn a_replica_that_follows_reads_no_target_and_writes_nothing() {
    let mut world = following();
    world.list();
    world.advance(600);
    assert!(world.log.runs.is_empty() && world.log.finding_writes.is_empty() && world.log.status_writes.is_empty());
}

#[test]
fn nothing_runs_before_all_kinds_are_listed() {
    for missing in 0..3 {
        let mut world = following();
        world.lead(1);
        let lists: [fn(&mut World); 3] = [World::list_scenarios, World::list_findings, World::list_agents];
        for (_, list) in lists.iter().enumerate().filter(|(kind, _)| *kind != missing) {
            list(&mut world);
        }
        world.advance(600);
        assert!(world.log.runs.is_empty() && world.log.status_writes.is_empty(), "kind {missing} is not listed");
        lists[missing](&mut world);
        world.advance(1);
        assert_eq!(world.log.runs.len(), 2, "kind {missing} is listed now");
    }
}

#[test]
fn the_first_pass_begins_soon_and_each_scenario_then_has_its_own_place_in_the_interval() {
    let mut world = World::new();
    let names: Vec<String> = (0..50).map(|i| format!("s{i}")).collect();
    for name in &names {
        world.find(name, Pass);
        world.scenario(name, json!({}));
    }
    world.list();
    world.lead(1);
    assert!(world.log.runs.is_empty(), "they do not all begin in the same instant");
    world.advance(0);
    assert!(world.log.runs.len() < 10, "{} at once", world.log.runs.len());
    world.advance(1);
    assert_eq!(world.log.runs.len(), 50);
    world.advance(60);
    let seconds: std::collections::BTreeSet<u64> = names.iter().map(|name| world.runs_of(name)[1]).collect();
    assert!(seconds.len() > 20, "second runs are spread: {seconds:?}");
    world.advance(60);
    for name in &names {
        let runs = world.runs_of(name);
        assert!(runs.len() < 3 || runs[2] - runs[1] == 60, "{name}: {runs:?}");
    }
}

#[test]
fn when_leadership_is_lost_runs_are_cancelled_and_nothing_is_scheduled() {
    let mut world = World::leading();
    world.advance(1);
    assert!(world.log.next.contains_key("shop"));
    world.follow();
    assert_eq!((world.log.cancelled, world.log.next.len()), (1, 0));
    let runs = world.log.runs.len();
    world.advance(600);
    assert_eq!(world.log.runs.len(), runs);
}

#[test]
fn the_result_of_a_run_of_an_earlier_term_does_not_count() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1}}));
    world.advance(1);
    world.hang("shop");
    world.until_runs("shop", 2);
    world.follow();
    world.lead(2);
    world.advance(1);
    world.end_run("shop", Fail);
    assert_eq!(world.phases("shop"), []);
    world.end_run("shop", Fail);
    assert_eq!(world.phases("shop"), [Open], "the run of this term counts");
}

#[test]
fn a_new_term_keeps_open_findings_open_until_they_recover() {
    let mut world = World::leading();
    world.find("shop", Fail);
    world.until_runs("shop", 4);
    assert_eq!(world.phases("shop"), [Open]);
    world.follow();
    world.lead(2);
    world.advance(1);
    assert_eq!(world.phases("shop"), [Open], "not opened again");
    world.find("shop", Pass);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    assert_eq!(world.phases("shop"), [Open], "one pass resolves nothing");
    world.until_runs("shop", runs + 2);
    assert_eq!(world.phases("shop"), [Open, Resolved]);
}

#[test]
fn a_streak_does_not_continue_across_terms() {
    let mut world = World::leading();
    world.advance(1);
    world.find("shop", Fail);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 1);
    world.follow();
    world.lead(2);
    world.until_runs("shop", runs + 2);
    assert_eq!(world.phases("shop"), [], "one fail in each term");
}

#[test]
fn a_leader_in_doubt_reads_targets_and_writes_nothing() {
    let mut world = World::leading();
    world.advance(1);
    world.doubt(1);
    world.find("shop", Fail);
    let (runs, writes) = (world.log.runs.len(), world.log.finding_writes.len() + world.log.status_writes.len());
    world.advance(300);
    assert!(world.log.runs.len() >= runs + 5);
    assert_eq!(world.log.finding_writes.len() + world.log.status_writes.len(), writes);
}

#[test]
fn what_a_leader_in_doubt_found_is_written_with_its_times_once_the_fence_opens() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1, "recover": 1}, "interval": "10s"}));
    world.advance(1);
    world.doubt(1);
    let mut expected = Vec::new();
    for (phase, outcome) in [(Open, Fail), (Resolved, Pass), (Open, Fail)] {
        world.find("shop", outcome);
        let runs = world.runs_of("shop").len();
        world.until_runs("shop", runs + 1);
        expected.push((phase, *world.runs_of("shop").last().unwrap()));
    }
    world.hang("shop");
    world.advance(100);
    world.lead(1);
    assert_eq!(world.transitions("shop"), expected);
    assert_eq!(world.status("shop").open_findings, Some(1));
}

#[test]
fn what_was_not_written_in_one_term_is_left_to_the_next() {
    let mut world = World::leading();
    world.scenario("shop", json!({"thresholds": {"fail": 1, "recover": 1}}));
    world.advance(1);
    world.doubt(1);
    world.find("shop", Fail);
    world.advance(120);
    world.follow();
    world.find("shop", Pass);
    world.lead(2);
    world.advance(120);
    assert_eq!(world.phases("shop"), [], "the next term found it passing");
}

#[test]
fn a_change_of_term_without_a_gap_begins_anew() {
    let mut world = World::leading();
    world.advance(1);
    world.hang("shop");
    world.until_runs("shop", 2);
    world.lead(2);
    assert_eq!(world.log.cancelled, 1);
    world.find("shop", Pass);
    let runs = world.runs_of("shop").len();
    world.advance(1);
    assert_eq!(world.runs_of("shop").len(), runs + 1, "the first pass of the new term");
}

#[test]
fn an_edit_seen_while_following_is_used_when_this_replica_leads() {
    let mut world = following();
    world.list();
    world.scenario("shop", json!({"suspend": true}));
    world.scenario("bank", json!({"interval": "5s"}));
    world.lead(1);
    world.advance(60);
    assert_eq!(world.runs_of("shop").len(), 0);
    assert!(world.runs_of("bank").len() >= 10);
}

#[test]
fn nothing_begins_once_the_process_stops() {
    let mut world = World::leading();
    world.advance(1);
    world.on(super::super::Event::Stopping);
    let runs = world.log.runs.len();
    world.request("shop", Some("2027-01-15T08:00:01Z"));
    world.advance(300);
    assert_eq!(world.log.runs.len(), runs);
    world.lead(2);
    world.list();
    world.advance(300);
    assert_eq!(world.log.runs.len(), runs);
}

#[test]
fn the_write_under_way_when_the_process_stops_is_still_processed() {
    let mut world = World::leading();
    world.advance(1);
    world.api = Api::Held;
    world.find("shop", Fail);
    let runs = world.runs_of("shop").len();
    world.until_runs("shop", runs + 2);
    world.on(super::super::Event::Stopping);
    assert!(world.state.is_writing());
    world.release();
    assert!(!world.state.is_writing());
    assert_eq!(world.phases("shop"), [Open]);
    assert_eq!(world.status("shop").open_findings, Some(1), "and its status is written");
}

#[test]
fn the_first_run_knows_whether_the_targets_answered_before() {
    let judged = |health: &str, generation: i64| {
        let passing = json!({"type": "Healthy", "status": "True", "reason": "AllChecksPass", "message": "1 check passes",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let conditions = if health == "unknown" { json!([]) } else { json!([passing]) };
        json!({"health": health, "observedGeneration": generation, "conditions": conditions})
    };
    for (status, open_check, answered) in [
        (json!(null), None, false),
        (judged("healthy", 1), None, true),
        (judged("failing", 1), Some("status"), true),
        (judged("failing", 1), Some("web"), false),
        (judged("unknown", 1), None, false),
        (judged("healthy", 0), None, false),
    ] {
        let mut world = World::new();
        world.scenario("shop", json!({}));
        let mut stored = world.stored.scenarios["shop"].clone();
        stored.status = serde_json::from_value(status.clone()).unwrap();
        world.store_scenario(stored);
        if let Some(check) = open_check {
            world.finding("shop", check, Open);
        }
        world.list();
        world.lead(1);
        world.until_runs("shop", 1);
        assert_eq!(world.running[0].answered_before, answered, "{status} with {open_check:?}");
        world.end_run("shop", Pass);
        world.until_runs("shop", 2);
        assert!(!world.running[0].answered_before, "the process has read them itself");
    }
}
