//! Tables of Findings and their groups.

use super::*;
use crate::api::ScenarioSpec;
use serde_json::json;
use std::collections::HashMap;

/// `scenario/check` or `scenario/check/key`, opened in this minute.
fn finding(name: &str, minute: i64) -> Candidate {
    let mut parts = name.split('/').map(String::from);
    let mut next = || parts.next().unwrap_or_default();
    let (scenario, check, key) = (next(), next(), next());
    Candidate {
        finding: OpenFinding {
            name: name.into(),
            scenario,
            message: format!("{name} fails"),
            severity: Some(Severity::High),
            opened_at: Timestamp::from_second(minute * 60).ok(),
        },
        check,
        key,
        requires: Vec::new(),
        targets: Vec::new(),
        is_of_probe: false,
    }
}

impl Candidate {
    fn reads(mut self, targets: &[&str]) -> Self {
        self.targets = targets.iter().map(ToString::to_string).collect();
        self
    }

    fn requires(mut self, checks: &[&str]) -> Self {
        self.requires = checks.iter().map(ToString::to_string).collect();
        self
    }

    fn probe(mut self) -> Self {
        self.is_of_probe = true;
        self
    }

    fn of(mut self, severity: Option<Severity>) -> Self {
        self.finding.severity = severity;
        self
    }

    fn untimed(mut self) -> Self {
        self.finding.opened_at = None;
        self
    }
}

/// `root: other, other` for each group, in both orders of the Findings; `depends_on` as `a: b c, b: d`.
fn found(depends_on: &str, mut open: Vec<Candidate>) -> Vec<String> {
    let graph: HashMap<&str, Vec<String>> = depends_on
        .split(", ")
        .filter_map(|of| of.split_once(": "))
        .map(|(scenario, on)| (scenario, on.split(' ').map(String::from).collect()))
        .collect();
    let depends_on = |scenario: &str| graph.get(scenario).cloned().unwrap_or_default();
    let line = |group: &Group| {
        let others: Vec<&str> = group.others.iter().map(|other| other.name.as_str()).collect();
        format!("{}: {}", group.root.name, others.join(", "))
    };
    let lines: Vec<String> = groups(&open, &depends_on).iter().map(line).collect();
    open.reverse();
    assert_eq!(lines, groups(&open, &depends_on).iter().map(line).collect::<Vec<_>>(), "the order makes no difference");
    lines
}

#[test]
fn what_depends_on_a_scenario_that_fails_is_under_it() {
    for (case, depends_on, open, expected) in [
        ("nothing in common", "", vec![finding("a/1", 0), finding("b/1", 1)], vec![]),
        ("opened before it", "a: b", vec![finding("a/1", 0), finding("b/1", 5)], vec!["b/1: a/1"]),
        ("opened after it", "a: b", vec![finding("a/1", 5), finding("b/1", 0)], vec!["b/1: a/1"]),
        (
            "opened before it, and of a probe",
            "a: b",
            vec![finding("a/1", 0).probe(), finding("b/1", 5)],
            vec!["b/1: a/1"],
        ),
        (
            "opened before it, and of a probe of the same target",
            "a: b",
            vec![finding("a/1", 0).probe().reads(&["x"]), finding("b/1", 5).reads(&["x"])],
            vec!["b/1: a/1"],
        ),
        ("a dependency that does not fail", "a: b", vec![finding("a/1", 0)], vec![]),
        ("a dependency that cannot be judged", "a: b", vec![finding("a/1", 0), finding("b/blind", 1)], vec![]),
        ("what cannot be judged depends", "a: b", vec![finding("a/blind", 0), finding("b/1", 1)], vec!["b/1: a/blind"]),
        ("its own Scenario", "a: a", vec![finding("a/1", 0), finding("a/2", 0)], vec![]),
        ("a chain", "a: b, b: c", vec![finding("a/1", 0), finding("b/1", 1), finding("c/1", 2)], vec!["c/1: a/1, b/1"]),
        (
            "over Scenarios that do not fail",
            "a: b, b: c d, d: e",
            vec![finding("a/1", 0), finding("e/1", 9)],
            vec!["e/1: a/1"],
        ),
        (
            "over one that cannot be judged",
            "a: b, b: c",
            vec![finding("a/1", 0), finding("b/blind", 1), finding("c/1", 9)],
            vec!["c/1: a/1, b/blind"],
        ),
        ("over a cycle", "a: b, b: c, c: b d", vec![finding("a/1", 0), finding("d/1", 9)], vec!["d/1: a/1"]),
        (
            "of several Findings of the dependency that of the probe, then the first",
            "a: b",
            vec![finding("a/1", 0), finding("b/2", 1), finding("b/1", 5).probe()],
            vec!["b/1: a/1"],
        ),
        (
            "of several dependencies the one that failed first",
            "a: b c",
            vec![finding("a/1", 0), finding("b/1", 5), finding("c/1", 3)],
            vec!["c/1: a/1"],
        ),
        ("a cycle", "a: b, b: a", vec![finding("a/1", 0), finding("b/1", 1)], vec!["b/1: a/1"]),
        (
            "the most severe first, then by name",
            "a: z, b: z, c: z",
            vec![
                finding("a/1", 0),
                finding("b/1", 0).of(Some(Severity::Critical)),
                finding("c/1", 0).of(None),
                finding("z/1", 0),
            ],
            vec!["z/1: b/1, a/1, c/1"],
        ),
    ] {
        assert_eq!(found(depends_on, open), expected, "{case}");
    }
}

