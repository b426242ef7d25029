//! What changed: which Findings have to be planned again.

use super::Controller;
use crate::api::Finding;
use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::watch::Change;
use kube::ResourceExt as _;
use std::collections::HashSet;

impl Controller {
    pub(super) fn finding_changed(&mut self, change: Change<Finding>) {
        match change {
            Change::Applied(finding) => self.finding_seen(&finding),
            Change::Deleted(name, _) => self.finding_gone(&name),
            // The Finding controller repairs it.
            Change::Undecodable(_) => {}
            Change::Resynchronise => self.read_findings(),
        }
    }

    pub(super) fn finding_seen(&mut self, finding: &Finding) {
        self.world.finding_seen(finding);
        self.mark_dirty(&finding.name_any());
    }

    pub(super) fn finding_gone(&mut self, name: &str) {
        self.findings.forget(Some(name));
        self.world.finding_gone(name);
        self.queue.gone(name);
        self.dirty.remove(name);
        self.failures.remove(name);
        self.wake(name, None);
    }

    pub(super) fn read_findings(&mut self) {
        let all = self.context.caches.findings.objects();
        let known: HashSet<String> = all.iter().map(|finding| finding.name_any()).collect();
        let gone: Vec<String> = self.world.findings().filter(|name| !known.contains(*name)).cloned().collect();
        for name in gone {
            self.finding_gone(&name);
        }
        for finding in all {
            self.finding_seen(&finding);
        }
    }

    pub(super) fn scenario_changed(&mut self, change: Change<CachedScenario>) {
        let affected = match change {
            Change::Applied(scenario) => self.world.scenario_seen(&scenario),
            Change::Deleted(name, _) => self.world.scenario_gone(&name),
            Change::Undecodable(object) => match &object.metadata.name {
                Some(name) => self.world.scenario_gone(name),
                None => Vec::new(),
            },
            Change::Resynchronise => {
                self.world.read_scenarios();
                self.world.findings().cloned().collect()
            }
        };
        self.mark_all_dirty(affected);
    }
}
