//! Tables of Findings and their groups.

use super::*;

/// `scenario/name`, opened in this minute.
fn finding(name: &str, minute: i64) -> OpenFinding {
    let scenario = name.split('/').next().unwrap_or_default().to_string();
    OpenFinding {
        name: name.into(),
        scenario,
        message: format!("{name} fails"),
        severity: Some(Severity::High),
        opened_at: Timestamp::from_second(minute * 60).ok(),
        depends_on: Vec::new(),
        targets: Vec::new(),
        is_of_probe: false,
    }
}

impl OpenFinding {
    fn depends(mut self, on: &[&str]) -> Self {
        self.depends_on = on.iter().map(ToString::to_string).collect();
        self
    }

    fn reads(mut self, targets: &[&str]) -> Self {
        self.targets = targets.iter().map(ToString::to_string).collect();
        self
    }

    fn probe(mut self) -> Self {
        self.is_of_probe = true;
        self
    }

    fn of(mut self, severity: Option<Severity>) -> Self {
        self.severity = severity;
        self
    }
}

/// `root: other, other` for each group, in both orders of the Findings.
fn found(mut open: Vec<OpenFinding>) -> Vec<String> {
    let line = |group: &Group| {
        let others: Vec<&str> = group.others.iter().map(|other| other.name.as_str()).collect();
        format!("{}: {}", group.root.name, others.join(", "))
    };
    let lines: Vec<String> = groups(&open).iter().map(line).collect();
    open.reverse();
    assert_eq!(lines, groups(&open).iter().map(line).collect::<Vec<_>>(), "the order makes no difference");
    lines
}

#[test]
fn what_depends_on_a_scenario_that_fails_is_under_it() {
    for (case, open, expected) in [
        ("nothing in common", vec![finding("a/1", 0), finding("b/1", 1)], vec![]),
        ("a dependency", vec![finding("a/1", 0).depends(&["b"]), finding("b/1", 5)], vec!["b/1: a/1"]),
        ("a dependency that does not fail", vec![finding("a/1", 0).depends(&["b"])], vec![]),
        ("its own Scenario", vec![finding("a/1", 0).depends(&["a"]), finding("a/2", 0).depends(&["a"])], vec![]),
        (
            "a chain",
            vec![finding("a/1", 0).depends(&["b"]), finding("b/1", 1).depends(&["c"]), finding("c/1", 2)],
            vec!["c/1: a/1, b/1"],
        ),
        (
            "of several Findings of the dependency that of the probe, then the first",
            vec![finding("a/1", 0).depends(&["b"]), finding("b/2", 1), finding("b/1", 5).probe()],
            vec!["b/1: a/1"],
        ),
        (
            "of several dependencies the one that failed first",
            vec![finding("a/1", 0).depends(&["b", "c"]), finding("b/1", 5), finding("c/1", 3)],
            vec!["c/1: a/1"],
        ),
        ("a cycle", vec![finding("a/1", 0).depends(&["b"]), finding("b/1", 1).depends(&["a"])], vec!["b/1: a/1"]),
        (
            "the most severe first, then by name",
            vec![
                finding("a/1", 0).depends(&["z"]),
                finding("b/1", 0).depends(&["z"]).of(Some(Severity::Critical)),
                finding("c/1", 0).depends(&["z"]).of(None),
                finding("z/1", 0),
            ],
            vec!["z/1: b/1, a/1, c/1"],
        ),
    ] {
        assert_eq!(found(open), expected, "{case}");
    }
}

#[test]
fn what_reads_one_target_is_under_the_first() {
    let shop = "http://shop:80";
    let at = |name: &str, minute| finding(name, minute).reads(&[shop]);
    for (case, open, expected) in [
        ("other targets", vec![at("a/1", 0), finding("b/1", 1).reads(&["http://desk:80"])], vec![]),
        ("the first", vec![at("a/1", 3), at("b/1", 1), at("c/1", 2)], vec!["b/1: a/1, c/1"]),
        ("the probe's own", vec![at("a/1", 0), at("b/1", 1).probe()], vec!["b/1: a/1"]),
        ("the most severe", vec![at("a/1", 0), at("b/1", 0).of(Some(Severity::Critical))], vec!["b/1: a/1"]),
        ("by name", vec![at("b/1", 0), at("a/1", 0)], vec!["a/1: b/1"]),
        (
            "one without a time last",
            vec![OpenFinding { opened_at: None, ..at("a/1", 0) }, at("b/1", 9)],
            vec!["b/1: a/1"],
        ),
        (
            "two targets in a row",
            vec![at("a/1", 0), at("b/1", 1).reads(&[shop, "x"]), finding("c/1", 2).reads(&["x"])],
            vec!["a/1: b/1, c/1"],
        ),
        (
            "a dependency comes before a target, and its root is the root of both",
            vec![at("a/1", 0).depends(&["z"]), at("b/1", 1), finding("z/1", 9)],
            vec!["z/1: a/1, b/1"],
        ),
        ("a dependency and a target in a circle", vec![at("a/1", 0).depends(&["b"]), at("b/1", 1)], vec!["b/1: a/1"]),
    ] {
        assert_eq!(found(open), expected, "{case}");
    }
}

#[test]
fn many_findings_are_grouped_quickly_and_each_is_in_one_group_at_most() {
    let mut open = Vec::new();
    for number in 0..10_000_u32 {
        // Chains of a hundred Scenarios; every tenth Finding reads a target that nine others read.
        let next = format!("s{}", number + 1);
        let on = if number % 100 == 99 { vec![] } else { vec![next.as_str()] };
        let target = format!("http://host{}:80", number / 10);
        open.push(finding(&format!("s{number}/1"), i64::from(number)).depends(&on).reads(&[&target]));
    }
    // Work that is quadratic would take minutes.
    let groups = groups(&open);
    assert_eq!(groups.len(), 100);
    let mut names: Vec<&str> =
        groups.iter().flat_map(|group| group.others.iter().chain([&group.root])).map(|f| f.name.as_str()).collect();
    assert_eq!(names.len(), 10_000);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 10_000);
}
