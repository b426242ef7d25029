//! Whether the store can be written and which of its objects are damaged, for health, readiness and metrics.

use super::memory::Memory;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// While writes fail, the error is logged at most once in this time.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// State of the store at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreState {
    /// Why the last write failed; `None` if the store can be written.
    pub write_error: Option<String>,
    /// The objects that can't be read, each with the reason.
    pub damaged: Vec<String>,
}

/// Reports the state of the store, also after it was closed.
#[derive(Clone)]
pub struct StoreStatus {
    memory: Arc<RwLock<Memory>>,
    failure: Arc<Mutex<Option<Failure>>>,
}

struct Failure {
    error: String,
    since: Instant,
    logged: Instant,
    /// Whether it lasts until the program is started again.
    is_lasting: bool,
}

impl StoreStatus {
    pub(super) fn new(memory: Arc<RwLock<Memory>>) -> StoreStatus {
        StoreStatus { memory, failure: Arc::default() }
    }

    /// The state now.
    pub fn state(&self) -> StoreState {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let damaged = memory.damaged.iter().map(|(key, why)| format!("{key}: {why}")).collect();
        StoreState { write_error: self.failure().as_ref().map(|failure| failure.error.clone()), damaged }
    }

    /// Whether writes fail.
    pub fn is_failing(&self) -> bool {
        self.failure().is_some()
    }

    /// The error of a failure that lasts until the program is started again.
    pub(super) fn lasting_error(&self) -> Option<String> {
        self.failure().as_ref().filter(|failure| failure.is_lasting).map(|failure| failure.error.clone())
    }

    /// Records that a write failed or would fail, and logs it if it is the first, or the last line is old. After a
    /// failure that lasts, the store does not count as writable again.
    pub(super) fn failed(&self, error: String, is_lasting: bool) {
        let (mut failure, now) = (self.failure(), Instant::now());
        // The first reason is the cause of what follows.
        let (error, is_lasting) = match failure.as_ref().filter(|failure| failure.is_lasting) {
            Some(failure) => (failure.error.clone(), true),
            None => (error, is_lasting),
        };
        let (since, logged) = failure.as_ref().map_or((now, None), |f| (f.since, Some(f.logged)));
        let is_new = failure.as_ref().is_none_or(|failure| failure.is_lasting != is_lasting);
        let is_due = is_new || logged.is_none_or(|logged| now.saturating_duration_since(logged) >= LOG_INTERVAL);
        if is_due {
            tracing::error!(
                %error,
                failing_for_seconds = since.elapsed().as_secs(),
                "cannot write to the store; objects are read from memory, and writes are refused until it can be written"
            );
        }
        let logged = if is_due { now } else { logged.unwrap_or(now) };
        *failure = Some(Failure { error, since, logged, is_lasting });
    }

    /// Records that the store can be written again.
    pub(super) fn recovered(&self) {
        if let Some(failure) = self.failure().take_if(|failure| !failure.is_lasting) {
            let seconds = failure.since.elapsed().as_secs();
            tracing::info!(failed_for_seconds = seconds, "the store can be written again");
        }
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
