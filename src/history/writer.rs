//! The thread that writes the history.

use super::store::{Store, StoreError};
use super::{Known, SCENARIOS_MAX, lock};
use crate::domain::history::{Hour, PastReading};
use crate::telemetry::Metrics;
use jiff::Timestamp;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Readings are written together after this time.
const BATCH: Duration = Duration::from_secs(5);
/// After a reading this thread waits so long before it takes the next ones: each would wake it.
const GATHER: Duration = Duration::from_millis(50);
/// Readings that wait to be written; beyond them the oldest are dropped from the file, where it can't be written for long.
const UNWRITTEN_MAX: usize = 262_144;

/// What the writer is asked for.
pub(super) enum Job {
    Reading(Arc<str>, PastReading),
    /// A reader found that the file is damaged.
    Damaged,
    Stop(oneshot::Sender<()>),
}

pub(super) struct Writer {
    store: Store,
    known: Arc<Mutex<Known>>,
    reader: Arc<Mutex<Option<Store>>>,
    metrics: Arc<Metrics>,
    /// Names and readings that are not in the file.
    names: Vec<(Arc<str>, u32)>,
    readings: Vec<(Hour, u32, u32)>,
    next_id: u32,
    pruned: Option<Hour>,
    has_failed: bool,
}

impl Writer {
    pub fn new(
        store: Store,
        known: Arc<Mutex<Known>>,
        reader: Arc<Mutex<Option<Store>>>,
        metrics: Arc<Metrics>,
    ) -> Writer {
        let next_id = lock(&known).names.values().max().map_or(1, |last| last.saturating_add(1));
        Writer {
            store,
            known,
            reader,
            metrics,
            names: Vec::new(),
            readings: Vec::new(),
            next_id,
            pruned: None,
            has_failed: false,
        }
    }

    /// Works until it is told to stop, or nobody can record any more.
    pub fn run(mut self, jobs: Receiver<Job>) {
        let mut due: Option<Instant> = None;
        let mut has_taken = false;
        loop {
            let job = match (jobs.try_recv(), due) {
                (Ok(job), _) => Ok(job),
                (Err(_), _) if std::mem::take(&mut has_taken) => {
                    std::thread::sleep(GATHER);
                    continue;
                }
                // Nothing waits, so nothing wakes it.
                (Err(_), None) => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                (Err(_), Some(due)) => jobs.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match job {
                Ok(Job::Reading(name, reading)) => {
                    has_taken = true;
                    self.take(name, &reading);
                    due.get_or_insert_with(|| Instant::now() + BATCH);
                }
                Ok(Job::Damaged) => {
                    tracing::error!("the history is damaged: it begins anew");
                    self.begin_anew();
                    due.get_or_insert_with(|| Instant::now() + BATCH);
                }
                Ok(Job::Stop(done)) => {
                    self.flush(Timestamp::now());
                    // What comes later is refused, and so counted, as soon as the caller knows of the end.
                    drop(jobs);
                    // The caller may no longer wait.
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return self.flush(Timestamp::now()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if due.is_some_and(|due| due <= Instant::now()) {
                self.flush(Timestamp::now());
                due = (!self.readings.is_empty()).then(|| Instant::now() + BATCH);
            }
        }
    }

    pub fn take(&mut self, name: Arc<str>, reading: &PastReading) {
        let mut known = lock(&self.known);
        let id = match known.names.get(&name) {
            Some(id) => *id,
            None if known.names.len() >= SCENARIOS_MAX => return self.metrics.history_dropped(1),
            None => {
                let id = self.next_id;
                self.next_id = id.saturating_add(1);
                known.names.insert(name.clone(), id);
                self.names.push((name, id));
                id
            }
        };
        let (hour, packed) = reading.pack();
        if !known.open.add(hour, id, packed) || self.readings.len() >= UNWRITTEN_MAX {
            self.metrics.history_dropped(1);
        }
        if self.readings.len() < UNWRITTEN_MAX {
            self.readings.push((hour, id, packed));
        }
    }

    /// Writes what waits, closes hours that are over, and once an hour removes what is too old.
    pub fn flush(&mut self, now: Timestamp) {
        match self.write(now) {
            Ok(()) => self.has_failed = false,
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "the history is damaged: it begins anew");
                self.begin_anew();
            }
            Err(error) => {
                // Once, since it is tried again every few seconds.
                if !self.has_failed {
                    tracing::error!(%error, "the history can't be written");
                }
                self.has_failed = true;
            }
        }
    }

    fn write(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.store.write(&self.names, self.readings.iter().copied())?;
        self.names.clear();
        self.readings.clear();
        let over = lock(&self.known).open.over(now);
        for hour in over {
            self.close(hour)?;
        }
        let current = Hour::of(now);
        if self.pruned != Some(current) {
            self.store.prune(current)?;
            // This reads all of the file.
            if self.pruned.is_none_or(|before| before.of_day().0 != current.of_day().0) {
                self.prune_names()?;
            }
            self.pruned = Some(current);
        }
        Ok(())
    }

    fn prune_names(&mut self) -> Result<(), StoreError> {
        let mut known = lock(&self.known);
        let open = known.open.all().map(|(_, scenario, _)| scenario).collect();
        for name in self.store.prune_names(&open)? {
            known.names.remove(&name);
        }
        Ok(())
    }

    /// Closes an hour. Readers wait meanwhile, so that none counts its readings twice or not at all.
    fn close(&mut self, hour: Hour) -> Result<(), StoreError> {
        let _reading = lock(&self.reader);
        let mut known = lock(&self.known);
        self.store.close(hour, &known.open)?;
        known.open.close(hour);
        Ok(())
    }

    /// Puts the file aside. What is in memory is written to the new one.
    pub fn begin_anew(&mut self) {
        let mut reader = lock(&self.reader);
        *reader = None;
        match self.store.begin_anew().and_then(|()| self.store.reader()) {
            Ok(new) => *reader = Some(new),
            Err(error) => return tracing::error!(%error, "the history can't begin anew"),
        }
        let known = lock(&self.known);
        self.names = known.names.iter().map(|(name, id)| (name.clone(), *id)).collect();
        self.readings = known.open.all().take(UNWRITTEN_MAX).collect();
    }
}
