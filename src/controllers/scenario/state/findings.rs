//! The Findings that exist, by Scenario and check: the one place that knows which are open.

use crate::controllers::finding::FindingSummary;
use crate::domain::desired::CheckKey;
use crate::domain::fingerprint::finding_name;
use crate::runtime::version::{Version, is_older};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A Finding as last seen or written.
#[derive(Clone, Copy, Debug)]
struct Seen {
    version: Option<Version>,
    is_unresolved: bool,
    /// Whether the watch has shown it. One that only this replica has written may be missing from an older list.
    is_watched: bool,
}

/// All Findings of the namespace.
#[derive(Default)]
pub struct FindingIndex {
    by_scenario: HashMap<Arc<str>, BTreeMap<CheckKey, Seen>>,
    by_name: HashMap<String, (Arc<str>, CheckKey)>,
}

impl FindingIndex {
    /// Notes a Finding that the watch has shown.
    pub fn observe(&mut self, finding: FindingSummary) {
        self.note(finding, true);
    }

    /// Notes a Finding that this replica has written.
    pub fn written(&mut self, finding: FindingSummary) {
        self.note(finding, false);
    }

    /// Takes the Finding over, unless a newer version of it is known.
    fn note(&mut self, finding: FindingSummary, is_watched: bool) {
        let FindingSummary { name, scenario, at, version, is_unresolved } = finding;
        let of_scenario = self.by_scenario.entry(scenario.clone()).or_default();
        let seen = Seen { version, is_unresolved, is_watched };
        let known = of_scenario.entry(at.clone()).or_insert(seen);
        if !is_older(version, known.version) {
            *known = Seen { is_watched: is_watched || known.is_watched, ..seen };
        }
        known.is_watched |= is_watched;
        self.by_name.entry(name).or_insert((scenario, at));
    }

    /// Drops the Finding of a check, which does not exist. True where it was known.
    pub fn remove_at(&mut self, scenario: &str, at: &CheckKey) -> bool {
        self.remove(&finding_name(scenario, &at.0, &at.1)).is_some()
    }

    /// Drops a Finding that was deleted, and returns which it was.
    pub fn remove(&mut self, name: &str) -> Option<(Arc<str>, CheckKey)> {
        let (scenario, at) = self.by_name.remove(name)?;
        if let Some(of_scenario) = self.by_scenario.get_mut(&scenario) {
            of_scenario.remove(&at);
            if of_scenario.is_empty() {
                self.by_scenario.remove(&scenario);
            }
        }
        Some((scenario, at))
    }

    /// Checks and keys of a Scenario with a Finding that is not resolved.
    pub fn open(&self, scenario: &str) -> BTreeSet<CheckKey> {
        let findings = self.by_scenario.get(scenario).into_iter().flatten();
        findings.filter(|(_, seen)| seen.is_unresolved).map(|(at, _)| at.clone()).collect()
    }

    /// The newest version known of a Finding.
    pub fn version(&self, scenario: &str, at: &CheckKey) -> Option<Version> {
        self.by_scenario.get(scenario)?.get(at)?.version
    }

    /// Scenarios with a Finding that is not resolved.
    pub fn scenarios_with_open(&self) -> Vec<Arc<str>> {
        let is_open = |findings: &BTreeMap<CheckKey, Seen>| findings.values().any(|seen| seen.is_unresolved);
        self.by_scenario.iter().filter(|(_, findings)| is_open(findings)).map(|(name, _)| name.clone()).collect()
    }

    /// Names of the Findings that the watch has shown.
    pub fn watched(&self) -> impl Iterator<Item = &str> {
        let is_watched = |(scenario, at): &(Arc<str>, CheckKey)| {
            self.by_scenario.get(scenario).and_then(|of| of.get(at)).is_some_and(|seen| seen.is_watched)
        };
        self.by_name.iter().filter(move |(_, place)| is_watched(place)).map(|(name, _)| name.as_str())
    }
}
