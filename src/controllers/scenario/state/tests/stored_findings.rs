//! Findings in the simulated API.

use super::super::*;
use super::world::World;
use crate::api::{Finding, FindingStatus, Phase};
use crate::controllers::finding::FindingSummary;
use crate::domain::fingerprint::{finding_name, finding_spec};
use crate::runtime::version::Version;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;

impl World {
    /// Creates a Finding as another replica left it.
    pub fn finding(&mut self, scenario: &str, check: &str, phase: Phase) {
        let spec = finding_spec(scenario, check, "");
        let mut finding = Finding::new(&finding_name(scenario, check, ""), spec);
        finding.status = Some(FindingStatus { phase: Some(phase), occurrences: Some(1), ..FindingStatus::default() });
        self.store_finding(finding);
    }

    pub fn store_finding(&mut self, mut finding: Finding) -> FindingSummary {
        self.stored.version += 1;
        finding.metadata.resource_version = Some(self.stored.version.to_string());
        if finding.metadata.creation_timestamp.is_none() {
            finding.metadata.creation_timestamp = Some(Time(self.now().wall));
            self.stored.findings_created += 1;
        }
        let summary = FindingSummary::of(&finding);
        self.stored.findings.insert(finding.name_any(), finding);
        if !self.stored.watch_is_silent {
            self.events.push_back(Event::Finding(ObjectChange::Applied(summary.clone())));
        }
        summary
    }

    pub fn delete_finding(&mut self, scenario: &str) {
        self.delete_finding_of(scenario, "status", "");
    }

    pub fn delete_finding_of(&mut self, scenario: &str, check: &str, key: &str) {
        let name = finding_name(scenario, check, key);
        self.stored.findings.remove(&name);
        self.on(Event::Finding(ObjectChange::Deleted(name.as_str().into(), None)));
    }

    /// The watch shows that this object was deleted.
    pub fn finding_deleted(&mut self, finding: &Finding) {
        let name = finding.name_any();
        self.on(Event::Finding(ObjectChange::Deleted(name.as_str().into(), Version::of(finding))));
    }

    /// The watch shows no writes of Findings until [`World::watch_resumes`].
    pub fn watch_falls_silent(&mut self) {
        self.stored.watch_is_silent = true;
    }

    /// The watch shows all Findings as they are now.
    pub fn watch_resumes(&mut self) {
        self.stored.watch_is_silent = false;
        self.list_findings();
    }

    /// A list from before anything was written.
    pub fn list_no_findings(&mut self) {
        self.on(Event::Finding(ObjectChange::Resynchronised(Vec::new(), Vec::new())));
    }
}
