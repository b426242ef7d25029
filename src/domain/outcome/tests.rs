use super::super::fixtures::*;
use crate::api::CheckOutcome::{self, Fail, Held, Pass, Unknown};
use crate::api::Severity;
use crate::domain::reading::{ErrorKind, Reading};
use crate::domain::redact::Redactor;
use proptest::prelude::*;
use serde_json::{Value, json};

/// One probe `api` and these checks.
fn evaluated(checks: Value, reading: Reading) -> Vec<(String, String, CheckOutcome)> {
    let scenario = scenario(json!({"probes": [http("api", "a")], "checks": checks}));
    let outcomes = outcomes(&scenario, vec![reading]);
    short(&outcomes).into_iter().map(|(check, key, result)| (check.into(), key.into(), result)).collect()
}

fn one(check: Value, reading: Reading) -> CheckOutcome {
    evaluated(json!([check]), reading).last().unwrap().2
}

#[test]
fn an_answer_of_any_status_is_read_and_its_probe_passes() {
    for status in [200, 404, 500] {
        assert_eq!(evaluated(json!([]), read(json!({"status": status}))), [("api".into(), "".into(), Pass)]);
    }
}

#[test]
fn of_two_probes_on_one_target_that_are_down_only_the_first_fails() {
    let scenario =
        scenario(json!({"probes": [http("one", "a"), http("two", "a"), http("other", "b"), http("three", "a:80")]}));
    let down = || failed(ErrorKind::Refused);
    let all = outcomes(&scenario, vec![down(), down(), down(), down()]);
    assert_eq!(short(&all), [("one", "", Fail), ("two", "", Held), ("other", "", Fail), ("three", "", Held)]);
    let some = outcomes(&scenario, vec![read(json!({})), failed(ErrorKind::Timeout), down(), down()]);
    assert_eq!(short(&some), [("one", "", Pass), ("two", "", Fail), ("other", "", Fail), ("three", "", Held)]);
}

#[test]
fn local_errors_are_unknown_and_hide_no_failing_target() {
    let scenario = scenario(json!({"probes": [http("one", "a"), http("two", "a")]}));
    for kind in [ErrorKind::Network, ErrorKind::Credential, ErrorKind::UnsetSetting, ErrorKind::MissingSecret] {
        let seen = outcomes(&scenario, vec![failed(kind), failed(ErrorKind::Refused)]);
        assert_eq!(short(&seen), [("one", "", Unknown), ("two", "", Fail)], "{kind:?}");
    }
    for kind in [ErrorKind::Unreachable, ErrorKind::Dns, ErrorKind::Tls, ErrorKind::Timeout, ErrorKind::TooLarge] {
        assert_eq!(short(&outcomes(&scenario, vec![failed(kind), read(json!({}))]))[0].2, Fail, "{kind:?}");
    }
}

#[test]
fn a_check_over_a_reading_that_is_not_ok_is_held() {
    let check = json!({"name": "fast", "expect": "probes.api.latency < 1.0"});
    assert_eq!(one(check.clone(), failed(ErrorKind::Refused)), Held);
    assert_eq!(one(check.clone(), failed(ErrorKind::Network)), Held);
    assert_eq!(one(check, read(json!({}))), Pass);
}

#[test]
fn a_check_is_held_while_one_that_it_requires_does_not_pass() {
    let checks = |requires: Value| {
        json!([
            {"name": "body", "requires": requires, "expect": "probes.api.json.ok"},
            {"name": "status", "expect": "probes.api.status == 200"},
            {"name": "unknown", "given": "has(probes.api.json)", "expect": "true"},
        ])
    };
    let result = |requires: Value, reading: Value| evaluated(checks(requires), read(reading))[1].2;
    assert_eq!(result(json!(["status"]), json!({"status": 502})), Held, "it failed");
    assert_eq!(result(json!(["unknown"]), json!({"status": 200})), Held, "it is unknown");
    assert_eq!(result(json!(["api", "status"]), json!({"status": 200, "json": {"ok": true}})), Pass);
    assert_eq!(result(json!(["status"]), json!({"status": 200, "json": {"ok": false}})), Fail);
}

