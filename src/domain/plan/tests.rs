use super::super::fixtures::*;
use super::*;
use crate::domain::reading::{ErrorKind, Reading};
use crate::domain::redact::Redactor;
use crate::domain::tracker::Counting;
use serde_json::json;

const TWO: Counting = Counting { fail: 2, recover: 2 };

/// A Scenario that runs, as its controller does.
struct Run {
    scenario: ValidatedScenario,
    tracker: Tracker,
    last_good: LastGood,
    open: BTreeSet<CheckKey>,
}

impl Run {
    fn new(checks: serde_json::Value) -> Run {
        let scenario = scenario(json!({"title": "Loja", "probes": [http("api", "a")], "checks": checks}));
        Run { scenario, tracker: Tracker::default(), last_good: LastGood::new(), open: BTreeSet::new() }
    }

    /// One run over this reading, its plan carried out.
    fn see(&mut self, reading: Reading) -> Plan {
        self.see_with(reading, "a,b")
    }

    fn see_with(&mut self, reading: Reading, ids: &str) -> Plan {
        let snapshot =
            RunSnapshot::take([("api", &reading)], &Redactor::default(), "2026-11-23T12:00:00Z".parse().unwrap());
        let outcomes = outcomes_with(&self.scenario, vec![reading], &[("IDS", ids)], &Redactor::default());
        self.tracker.observe(&outcomes, TWO);
        let scenario = &self.scenario;
        let plan = plan(scenario, &self.tracker, &outcomes, &snapshot, &self.last_good, &self.open, Language::English);
        note_good(&mut self.last_good, &outcomes, &snapshot);
        for (at, desired) in &plan {
            match desired {
                Desired::Broken(_) => self.open.insert(at.clone()),
                Desired::Whole(_) => self.open.remove(at),
            };
        }
        plan
    }
}

fn at(check: &str, key: &str) -> CheckKey {
    (check.to_string(), key.to_string())
}

fn fault<'p>(plan: &'p Plan, check: &str, key: &str) -> &'p Fault {
    match plan.get(&at(check, key)) {
        Some(Desired::Broken(fault)) => fault,
        other => panic!("{check} {key}: {other:?} in {plan:?}"),
    }
}

fn up() -> Reading {
    read(json!({"status": 200}))
}

fn down() -> Reading {
    failed(ErrorKind::Refused)
}

#[test]
fn two_fails_in_a_row_open_and_two_passes_in_a_row_resolve() {
    let mut run = Run::new(json!([]));
    assert!(run.see(down()).is_empty());
    assert!(run.see(up()).is_empty());
    assert!(run.see(down()).is_empty());
    assert_eq!(fault(&run.see(down()), "api", "").title, "Loja");
    assert!(run.see(up()).is_empty(), "one pass resolves nothing");
    assert_eq!(run.see(up()), Plan::from([(at("api", ""), Desired::Whole(ResolveReason::Recovered))]));
    assert!(run.see(up()).is_empty(), "what is not open is not resolved again");
}

#[test]
fn while_it_fails_the_finding_is_kept_up_to_date() {
    let mut run =
        Run::new(json!([{"name": "cpu", "expect": "probes.api.cpu < 90", "message": "string(probes.api.cpu)"}]));
    run.see(read(json!({"cpu": 95})));
    assert_eq!(fault(&run.see(read(json!({"cpu": 96}))), "cpu", "").message, "96");
    assert_eq!(fault(&run.see(read(json!({"cpu": 97}))), "cpu", "").message, "97");
}

#[test]
fn held_neither_opens_nor_resolves() {
    let mut run = Run::new(json!([{"name": "status", "expect": "probes.api.status == 200"}]));
    let wrong = || read(json!({"status": 500}));
    run.see(wrong());
    fault(&run.see(wrong()), "status", "");
    for _ in 0..5 {
        let plan = run.see(down());
        assert!(!plan.contains_key(&at("status", "")), "{plan:?}");
    }
    assert!(run.open.contains(&at("status", "")) && run.open.contains(&at("api", "")));
}

#[test]
fn unknowns_in_a_row_open_one_finding_blind_and_none_of_the_target() {
    let checks = json!([
        {"name": "a", "severity": "critical", "expect": "probes.api.json.a == 1"},
        {"name": "b", "expect": "probes.api.json.b == 1"},
    ]);
    let mut run = Run::new(checks);
    assert!(run.see(up()).is_empty());
    let plan = run.see(up());
    assert_eq!(plan.len(), 1);
    let blind = fault(&plan, BLIND, "");
    assert_eq!(blind.severity, crate::api::Severity::High, "the Scenario's");
    assert_eq!(blind.title, "Loja: blind");
    assert!(blind.message.contains("a: no such key: json; b: no such key: json"), "{}", blind.message);
    assert_eq!(blind.evidence.failing.as_ref().unwrap().readings[0].probe, "api");
    let all = || read(json!({"json": {"a": 1, "b": 1}}));
    assert_eq!(run.see(all()), Plan::from([(at(BLIND, ""), Desired::Whole(ResolveReason::Recovered))]));
}

