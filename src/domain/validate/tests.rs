use super::super::fixtures::*;
use super::*;
use crate::api::{Evaluate, Severity};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Reason and field of each error.
fn errors(fields: Value) -> Vec<(Reason, String)> {
    validated(fields).unwrap_err().into_iter().map(|m| (m.reason, m.field)).collect()
}

fn check_errors(checks: Value) -> Vec<(Reason, String)> {
    errors(json!({"probes": [http("api", "a")], "checks": checks}))
}

fn one(reason: Reason, field: &str) -> Vec<(Reason, String)> {
    vec![(reason, field.to_string())]
}

#[test]
fn omitted_fields_have_defaults() {
    let s = scenario(json!({"probes": [http("api", "a")], "checks": [{"name": "c", "expect": "true"}]}));
    assert_eq!((s.interval, s.confirm_interval), (Duration::from_secs(60), Duration::from_secs(30)));
    assert_eq!((s.probes[0].timeout, s.fail, s.recover), (Duration::from_secs(10), 2, 2));
    assert_eq!((s.checks[0].severity, s.checks[0].evaluate), (Severity::High, Evaluate::WhenRead));
}

#[test]
fn timeout_and_confirm_interval_are_never_longer_than_the_interval() {
    let s = scenario(json!({"interval": "5s", "confirmInterval": "1m", "probes": [http("api", "a")]}));
    assert_eq!((s.confirm_interval, s.probes[0].timeout), (Duration::from_secs(5), Duration::from_secs(5)));
    let late = json!({"interval": "5s", "timeout": "6s", "probes": [http("api", "a")]});
    assert_eq!(errors(late), one(Reason::InvalidDuration, "spec.timeout"));
    let mut probe = http("api", "a");
    probe["timeout"] = json!("61s");
    assert_eq!(errors(json!({"probes": [probe]})), one(Reason::InvalidDuration, "spec.probes[0].timeout"));
}

#[test]
fn intervals_are_from_1_s_to_24_h() {
    for wrong in ["999ms", "0s", "24h1s", "25h", "1d", "-1s", "", "5"] {
        assert_eq!(errors(json!({"interval": wrong})), one(Reason::InvalidDuration, "spec.interval"), "{wrong}");
    }
    for right in ["1s", "24h", "1h30m"] {
        scenario(json!({"interval": right}));
    }
}

#[test]
fn the_names_of_probes_and_checks_are_unique_together_and_blind_is_reserved() {
    let twice = json!({"probes": [http("a", "x"), http("a", "y")], "checks": [{"name": "a", "expect": "true"}]});
    let found = errors(twice);
    let fields: Vec<_> = found.iter().map(|m| (m.0, m.1.as_str())).collect();
    assert_eq!(
        fields,
        [(Reason::DuplicateName, "spec.probes[1].name"), (Reason::DuplicateName, "spec.checks[0].name")]
    );
    assert_eq!(
        check_errors(json!([{"name": "blind", "expect": "true"}])),
        one(Reason::ReservedName, "spec.checks[0].name")
    );
}

#[test]
fn the_name_of_the_scenario_about_the_program_is_reserved() {
    let spec =
        serde_json::from_value(json!({"title": "t", "agent": "a", "severity": "low", "probes": [http("api", "a")],
        "interval": "0s"}));
    let spec: crate::api::ScenarioSpec = spec.unwrap();
    let errors = |name: &str| {
        let found = validate(name, &spec, &policy(), &mut Expressions::default()).err().unwrap();
        found.into_iter().map(|error| (error.reason, error.field)).collect::<Vec<_>>()
    };
    let interval = (Reason::InvalidDuration, "spec.interval".to_string());
    assert_eq!(errors("agentic-ops"), [(Reason::ReservedName, "metadata.name".into()), interval.clone()]);
    assert_eq!(errors("agentic-ops.web"), [interval]);
}

#[test]
fn cel_that_does_not_compile_is_not_boolean_or_costs_too_much_is_rejected() {
    for expect in
        ["probes.api.status ==", "probes.api.status", "1 + 1", "nope(1)", "[1].all(a, [1].all(b, [1].all(c, true)))"]
    {
        let found = check_errors(json!([{"name": "c", "expect": expect}]));
        assert_eq!(found, one(Reason::InvalidExpression, "spec.checks[0].expect"), "{expect}");
    }
    let all = json!([{"name": "c", "given": "1", "forEach": "1", "expect": "item", "message": "1"}]);
    let found = check_errors(all);
    let fields: Vec<_> = found.iter().map(|m| m.1.rsplit('.').next().unwrap()).collect();
    assert_eq!(fields, ["given", "forEach", "message"], "all errors at once");
}

