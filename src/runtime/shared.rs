//! What others may look at while the operator works: never more than a moment behind.

use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::Instant;

/// Where a Scenario stands in the schedule.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// `None`: it does not run here.
    at: Option<Instant>,
    interval: Option<Duration>,
}

/// The schedule and its lateness, for the facade and the metrics; and what is still waited for.
#[derive(Default)]
pub struct Shared {
    late_micros: AtomicU64,
    places: RwLock<HashMap<Arc<str>, Place>>,
    /// Kinds that were never listed yet, and why not where that is known.
    unlisted: signal::Sender<BTreeMap<&'static str, Option<String>>>,
}

impl Shared {
    /// Waits for the first list of these kinds.
    pub fn waiting(kinds: impl IntoIterator<Item = &'static str>) -> Shared {
        let unlisted = signal::Sender::new(kinds.into_iter().map(|kind| (kind, None)).collect());
        Shared { unlisted, ..Shared::default() }
    }

    /// A kind has been listed.
    pub fn listed(&self, kind: &str) {
        self.unlisted.send_if_modified(|unlisted| unlisted.remove(kind).is_some());
    }

    /// A kind can't be listed or watched now. True where that is news.
    pub fn not_listed(&self, kind: &str, why: &str) -> bool {
        let mut is_news = true;
        self.unlisted.send_if_modified(|unlisted| {
            let Some(known) = unlisted.get_mut(kind) else { return false };
            is_news = known.as_deref() != Some(why);
            *known = Some(why.to_string());
            is_news
        });
        is_news
    }

    /// Waits until these kinds have been listed. A store's own wait wakes only one of those who wait.
    pub async fn wait_for(&self, kinds: &[&str]) {
        let mut unlisted = self.unlisted.subscribe();
        // It fails only once the sender is gone, and this holds it.
        let _ = unlisted.wait_for(|unlisted| !kinds.iter().any(|kind| unlisted.contains_key(kind))).await;
    }

    /// What is still waited for, for people: empty once every kind has been listed.
    pub fn waiting_for(&self) -> Vec<String> {
        let told = |(kind, why): (&&str, &Option<String>)| match why {
            Some(why) => format!("the first list of {kind}s ({why})"),
            None => format!("the first list of {kind}s"),
        };
        self.unlisted.borrow().iter().map(told).collect()
    }

    /// Nothing runs here any more.
    pub fn unschedule_all(&self) {
        for place in self.places.write().unwrap_or_else(PoisonError::into_inner).values_mut() {
            place.at = None;
        }
        self.late(Duration::ZERO);
    }

    /// How often `name` is to run, wherever it does.
    pub fn understood(&self, name: &Arc<str>, interval: Duration) {
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        places.entry(name.clone()).or_default().interval = Some(interval);
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
        self.places
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), Place { at: Some(at), interval });
    }

    /// `name` does not run any more.
    pub fn forget(&self, name: &str) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// When `name` runs next, if it does.
    pub fn next_run_at(&self, name: &str) -> Option<Timestamp> {
        let ahead = self.place(name)?.at?.saturating_duration_since(Instant::now());
        Timestamp::now().checked_add(jiff::SignedDuration::try_from(ahead).ok()?).ok()
    }

    /// How often `name` runs.
    pub fn interval(&self, name: &str) -> Option<Duration> {
        self.place(name)?.interval
    }

    /// Whether `name` is due by this time.
    pub fn is_due(&self, name: &str, by: Instant) -> bool {
        self.place(name).and_then(|p| p.at).is_some_and(|at| at <= by)
    }

    fn place(&self, name: &str) -> Option<Place> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}
