//! Ticks: an external scheduler asks to run what is due, or everything, and waits for the results.

use super::requests::RunChanges;
use super::scenario::RunId;
use crate::api::Health;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Ticks that wait at once; more are refused.
const WAITING_MAX: usize = 16;

/// Identifies a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TickId(pub u64);

/// The result of a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TickReport {
    pub due: usize,
    pub ran: usize,
    pub results: Vec<TickResult>,
}

/// The result for one Scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct TickResult {
    pub scenario: String,
    pub health: Option<Health>,
    pub opened: Vec<String>,
    pub resolved: Vec<String>,
}

struct Waiting {
    id: TickId,
    /// The first run of each Scenario that counts.
    missing: BTreeMap<Arc<str>, RunId>,
    report: TickReport,
}

/// The ticks that wait for Scenarios to run.
#[derive(Default)]
pub struct Ticks {
    waiting: Vec<Waiting>,
}

impl Ticks {
    /// Waits for these runs of Scenarios, or later ones. False where too many ticks wait.
    pub fn add(&mut self, id: TickId, due: BTreeMap<Arc<str>, RunId>) -> bool {
        if self.waiting.len() >= WAITING_MAX {
            return false;
        }
        let report = TickReport { due: due.len(), ..TickReport::default() };
        self.waiting.push(Waiting { id, missing: due, report });
        true
    }

    /// Whether any tick waits for this run of a Scenario.
    pub fn wait_for(&self, scenario: &str, run: RunId) -> bool {
        self.waiting.iter().any(|tick| tick.missing.get(scenario).is_some_and(|first| *first <= run))
    }

    /// A run of a Scenario has ended and everything of it is written.
    pub fn ran(&mut self, scenario: &str, run: RunId, health: Option<Health>, changes: &RunChanges) {
        for tick in &mut self.waiting {
            if tick.missing.get(scenario).is_some_and(|first| *first <= run) {
                tick.missing.remove(scenario);
                tick.report.ran += 1;
                tick.report.results.push(TickResult {
                    scenario: scenario.to_string(),
                    health,
                    opened: changes.opened.clone(),
                    resolved: changes.resolved.clone(),
                });
            }
        }
    }

    /// A Scenario does not run any more: nothing waits for it.
    pub fn forget(&mut self, scenario: &str) {
        for tick in &mut self.waiting {
            tick.missing.remove(scenario);
        }
    }

    /// Takes the ticks that are complete.
    pub fn take_complete(&mut self) -> Vec<(TickId, TickReport)> {
        let complete = self.waiting.extract_if(.., |tick| tick.missing.is_empty());
        complete.map(|tick| (tick.id, tick.report)).collect()
    }

    /// Takes all, which are not answered any more.
    pub fn take_all(&mut self) -> Vec<TickId> {
        self.waiting.drain(..).map(|tick| tick.id).collect()
    }

    /// The caller of a tick is gone.
    pub fn abandon(&mut self, id: TickId) {
        self.waiting.retain(|tick| tick.id != id);
    }
}
