//! An open Finding as correlation looks at it.

use super::OpenFinding;
use crate::api::{BLIND, ScenarioSpec};
use crate::domain::probe_targets::targets_of_check;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that are shorter stand in too many names by chance.
const KEY_LENGTH_MIN: usize = 3;

/// An open Finding, and what relates it to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub finding: OpenFinding,
    pub check: String,
    /// Empty for a check without `forEach`.
    pub key: String,
    /// The checks of its Scenario that its check requires, directly or not.
    pub requires: Vec<String>,
    /// The targets of the probes that its check reads, each as scheme, host and port, or the path of a file.
    pub targets: Vec<String>,
    /// Its check is that of a probe: the target could not be read.
    pub is_of_probe: bool,
}

impl Candidate {
    /// Reads the relations from the spec of the Scenario, as far as it exists.
    pub fn new(
        finding: OpenFinding,
        (check, key): (&str, &str),
        spec: Option<&ScenarioSpec>,
        settings: &BTreeMap<String, String>,
    ) -> Candidate {
        Candidate {
            finding,
            check: check.into(),
            key: key.into(),
            requires: spec.map(|spec| required(spec, check)).unwrap_or_default(),
            targets: spec.map(|spec| targets_of_check(spec, check, settings)).unwrap_or_default(),
            is_of_probe: spec.is_some_and(|spec| spec.probes.iter().any(|probe| probe.name == check)),
        }
    }

    /// A Scenario of which nothing else is open does not fail: its checks cannot be judged.
    pub(super) fn is_blind(&self) -> bool {
        self.check == BLIND
    }

    pub(super) fn shares_target(&self, other: &Candidate) -> bool {
        self.targets.iter().any(|target| other.targets.contains(target))
    }

    /// Whether both are items of one check: neither is the root of the other.
    pub(super) fn is_sibling(&self, other: &Candidate) -> bool {
        self.check == other.check && self.finding.scenario == other.finding.scenario
    }

    /// Whether its Scenario or a target of it is named after the item of the other, as `wizard.vm112.bundle` is after machine 112.
    pub(super) fn is_named_after(&self, other: &Candidate) -> bool {
        let key = other.key.as_str();
        let names = self.targets.iter().chain(std::iter::once(&self.finding.scenario));
        key.len() >= KEY_LENGTH_MIN && names.into_iter().any(|name| has_word(name, key))
    }
}

/// Whether `word` stands in `text` and is no part of a longer number, or where it is no number, of a longer word.
fn has_word(text: &str, word: &str) -> bool {
    let is_number = word.chars().all(|c| c.is_ascii_digit());
    let goes_on = |c: char| if is_number { c.is_ascii_digit() } else { c.is_alphanumeric() };
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

/// The checks that a check requires, and those that they require.
fn required(spec: &ScenarioSpec, check: &str) -> Vec<String> {
    let direct = |name: &str| {
        spec.checks.iter().find(|check| check.name == name).map(|check| check.requires.as_slice()).unwrap_or_default()
    };
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut left: Vec<&String> = direct(check).iter().collect();
    while let Some(name) = left.pop() {
        if name != check && found.insert(name) {
            left.extend(direct(name));
        }
    }
    found.into_iter().map(String::from).collect()
}
