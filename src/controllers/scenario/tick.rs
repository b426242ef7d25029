//! Ticks: a cron of somebody else's asks to run what is due, or everything, and waits for what came of it.

use super::entry::Entry;
use super::{BEAT, Watch};
use crate::api::Health;
use crate::domain::texts::Language;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Ticks that wait at once; more are turned away.
const WAITING_MAX: usize = 16;

/// What a tick did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TickReport {
    pub due: usize,
    pub ran: usize,
    pub results: Vec<TickResult>,
}

/// One Scenario's part in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TickResult {
    pub scenario: String,
    pub health: Option<Health>,
    pub opened: Vec<String>,
    pub resolved: Vec<String>,
}

struct Waiting {
    missing: BTreeSet<Arc<str>>,
    report: TickReport,
    reply: Option<oneshot::Sender<TickReport>>,
}

/// The ticks that wait for Scenarios to run.
#[derive(Default)]
pub struct Ticks {
    waiting: Vec<Waiting>,
}

impl Ticks {
    /// A Scenario has run and everything of it is written.
    pub(super) fn done(&mut self, name: &Arc<str>, entry: &Entry) {
        for tick in &mut self.waiting {
            if entry.running.is_none() && tick.missing.remove(name) {
                tick.report.ran += 1;
                tick.report.results.push(TickResult {
                    scenario: name.to_string(),
                    health: entry.wanted_status(jiff::Timestamp::now(), Language::default()).health,
                    opened: entry.opened.clone(),
                    resolved: entry.resolved.clone(),
                });
            }
        }
        self.answer();
    }

    fn answer(&mut self) {
        for tick in self.waiting.iter_mut().filter(|t| t.missing.is_empty()) {
            if let Some(reply) = tick.reply.take() {
                // Whoever asked may have gone away.
                let _ = reply.send(tick.report.clone());
            }
        }
        self.waiting.retain(|t| t.reply.as_ref().is_some_and(|r| !r.is_closed()));
    }
}

impl Watch {
    /// Starts what is due, or everything that can run, and answers when all of it has run.
    pub(super) fn tick(&mut self, force: bool, reply: oneshot::Sender<TickReport>) {
        // Without an answer the channel ends, and with that the wait.
        if !self.live || !self.fence.is_open() || self.ticks.waiting.len() >= WAITING_MAX {
            return;
        }
        let now = Instant::now();
        let soon = now + BEAT;
        let due: BTreeSet<Arc<str>> = self
            .entries
            .values()
            .filter(|e| e.runnable().is_some() && (force || self.shared.is_due(&e.name, soon)))
            .map(|e| e.name.clone())
            .collect();
        let report = TickReport { due: due.len(), ..TickReport::default() };
        self.ticks.waiting.push(Waiting { missing: due.clone(), report, reply: Some(reply) });
        for name in &due {
            self.run_soon(name);
        }
        self.ticks.answer();
    }
}
