//! The schedule for readers outside the controller: never more than a moment behind it.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// A Scenario in the schedule.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// `None`: it does not run in this process.
    next_at: Option<Instant>,
    interval: Option<Duration>,
}

/// What the schedule says of all Scenarios together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounds {
    /// When the last run began of those that this process completed.
    pub last_at: Option<Timestamp>,
    /// When the next one is due; `None` where none runs in this process.
    pub next_at: Option<Timestamp>,
    /// The shortest interval.
    pub interval: Option<Duration>,
}

/// The schedule and its lateness. Clones share it.
#[derive(Clone, Default)]
pub struct ScheduleView {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    lateness_micros: AtomicU64,
    /// In seconds since 1970; zero before the first run.
    last_run: AtomicI64,
    entries: RwLock<HashMap<Arc<str>, Entry>>,
}

impl ScheduleView {
    /// When `name` runs next, if it runs in this process.
    pub fn next_run_at(&self, name: &str) -> Option<Timestamp> {
        wall(self.entry(name)?.next_at?)
    }

    /// All Scenarios together. It looks at each of them.
    pub fn rounds(&self) -> Rounds {
        let entries = self.inner.entries.read().unwrap_or_else(PoisonError::into_inner);
        let last = self.inner.last_run.load(Ordering::Relaxed);
        Rounds {
            last_at: Timestamp::from_second(last).ok().filter(|_| last != 0),
            next_at: entries.values().filter_map(|entry| entry.next_at).min().and_then(wall),
            interval: entries.values().filter_map(|entry| entry.interval).min(),
        }
    }

    /// The interval of `name`, wherever it runs.
    pub fn interval(&self, name: &str) -> Option<Duration> {
        self.entry(name)?.interval
    }

    /// How much later than due the last run began.
    pub fn lateness(&self) -> Duration {
        Duration::from_micros(self.inner.lateness_micros.load(Ordering::Relaxed))
    }

    pub(super) fn set_lateness(&self, lateness: Duration) {
        let micros = lateness.as_micros().try_into().unwrap_or(u64::MAX);
        self.inner.lateness_micros.store(micros, Ordering::Relaxed);
    }

    pub(super) fn ran(&self, at: Timestamp) {
        self.inner.last_run.fetch_max(at.as_second(), Ordering::Relaxed);
    }

    pub(super) fn scheduled(&self, name: Arc<str>, at: Instant, interval: Duration) {
        self.write().insert(name, Entry { next_at: Some(at), interval: Some(interval) });
    }

    pub(super) fn interval_known(&self, name: Arc<str>, interval: Duration) {
        self.write().entry(name).or_default().interval = Some(interval);
    }

    pub(super) fn unscheduled(&self, name: &str) {
        self.write().remove(name);
    }

    /// Nothing runs in this process any more.
    pub(super) fn clear(&self) {
        for entry in self.write().values_mut() {
            entry.next_at = None;
        }
        self.set_lateness(Duration::ZERO);
    }

    fn entry(&self, name: &str) -> Option<Entry> {
        self.inner.entries.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<Arc<str>, Entry>> {
        self.inner.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wall(at: Instant) -> Option<Timestamp> {
    let ahead = at.saturating_duration_since(Instant::now());
    Timestamp::now().checked_add(jiff::SignedDuration::try_from(ahead).ok()?).ok()
}