#[test]
fn a_check_that_needs_the_json_of_a_body_that_is_not_json_is_unknown_and_says_why() {
    let reading = || {
        let reason = "expected value at line 1 column 25";
        read(json!({"status": 200, "headers": {}, "body": "{\"status\":\"down\",\"load\":NaN}", "jsonError": reason}))
    };
    for expect in [
        "probes.api.json.status == 'ok'",
        "probes.api['json'].status == 'ok'",
        "has(probes.api.json)",
        "!has(probes.api.json)",
        "!has(probes.api.json) || probes.api.json.status == 'ok'",
        "has(probes.api.json) ? probes.api.json.status == 'ok' : true",
        "!('json' in probes.api)",
        "!optional.of(probes.api).json.hasValue()",
        "optional.of(probes.api).json.status.orValue('ok') == 'ok'",
        "!probes.all(p, 'json' in probes[p])",
        "[probes.api].all(p, !has(p.json))",
        "!probes.api.exists(field, field == 'json')",
    ] {
        let scenario = json!({"probes": [http("api", "a")], "checks": [{"name": "content", "expect": expect}]});
        let outcome = outcomes(&super::super::fixtures::scenario(scenario), vec![reading()]).list.remove(1);
        assert_eq!(outcome.result, Unknown, "{expect}");
        assert_eq!(
            outcome.message, "content: the body that was read is not JSON: expected value at line 1 column 25",
            "{expect}"
        );
    }
    for expect in ["probes.api.status == 200", "probes.api.body.contains('down')", "has(probes.api.jsonError)"] {
        assert_eq!(one(json!({"name": "other", "expect": expect}), reading()), Pass, "{expect}");
    }
    let given = json!({"name": "given", "given": "!has(probes.api.json)", "expect": "true"});
    assert_eq!(one(given, reading()), Unknown);
    let each = json!({"name": "each", "forEach": "has(probes.api.json) ? ['a'] : []", "expect": "true"});
    assert_eq!(one(each, reading()), Unknown);
    // JSON of its own that looks like such a reading.
    let own = read(json!({"json": {"jsonError": "none", "ok": true}}));
    assert_eq!(one(json!({"name": "own", "expect": "!has(probes.api.json.json)"}), own), Pass);
}

#[test]
fn a_check_that_requires_a_check_with_items_is_held_unless_all_pass() {
    let checks = |list: &str| {
        json!([
            {"name": "after", "requires": ["each"], "expect": "true"},
            {"name": "each", "forEach": list, "expect": "item == 'a'"},
        ])
    };
    let after = |list: &str| evaluated(checks(list), read(json!({})))[1].2;
    assert_eq!(after("['a']"), Pass);
    assert_eq!(after("['a', 'b']"), Held);
    assert_eq!(after("env.IDS.split(',').filter(i, i == 'z')"), Pass, "an empty list passes");
}

#[test]
fn outcomes_are_in_the_order_of_the_spec() {
    let checks = json!([
        {"name": "z", "requires": ["a"], "expect": "true"},
        {"name": "a", "expect": "true"},
    ]);
    let names: Vec<_> = evaluated(checks, read(json!({}))).into_iter().map(|o| o.0).collect();
    assert_eq!(names, ["api", "z", "a"]);
}

#[test]
fn a_false_given_is_unknown_and_not_a_fail() {
    let check =
        json!({"name": "vms", "given": "probes.api.json.size() > 0", "expect": "probes.api.json.exists(v, v == 1)"});
    assert_eq!(one(check.clone(), read(json!({"json": []}))), Unknown);
    assert_eq!(one(check.clone(), read(json!({"json": [2]}))), Fail);
    assert_eq!(one(check, read(json!({"json": [1]}))), Pass);
}

