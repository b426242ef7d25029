//! The Findings that exist, by Scenario and check: the one place that knows which are open.

use super::removed_keys::RemovedKeys;
use crate::controllers::finding::FindingSummary;
use crate::domain::desired::CheckKey;
use crate::domain::fingerprint::finding_name;
use crate::domain::keys::{KeptKey, KeptKeys};
use crate::runtime::version::{Version, is_older};
use foldhash::fast::RandomState;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A Finding as last seen or written.
#[derive(Clone, Copy, Debug)]
struct Seen {
    version: Option<Version>,
    is_unresolved: bool,
    is_active: bool,
    created_at: Timestamp,
    resolved_at: Option<Timestamp>,
    /// Whether the watch has shown it. One that only this replica has written may be missing from an older list.
    is_watched: bool,
}

/// A Finding that no longer exists.
pub struct Removed {
    pub scenario: Arc<str>,
    pub at: CheckKey,
    /// Whether it was not resolved: then it was closed by hand.
    pub was_unresolved: bool,
    created_at: Timestamp,
}

/// All Findings of the namespace.
#[derive(Default)]
pub struct FindingIndex {
    by_scenario: HashMap<Arc<str>, BTreeMap<CheckKey, Seen>, RandomState>,
    by_name: HashMap<String, (Arc<str>, CheckKey)>,
    removed: RemovedKeys,
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
        let FindingSummary { name, scenario, at, version, is_unresolved, is_active, created_at, resolved_at } = finding;
        let of_scenario = self.by_scenario.entry(scenario.clone()).or_default();
        let seen = Seen { version, is_unresolved, is_active, created_at, resolved_at, is_watched };
        let known = of_scenario.entry(at.clone()).or_insert(seen);
        if !is_older(version, known.version) {
            *known = Seen { is_watched: is_watched || known.is_watched, ..seen };
        }
        known.is_watched |= is_watched;
        self.by_name.entry(name).or_insert((scenario, at));
    }

    /// Drops the Finding of a check, which does not exist; `None` where it was not known.
    pub fn remove_at(&mut self, scenario: &str, at: &CheckKey) -> Option<Removed> {
        self.remove(&finding_name(scenario, &at.0, &at.1), None)
    }

    /// Drops a Finding that was deleted at this version, if that is known; `None` where it was not known, or has been created anew
    /// since.
    pub fn remove(&mut self, name: &str, version: Option<Version>) -> Option<Removed> {
        let (scenario, at) = self.by_name.get(name)?;
        let known = self.by_scenario.get(scenario).and_then(|of_scenario| of_scenario.get(at));
        if is_older(version, known.and_then(|known| known.version)) {
            return None;
        }
        let was_unresolved = known.is_some_and(|known| known.is_unresolved);
        let created_at = known.map_or(Timestamp::MIN, |known| known.created_at);
        let (scenario, at) = self.by_name.remove(name)?;
        if let Some(of_scenario) = self.by_scenario.get_mut(&scenario) {
            of_scenario.remove(&at);
            if of_scenario.is_empty() {
                self.by_scenario.remove(&scenario);
            }
        }
        Some(Removed { scenario, at, was_unresolved, created_at })
    }

    /// Remembers for an hour that the key of a Finding that was removed was new.
    pub fn remember(&mut self, removed: &Removed, now: Timestamp) {
        if !removed.at.1.is_empty() {
            self.removed.add(&removed.scenario, &removed.at.0, removed.created_at, now);
        }
    }

    /// How many keys of a check were new within the last hour and have no Findings any more.
    pub fn removed_new(&self, scenario: &Arc<str>, check: &str, now: Timestamp) -> usize {
        self.removed.count(scenario, check, now)
    }

    /// The Findings of a check by key, without that of the empty key. One for which `is_pending` is true counts as not resolved.
    pub fn of_check(&self, scenario: &str, check: &str, is_pending: impl Fn(&CheckKey) -> bool) -> KeptKeys {
        let Some(of_scenario) = self.by_scenario.get(scenario) else { return KeptKeys::new() };
        let of_check =
            of_scenario.range((check.to_string(), String::new())..).take_while(|((name, _), _)| name == check);
        let kept = of_check.filter(|((_, key), _)| !key.is_empty()).map(|(at, seen)| {
            let resolved_at = seen.resolved_at.filter(|_| !is_pending(at));
            (at.1.clone(), KeptKey { created_at: Some(seen.created_at), resolved_at })
        });
        kept.collect()
    }

    /// Checks and keys of a Scenario with a Finding that is not resolved, which includes those without a phase.
    pub fn open(&self, scenario: &str) -> BTreeSet<CheckKey> {
        self.of_scenario(scenario, |seen| seen.is_unresolved)
    }

    /// Checks and keys of a Scenario with a Finding in phase Open or Acknowledged.
    pub fn active(&self, scenario: &str) -> BTreeSet<CheckKey> {
        self.of_scenario(scenario, |seen| seen.is_active)
    }

    fn of_scenario(&self, scenario: &str, is_wanted: impl Fn(&Seen) -> bool) -> BTreeSet<CheckKey> {
        let findings = self.by_scenario.get(scenario).into_iter().flatten();
        findings.filter(|(_, seen)| is_wanted(seen)).map(|(at, _)| at.clone()).collect()
    }

    /// Whether the Finding of this check and key exists.
    pub fn has(&self, scenario: &str, at: &CheckKey) -> bool {
        self.by_scenario.get(scenario).is_some_and(|of_scenario| of_scenario.contains_key(at))
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
