//! When groups of open Findings with one root are looked for.

use crate::controllers::roots::Roots;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::conversation::correlation::Group;
use crate::runtime::watch::Change;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Open Findings are compared this often at most.
const INTERVAL: Duration = Duration::from_secs(1);
/// Settings are read again after this time.
const SETTINGS_AGE: Duration = Duration::from_secs(60);

/// When open Findings are compared, and with which settings.
pub struct Correlation {
    is_changed: bool,
    compared_at: Option<Instant>,
    /// By which targets are compared.
    pub settings: BTreeMap<String, String>,
    settings_read_at: Option<Instant>,
    /// The generations of the Scenarios by which open Findings were compared.
    generations: HashMap<Arc<str>, Option<i64>>,
    roots: Roots,
}

impl Correlation {
    /// `roots` gets the groups that are found.
    pub fn new(roots: Roots) -> Correlation {
        let settings = BTreeMap::new();
        let generations = HashMap::new();
        Correlation { is_changed: false, compared_at: None, settings, settings_read_at: None, generations, roots }
    }

    /// A Finding was made, changed or removed.
    pub fn findings_changed(&mut self) {
        self.is_changed = true;
    }

    /// What a Scenario depends on or reads may be different; its status says nothing of that.
    pub fn scenario_changed(&mut self, change: &Change<CachedScenario>) {
        self.is_changed |= match change {
            Change::Applied(scenario) => {
                let generation = scenario.generation;
                self.generations.insert(scenario.name.clone(), generation) != Some(generation)
            }
            Change::Deleted(name, _) => self.generations.remove(&**name).is_some(),
            Change::Undecodable(_) => false,
            Change::Resynchronise => true,
        };
    }

    /// The group that a Finding belongs to.
    pub fn group_of(&self, finding: &str) -> Option<Arc<Group>> {
        self.roots.group_of(finding)
    }

    /// How long to wait until the next comparison; `None` where nothing changed.
    pub fn due_in(&self, now: Instant) -> Option<Duration> {
        let passed = self.compared_at.map_or(INTERVAL, |at| now.saturating_duration_since(at));
        self.is_changed.then(|| INTERVAL.saturating_sub(passed))
    }

    /// Takes the settings that were read.
    pub fn take_settings(&mut self, settings: BTreeMap<String, String>) {
        self.is_changed |= self.settings != settings;
        self.settings = settings;
        self.settings_read_at = Some(Instant::now());
    }

    /// Whether the settings are to be read again.
    pub fn are_settings_old(&self) -> bool {
        self.settings_read_at.is_none_or(|at| at.elapsed() >= SETTINGS_AGE)
    }

    /// Takes the groups that were found; gives the names of their roots.
    pub fn take(&mut self, groups: Vec<Group>) -> Vec<String> {
        self.is_changed = false;
        self.compared_at = Some(Instant::now());
        let groups: Vec<Arc<Group>> = groups.into_iter().map(Arc::new).collect();
        self.roots.set(&groups);
        groups.iter().map(|group| group.root.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn findings_are_compared_again_when_the_spec_of_a_scenario_changes_and_not_for_its_status() {
        let mut correlation = Correlation::new(Roots::default());
        let scenario = |generation: i64| {
            let scenario: CachedScenario = serde_json::from_value(json!({
                "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
                "metadata": {"name": "a", "generation": generation},
                "spec": {"title": "t", "agent": "a", "severity": "high", "probes": [], "checks": []},
            }))
            .unwrap();
            Change::Applied(Arc::new(scenario))
        };
        let mut is_due_after = |change| {
            correlation.scenario_changed(&change);
            let is_due = correlation.due_in(Instant::now()).is_some();
            correlation.take(vec![]);
            is_due
        };
        assert!(is_due_after(scenario(1)));
        assert!(!is_due_after(scenario(1)), "its status");
        assert!(is_due_after(scenario(2)));
        assert!(is_due_after(Change::Resynchronise));
    }
}
