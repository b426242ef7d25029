//! What holds the notices and the escalations of a Finding back: failing dependencies and active Silences.

use crate::api::{Finding, Health};
use crate::domain::cached_scenario::CachedScenario;
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
    /// Names and generations of the active ones.
    versions: Vec<(String, Option<i64>)>,
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
            versions: Vec::new(),
            until: None,
            is_changed: true,
        }
    }

    /// A Silence was made, changed or removed.
    pub fn silences_changed(&mut self) {
        self.is_changed = true;
    }

    /// When others are active, as of the last refresh.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Reads what is due; whether others are active than before, or one of them was edited.
    pub fn refresh(&mut self, now: Timestamp) -> bool {
        if !std::mem::take(&mut self.is_changed) && self.until.is_none_or(|until| until > now) {
            return false;
        }
        let silences = self.caches.silences.objects();
        let named: Vec<_> = silences.iter().map(|silence| (silence.name_any(), silence)).collect();
        self.parsed.refresh(named.iter().map(|(name, silence)| (name.as_str(), &***silence)), &self.time_zone);
        self.active = self.parsed.active(now);
        self.until = self.active.next_change(now);
        let is_active = |name: &str| self.parsed.get(name).is_some_and(|of| of.is_ok_and(|of| of.is_active(now)));
        let active = named.iter().filter(|(name, _)| is_active(name));
        // Their statuses change with the Findings: these are no edits.
        let versions: Vec<_> = active.map(|(name, silence)| (name.clone(), silence.metadata.generation)).collect();
        std::mem::replace(&mut self.versions, versions) != self.versions
    }

    /// Of a Finding, by the Silences as of the last refresh.
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

/// Whether it holds back what depends on it.
pub fn is_failing(scenario: &CachedScenario) -> bool {
    scenario.status.as_ref().and_then(|status| status.health) == Some(Health::Failing)
}
