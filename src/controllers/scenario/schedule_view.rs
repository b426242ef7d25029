//! The schedule for readers outside the controller: never more than a moment behind it.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// A Scenario in the schedule.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// `None`: it does not run in this process.
    next_at: Option<Instant>,
    interval: Option<Duration>,
}

/// The schedule and its lateness. Clones share it.
#[derive(Clone, Default)]
pub struct ScheduleView {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    lateness_micros: AtomicU64,
    entries: RwLock<HashMap<Arc<str>, Entry>>,
}

impl ScheduleView {
    /// When `name` runs next, if it runs in this process.
    pub fn next_run_at(&self, name: &str) -> Option<Timestamp> {
        let ahead = self.entry(name)?.next_at?.saturating_duration_since(Instant::now());
        Timestamp::now().checked_add(jiff::SignedDuration::try_from(ahead).ok()?).ok()
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
