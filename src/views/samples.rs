//! What metrics say about the resources.

use super::Resources;
use super::finding::{is_active, severity};
use crate::api::{Finding, Health, Severity};
use crate::domain::cached_scenario::CachedScenario;
use crate::telemetry::ScenarioSample;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Numbers of Findings by severity.
type BySeverity = BTreeMap<Severity, usize>;

/// Numbers of resources.
pub struct Totals {
    findings: BySeverity,
    scenarios: Vec<Health>,
}

impl Totals {
    /// Findings that are Open or Acknowledged, of a severity.
    pub fn open_findings(&self, severity: Severity) -> usize {
        self.findings.get(&severity).copied().unwrap_or_default()
    }

    /// Scenarios whose status says this health.
    pub fn scenarios(&self, health: Health) -> usize {
        self.scenarios.iter().filter(|of_one| **of_one == health).count()
    }
}

impl Resources {
    /// Counts Findings and Scenarios.
    pub fn totals(&self) -> Totals {
        let mut findings = BySeverity::new();
        for severity in self.findings.state().iter().filter_map(open_severity) {
            *findings.entry(severity).or_default() += 1;
        }
        let scenarios = self.scenarios.state();
        let health = scenarios.iter().filter_map(|scenario| scenario.status.as_ref()?.health);
        Totals { findings, scenarios: health.collect() }
    }

    /// What metrics say about each Scenario, sorted by name.
    pub fn scenario_samples(&self) -> Vec<ScenarioSample> {
        let findings = self.findings.state();
        let mut open: HashMap<&str, BySeverity> = HashMap::new();
        for (finding, severity) in findings.iter().filter_map(|finding| Some((finding, open_severity(finding)?))) {
            *open.entry(&finding.spec.scenario).or_default().entry(severity).or_default() += 1;
        }
        let mut samples: Vec<ScenarioSample> =
            self.scenarios.state().iter().map(|scenario| sample(scenario, &mut open)).collect();
        samples.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        samples
    }
}

/// The severity of a Finding that is Open or Acknowledged.
fn open_severity(finding: &Arc<Finding>) -> Option<Severity> {
    is_active(finding).then(|| severity(finding)).flatten()
}

fn sample(scenario: &CachedScenario, open: &mut HashMap<&str, BySeverity>) -> ScenarioSample {
    let name = scenario.name.to_string();
    let spec = &scenario.spec;
    let mut open_findings = open.remove(name.as_str()).unwrap_or_default();
    for severity in spec.checks.iter().filter_map(|check| check.severity).chain([spec.severity]) {
        open_findings.entry(severity).or_default();
    }
    // One that is suspended is not expected to have run lately.
    let status = scenario.status.as_ref().filter(|_| !spec.suspend);
    let last_run_at = status.and_then(|status| status.last_run_at.as_ref()).map(|at| at.0);
    ScenarioSample { name, last_run_at, open_findings: open_findings.into_iter().collect() }
}