#[test]
fn blind_stays_while_something_can_not_be_judged() {
    let mut run = Run::new(json!([{"name": "a", "expect": "probes.api.json.a == 1"}]));
    run.see(up());
    run.see(up());
    assert!(!run.see(down()).contains_key(&at(BLIND, "")), "a check that is held was not judged");
    assert!(run.open.contains(&at(BLIND, "")));
}

#[test]
fn items_have_findings_of_their_own_and_one_that_left_the_list_is_resolved() {
    let mut run = Run::new(json!([{"name": "vm", "forEach": "env.IDS.split(',')", "expect": "false"}]));
    run.see(up());
    let plan = run.see(up());
    assert_eq!(plan.keys().cloned().collect::<Vec<_>>(), [at("vm", "a"), at("vm", "b")]);
    let plan = run.see_with(up(), "b");
    assert!(!plan.contains_key(&at("vm", "a")), "leaving counts as one pass");
    let plan = run.see_with(up(), "b");
    assert_eq!(plan[&at("vm", "a")], Desired::Whole(ResolveReason::Recovered));
    fault(&plan, "vm", "b");
}

#[test]
fn evidence_shows_the_last_run_in_which_the_check_was_well() {
    let mut run = Run::new(json!([{"name": "cpu", "expect": "probes.api.cpu < 90"}]));
    run.see(read(json!({"cpu": 5})));
    run.see(read(json!({"cpu": 95})));
    let plan = run.see(read(json!({"cpu": 96})));
    let evidence = &fault(&plan, "cpu", "").evidence;
    assert!(evidence.failing.as_ref().unwrap().readings[0].reading.contains("96"));
    assert!(evidence.last_good.as_ref().unwrap().readings[0].reading.contains("cpu: 5"));
}

#[test]
fn what_was_never_well_has_no_last_good_reading() {
    let mut run = Run::new(json!([]));
    run.see(down());
    assert_eq!(fault(&run.see(down()), "api", "").evidence.last_good, None);
}

#[test]
fn last_good_readings_of_items_that_left_are_forgotten() {
    let mut run = Run::new(json!([{"name": "vm", "forEach": "env.IDS.split(',')", "expect": "true"}]));
    run.see(up());
    assert!(run.last_good.contains_key(&at("vm", "a")));
    run.see_with(up(), "b");
    assert!(!run.last_good.contains_key(&at("vm", "a")) && run.last_good.contains_key(&at("vm", "b")));
    run.see(down());
    assert!(run.last_good.contains_key(&at("vm", "b")), "a list that was not read takes nothing away");
}

#[test]
fn a_check_or_a_scenario_that_goes_away_resolves_its_findings_with_that_reason() {
    let mut run =
        Run::new(json!([{"name": "cpu", "expect": "true"}, {"name": "vm", "forEach": "['a']", "expect": "true"}]));
    let known: BTreeSet<_> = ["api", "cpu", "gone", BLIND]
        .map(|c| at(c, ""))
        .into_iter()
        .chain([at("vm", "a"), at("cpu", "a"), at("vm", "")])
        .collect();
    let gone: BTreeSet<_> = [at("gone", ""), at("cpu", "a"), at("vm", "")].into();
    let edited = plan_edited(&run.scenario, &known);
    assert_eq!(edited.keys().cloned().collect::<BTreeSet<_>>(), gone);
    assert!(edited.values().all(|d| *d == Desired::Whole(ResolveReason::CheckRemoved)));
    let removed = plan_removed(&known);
    assert_eq!(removed.len(), known.len());
    assert!(removed.values().all(|d| *d == Desired::Whole(ResolveReason::ScenarioRemoved)));
    run.open = known;
    let plan = run.see(up());
    assert_eq!(plan[&at("gone", "")], Desired::Whole(ResolveReason::CheckRemoved));
}

#[test]
fn after_a_restart_what_is_open_stays_open_until_it_is_whole() {
    let mut run = Run::new(json!([]));
    run.open = [at("api", "")].into();
    run.tracker = Tracker::restore([("api", "")]);
    fault(&run.see(down()), "api", "");
    run.see(up());
    assert_eq!(run.see(up())[&at("api", "")], Desired::Whole(ResolveReason::Recovered));
}

#[test]
fn each_reason_why_something_is_unknown_is_told_once() {
    let checks = json!([
        {"name": "a", "given": "has(probes.api.json)", "expect": "true"},
        {"name": "vm", "forEach": "['x', 'y']", "expect": "probes.api.nope"},
    ]);
    let scenario = scenario(json!({"probes": [http("api", "a")], "checks": checks}));
    let reasons = unknown_reasons(&outcomes(&scenario, vec![up()])).unwrap();
    assert_eq!(reasons, "a: the readings allow no judgement; vm: no such key: nope");
    assert_eq!(unknown_reasons(&outcomes(&scenario, vec![down()])), None, "held is no unknown");
}