#[test]
fn an_evaluation_error_on_a_good_reading_is_unknown() {
    for (expect, reading) in [
        ("probes.api.json.data.cpu < 90", json!({"json": {"data": null}})),
        ("probes.api.json.data.cpu < 90", json!({"json": "text"})),
        ("probes.api.json.data.cpu < 90", json!({})),
        ("probes.api.json.x.y == false", json!({"json": {"x": 1}})),
        ("env.NOPE == ''", json!({})),
    ] {
        assert_eq!(one(json!({"name": "cpu", "expect": expect}), read(reading.clone())), Unknown, "{expect} {reading}");
        let given = json!({"name": "cpu", "given": expect, "expect": "true"});
        assert_eq!(one(given, read(reading.clone())), Unknown, "given {expect} {reading}");
    }
}

#[test]
fn evaluate_always_includes_failed_readings_and_replaces_the_own_check_of_the_probe() {
    let scenario = scenario(json!({
        "probes": [{"name": "telnet", "tcp": {"address": "a:23"}}],
        "checks": [{"name": "closed", "evaluate": "Always", "expect": "probes.telnet.error == 'refused'"}],
    }));
    assert_eq!(short(&outcomes(&scenario, vec![failed(ErrorKind::Refused)])), [("closed", "", Pass)]);
    assert_eq!(short(&outcomes(&scenario, vec![read(json!({}))])), [("closed", "", Fail)]);
    assert_eq!(short(&outcomes(&scenario, vec![failed(ErrorKind::Network)])), [("closed", "", Unknown)]);
}

#[test]
fn each_item_has_an_outcome_under_its_key_and_the_keys_are_recorded() {
    let scenario = scenario(json!({
        "probes": [http("api", "a")],
        "checks": [{"name": "vm", "forEach": "env.IDS.split(',')", "expect": "probes.api.json.exists(v, v == item)"}],
    }));
    let seen = outcomes(&scenario, vec![read(json!({"json": ["a"]}))]);
    assert_eq!(short(&seen), [("api", "", Pass), ("vm", "a", Pass), ("vm", "b", Fail)]);
    assert_eq!(seen.items["vm"], ["a".to_string(), "b".to_string()].into());
    let held = outcomes(&scenario, vec![failed(ErrorKind::Refused)]);
    assert_eq!(short(&held), [("api", "", Fail), ("vm", "", Held)]);
    assert!(held.items.is_empty(), "a list that was not evaluated removes no items");
}

#[test]
fn a_list_that_cannot_be_evaluated_is_one_unknown_and_removes_no_items() {
    let scenario = scenario(json!({
        "probes": [http("api", "a")],
        "checks": [{"name": "vm", "forEach": "probes.api.json.list", "expect": "true"}],
    }));
    for list in
        [json!({}), json!({"list": null}), json!({"list": (0..101).collect::<Vec<_>>()}), json!({"list": ["a", ""]})]
    {
        let reading = json!({"json": list});
        let seen = outcomes(&scenario, vec![read(reading)]);
        assert_eq!(short(&seen)[1..], [("vm", "", Unknown)]);
        assert!(seen.items.is_empty());
    }
}

#[test]
fn items_with_the_same_key_have_one_outcome_the_worst() {
    let scenario = scenario(json!({
        "probes": [http("api", "a")],
        "checks": [{"name": "vm", "forEach": "probes.api.json", "expect": "string(item) == '1' && item != 1"}],
    }));
    let seen = outcomes(&scenario, vec![read(json!({"json": ["1", 1, "1"]}))]);
    assert_eq!(short(&seen)[1..], [("vm", "1", Fail)], "two fails in one run would count twice");
}

#[test]
fn a_message_is_that_of_the_check_or_a_default_and_empty_on_a_pass() {
    let with = |message: Value, reading: Value| {
        let mut check = json!({"name": "cpu", "expect": "probes.api.status < 90"});
        check["message"] = message;
        let scenario = scenario(json!({"probes": [http("api", "a")], "checks": [check]}));
        outcome(&outcomes(&scenario, vec![read(reading)]), "cpu").message.clone()
    };
    let own = json!("'CPU at ' + string(probes.api.status)");
    assert_eq!(with(own.clone(), json!({"status": 95})), "CPU at 95");
    assert_eq!(with(own, json!({"status": 5})), "");
    assert_eq!(
        with(json!("probes.api.json"), json!({"status": 95})),
        "Check cpu failed (error in `message`: no such key: json)"
    );
    assert_eq!(with(json!("' '"), json!({"status": 95})), "Check cpu failed");
}