#[test]
fn of_several_findings_of_a_dependency_the_one_that_the_dependent_reads_or_is_named_after_is_its_root() {
    let (api, portal) = ("http://shop:8000", "http://shop:80");
    for (case, open, expected) in [
        (
            "what both read comes before a probe of another target, and before what was opened first",
            vec![
                finding("hooks/gap", 0).reads(&[api, "/desk.db"]),
                finding("shop/portal", 1).probe().reads(&[portal]),
                finding("shop/api-status", 2).reads(&[api]),
            ],
            vec!["shop/api-status: hooks/gap"],
        ),
        (
            "of two probes",
            vec![
                finding("hooks/outbox", 0).probe().reads(&[api]),
                finding("shop/portal", 1).probe().reads(&[portal]),
                finding("shop/api", 2).probe().reads(&[api]),
            ],
            vec!["shop/api: hooks/outbox"],
        ),
        (
            "the machine of that number",
            vec![
                finding("hooks.vm112/api", 0).probe().reads(&[api]),
                finding("shop/vm/104", 1).reads(&["https://cluster:443"]),
                finding("shop/vm/112", 2).reads(&["https://cluster:443"]),
            ],
            vec!["shop/vm/112: hooks.vm112/api"],
        ),
        (
            "the machine of that address",
            vec![
                finding("hooks/api", 0).probe().reads(&["http://10.0.0.112:80"]),
                finding("shop/vm/104", 1),
                finding("shop/vm/112", 2),
            ],
            vec!["shop/vm/112: hooks/api"],
        ),
        (
            "no machine of a longer number",
            vec![
                finding("hooks/api", 0).reads(&["http://x:8112"]),
                finding("shop/vm/104", 1),
                finding("shop/vm/112", 2),
            ],
            vec!["shop/vm/104: hooks/api"],
        ),
    ] {
        assert_eq!(found("hooks: shop, hooks.vm112: shop", open), expected, "{case}");
    }
}

#[test]
fn what_reads_one_target_is_under_the_first() {
    let shop = "http://shop:80";
    let at = |name: &str, minute| finding(name, minute).reads(&[shop]);
    for (case, depends_on, open, expected) in [
        ("other targets", "", vec![at("a/1", 0), finding("b/1", 1).reads(&["http://desk:80"])], vec![]),
        ("the first", "", vec![at("a/1", 3), at("b/1", 1), at("c/1", 2)], vec!["b/1: a/1, c/1"]),
        ("the probe's own, opened last", "", vec![at("a/1", 0), at("b/1", 1).probe()], vec!["b/1: a/1"]),
        ("the probe's own, opened first", "", vec![at("a/1", 1), at("b/1", 0).probe()], vec!["b/1: a/1"]),
        (
            "of two probes the first",
            "",
            vec![at("a/1", 3).probe(), at("b/1", 1).probe(), at("c/1", 0)],
            vec!["b/1: a/1, c/1"],
        ),
        ("the most severe", "", vec![at("a/1", 0), at("b/1", 0).of(Some(Severity::Critical))], vec!["b/1: a/1"]),
        ("by name", "", vec![at("b/1", 0), at("a/1", 0)], vec!["a/1: b/1"]),
        ("one without a time last", "", vec![at("a/1", 0).untimed(), at("b/1", 9)], vec!["b/1: a/1"]),
        (
            "a dependency comes before a target, and its root is the root of both",
            "a: z",
            vec![at("a/1", 0), at("b/1", 1), finding("z/1", 9)],
            vec!["z/1: a/1, b/1"],
        ),
        ("a dependency and a target in a circle", "a: b", vec![at("a/1", 0), at("b/1", 1)], vec!["b/1: a/1"]),
    ] {
        assert_eq!(found(depends_on, open), expected, "{case}");
    }
}

