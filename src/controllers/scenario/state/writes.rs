//! What is to be written of the Findings of each Scenario: what waits, what is under way, and what failed.

use crate::api::OWN_SCENARIO;
use crate::domain::desired::{CheckKey, DesiredFindings};
use crate::domain::pending::PendingUpdates;
use foldhash::fast::RandomState;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// Identifies a write: the result of one that no longer counts is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteId(u64);

/// The pending updates of one Scenario.
#[derive(Default)]
pub struct PendingWrites {
    pub updates: PendingUpdates,
    /// The write under way, if there is one.
    pub in_flight: Option<WriteId>,
    /// Consecutive failures.
    pub failures: u32,
}

/// The pending updates of all Scenarios that have any, those that were deleted included.
#[derive(Default)]
pub struct FindingWrites {
    by_scenario: HashMap<Arc<str>, PendingWrites, RandomState>,
    ids: u64,
}

impl FindingWrites {
    /// What waits for a Scenario, made where there is nothing yet.
    pub fn of(&mut self, scenario: &Arc<str>) -> &mut PendingWrites {
        self.by_scenario.entry(scenario.clone()).or_default()
    }

    /// What waits for a Scenario, if anything does.
    pub fn get(&self, scenario: &str) -> Option<&PendingWrites> {
        self.by_scenario.get(scenario)
    }

    pub fn get_mut(&mut self, scenario: &str) -> Option<&mut PendingWrites> {
        self.by_scenario.get_mut(scenario)
    }

    /// Adds the desired state of Findings of a Scenario, of which `open` are open, at the time of its run. Findings of the reserved
    /// Scenario are about this program: they are left to the controller that opens them.
    pub fn want(&mut self, scenario: &Arc<str>, desired: DesiredFindings, open: &BTreeSet<CheckKey>, at: Timestamp) {
        if &**scenario != OWN_SCENARIO {
            self.of(scenario).updates.add(desired, open, at);
        }
    }

    /// An id for a write that begins.
    pub fn next_id(&mut self) -> WriteId {
        self.ids += 1;
        WriteId(self.ids)
    }

    /// Drops a Scenario for which nothing waits.
    pub fn drop_if_idle(&mut self, scenario: &str) {
        let is_idle = |writes: &PendingWrites| writes.updates.is_empty() && writes.in_flight.is_none();
        if self.by_scenario.get(scenario).is_some_and(is_idle) {
            self.by_scenario.remove(scenario);
        }
    }

    /// Drops everything: another replica decides anew. Results of writes under way no longer count.
    pub fn clear(&mut self) {
        self.by_scenario.clear();
    }

    /// Scenarios for which something waits.
    pub fn scenarios(&self) -> Vec<Arc<str>> {
        self.by_scenario.keys().cloned().collect()
    }

    /// Whether a write is under way.
    pub fn is_in_flight(&self) -> bool {
        self.by_scenario.values().any(|writes| writes.in_flight.is_some())
    }
}

/// What of a Scenario is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Findings,
    Status,
}

/// Writes that failed and are tried again later, one of each part of a Scenario: until then it is not written.
#[derive(Default)]
pub struct Retries {
    by_time: BTreeSet<(Instant, Arc<str>, Part)>,
    by_scenario: HashMap<(Arc<str>, Part), Instant>,
}

impl Retries {
    /// Tries this part again at that time.
    pub fn add(&mut self, at: Instant, scenario: &Arc<str>, part: Part) {
        self.cancel(scenario, part);
        self.by_time.insert((at, scenario.clone(), part));
        self.by_scenario.insert((scenario.clone(), part), at);
    }

    /// Whether this part waits to be tried again.
    pub fn is_waiting(&self, scenario: &Arc<str>, part: Part) -> bool {
        !self.by_scenario.is_empty() && self.by_scenario.contains_key(&(scenario.clone(), part))
    }

    pub fn next_at(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, ..)| *at)
    }

    /// Takes a part whose time has come.
    pub fn take_due(&mut self, now: Instant) -> Option<(Arc<str>, Part)> {
        if self.next_at()? > now {
            return None;
        }
        let (_, scenario, part) = self.by_time.pop_first()?;
        self.by_scenario.remove(&(scenario.clone(), part));
        Some((scenario, part))
    }

    /// Plans no retry of this part.
    pub fn cancel(&mut self, scenario: &Arc<str>, part: Part) {
        if let Some(at) = self.by_scenario.remove(&(scenario.clone(), part)) {
            self.by_time.remove(&(at, scenario.clone(), part));
        }
    }

    pub fn clear(&mut self) {
        self.by_time.clear();
        self.by_scenario.clear();
    }
}
