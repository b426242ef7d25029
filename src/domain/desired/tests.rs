use super::super::fixtures::*;
use super::*;
use crate::api::FindingRunbook;
use crate::domain::reading::{ErrorKind, Reading};
use crate::domain::redact::Redactor;
use crate::domain::streak::Thresholds;
use serde_json::json;

const TWO: Thresholds = Thresholds { fail: 2, recover: 2 };

/// A Scenario that runs, as its controller does.
struct Run {
    scenario: ValidatedScenario,
    streaks: Streaks,
    last_good: LastGood,
    open: BTreeSet<CheckKey>,
}

impl Run {
    fn new(checks: serde_json::Value) -> Run {
        let scenario = scenario(json!({"title": "Loja", "probes": [http("api", "a")], "checks": checks}));
        Run { scenario, streaks: Streaks::default(), last_good: LastGood::default(), open: BTreeSet::new() }
    }

    /// One run over this reading, its plan carried out.
    fn see(&mut self, reading: Reading) -> DesiredFindings {
        self.see_with(reading, "a,b")
    }

    fn see_with(&mut self, reading: Reading, ids: &str) -> DesiredFindings {
        let snapshot = RunSnapshot::take(
            [(&"api".into(), &reading)],
            Vec::new,
            &Redactor::default(),
            "2026-11-23T12:00:00Z".parse().unwrap(),
            Language::English,
        );
        let outcomes = outcomes_with(&self.scenario, vec![reading], &[("IDS", ids)], &Redactor::default());
        self.streaks.observe(&outcomes, TWO);
        let scenario = &self.scenario;
        let limits = KeyLimits { findings_per_check: 200, new_keys_per_hour: 100 };
        let surplus = SurplusKeys { limits, by_check: BTreeMap::new() };
        let record =
            RunRecord { outcomes: &outcomes, snapshot: &snapshot, last_good: &self.last_good, surplus: &surplus };
        let desired = desired_findings(scenario, &self.streaks, &record, &self.open, Language::English);
        record_last_good(&mut self.last_good, &outcomes, &snapshot);
        for (at, desired) in &desired {
            match desired {
                Desired::Open(_) => self.open.insert(at.clone()),
                Desired::Resolved(_) => self.open.remove(at),
            };
        }
        desired
    }
}

fn at(check: &str, key: &str) -> CheckKey {
    (check.to_string(), key.to_string())
}

fn failure<'p>(desired: &'p DesiredFindings, check: &str, key: &str) -> &'p Failure {
    match desired.get(&at(check, key)) {
        Some(Desired::Open(failure)) => failure,
        other => panic!("{check} {key}: {other:?} in {desired:?}"),
    }
}

fn up() -> Reading {
    read(json!({"status": 200}))
}

fn down() -> Reading {
    failed(ErrorKind::Refused)
}

#[test]
fn consecutive_fails_open_and_consecutive_passes_resolve() {
    let mut run = Run::new(json!([]));
    assert!(run.see(down()).is_empty());
    assert!(run.see(up()).is_empty());
    assert!(run.see(down()).is_empty());
    assert_eq!(failure(&run.see(down()), "api", "").title, "Loja");
    assert!(run.see(up()).is_empty(), "one pass resolves nothing");
    assert_eq!(run.see(up()), DesiredFindings::from([(at("api", ""), Desired::Resolved(ResolveReason::Recovered))]));
    assert!(run.see(up()).is_empty(), "what is not open is not resolved again");
}

#[test]
fn while_it_fails_the_finding_is_kept_up_to_date() {
    let mut run =
        Run::new(json!([{"name": "cpu", "expect": "probes.api.status < 90", "message": "string(probes.api.status)"}]));
    run.see(read(json!({"status": 95})));
    assert_eq!(failure(&run.see(read(json!({"status": 96}))), "cpu", "").message, "96");
    assert_eq!(failure(&run.see(read(json!({"status": 97}))), "cpu", "").message, "97");
}

