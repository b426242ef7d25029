//! Which open Findings have one root, and what Maestro tells of them.

use super::{Controller, Subject};
use crate::api::{Finding, FindingStatus};
use crate::controllers::thread::tasks::Telling;
use crate::domain::conversation::correlation::{Candidate, OpenFinding, groups};
use crate::domain::thread::correlated::{Occurrence, correlated};
use crate::domain::thread::story::Plan;
use crate::domain::thread::told::Told;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::time::{Duration, Instant};

impl Controller {
    /// Compares the open Findings where that is due; gives the time until it is.
    pub(super) fn correlate(&mut self) -> Duration {
        match self.correlation.due_in(Instant::now()) {
            None => return Duration::MAX,
            Some(left) if !left.is_zero() => return left,
            Some(_) => {}
        }
        let caches = &self.context.caches;
        let open: Vec<Candidate> = caches.findings.objects().iter().filter_map(|finding| self.open(finding)).collect();
        let depends_on = |scenario: &str| {
            caches.scenarios.get(scenario).map(|scenario| scenario.spec.depends_on.clone()).unwrap_or_default()
        };
        let groups = groups(&open, &depends_on);
        if open.len() > 1 && self.correlation.are_settings_old() {
            self.dirty.insert(Subject::Settings);
        }
        let roots = self.correlation.take(groups);
        self.dirty.extend(roots.into_iter().map(Subject::Root));
        Duration::MAX
    }

    fn open(&self, finding: &Finding) -> Option<Candidate> {
        let status = finding.status.as_ref().filter(|status| status.is_active())?;
        let scenario = self.context.caches.scenarios.get(&finding.spec.scenario);
        let open = OpenFinding {
            name: finding.name_any(),
            scenario: finding.spec.scenario.clone(),
            message: status.message.clone().unwrap_or_default(),
            severity: status.severity,
            opened_at: status.opened_at.as_ref().map(|at| at.0),
        };
        let identity = (finding.spec.check.as_str(), finding.spec.key.as_str());
        let spec = scenario.as_ref().map(|scenario| &*scenario.spec);
        Some(Candidate::new(open, identity, spec, &self.correlation.settings))
    }

    /// Tells of the group in the Thread of its root, where it appeared or grew.
    pub(super) fn decide_root(&mut self, name: &str, now: Timestamp) {
        let subject = Subject::Root(name.to_string());
        self.wake(&subject, None);
        let Some(group) = self.correlation.group_of(name).filter(|group| group.root.name == name) else { return };
        let Some(finding) = self.index.findings.get(name) else { return };
        let Some(status) = finding.status.as_ref().filter(|status| status.is_active()) else { return };
        let Some((thread, occurrence)) = self.occurrence(status) else { return };
        let nothing = Told::default();
        let told = self.index.told(&thread).unwrap_or(&nothing);
        let wait = self.context.notices.policy.timing.group_wait;
        let decision = correlated(&group, &occurrence, told, self.limits.correlated_max, wait, now);
        self.wake(&subject, decision.wake);
        if let Some(one) = decision.tell {
            let plan = Plan { thread, tell: vec![one], ..Plan::default() };
            let telling =
                Telling { voices: self.voices(&finding), group: Some(group), finding, plan, silences: Vec::new() };
            self.spawn(subject, telling);
        }
    }

    /// The Thread of the present occurrence, where it exists.
    fn occurrence(&mut self, status: &FindingStatus) -> Option<(String, Occurrence)> {
        let thread = status.thread.clone()?;
        self.index.threads.get(&thread)?;
        let opened_at = status.opened_at.as_ref()?.0;
        Some((thread.clone(), Occurrence { thread, opened_at }))
    }
}