#[test]
fn the_severity_of_a_check_overrides_that_of_the_scenario() {
    let scenario = scenario(json!({
        "severity": "low",
        "probes": [http("api", "a")],
        "checks": [{"name": "own", "severity": "critical", "expect": "false"}, {"name": "none", "expect": "false"}],
    }));
    let seen = outcomes(&scenario, vec![read(json!({}))]);
    let severities: Vec<_> = seen.list.iter().map(|o| o.severity).collect();
    assert_eq!(severities, [Severity::Low, Severity::Critical, Severity::Low]);
}

#[test]
fn no_message_or_key_contains_a_secret_or_part_of_one_where_it_is_cut() {
    let secret = "s3cr3t-of-some-length";
    let scenario = scenario(json!({
        "probes": [http("api", "a")],
        "checks": [
            {"name": "body", "expect": "false", "message": "probes.api.body"},
            {"name": "each", "forEach": "[probes.api.body]", "expect": "false", "message": "item"},
        ],
    }));
    for before in [0, 250, 1000, 1010, 1020, 1024, 5000] {
        let body = format!("{}{secret}{}", "x".repeat(before), "y".repeat(3000));
        let redactor = Redactor::new([secret]);
        let seen = outcomes_with(&scenario, vec![read(json!({"body": body}))], &[], &redactor);
        for outcome in &seen.list {
            assert!(
                !outcome.message.contains("s3cr") && !outcome.key.contains("s3cr"),
                "{before}: {}",
                outcome.message
            );
            assert!(outcome.message.len() <= 1024 && outcome.key.len() <= 256);
        }
    }
}

#[test]
fn the_expressions_of_a_scenario_have_one_budget_of_steps() {
    let costs_500 = "probes.api.json.all(x, x >= 0)";
    let scenario = scenario(json!({
        "probes": [http("api", "a")],
        "checks": [
            {"name": "one", "expect": costs_500},
            {"name": "each", "forEach": "[1, 2, 3, 4]", "expect": format!("item < 3 && {costs_500}"), "message": "'no'"},
            {"name": "later", "expect": "true"},
        ],
    }));
    let reading = || vec![read(json!({"json": vec![1; 100]}))];
    let seen = outcomes_within(&scenario, reading(), &[], &Redactor::default(), 1_300);
    let results: Vec<_> =
        short(&seen).into_iter().map(|(check, key, result)| format!("{check} {key} {result:?}")).collect();
    let expected = [
        "api  Pass",
        "one  Pass",
        "each 1 Pass",
        "each 2 Unknown",
        "each 3 Unknown",
        "each 4 Unknown",
        "later  Unknown",
    ];
    assert_eq!(results, expected);
    let message = &outcome(&seen, "later").message;
    assert!(message.contains("more than 1300 steps together"), "{message}");
    assert_eq!(seen.too_costly, ["each", "later"].map(String::from).into());
    assert_eq!(seen.steps, 1_300);

    let seen = outcomes_within(&scenario, reading(), &[], &Redactor::default(), 100_000);
    assert_eq!(outcome(&seen, "later").result, Pass);
    assert!(seen.too_costly.is_empty());
    assert!((1_300..2_600).contains(&seen.steps), "{}", seen.steps);
}

#[test]
fn a_check_of_which_an_expression_costs_too_much_is_noted() {
    let costly = "probes.api.json.all(x, probes.api.json.all(y, probes.api.json.size() > 0))";
    let list: Vec<_> = (0..1_000).collect();
    let scenario = scenario(json!({
        "probes": [http("api", "a")],
        "checks": [
            {"name": "expect", "expect": costly},
            {"name": "message", "expect": "false", "message": format!("{costly} ? 'a' : 'b'")},
            {"name": "wrong", "expect": "probes.api.json[1000] == 1"},
        ],
    }));
    let seen = outcomes(&scenario, vec![read(json!({"json": list}))]);
    assert_eq!(seen.too_costly, ["expect", "message"].map(String::from).into());
    assert_eq!(outcome(&seen, "expect").result, Unknown);
    assert_eq!(outcome(&seen, "message").result, Fail);
}

