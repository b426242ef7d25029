//! What others may look at while the operator works: never more than a moment behind.

use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// Where a Scenario stands in the schedule.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: Instant,
    interval: Option<Duration>,
}

/// The schedule and its lateness, for the facade and the metrics.
#[derive(Default)]
pub struct Shared {
    live: AtomicBool,
    late_micros: AtomicU64,
    places: RwLock<HashMap<Arc<str>, Place>>,
}

impl Shared {
    /// Both kinds have been listed.
    pub fn set_live(&self) {
        self.live.store(true, Ordering::Release);
    }

    /// Whether the schedule runs.
    pub fn is_live(&self) -> bool {
        self.live.load(Ordering::Acquire)
    }

    /// The last run began this much after it was due.
    pub fn late(&self, late: Duration) {
        self.late_micros.store(late.as_micros().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How late the last run began.
    pub fn lateness(&self) -> Duration {
        Duration::from_micros(self.late_micros.load(Ordering::Relaxed))
    }

    /// `name` runs next at this time.
    pub fn scheduled(&self, name: &Arc<str>, at: Instant, interval: Option<Duration>) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Place { at, interval });
    }

    /// `name` does not run any more.
    pub fn forget(&self, name: &str) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// When `name` runs next, if it does.
    pub fn next_run_at(&self, name: &str) -> Option<Timestamp> {
        let place = self.place(name)?;
        let ahead = place.at.saturating_duration_since(Instant::now());
        Timestamp::now().checked_add(jiff::SignedDuration::try_from(ahead).ok()?).ok()
    }

    /// How often `name` runs.
    pub fn interval(&self, name: &str) -> Option<Duration> {
        self.place(name)?.interval
    }

    /// Whether `name` is due by this time.
    pub fn is_due(&self, name: &str, by: Instant) -> bool {
        self.place(name).is_some_and(|p| p.at <= by)
    }

    fn place(&self, name: &str) -> Option<Place> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}
