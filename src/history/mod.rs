//! The optional history: readings of a day and counts of thirty days in a local SQLite file, which can be deleted at any time.
//!
//! A thread of its own writes. A task that records a reading never waits for it: what it can't take is counted and dropped.

mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use store::{Store, StoreError};

use crate::disposable::FileError;
use crate::domain::history::cells::Past;
use crate::domain::history::open::{OpenHours, last};
use crate::domain::history::record::Record;
use crate::domain::history::{Hour, PastReading, Tally};
use crate::telemetry::Metrics;
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;
use writer::{Job, Writer};

/// Readings that wait to be taken by the writer.
const WAITING_MAX: usize = 16_384;
/// Scenarios of which there is a history at most.
const SCENARIOS_MAX: usize = 50_000;

/// What the writer and readers share.
#[derive(Default)]
struct Known {
    names: HashMap<Arc<str>, u32>,
    open: OpenHours,
}

struct Running {
    jobs: SyncSender<Job>,
    known: Arc<Mutex<Known>>,
    /// `None` after the file could not be opened again.
    reader: Arc<Mutex<Option<Store>>>,
    metrics: Arc<Metrics>,
}

/// The history of this process, or none. Clones share it.
#[derive(Clone, Default)]
pub struct History(Option<Arc<Running>>);

impl History {
    /// Opens the file, or makes it. Error: neither is possible.
    pub fn start(path: &Path, metrics: Arc<Metrics>) -> Result<History, StoreError> {
        let mut store = Store::open(path)?;
        let known = match known(&store) {
            Err(error) if error.is_damage() => {
                tracing::error!(%error, path = %path.display(), "the history is damaged: it begins anew");
                store.begin_anew()?;
                Known::default()
            }
            known => known?,
        };
        History::with(store, known, metrics)
    }

    fn with(store: Store, known: Known, metrics: Arc<Metrics>) -> Result<History, StoreError> {
        let reader = Arc::new(Mutex::new(Some(store.reader()?)));
        let known = Arc::new(Mutex::new(known));
        let (jobs, waiting) = sync_channel(WAITING_MAX);
        let writer = Writer::new(store, known.clone(), reader.clone(), metrics.clone());
        let spawned = std::thread::Builder::new().name("history".into()).spawn(move || writer.run(waiting));
        spawned.map_err(|source| StoreError(FileError::File { path: "thread".into(), source }))?;
        Ok(History(Some(Arc::new(Running { jobs, known, reader, metrics }))))
    }

    /// Whether there is a history.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Records a reading, later. Never waits.
    pub fn record(&self, scenario: &Arc<str>, reading: PastReading) {
        let Some(running) = &self.0 else { return };
        match running.jobs.try_send(Job::Reading(scenario.clone(), reading)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => running.metrics.history_dropped(1),
        }
    }

    /// The last readings of a Scenario and the hours of thirty days. It reads a file: not for a thread that must not wait.
    pub fn record_of(&self, scenario: &str, now: Timestamp, most: usize) -> Result<Record, StoreError> {
        Ok(Record { last: self.last(scenario, now, most)?, past: self.past(scenario, now)? })
    }

    /// The last readings of a Scenario, oldest first. It reads a file: not for a thread that must not wait.
    pub fn last(&self, scenario: &str, now: Timestamp, most: usize) -> Result<Vec<PastReading>, StoreError> {
        let read = self.read(scenario, |store, id| store.last_hours(id, Hour::of(now), most))?;
        let (mut hours, stored) = read.unwrap_or_default();
        hours.extend(stored);
        Ok(last(hours, most))
    }

    /// The hours of thirty days of a Scenario; without maintenance. It reads a file: not for a thread that must not wait.
    pub fn past(&self, scenario: &str, now: Timestamp) -> Result<Past, StoreError> {
        let (open, stored) = self.read(scenario, |store, id| store.hours(id, Hour::of(now)))?.unwrap_or_default();
        let mut past = Past::default();
        for (hour, tally) in open.into_iter().map(|(hour, packed)| (hour, Tally::of(&packed))).chain(stored) {
            past.add(hour, tally);
        }
        Ok(past)
    }

    /// Writes what waits, and ends; before `until`.
    pub async fn shutdown(&self, until: Instant) {
        let Some(running) = self.0.clone() else { return };
        let (done, ended) = oneshot::channel();
        let stop = move || running.jobs.send(Job::Stop(done));
        let stopped =
            async { tokio::task::spawn_blocking(stop).await.is_ok_and(|sent| sent.is_ok()) && ended.await.is_ok() };
        if !tokio::time::timeout_at(until.into(), stopped).await.unwrap_or(false) {
            tracing::warn!("the last readings may be missing in the history");
        }
    }

    /// The readings of open hours of a Scenario, and what is read of the file; `None` where nothing is known of it.
    fn read<T: Default>(
        &self,
        scenario: &str,
        read: impl FnOnce(&Store, u32) -> Result<T, StoreError>,
    ) -> Result<Option<(Packed, T)>, StoreError> {
        let Some(running) = self.0.as_deref() else { return Ok(None) };
        // No hour is closed while this is locked: its readings would be counted twice, or not at all.
        let reader = lock(&running.reader);
        let (id, open) = {
            let known = lock(&running.known);
            let Some(id) = known.names.get(scenario).copied() else { return Ok(None) };
            (id, known.open.of_scenario(id).map(|(hour, packed)| (hour, packed.to_vec())).collect())
        };
        let Some(store) = &*reader else { return Ok(Some((open, T::default()))) };
        let stored = read(store, id).inspect_err(|error| {
            if error.is_damage() {
                // If it can't be told now, the next one who reads tells.
                let _ = running.jobs.try_send(Job::Damaged);
            }
        })?;
        Ok(Some((open, stored)))
    }
}

/// Packed readings by their hours.
type Packed = Vec<(Hour, Vec<u32>)>;

fn known(store: &Store) -> Result<Known, StoreError> {
    Ok(Known { names: store.names()?, open: store.open_hours()? })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