fn any_reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        Just(failed(ErrorKind::Refused)),
        Just(failed(ErrorKind::Network)),
        Just(read(json!({"status": 200, "json": {"n": 1}}))),
        Just(read(json!({"status": 500, "json": null}))),
        Just(read(json!({"status": 200}))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_target_that_is_down_is_one_fail(readings in prop::collection::vec(any_reading(), 4)) {
        let checks = json!([
            {"name": "status", "expect": "probes.p0.status == 200"},
            {"name": "body", "requires": ["status"], "expect": "probes.p0.json.n == 1 && probes.p1.ok"},
        ]);
        let probes: Vec<_> = (0..4).map(|i| http(&format!("p{i}"), "a")).collect();
        let scenario = scenario(json!({"probes": probes, "checks": checks}));
        let down = readings.iter().any(|r| r.error.as_ref().is_some_and(|e| e.kind == ErrorKind::Refused));
        let first_ok = readings[0].ok();
        let seen = outcomes(&scenario, readings);
        let failing = seen.list.iter().filter(|o| o.check.starts_with('p') && o.result == Fail).count();
        prop_assert_eq!(failing, usize::from(down));
        prop_assert_eq!(outcome(&seen, "status").result == Held, !first_ok);
        if outcome(&seen, "status").result != Pass {
            prop_assert_eq!(outcome(&seen, "body").result, Held);
        }
    }
}

/// Name, result and message of each outcome.
fn messages(fields: Value, readings: Vec<Reading>) -> Vec<(String, CheckOutcome, String)> {
    let all = outcomes(&scenario(fields), readings);
    all.list.into_iter().map(|o| (o.check.to_string(), o.result, o.message)).collect()
}

#[test]
fn a_held_outcome_says_why() {
    let probes = json!([http("one", "a"), http("two", "a"), http("three", "b")]);
    let checks = json!([
        {"name": "read", "expect": "probes.one.status == 200"},
        {"name": "status", "expect": "probes.three.status == 200"},
        {"name": "body", "requires": ["status"], "expect": "true"},
        {"name": "other", "requires": ["one"], "expect": "true"},
    ]);
    let down = || failed(ErrorKind::Refused);
    let all = messages(json!({"probes": probes, "checks": checks}), vec![down(), down(), read(json!({"status": 500}))]);
    let held: Vec<_> = all.iter().filter(|(_, result, _)| *result == Held).map(|(n, _, m)| (&**n, &**m)).collect();
    assert_eq!(
        held,
        [
            ("two", "not evaluated: probe one, of the same target, already fails"),
            ("read", "not evaluated: probe one was not read"),
            ("body", "not evaluated: check status, named in requires, does not pass"),
            ("other", "not evaluated: probe one, named in requires, was not read"),
        ]
    );
}

#[test]
fn the_error_of_a_message_is_shown_after_the_standard_phrase() {
    let message = |message: &str, reading: Value| {
        let check = json!({"name": "c", "expect": "probes.api.status == 200", "message": message});
        messages(json!({"probes": [http("api", "a")], "checks": [check]}), vec![read(reading)]).pop().unwrap().2
    };
    assert_eq!(message("'a ' + probes.api.json.b", json!({"status": 500, "json": {"b": "c"}})), "a c");
    assert_eq!(
        message("'a ' + probes.api.json.b", json!({"status": 500, "json": {}})),
        "Check c failed (error in `message`: no such key: b)"
    );
    assert_eq!(
        message("probes.api.json.b", json!({"status": 500, "json": {"b": 1}})),
        "Check c failed (error in `message`: the result is int, not a string)"
    );
    assert_eq!(message("' '", json!({"status": 500})), "Check c failed");
}
