//! A Scenario's turn: started when due, taken in when it has run, written where it says something new and this replica leads.

use super::entry::{Entry, Spec, answer};
use super::run::Ran;
use super::{BEAT, PlannedWrite, Report, Watch};
use crate::controllers::finding::version;
use crate::domain::outcome::Evaluation;
use crate::domain::run_failure::RunFailure;
use crate::domain::schedule;
use crate::domain::texts::{self, Language};
use crate::runtime::backoff::pause;
use crate::runtime::field_managers;
use crate::runtime::write::{self, WriteError, call};
use futures::FutureExt as _;
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// After a failed write it is tried again this much later, and more with each further failure.
const RETRY: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(15);
/// At shutdown this much time is left for what is being written.
const SETTLE: Duration = Duration::from_secs(8);

impl Watch {
    /// Puts a Scenario into the queue, in place of where it stood before.
    pub(super) fn place(&mut self, name: &Arc<str>, at: Instant) {
        let ticket = self.queue.put(name.clone(), at);
        if let Some(entry) = self.entries.get_mut(name) {
            entry.ticket = ticket;
            let interval = entry.runnable().map(|v| v.interval);
            self.shared.scheduled(name, at, interval);
        }
    }

    /// Runs a Scenario at once, or again as soon as the run under way has ended.
    pub(super) fn run_soon(&mut self, name: &Arc<str>) {
        let Some(entry) = self.entries.get(name) else { return };
        if entry.runnable().is_none() {
            self.shared.forget(name);
        } else if entry.running.is_none() {
            self.place(name, Instant::now());
        }
    }

    /// Starts all that is due.
    pub(super) fn start_due(&mut self, now: Instant) {
        while let Some(due) = self.queue.pop(now) {
            let Some(entry) = self.entries.get_mut(&due.name) else { continue };
            if entry.ticket != due.ticket || entry.running.is_some() {
                continue;
            }
            let Some(valid) = entry.runnable().cloned() else { continue };
            entry.running = Some(due.at);
            entry.runs += 1;
            let (name, generation, requested) = (due.name.clone(), entry.generation, entry.requested.clone());
            let (runner, reports) = (self.runner.clone(), self.reports.clone());
            let due_at = due.at;
            let mut era = self.era.subscribe();
            let this_era = *era.borrow_and_update();
            tokio::spawn(async move {
                let at = Arc::new(Mutex::new(crate::runtime::clock::now()));
                let started = {
                    let (at, reports) = (at.clone(), reports.clone());
                    move |now| {
                        *at.lock().unwrap_or_else(PoisonError::into_inner) = now;
                        let late = Instant::now().saturating_duration_since(due_at);
                        // Lateness is only looked at: a full queue may lose one.
                        let _ = reports.try_send((this_era, Report::Started { late }));
                    }
                };
                let ran = tokio::select! {
                    ran = AssertUnwindSafe(runner.run(valid, started)).catch_unwind() => ran,
                    _ = era.changed() => return,
                };
                let ran = ran.unwrap_or(Ran::Failed(RunFailure::Panicked));
                let at = *at.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = reports.send((this_era, Report::Ran { name, generation, at, requested, ran })).await;
            });
        }
    }

    pub(super) fn take_report(&mut self, era: u64, report: Report) {
        if era != *self.era.borrow() {
            return;
        }
        match report {
            Report::Started { late } => {
                self.shared.late(late);
                self.metrics.lateness(late);
            }
            Report::Ran { name, generation, at, requested, ran } => self.ran(&name, generation, at, requested, ran),
            Report::Planned { name, results } => self.planned(&name, results),
            Report::StatusWritten { name, result } => self.status_written(&name, result),
        }
    }

