//! The state of the Scenario controller, and what can be asked of it. Handlers of events are in files by subject.

use super::activation::Activation;
use super::dependencies::Dependencies;
use super::event::Now;
use super::findings::FindingIndex;
use super::freshness::Freshness;
use super::lateness::{ReportBudget, WatchClock};
use super::scenario::ScenarioState;
use super::schedule::Schedule;
use super::ticks::Ticks;
use super::writes::{FindingWrites, Retries};
use crate::domain::agents::MAESTRO;
use crate::domain::desired::CheckKey;
use crate::domain::keys::{KeptKey, KeptKeys, KeyLimits};
use crate::domain::pending::PendingUpdates;
use crate::domain::texts::Language;
use crate::domain::validate::{Expressions, ProbePolicy, ValidatedScenario};
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The interval of maintenance: freshness, and retries at the latest.
pub const MAINTENANCE: Duration = Duration::from_secs(1);

/// What every decision depends on besides the objects.
pub struct Settings {
    pub policy: Arc<ProbePolicy>,
    pub language: Language,
    pub key_limits: KeyLimits,
}

/// The controller's state.
pub struct State {
    pub(super) settings: Settings,
    pub(super) expressions: Expressions,
    pub(super) activation: Activation,
    pub(super) scenarios: HashMap<Arc<str>, Box<ScenarioState>, RandomState>,
    pub(super) findings: FindingIndex,
    pub(super) dependencies: Dependencies,
    /// Whether each Agent is suspended.
    pub(super) agents: BTreeMap<String, bool>,
    pub(super) timing: Timing,
    pub(super) writes: FindingWrites,
    pub(super) ticks: Ticks,
}

/// Everything that waits for a time.
pub(super) struct Timing {
    pub(super) schedule: Schedule,
    pub(super) retries: Retries,
    pub(super) freshness: Freshness,
    /// For lateness.
    pub(super) watch_clock: WatchClock,
    pub(super) late_reports: ReportBudget,
    pub(super) maintenance: Instant,
    pub(super) run_ids: u64,
}

impl State {
    pub fn new(settings: Settings, now: Now) -> State {
        State {
            settings,
            expressions: Expressions::default(),
            activation: Activation::default(),
            scenarios: HashMap::default(),
            findings: FindingIndex::default(),
            dependencies: Dependencies::default(),
            agents: BTreeMap::new(),
            timing: Timing {
                schedule: Schedule::new(now.monotonic),
                retries: Retries::default(),
                freshness: Freshness::new(now.monotonic),
                watch_clock: WatchClock::new(now.monotonic),
                late_reports: ReportBudget::new(now.monotonic),
                maintenance: now.monotonic + MAINTENANCE,
                run_ids: 0,
            },
            writes: FindingWrites::default(),
            ticks: Ticks::default(),
        }
    }

    /// When [`super::Event::Timer`] is to come.
    pub fn next_timer(&self) -> Instant {
        let timing = &self.timing;
        let runs = timing.schedule.next_at().filter(|_| self.activation.may_begin());
        let next = [runs, timing.retries.next_at()].into_iter().flatten().min();
        next.map_or(timing.maintenance, |next| next.min(timing.maintenance))
    }

    /// Whether a write is under way.
    pub fn is_writing(&self) -> bool {
        self.writes.is_in_flight() || self.scenarios.values().any(|scenario| scenario.status_write.is_some())
    }

    /// The Agent that has the work of `name`: itself, or the fallback where it is absent or suspended.
    pub(super) fn effective_agent(&self, name: &str) -> String {
        match self.agents.get(name) {
            Some(false) => name.to_string(),
            _ => MAESTRO.to_string(),
        }
    }

    /// Checks and keys of a Scenario that are open once everything that is pending has been written.
    pub(super) fn open_after_writes(&self, scenario: &str) -> BTreeSet<CheckKey> {
        let open = self.findings.open(scenario);
        match self.writes.get(scenario) {
            Some(writes) => writes.updates.open_after(open),
            None => open,
        }
    }

    /// The Findings of a check with `forEach`, by key: those that exist, and those that pending updates will create.
    pub(super) fn kept(findings: &FindingIndex, writes: &FindingWrites, scenario: &str, check: &str) -> KeptKeys {
        let pending = writes.get(scenario).map(|writes| &writes.updates);
        let is_pending = |at: &CheckKey| pending.is_some_and(|updates| updates.has(at));
        let mut kept = findings.of_check(scenario, check, is_pending);
        let to_create = pending.into_iter().flat_map(PendingUpdates::keys).filter(|(name, _)| name == check);
        for (_, key) in to_create.filter(|(_, key)| !key.is_empty()) {
            kept.entry(key.clone()).or_insert(KeptKey { created_at: None, resolved_at: None });
        }
        kept
    }

    /// The validated spec of a Scenario that may run: valid, not suspended, in no cycle.
    pub(super) fn runnable(&self, name: &str) -> Option<&Arc<ValidatedScenario>> {
        let valid = self.scenarios.get(name)?.valid()?;
        (!valid.suspend && self.dependencies.cycle(name).is_none()).then_some(valid)
    }
}
