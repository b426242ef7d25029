//! From following to leading and back: what begins, what ends, and what is made up for.

use super::entry::{Entry, Spec};
use super::freshness::Freshness;
use super::queue::Queue;
use super::tick::Ticks;
use super::{BEAT, Watch};
use crate::domain::desired::CheckKey;
use crate::domain::schedule;
use crate::runtime::backoff::pause;
use std::sync::Arc;
use tokio::time::Instant;

impl Watch {
    /// Does what follows from where this replica stands now.
    pub(super) fn look_at_standing(&mut self) {
        let term = self.fence.standing().term();
        if term != self.term {
            self.end();
            self.term = term;
            self.begin();
        }
        let is_open = self.fence.is_open();
        let was_open = std::mem::replace(&mut self.was_open, is_open);
        if is_open && !was_open {
            self.make_up();
        }
    }

    /// Once this replica may read targets and the kinds have been listed: what is open stays open, and the first pass begins, as
    /// after a restart. Who speaks for a Scenario is known before its first Finding opens.
    pub(super) fn begin(&mut self) {
        let synced = self.scenarios_synced && self.findings_synced && self.agents_synced;
        if self.live || self.term.is_none() || !synced {
            return;
        }
        self.live = true;
        let now = Instant::now();
        self.freshness = Freshness::new(now);
        let names: Vec<Arc<str>> = self.entries.keys().cloned().collect();
        let orphans: Vec<_> = names.iter().filter(|n| self.entries[*n].version == 0).cloned().collect();
        for name in &orphans {
            if matches!(&self.entries[name].spec, Spec::Undecodable(why) if why.is_empty()) {
                self.scenario_deleted(name);
            }
        }
        for name in names {
            let total = self.entries.len();
            let Some(entry) = self.entries.get_mut(&name) else { continue };
            entry.restore(crate::runtime::clock::now());
            if let Some(valid) = entry.runnable() {
                let at = now + schedule::first_delay(&name, total, valid.interval);
                self.place(&name, at);
            }
            if self.entries.get(&name).is_some_and(|e| e.requested.is_some()) {
                self.run_soon(&name);
            }
            self.write_plan(&name);
            self.write_status(&name);
        }
        self.acknowledgements.resume();
    }

    /// This replica reads no more targets: runs under way are given up, and what they have come to is somebody else's to find.
    fn end(&mut self) {
        if !self.live {
            return;
        }
        tracing::info!("no target is read here any more");
        self.live = false;
        self.era.send_modify(|era| *era += 1);
        self.queue = Queue::default();
        self.retries.clear();
        // Whoever waits for a tick is told by its channel's end.
        self.ticks = Ticks::default();
        self.shared.unschedule_all();
        for entry in self.entries.values_mut() {
            entry.stand_down();
        }
    }

    /// After a time in which nothing could be written: everything that waits is decided anew and written.
    fn make_up(&mut self) {
        if !self.live {
            return;
        }
        let names: Vec<Arc<str>> = self.entries.keys().cloned().collect();
        for name in names {
            self.write_plan(&name);
            self.write_status(&name);
        }
        self.acknowledgements.resume();
    }

    /// Resolves what is left of a Scenario that is gone, for as long as this replica leads.
    pub(super) fn resolve_orphans(&mut self, entry: Entry) {
        let writer = self.writer.clone();
        let name = entry.name.clone();
        let mut era = self.era.subscribe();
        tokio::spawn(async move {
            let resolving = async {
                for (at, updates) in entry.pending.all() {
                    let mut failures = 0;
                    while let Err(error) = writer.apply(&name, &at, &updates, entry.version_of(&at)).await {
                        tracing::warn!(scenario = %name, check = at.0, %error, "Finding not resolved yet");
                        tokio::time::sleep(pause(failures, BEAT, BEAT * 60)).await;
                        failures += 1;
                        if !writer.fence.reopened().await {
                            return;
                        }
                    }
                }
            };
            tokio::select! {
                () = resolving => {}
                _ = era.changed() => {}
            }
        });
    }

    /// A Finding whose Scenario is not there.
    pub(super) fn orphan(&mut self, scenario: Arc<str>, at: CheckKey, version: u64) {
        let mut entry = Entry::new(scenario);
        entry.see_finding(at, version, true);
        entry.take_removal(crate::runtime::clock::now());
        self.resolve_orphans(entry);
    }
}