#[test]
fn item_is_available_only_with_for_each_and_not_in_the_list_itself() {
    assert_eq!(
        check_errors(json!([{"name": "c", "expect": "item == 'a'"}])),
        one(Reason::InvalidExpression, "spec.checks[0].expect")
    );
    let list = json!([{"name": "c", "forEach": "[item]", "expect": "true"}]);
    assert_eq!(check_errors(list), one(Reason::InvalidExpression, "spec.checks[0].forEach"));
}

#[test]
fn show_may_be_of_any_type_and_is_compiled_like_other_expressions() {
    let check = |show: &str, list: Option<&str>| {
        let check = json!({"name": "c", "forEach": list, "expect": "true", "show": show});
        validated(json!({"probes": [http("api", "a")], "checks": [check]}))
    };
    let errors = |show: &str| {
        let errors = check(show, None).unwrap_err().into_iter();
        errors.map(|error| (error.reason, error.field)).collect::<Vec<_>>()
    };
    for show in ["'text'", "1", "[1, 'a']", "{'a': probes.api.status}", "now", "probes.api.json.vms", "probes"] {
        assert!(check(show, None).is_ok(), "{show}");
    }
    assert!(check("item", Some("['a']")).is_ok());
    for show in ["item", "probes.api.nope(", "'a' + 1", "[1].map(a, [1].map(b, [1].map(c, c)))", "duration('14d')"] {
        assert_eq!(errors(show), one(Reason::InvalidExpression, "spec.checks[0].show"), "{show}");
    }
    assert_eq!(errors("probes.nope.status"), one(Reason::UnknownName, "spec.checks[0].show"));
    assert_eq!(errors("probes.api.rows"), one(Reason::UnknownName, "spec.checks[0].show"));
}

#[test]
fn unknown_names_of_probes_and_required_checks_are_rejected() {
    let found = check_errors(json!([{"name": "c", "expect": "probes.nope.ok", "requires": ["api", "nope"]}]));
    let fields: Vec<_> = found.iter().map(|m| (m.0, m.1.as_str())).collect();
    assert_eq!(
        fields,
        [(Reason::UnknownName, "spec.checks[0].expect"), (Reason::UnknownName, "spec.checks[0].requires[1]")]
    );
}

#[test]
fn cycles_in_requires_are_rejected() {
    let cycle = |requires: &[(&str, &str)]| {
        let checks = requires.iter().map(|(name, of)| json!({"name": name, "expect": "true", "requires": [of]}));
        check_errors(checks.collect())
    };
    let found = one(Reason::DependencyCycle, "spec.checks[].requires");
    assert_eq!(cycle(&[("a", "a")]), found);
    assert_eq!(cycle(&[("a", "b"), ("b", "a")]), found);
    assert_eq!(cycle(&[("a", "b"), ("b", "c"), ("c", "b")]), found);
}

#[test]
fn each_check_is_ordered_after_those_that_it_requires() {
    let checks = json!([
        {"name": "c", "expect": "true", "requires": ["b", "api"]},
        {"name": "b", "expect": "true", "requires": ["a"]},
        {"name": "a", "expect": "true"},
    ]);
    assert_eq!(*scenario(json!({"probes": [http("api", "x")], "checks": checks})).order, [2, 1, 0]);
}

#[test]
fn a_key_of_the_shared_secret_must_be_offered_and_other_secrets_are_checked_in_a_run() {
    let header = |name: &str, key: &str| {
        let header = json!({"name": "X-Key", "secretKeyRef": {"name": name, "key": key}});
        json!({"probes": [{"name": "web", "http": {"url": "https://a/", "headers": [header]}}]})
    };
    assert_eq!(
        errors(header("agentic-ops", "OTHER")),
        one(Reason::SecretNotOffered, "spec.probes[0].http.headers[0].secretKeyRef")
    );
    scenario(header("agentic-ops", "TOKEN"));
    assert_eq!(scenario(header("other", "ANY")).secret_names(), ["other"].into());
}

