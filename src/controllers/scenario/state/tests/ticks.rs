use super::world::*;
use serde_json::json;

/// Three Scenarios, of which `shop` is due within a second.
fn three() -> World {
    let mut world = World::new();
    world.agent("pulso", false);
    for name in ["bank", "post", "shop"] {
        world.find(name, Pass);
        world.scenario(name, json!({"interval": if name == "shop" { "10s" } else { "1h" }}));
    }
    world.list();
    world.lead(1);
    world.advance(5);
    world.until_almost_due("shop");
    world
}

fn report(world: &World, id: u64) -> (usize, usize, Vec<String>) {
    let report = world.log.ticks[&id].as_ref().expect("an answer");
    (report.due, report.ran, report.results.iter().map(|r| r.scenario.clone()).collect())
}

#[test]
fn a_tick_runs_what_is_due_within_a_second() {
    let mut world = three();
    let runs = world.log.runs.len();
    world.tick(1, false);
    world.advance(0);
    assert_eq!(world.log.runs[runs..].iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["shop"]);
    assert_eq!(report(&world, 1), (1, 1, vec!["shop".to_string()]));
}

#[test]
fn a_forced_tick_runs_everything_that_can_run() {
    let mut world = three();
    world.scenario("post", json!({"suspend": true}));
    world.tick(1, true);
    world.advance(0);
    let (due, ran, mut names) = report(&world, 1);
    names.sort();
    assert_eq!((due, ran, names), (2, 2, vec!["bank".to_string(), "shop".to_string()]));
}

#[test]
fn a_tick_is_answered_when_all_its_runs_are_written() {
    let mut world = three();
    world.scenario("shop", json!({"thresholds": {"fail": 1}}));
    world.advance(1);
    world.api = Api::Held;
    world.find("shop", Fail);
    world.tick(1, true);
    world.doubt(1);
    world.lead(1);
    assert!(!world.log.ticks.contains_key(&1), "its runs have not begun");
    world.advance(0);
    assert!(!world.log.ticks.contains_key(&1));
    world.release();
    let results = &world.log.ticks[&1].as_ref().unwrap().results;
    let shop = results.iter().find(|result| result.scenario == "shop").unwrap();
    assert_eq!((shop.opened.len(), shop.health), (1, Some(crate::api::Health::Failing)));
}

#[test]
fn a_tick_waits_for_the_run_under_way() {
    let mut world = three();
    world.hang("shop");
    world.advance(1);
    assert!(world.is_running("shop"));
    world.tick(1, false);
    world.advance(0);
    world.doubt(1);
    world.lead(1);
    assert!(!world.log.ticks.contains_key(&1), "though nothing is left to be written");
    world.end_run("shop", Pass);
    assert_eq!(report(&world, 1).1, 1);
}

#[test]
fn a_tick_with_nothing_due_is_answered_at_once() {
    let mut world = World::leading();
    world.advance(1);
    world.scenario("shop", json!({"suspend": true}));
    world.tick(1, true);
    assert_eq!(report(&world, 1), (0, 0, vec![]));
}

#[test]
fn a_tick_is_refused_where_this_replica_does_not_lead() {
    let mut world = three();
    world.doubt(1);
    world.tick(1, true);
    world.follow();
    world.tick(2, true);
    assert_eq!((&world.log.ticks[&1], &world.log.ticks[&2]), (&None, &None));
}

#[test]
fn a_tick_that_waits_is_refused_when_leadership_is_lost() {
    let mut world = three();
    world.hang("shop");
    world.tick(1, true);
    world.advance(0);
    world.follow();
    assert_eq!(world.log.ticks[&1], None);
}

#[test]
fn more_than_sixteen_ticks_at_once_are_refused_until_one_is_abandoned() {
    let mut world = three();
    for name in ["bank", "post", "shop"] {
        world.hang(name);
    }
    for id in 1..=17 {
        world.tick(id, true);
    }
    assert_eq!(world.log.ticks.keys().copied().collect::<Vec<_>>(), [17]);
    world.on(super::super::Event::TickAbandoned { id: super::super::TickId(3) });
    world.tick(18, true);
    assert!(!world.log.ticks.contains_key(&18), "it waits");
}

#[test]
fn a_tick_does_not_wait_for_a_scenario_that_is_deleted_or_suspended_meanwhile() {
    let mut world = three();
    for name in ["bank", "post", "shop"] {
        world.hang(name);
    }
    world.tick(1, true);
    world.advance(0);
    world.end_run("bank", Pass);
    world.delete_scenario("post");
    assert!(!world.log.ticks.contains_key(&1));
    world.scenario("shop", json!({"suspend": true}));
    assert_eq!(report(&world, 1), (3, 1, vec!["bank".to_string()]));
}

#[test]
fn a_tick_is_answered_though_the_scenario_is_always_overdue() {
    let mut world = three();
    world.scenario("shop", json!({"interval": "1s"}));
    world.hang("shop");
    world.advance(2);
    world.tick(1, false);
    world.advance(5);
    world.end_run("shop", Pass);
    assert_eq!(report(&world, 1).1, 1);
}

#[test]
fn a_tick_is_not_answered_by_a_run_that_ended_before_it() {
    let mut world = World::leading();
    world.advance(30);
    world.hang("shop");
    world.tick(1, true);
    world.touch("shop");
    world.finding("shop", "status", crate::api::Phase::Open);
    world.on(super::super::Event::Timer);
    assert!(!world.log.ticks.contains_key(&1));
    world.end_run("shop", Pass);
    assert_eq!(report(&world, 1).1, 1);
}
