//! Runs that wait for a turn: since when, and that it is reported.

use crate::telemetry::{Limit, Metrics};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A run that waits longer than this for a turn is reported.
const REPORTED: Duration = Duration::from_secs(1);

/// The runs that wait.
pub struct Waits {
    waiting: Mutex<Waiting>,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    /// In the order in which they began to wait.
    since: BTreeMap<u64, Instant>,
}

/// A run that waits, until it is dropped.
struct Place<'a> {
    waits: &'a Waits,
    number: u64,
    since: Instant,
}

impl Waits {
    pub fn new(metrics: Arc<Metrics>) -> Waits {
        Waits { waiting: Mutex::default(), metrics }
    }

    /// For how long the run that waits longest has been waiting.
    pub fn longest(&self) -> Duration {
        self.lock().since.first_key_value().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    /// Waits for a turn, and reports `limit` if that takes long. Returns also for how long it waited.
    pub async fn turn<T>(&self, limit: Limit, scenario: &str, turn: impl Future<Output = T>) -> (T, Duration) {
        let place = self.place();
        let mut turn = pin!(turn);
        if let Ok(turn) = tokio::time::timeout(REPORTED, turn.as_mut()).await {
            return (turn, place.since.elapsed());
        }
        self.metrics.limit_reached(limit, format_args!("Scenario {scenario} waits for its turn"));
        (turn.await, place.since.elapsed())
    }

    fn place(&self) -> Place<'_> {
        let (mut waiting, since) = (self.lock(), Instant::now());
        waiting.last += 1;
        let number = waiting.last;
        waiting.since.insert(number, since);
        Place { waits: self, number, since }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waits.lock().since.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test(start_paused = true)]
    async fn a_run_that_waits_counts_as_late_and_is_reported_after_a_second() {
        let metrics = Arc::new(Metrics::default());
        let waits = Waits::new(metrics.clone());
        let reported = || metrics.encode().contains("limit_reached_total{limit=\"evaluations\"} 1");
        let (give, turn) = tokio::sync::oneshot::channel::<u8>();
        let mut waiting = Box::pin(waits.turn(Limit::Evaluations, "shop", turn));
        assert!(waiting.as_mut().now_or_never().is_none());
        while waits.longest() == Duration::ZERO {
            std::hint::spin_loop();
        }
        assert!(!reported());
        tokio::time::advance(REPORTED).await;
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(reported());
        give.send(7).unwrap();
        assert_eq!(waiting.await.0.unwrap(), 7);
        assert_eq!(waits.longest(), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_turn_that_is_free_or_no_longer_wanted_is_not_waited_for() {
        let waits = Waits::new(Arc::default());
        waits.turn(Limit::Evaluations, "shop", async {}).await;
        let mut cancelled = Box::pin(waits.turn(Limit::Evaluations, "shop", std::future::pending::<()>()));
        assert!(cancelled.as_mut().now_or_never().is_none());
        drop(cancelled);
        assert_eq!(waits.longest(), Duration::ZERO);
    }
}