#[test]
fn sql_that_writes_is_rejected() {
    let query = |sql: &str| json!({"probes": [{"name": "db", "sqlite": {"path": "/data/desk.db", "query": sql}}]});
    assert_eq!(errors(query("DELETE FROM t")), one(Reason::InvalidQuery, "spec.probes[0].sqlite.query"));
    scenario(query("SELECT 1"));
}

#[test]
fn a_probe_has_one_kind_and_valid_fields() {
    for (probe, field) in [
        (json!({"name": "p"}), "name"),
        (json!({"name": "p", "tcp": {"address": "a:1"}, "dns": {"name": "a"}}), "name"),
        (json!({"name": "p", "tcp": {"address": "a"}}), "tcp.address"),
        (json!({"name": "p", "tcp": {"address": "${A:1"}}), "tcp.address"),
        (json!({"name": "p", "http": {"url": "ftp://a/"}}), "http.url"),
        (json!({"name": "p", "http": {"url": "/health"}}), "http.url"),
        (json!({"name": "p", "dns": {"name": "a", "server": "a:b"}}), "dns.server"),
        (json!({"name": "p", "tls": {"address": "a"}}), "tls.address"),
    ] {
        let found = errors(json!({"probes": [probe]}));
        assert!(found.contains(&(Reason::InvalidProbe, format!("spec.probes[0].{field}"))), "{probe}: {found:?}");
    }
    scenario(json!({"probes": [{"name": "p", "tcp": {"address": "${HOST}"}}]}));
}

#[test]
fn literal_texts_that_cannot_be_used_are_found_before_anything_is_read() {
    let http = |field: &str, value: Value| json!({"name": "p", "http": {"url": "https://a.test/", field: value}});
    let header = |name: &str, value: &str| http("headers", json!([{"name": name, "value": value}]));
    let tls = |field: &str, value: &str| {
        let mut probe = json!({"name": "p", "tls": {"address": "a.test:1"}});
        probe["tls"][field] = value.into();
        probe
    };
    for (probe, field) in [
        (json!({"name": "p", "http": {"url": "http://a{b/"}}), "http.url"),
        (json!({"name": "p", "http": {"url": "http://a..b/"}}), "http.url"),
        (json!({"name": "p", "http": {"url": "https://a-.test/"}}), "http.url"),
        (json!({"name": "p", "http": {"url": "http://a.test:0/"}}), "http.url"),
        (header("X-A", "a\nb"), "http.headers[0]"),
        (header("Host", "http://a.test"), "http.headers[0]"),
        (header("content-length", "3"), "http.headers[0]"),
        (header("Transfer-Encoding", "chunked"), "http.headers[0]"),
        (
            http("headers", json!([{"name": "X", "prefix": "a\u{1}", "secretKeyRef": {"name": "s", "key": "k"}}])),
            "http.headers[0]",
        ),
        (http("tls", json!({"caBundle": "hello"})), "http.tls.caBundle"),
        (json!({"name": "p", "tcp": {"address": "a b:1"}}), "tcp.address"),
        (json!({"name": "p", "tcp": {"address": "[::g]:1"}}), "tcp.address"),
        (json!({"name": "p", "dns": {"name": "a..b"}}), "dns.name"),
        (json!({"name": "p", "dns": {"name": "http://a.test/"}}), "dns.name"),
        (json!({"name": "p", "dns": {"name": "a", "server": ""}}), "dns.server"),
        (tls("serverName", "*.a.test"), "tls.serverName"),
        (tls("serverName", "a.test:443"), "tls.serverName"),
        (tls("address", "a-.test:443"), "tls.address"),
        (json!({"name": "p", "tls": {"address": "a:1", "options": {"caBundle": "hello"}}}), "tls.options.caBundle"),
    ] {
        assert_eq!(
            errors(json!({"probes": [probe]})),
            one(Reason::InvalidProbe, &format!("spec.probes[0].{field}")),
            "{probe}"
        );
    }
    for url in ["http:///x", "http:x", "http:/x/", "https://", "http://?a=b", "http://a:70000"] {
        let found = errors(json!({"probes": [{"name": "p", "http": {"url": url}}]}));
        assert_eq!(found, one(Reason::InvalidProbe, "spec.probes[0].http.url"), "{url}");
    }
    let with_token = json!({"name": "p", "http": {"url": "http://a.test/?t=${TOKEN}", "body": "${X}",
        "headers": [{"name": "X-A", "value": "Bearer ${TOKEN}"}]}});
    let of = |field: &str| (Reason::InvalidProbe, format!("spec.probes[0].{field}"));
    assert_eq!(errors(json!({"probes": [with_token]})), [of("http.url"), of("http.headers[0].value")]);
    let sqlite = |path: &str| json!({"probes": [{"name": "p", "sqlite": {"path": path, "query": "SELECT 1"}}]});
    assert_eq!(errors(sqlite("/etc/passwd")), one(Reason::FileNotOffered, "spec.probes[0].sqlite.path"));
    for probe in [
        header("X-A", "ação\t1"),
        header("Host", "shop.example:8080"),
        header("Content-Length", "0"),
        header("X-A", "${X}\u{1}"),
        http("tls", json!({"caBundle": "PEM"})),
        json!({"name": "p", "http": {"url": "http://a-.test:1/"}}),
        json!({"name": "p", "tcp": {"address": "AÇÃO.test:1"}}),
        json!({"name": "p", "dns": {"name": "::1", "type": "PTR"}}),
        json!({"name": "p", "tls": {"address": "a-.test:443", "serverName": "ação.test"}}),
    ] {
        scenario(json!({"probes": [probe]}));
    }
}