#[test]
fn of_the_targets_that_a_check_reads_the_one_that_fails_decides() {
    let (api, portal, db) = ("http://shop:8000", "http://shop:80", "/desk.db");
    for (case, depends_on, open, expected) in [
        (
            "a probe that fails comes before a check that was opened first",
            "",
            vec![
                finding("a/1", 0).reads(&[api]),
                finding("b/both", 1).reads(&[api, portal]),
                finding("c/portal", 2).probe().reads(&[portal]),
            ],
            vec!["c/portal: b/both"],
        ),
        (
            "the other way round",
            "",
            vec![
                finding("a/1", 0).reads(&[portal]),
                finding("b/both", 1).reads(&[api, portal]),
                finding("c/api", 2).probe().reads(&[api]),
            ],
            vec!["c/api: b/both"],
        ),
        (
            "what shares only its other target is not under the root of a check of two",
            "",
            vec![
                finding("a/1", 0).reads(&[api]),
                finding("b/both", 1).reads(&[api, db]),
                finding("c/1", 2).reads(&[db]),
            ],
            vec!["a/1: b/both"],
        ),
        (
            "neither where its root is a dependency",
            "hooks: shop",
            vec![
                finding("hooks/gap", 0).reads(&[api, db]),
                finding("shop/api", 1).probe().reads(&[api]),
                finding("tickets/stuck", 2).reads(&[db]),
            ],
            vec!["shop/api: hooks/gap"],
        ),
    ] {
        assert_eq!(found(depends_on, open), expected, "{case}");
    }
}

#[test]
fn a_machine_that_stopped_is_no_root_of_the_api_that_lists_it_nor_of_another_machine() {
    let cluster = "https://cluster:8006";
    let vm = |key: &str, minute| finding(&format!("c/vm/{key}"), minute).reads(&[cluster]).requires(&["status"]);
    let of = |check: &str, minute| finding(&format!("c/{check}"), minute).reads(&[cluster]);
    for (case, open, expected) in [
        ("two machines", vec![vm("104", 0), vm("112", 1)], vec![]),
        ("the API refuses afterwards", vec![vm("104", 0), of("vms", 5).probe()], vec!["c/vms: c/vm/104"]),
        (
            "the API answers 500 afterwards",
            vec![vm("104", 0), vm("112", 1), of("status", 5)],
            vec!["c/status: c/vm/104, c/vm/112"],
        ),
        ("another answer of the API", vec![vm("104", 0), of("quorum", 5)], vec!["c/quorum: c/vm/104"]),
        (
            "what is required comes before what was opened first",
            vec![vm("104", 9), of("quorum", 0), of("status", 5)],
            vec!["c/quorum: c/status, c/vm/104"],
        ),
    ] {
        assert_eq!(found("", open), expected, "{case}");
    }
}

#[test]
fn the_spec_says_what_a_finding_requires_and_reads() {
    let spec: ScenarioSpec = serde_json::from_value(json!({"title": "t", "agent": "a", "severity": "high", "probes": [
        {"name": "api", "http": {"url": "${API}/health"}},
    ], "checks": [
        {"name": "status", "expect": "probes.api.status == 200"},
        {"name": "json", "requires": ["status"], "expect": "has(probes.api.json)"},
        {"name": "up", "requires": ["json", "up"], "expect": "probes.api.json.up"},
    ]}))
    .unwrap();
    let settings = std::collections::BTreeMap::from([("API".to_string(), "http://api.test".to_string())]);
    let of = |check: &str, spec| Candidate::new(finding("s/x", 0).finding, (check, ""), spec, &settings);
    assert_eq!(of("up", Some(&spec)).requires, ["json", "status"]);
    assert_eq!(of("up", Some(&spec)).targets, ["http://api.test:80"]);
    assert!(of("status", Some(&spec)).requires.is_empty());
    assert!(of("api", Some(&spec)).is_of_probe && !of("up", Some(&spec)).is_of_probe);
    assert!(of("up", None).targets.is_empty(), "its Scenario is removed");
}

#[test]
fn many_findings_are_grouped_quickly_and_each_is_in_one_group_at_most() {
    // Chains of a hundred Scenarios; every tenth Finding reads a target that nine others read.
    let depends_on = |scenario: &str| match scenario.trim_start_matches('s').parse::<u32>() {
        Ok(number) if number % 100 < 99 => vec![format!("s{}", number + 1)],
        _ => vec![],
    };
    let of = |number: u32| {
        finding(&format!("s{number}/1"), i64::from(number)).reads(&[&format!("http://host{}:80", number / 10)])
    };
    let open: Vec<Candidate> = (0..10_000).map(of).collect();
    // Work that is quadratic would take minutes.
    let groups = groups(&open, &depends_on);
    assert_eq!(groups.len(), 100);
    let mut names: Vec<&str> =
        groups.iter().flat_map(|group| group.others.iter().chain([&group.root])).map(|f| f.name.as_str()).collect();
    assert_eq!(names.len(), 10_000);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 10_000);
}