#[test]
fn held_neither_opens_nor_resolves() {
    let mut run = Run::new(json!([{"name": "status", "expect": "probes.api.status == 200"}]));
    let wrong = || read(json!({"status": 500}));
    run.see(wrong());
    failure(&run.see(wrong()), "status", "");
    for _ in 0..5 {
        let desired = run.see(down());
        assert!(!desired.contains_key(&at("status", "")), "{desired:?}");
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
    let desired = run.see(up());
    assert_eq!(desired.len(), 1);
    let blind = failure(&desired, BLIND, "");
    assert_eq!(blind.severity, crate::api::Severity::High, "the Scenario's");
    assert_eq!(blind.title, "Loja: blind");
    assert!(blind.message.contains("a: no such key: json; b: no such key: json"), "{}", blind.message);
    assert_eq!(blind.evidence.failing.as_ref().unwrap().readings[0].probe, "api");
    let all = || read(json!({"json": {"a": 1, "b": 1}}));
    assert_eq!(run.see(all()), DesiredFindings::from([(at(BLIND, ""), Desired::Resolved(ResolveReason::Recovered))]));
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
    let desired = run.see(up());
    assert_eq!(desired.keys().cloned().collect::<Vec<_>>(), [at("vm", "a"), at("vm", "b")]);
    let desired = run.see_with(up(), "b");
    assert!(!desired.contains_key(&at("vm", "a")), "leaving counts as one pass");
    let desired = run.see_with(up(), "b");
    assert_eq!(desired[&at("vm", "a")], Desired::Resolved(ResolveReason::ItemRemoved), "it may still fail");
    failure(&desired, "vm", "b");
}

#[test]
fn evidence_shows_the_last_run_in_which_the_check_passed() {
    let mut run = Run::new(json!([{"name": "cpu", "expect": "probes.api.status < 90"}]));
    run.see(read(json!({"status": 5})));
    run.see(read(json!({"status": 95})));
    let desired = run.see(read(json!({"status": 96})));
    let evidence = &failure(&desired, "cpu", "").evidence;
    assert!(evidence.failing.as_ref().unwrap().readings[0].reading.contains("96"));
    assert!(evidence.last_good.as_ref().unwrap().readings[0].reading.contains("status: 5"));
}

#[test]
fn a_check_that_never_passed_has_no_last_good_reading() {
    let mut run = Run::new(json!([]));
    run.see(down());
    assert_eq!(failure(&run.see(down()), "api", "").evidence.last_good, None);
}

#[test]
fn last_good_readings_of_items_that_left_are_forgotten() {
    let mut run = Run::new(json!([{"name": "vm", "forEach": "env.IDS.split(',')", "expect": "true"}]));
    run.see(up());
    assert!(run.last_good.get("vm", "a").is_some());
    run.see_with(up(), "b");
    assert!(run.last_good.get("vm", "a").is_none() && run.last_good.get("vm", "b").is_some());
    run.see(down());
    assert!(run.last_good.get("vm", "b").is_some(), "a list that was not read takes nothing away");
}

#[test]
fn a_removed_check_or_scenario_resolves_its_findings_with_that_reason() {
    let mut run =
        Run::new(json!([{"name": "cpu", "expect": "true"}, {"name": "vm", "forEach": "['a']", "expect": "true"}]));
    let known: BTreeSet<_> = ["api", "cpu", "gone", BLIND]
        .map(|c| at(c, ""))
        .into_iter()
        .chain([at("vm", "a"), at("cpu", "a"), at("vm", "")])
        .collect();
    let gone: BTreeSet<_> = [at("gone", ""), at("cpu", "a"), at("vm", "")].into();
    let edited = desired_after_edit(&run.scenario, &run.streaks, &known);
    assert_eq!(edited.keys().cloned().collect::<BTreeSet<_>>(), gone);
    assert!(edited.values().all(|d| *d == Desired::Resolved(ResolveReason::CheckRemoved)));
    let removed = desired_after_removal(&known);
    assert_eq!(removed.len(), known.len());
    assert!(removed.values().all(|d| *d == Desired::Resolved(ResolveReason::ScenarioRemoved)));
    run.open = known;
    let desired = run.see(up());
    assert_eq!(desired[&at("gone", "")], Desired::Resolved(ResolveReason::CheckRemoved));
}

#[test]
fn after_a_restart_an_open_finding_stays_open_until_it_recovers() {
    let mut run = Run::new(json!([]));
    run.open = [at("api", "")].into();
    run.streaks = Streaks::restore([("api", "")]);
    failure(&run.see(down()), "api", "");
    run.see(up());
    assert_eq!(run.see(up())[&at("api", "")], Desired::Resolved(ResolveReason::Recovered));
}

#[test]
fn each_reason_why_something_is_unknown_is_told_once() {
    let checks = json!([
        {"name": "a", "given": "has(probes.api.json)", "expect": "true"},
        {"name": "vm", "forEach": "['x', 'y']", "expect": "probes.api.json"},
    ]);
    let scenario = scenario(json!({"probes": [http("api", "a")], "checks": checks}));
    let reasons = unknown_reasons(&outcomes(&scenario, vec![up()])).unwrap();
    assert_eq!(reasons, "a: the condition of `given` is not met; vm: no such key: json");
    assert_eq!(unknown_reasons(&outcomes(&scenario, vec![down()])), None, "held is no unknown");
}

#[test]
fn every_failure_has_the_runbook_of_its_scenario() {
    let mut run = Run::new(json!([{"name": "a", "expect": "probes.api.json.a == 1"}]));
    let runbook = FindingRunbook { spec: "loja".into(), section: None, url: Some("https://git.test/loja.md".into()) };
    run.scenario.runbook = Some(runbook.clone());
    run.see(up());
    assert_eq!(failure(&run.see(up()), BLIND, "").runbook, Some(runbook.clone()));
    run.see(down());
    assert_eq!(failure(&run.see(down()), "api", "").runbook, Some(runbook));
}
