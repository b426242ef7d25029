//! Which checks the runbooks cover.

use super::section::has_section;
use crate::api::ScenarioSpec;
use pulldown_cmark::{Event, Parser};
use std::collections::{BTreeMap, BTreeSet};

/// What of a Scenario its runbook must cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioRunbook {
    pub scenario: String,
    /// The runbook and the section that `spec.runbook` names.
    pub spec: Option<String>,
    pub section: Option<String>,
    /// Names of the checks, in the order of the spec.
    pub checks: Vec<String>,
}

impl ScenarioRunbook {
    pub fn of(name: &str, scenario: &ScenarioSpec) -> ScenarioRunbook {
        ScenarioRunbook {
            scenario: name.into(),
            spec: scenario.runbook.as_ref().map(|runbook| runbook.spec.clone()),
            section: scenario.runbook.as_ref().and_then(|runbook| runbook.section.clone()),
            checks: scenario.checks.iter().map(|check| check.name.clone()).collect(),
        }
    }
}

/// What the runbooks lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The Scenario names no runbook.
    NoRunbook { scenario: String },
    /// There is no such file.
    AbsentRunbook { scenario: String, spec: String },
    /// The runbook has no such heading.
    AbsentSection { scenario: String, spec: String, section: String },
    /// The runbook does not have the name of the check in backquotes.
    UncoveredCheck { scenario: String, spec: String, check: String },
}

impl Gap {
    /// The Scenario that it is about.
    pub fn scenario(&self) -> &str {
        match self {
            Gap::NoRunbook { scenario }
            | Gap::AbsentRunbook { scenario, .. }
            | Gap::AbsentSection { scenario, .. }
            | Gap::UncoveredCheck { scenario, .. } => scenario,
        }
    }
}

/// How far the runbooks cover the checks of all Scenarios.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Number of checks, and how many of them are covered. Those of a Scenario without a runbook are not.
    pub checks: usize,
    pub covered: usize,
    /// In the order of the Scenarios.
    pub gaps: Vec<Gap>,
}

impl Coverage {
    /// Number of checks that are not covered.
    pub fn uncovered(&self) -> usize {
        self.checks - self.covered
    }
}

/// Which checks the runbooks cover: those whose name stands in backquotes in the runbook of their Scenario. `page` gives the text of a
/// runbook, `None` if it can't be read; it is asked once for each.
pub fn coverage(scenarios: &[ScenarioRunbook], mut page: impl FnMut(&str) -> Option<String>) -> Coverage {
    let mut pages: BTreeMap<&str, Option<Page>> = BTreeMap::new();
    let mut coverage = Coverage::default();
    for ScenarioRunbook { scenario, spec, section, checks } in scenarios {
        coverage.checks += checks.len();
        let scenario = scenario.clone();
        let Some(spec) = spec else {
            coverage.gaps.push(Gap::NoRunbook { scenario });
            continue;
        };
        let Some(page) = pages.entry(spec).or_insert_with(|| page(spec).map(Page::new)) else {
            coverage.gaps.push(Gap::AbsentRunbook { scenario, spec: spec.clone() });
            continue;
        };
        if let Some(section) = section.as_ref().filter(|section| !has_section(&page.text, section)) {
            let (spec, section) = (spec.clone(), section.clone());
            coverage.gaps.push(Gap::AbsentSection { scenario: scenario.clone(), spec, section });
        }
        for check in checks {
            if page.names.contains(check) {
                coverage.covered += 1;
            } else {
                let (scenario, spec, check) = (scenario.clone(), spec.clone(), check.clone());
                coverage.gaps.push(Gap::UncoveredCheck { scenario, spec, check });
            }
        }
    }
    coverage
}

struct Page {
    text: String,
    /// What stands in backquotes.
    names: BTreeSet<String>,
}

impl Page {
    fn new(text: String) -> Page {
        let code = |event| match event {
            Event::Code(code) => Some(code.trim().to_string()),
            _ => None,
        };
        let names = Parser::new(&text).filter_map(code).collect();
        Page { text, names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(name: &str, spec: Option<&str>, section: Option<&str>, checks: &[&str]) -> ScenarioRunbook {
        ScenarioRunbook {
            scenario: name.into(),
            spec: spec.map(Into::into),
            section: section.map(Into::into),
            checks: checks.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_check_is_covered_by_its_name_in_backquotes() {
        let page = "# A\n\n## B\n\n- `one`: x; ``two``.\n\nthree, `four-x`\n\n```\n`five`\n```\n\n    `six`\n";
        let mut asked = Vec::new();
        let scenarios = [
            scenario("a", Some("p/a"), Some("B"), &["one", "two", "three", "four", "five", "six"]),
            scenario("b", Some("p/a"), Some("C"), &["one"]),
            scenario("c", Some("q"), None, &["x", "y"]),
            scenario("d", None, None, &["z"]),
        ];
        let found = coverage(&scenarios, |spec| {
            asked.push(spec.to_string());
            (spec == "p/a").then(|| page.to_string())
        });
        assert_eq!(asked, ["p/a", "q"]);
        assert_eq!((found.checks, found.covered, found.uncovered()), (10, 3, 7));
        let uncovered =
            |check: &str| Gap::UncoveredCheck { scenario: "a".into(), spec: "p/a".into(), check: check.into() };
        let mut gaps: Vec<_> = ["three", "four", "five", "six"].map(uncovered).into();
        gaps.extend([
            Gap::AbsentSection { scenario: "b".into(), spec: "p/a".into(), section: "C".into() },
            Gap::AbsentRunbook { scenario: "c".into(), spec: "q".into() },
            Gap::NoRunbook { scenario: "d".into() },
        ]);
        assert_eq!(found.gaps, gaps);
        assert_eq!(found.gaps.last().unwrap().scenario(), "d");
    }
}