    fn ran(&mut self, name: &Arc<str>, generation: Option<i64>, at: Timestamp, requested: Option<String>, ran: Ran) {
        let now = Instant::now();
        let language = self.runner.language;
        let Some(entry) = self.entries.get_mut(name) else { return };
        let due_at = entry.running.take().unwrap_or(now);
        if entry.generation != generation {
            // The spec changed meanwhile: what it says now is tried at once.
            self.run_soon(name);
            return;
        }
        match ran {
            Ran::Judged { outcomes, snapshot } => {
                if entry.answer.is_none() {
                    (entry.opened, entry.resolved) = (Vec::new(), Vec::new());
                }
                entry.take_run(&outcomes, &snapshot, at, language);
                if let Some(requested_at) = requested {
                    entry.answer = Some(answer(requested_at, at, &outcomes));
                }
            }
            Ran::Refused(errors) => {
                entry.take_refusal(errors);
                entry.answer = requested.map(|requested_at| answer(requested_at, at, &Evaluation::default()));
            }
            Ran::Failed(failure) => {
                let why = texts::run_failure(Language::English, &failure);
                tracing::warn!(scenario = %name, why, "not run");
                entry.take_failure(texts::run_failure(language, &failure));
                entry.answer = requested.map(|requested_at| answer(requested_at, at, &Evaluation::default()));
            }
        }
        self.metrics.run();
        self.next_turn(name, due_at, now);
        self.write_plan(name);
        self.write_status(name);
    }

    /// When the Scenario runs next: after its interval, sooner while counting, at once when somebody asked meanwhile.
    fn next_turn(&mut self, name: &Arc<str>, due_at: Instant, now: Instant) {
        let Some(entry) = self.entries.get(name) else { return };
        let Some(valid) = entry.runnable() else { return };
        let asked_again = entry.requested.is_some()
            && entry.answer.as_ref().is_none_or(|a| Some(&a.run.requested_at) != entry.requested.as_ref());
        let delay = match entry.is_counting() {
            false if entry.runs == 1 => schedule::second_delay(name, valid.interval),
            thresholds => schedule::next_delay(valid.interval, valid.confirm_interval, thresholds),
        };
        let next = if asked_again { now } else { (due_at + delay).max(now) };
        self.place(name, next);
    }

    /// Has what is pending written, unless a task is at it already. What can't be written now waits.
    pub(super) fn write_plan(&mut self, name: &Arc<str>) {
        let agent = match self.entries.get(name).map(|e| &e.spec) {
            Some(Spec::Valid(valid)) => self.effective_agent(&valid.agent),
            _ => String::new(),
        };
        let may_write = self.may_write();
        let Some(entry) = self.entries.get_mut(name) else { return };
        if entry.plan_busy || !may_write {
            return;
        }
        if entry.pending.is_empty() {
            entry.complete_answer();
            self.ticks.done(name, entry);
            return;
        }
        entry.plan_busy = true;
        entry.pending.assign(&agent);
        let known = |(at, updates)| (entry.version_of(&at), at, updates);
        let plan: Vec<_> = entry.pending.all().into_iter().map(known).collect();
        let (name, writer, reports, era) =
            (name.clone(), self.writer.clone(), self.reports.clone(), *self.era.borrow());
        tokio::spawn(async move {
            let mut results = Vec::with_capacity(plan.len());
            for (known, at, updates) in plan {
                let Some(last) = updates.last().map(|w| w.number) else { continue };
                let result = writer.apply(&name, &at, &updates, known).await;
                results.push((at, last, result));
            }
            let _ = reports.send((era, Report::Planned { name, results })).await;
        });
    }

    fn may_write(&self) -> bool {
        self.live && self.fence.is_open()
    }

    fn planned(&mut self, name: &Arc<str>, results: Vec<PlannedWrite>) {
        let Some(entry) = self.entries.get_mut(name) else { return };
        entry.plan_busy = false;
        let mut failed = false;
        for (at, number, result) in results {
            match result {
                Ok(applied) => {
                    self.metrics.api_write("findings", !applied.steps.is_empty(), true);
                    if applied.version > 0 {
                        self.findings.insert(applied.name.clone(), (name.clone(), at.clone()));
                    }
                    entry.take_applied(&at, number, &applied);
                }
                Err(WriteError::NotLeading) => failed = true,
                Err(error) => {
                    self.metrics.api_write("findings", true, false);
                    tracing::warn!(scenario = %name, check = at.0, key = at.1, %error, "Finding not written yet");
                    failed = true;
                }
            }
        }
        if failed {
            self.retry(name);
        } else {
            entry.failures = 0;
            self.write_plan(name);
        }
        self.write_status(name);
    }

