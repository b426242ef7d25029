//! What the notices of a Finding depend on besides the Finding: dependencies of its Scenario, Silences, settings.

use crate::api::{BLIND, Finding};
use crate::controllers::holds::is_failing;
use crate::domain::advice::told_by_model;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::notice::plan::{Plan, Surroundings, plan};
use crate::domain::notice::policy::NoticePolicy;
use crate::domain::texts;
use crate::domain::thread::escalation::Holds;
use crate::runtime::watch::Cache;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The health and the dependencies of each Scenario, and which Findings each has.
pub struct World {
    policy: Arc<NoticePolicy>,
    scenarios: Cache<CachedScenario>,
    failing: BTreeSet<String>,
    dependencies: HashMap<String, Vec<String>>,
    dependents: HashMap<String, BTreeSet<String>>,
    findings: HashMap<String, BTreeSet<String>>,
}

impl World {
    pub fn new(policy: Arc<NoticePolicy>, scenarios: Cache<CachedScenario>) -> World {
        World {
            policy,
            scenarios,
            failing: BTreeSet::new(),
            dependencies: HashMap::new(),
            dependents: HashMap::new(),
            findings: HashMap::new(),
        }
    }

    /// A Finding exists.
    pub fn finding_seen(&mut self, finding: &Finding) {
        self.findings.entry(finding.spec.scenario.clone()).or_default().insert(finding.name_any());
    }

    /// A Finding was deleted. Its name begins with that of its Scenario.
    pub fn finding_gone(&mut self, name: &str) {
        let Some((scenario, _)) = name.rsplit_once('-') else { return };
        if let Some(names) = self.findings.get_mut(scenario) {
            names.remove(name);
            if names.is_empty() {
                self.findings.remove(scenario);
            }
        }
    }

    /// All Findings.
    pub fn findings(&self) -> impl Iterator<Item = &String> {
        self.findings.values().flatten()
    }

    /// Reads all Scenarios anew.
    pub fn read_scenarios(&mut self) {
        self.failing.clear();
        self.dependencies.clear();
        self.dependents.clear();
        for scenario in self.scenarios.objects() {
            self.scenario_seen(&scenario);
        }
    }

    /// The Findings of which the notices may be decided otherwise now that a Scenario is like this.
    pub fn scenario_seen(&mut self, scenario: &CachedScenario) -> Vec<String> {
        let name = scenario.name.to_string();
        let is_failing = is_failing(scenario);
        let mut affected = BTreeSet::new();
        if is_failing != self.failing.contains(&name) {
            affected.extend(self.dependents.get(&name).into_iter().flatten().cloned());
            if is_failing {
                self.failing.insert(name.clone());
            } else {
                self.failing.remove(&name);
            }
        }
        if self.dependencies.get(&name).map_or(&[][..], Vec::as_slice) != scenario.spec.depends_on {
            self.set_dependencies(&name, &scenario.spec.depends_on);
            affected.insert(name);
        }
        self.findings_of(&affected)
    }

    /// The same for a Scenario that was deleted, or can't be decoded: it holds nothing back.
    pub fn scenario_gone(&mut self, name: &str) -> Vec<String> {
        self.failing.remove(name);
        let mut affected: BTreeSet<String> = self.dependents.get(name).into_iter().flatten().cloned().collect();
        self.set_dependencies(name, &[]);
        affected.insert(name.to_string());
        self.findings_of(&affected)
    }

    fn set_dependencies(&mut self, name: &str, dependencies: &[String]) {
        for before in self.dependencies.remove(name).into_iter().flatten() {
            if let Some(dependents) = self.dependents.get_mut(&before) {
                dependents.remove(name);
            }
        }
        for dependency in dependencies {
            self.dependents.entry(dependency.clone()).or_default().insert(name.to_string());
        }
        if !dependencies.is_empty() {
            self.dependencies.insert(name.to_string(), dependencies.to_vec());
        }
    }

    fn findings_of(&self, scenarios: &BTreeSet<String>) -> Vec<String> {
        scenarios.iter().filter_map(|scenario| self.findings.get(scenario)).flatten().cloned().collect()
    }

    /// Plans the notices of a Finding.
    pub fn plan(&self, finding: &Finding, holds: &Holds, now: Timestamp) -> Option<Plan> {
        let status = finding.status.as_ref()?;
        let message = status.message.as_deref().unwrap_or_default();
        let surroundings = Surroundings {
            policy: &self.policy,
            failing_dependencies: &holds.failing_dependencies,
            silences: &holds.silences,
            has_advice: self.policy.mails_advice && told_by_model(status).is_some(),
            is_told_once: finding.spec.check == BLIND && texts::names_only_unset_settings(message),
        };
        Some(plan(status, &surroundings, now))
    }
}
