//! What holds escalations back: failing dependencies and active Silences.

use crate::api::{Finding, Health, Scenario};
use crate::domain::silence::{ActiveSilences, ParsedSilences, SilencedBy, Subject};
use crate::domain::thread::escalation::Holds;
use crate::runtime::caches::Caches;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::sync::Arc;

/// Reads the Silences anew where one was changed, begins or ends.
pub struct Holding {
    caches: Caches,
    time_zone: Arc<str>,
    parsed: ParsedSilences,
    active: ActiveSilences,
    until: Option<Timestamp>,
    is_changed: bool,
}

impl Holding {
    pub fn new(caches: &Caches, time_zone: &Arc<str>) -> Holding {
        Holding {
            caches: caches.clone(),
            time_zone: time_zone.clone(),
            parsed: ParsedSilences::default(),
            active: ActiveSilences::default(),
            until: None,
            is_changed: true,
        }
    }

    /// A Silence was made, changed or removed.
    pub fn silences_changed(&mut self) {
        self.is_changed = true;
    }

    pub fn refresh(&mut self, now: Timestamp) {
        if !std::mem::take(&mut self.is_changed) && self.until.is_none_or(|until| until > now) {
            return;
        }
        let silences = self.caches.silences.objects();
        let named: Vec<_> = silences.iter().map(|silence| (silence.name_any(), silence)).collect();
        self.parsed.refresh(named.iter().map(|(name, silence)| (name.as_str(), &***silence)), &self.time_zone);
        self.active = self.parsed.active(now);
        self.until = self.active.next_change(now);
    }

    /// As of the last refresh.
    pub fn of(&self, finding: &Finding) -> Holds {
        let scenario = self.caches.scenarios.get(&finding.spec.scenario);
        let dependencies = scenario.map(|scenario| scenario.spec.depends_on.clone()).unwrap_or_default();
        let is_failing = |name: &String| self.caches.scenarios.get(name).is_some_and(|scenario| is_failing(&scenario));
        Holds {
            failing_dependencies: dependencies.into_iter().filter(is_failing).collect(),
            silences: self.active.matching(&Subject::of(finding)).into_iter().map(String::from).collect(),
        }
    }

    /// The active Silences that hold back notices about a Finding, as people are told of them.
    pub fn silencing(&self, finding: &Finding, now: Timestamp) -> Vec<SilencedBy> {
        self.parsed.silencing(&Subject::of(finding), now)
    }
}

fn is_failing(scenario: &Scenario) -> bool {
    scenario.status.as_ref().and_then(|status| status.health) == Some(Health::Failing)
}