#[test]
fn probes_that_an_always_check_refers_to_have_no_own_check() {
    let own = |checks: Value| -> Vec<bool> {
        let s = scenario(json!({"probes": [http("a", "x"), http("b", "x")], "checks": checks}));
        s.probes.iter().map(|p| p.own_check).collect()
    };
    assert_eq!(own(json!([{"name": "c", "expect": "probes.a.ok"}])), [true, true]);
    assert_eq!(own(json!([{"name": "c", "evaluate": "Always", "expect": "!probes.a.ok"}])), [false, true]);
    assert_eq!(
        own(json!([{"name": "c", "evaluate": "Always", "given": "probes.b.ok", "expect": "!probes.a.ok"}])),
        [false, false]
    );
    assert_eq!(
        own(json!([{"name": "c", "evaluate": "Always", "expect": "['a'].all(n, !probes[n].ok)"}])),
        [false, false]
    );
}

#[test]
fn a_finding_belongs_to_a_check_of_its_name_with_or_without_items() {
    let checks = json!([
        {"name": "each", "forEach": "['x']", "expect": "true"},
        {"name": "closed", "evaluate": "Always", "expect": "!probes.shut.ok"},
    ]);
    let s = scenario(json!({"probes": [http("api", "a"), http("shut", "a")], "checks": checks}));
    for (check, key, has) in [
        ("api", "", true),
        ("api", "x", false),
        ("shut", "", false),
        ("closed", "", true),
        ("closed", "x", false),
        ("each", "x", true),
        ("each", "", false),
        ("blind", "", true),
        ("gone", "", false),
    ] {
        assert_eq!(s.has_check(check, key), has, "{check} {key:?}");
    }
}

#[test]
fn an_expression_is_compiled_once_for_all_scenarios_with_the_same_source() {
    let mut expressions = Expressions::default();
    let checks = json!([{"name": "c", "evaluate": "Always", "given": "probes.api.ok", "expect": "probes.api.ok"}]);
    let spec = spec(json!({"probes": [http("api", "a")], "checks": checks}));
    for name in ["one", "two"] {
        validate(name, &spec, &policy(), &mut expressions).unwrap();
    }
    assert_eq!(expressions.len(), 1);
}

#[test]
fn a_scenario_cannot_depend_on_itself_directly_or_through_others() {
    assert_eq!(errors(json!({"dependsOn": ["shop.web"]})), one(Reason::DependencyCycle, "spec.dependsOn"));
    let graph = |edges: &[(&str, &[&str])]| -> HashMap<String, Vec<String>> {
        edges.iter().map(|(from, to)| (from.to_string(), to.iter().map(|t| t.to_string()).collect())).collect()
    };
    let edges = graph(&[("a", &["x", "b"]), ("b", &["c"]), ("c", &["a", "c"]), ("d", &["a"])]);
    assert_eq!(dependency_cycle("a", &edges), Some(["a", "b", "c", "a"].map(String::from).into()));
    assert_eq!(dependency_cycle("c", &edges), Some(["c", "c"].map(String::from).into()));
    assert_eq!(dependency_cycle("d", &edges), None, "it leads into a cycle that it is not part of");
    assert_eq!(dependency_cycle("x", &edges), None, "an absent Scenario holds nothing");
}