    /// Tries what failed again, later each time.
    fn retry(&mut self, name: &Arc<str>) {
        let Some(entry) = self.entries.get_mut(name) else { return };
        let at = Instant::now() + pause(entry.failures, RETRY, RETRY_MAX);
        entry.failures = entry.failures.saturating_add(1);
        self.retries.insert((at, name.clone()));
    }

    /// Has the status written where it says something new.
    pub(super) fn write_status(&mut self, name: &str) {
        let now = crate::runtime::clock::now();
        let Some(entry) = self.entries.get(name).filter(|_| self.may_write()) else { return };
        if super::status::differs_beyond_freshness(&entry.written, &entry.wanted_status(now, self.runner.language)) {
            self.write_status_now(name);
        }
    }

    /// Has the status written as it is, fresh or not.
    pub(super) fn write_status_now(&mut self, name: &str) {
        let (may_write, language) = (self.may_write(), self.runner.language);
        let free = |e: &&mut Entry| may_write && !e.status_busy && e.resource_version.is_some();
        let Some(entry) = self.entries.get_mut(name).filter(free) else { return };
        let wanted = entry.wanted_status(crate::runtime::clock::now(), language);
        let patch = write::merge("status", Some(&entry.written), &wanted, entry.resource_version.as_deref());
        entry.status_busy = true;
        let (name, api, reports, era) =
            (entry.name.clone(), self.api.clone(), self.reports.clone(), *self.era.borrow());
        let fence = self.fence.clone();
        tokio::spawn(async move {
            let params = PatchParams { field_manager: Some(field_managers::OPERATOR.into()), ..Default::default() };
            let written = match patch {
                Ok(patch) => fence.write(api.patch_status(&name, &params, &Patch::Merge(patch))).await,
                Err(error) => Err(error),
            };
            let result = match written {
                // Somebody was faster: what stands there now is what the next decision starts from.
                Err(WriteError::Conflict) => call(api.get(&name)).await,
                other => other,
            };
            let _ = reports.send((era, Report::StatusWritten { name, result: result.map(Box::new) })).await;
        });
    }

    fn status_written(&mut self, name: &Arc<str>, result: Result<Box<crate::api::Scenario>, WriteError>) {
        let Some(entry) = self.entries.get_mut(name) else { return };
        entry.status_busy = false;
        let tried = !matches!(result, Err(WriteError::NotLeading));
        self.metrics.api_write("scenarios", tried, result.is_ok());
        match result {
            Ok(scenario) => {
                // A new spec comes by the watch, which has seen nothing newer than this if the generation is the same.
                if entry.generation == scenario.metadata.generation {
                    entry.see(&scenario, version(&*scenario));
                    self.write_status(name);
                }
            }
            Err(WriteError::Gone) => {}
            Err(WriteError::NotLeading) => self.retry(name),
            Err(error) => {
                tracing::warn!(scenario = %name, %error, "status not written yet");
                self.retry(name);
            }
        }
    }

    /// Once a second: what failed is tried again, and the stalest are freshened up within their budget.
    pub(super) fn beat(&mut self, now: Instant) {
        while self.retries.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, name)) = self.retries.pop_first() else { break };
            self.write_plan(&name);
            self.write_status(&name);
        }
        if self.live {
            for name in self.freshness.stalest(now, BEAT, self.entries.values()) {
                self.write_status_now(&name);
            }
        }
    }

    /// At shutdown: waits for what is being written, so that nothing is left half done.
    pub(super) async fn settle(mut self, mut reported: mpsc::Receiver<(u64, Report)>) {
        let until = Instant::now() + SETTLE;
        let busy = |entry: &Entry| entry.plan_busy || entry.status_busy;
        while self.entries.values().any(busy) {
            match tokio::time::timeout_at(until, reported.recv()).await {
                Ok(Some((_, Report::Planned { name, results }))) => self.planned(&name, results),
                Ok(Some((_, Report::StatusWritten { name, .. }))) => {
                    if let Some(entry) = self.entries.get_mut(&name) {
                        entry.status_busy = false;
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        tracing::debug!(scenarios = self.entries.len(), "writes are done");
    }
}
