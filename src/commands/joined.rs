//! Requests to run one Scenario that come together: one of them writes for all.

use super::CommandError;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The requests that wait to be written, by Scenario. Only Scenarios that are being requested are in it.
#[derive(Default)]
pub struct JoinedRuns {
    scenarios: Mutex<HashMap<String, Arc<Requests>>>,
}

struct Requests {
    /// The latest time that was requested, in microseconds.
    latest: AtomicI64,
    /// The last write: up to which time it asked, and what came of it.
    written: tokio::sync::Mutex<Option<(i64, Result<(), CommandError>)>>,
}

impl JoinedRuns {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Requests>>> {
        self.scenarios.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests a run of a Scenario at `at`, or a later time, by `write`. Requests that come while one is being written are written
    /// together, at the latest of their times, since its run answers all of them.
    pub(super) async fn request<W: Future<Output = Result<(), CommandError>>>(
        &self,
        scenario: &str,
        at: Timestamp,
        write: impl FnOnce(Timestamp) -> W,
    ) -> Result<(), CommandError> {
        let requests = self.enter(scenario, at);
        let result = requests.write(at, write).await;
        drop(requests);
        self.leave(scenario);
        result
    }

    fn enter(&self, scenario: &str, at: Timestamp) -> Arc<Requests> {
        let new = || Arc::new(Requests { latest: AtomicI64::new(i64::MIN), written: Default::default() });
        let mut scenarios = self.lock();
        let requests = scenarios.entry(scenario.to_string()).or_insert_with(new).clone();
        requests.latest.fetch_max(at.as_microsecond(), Ordering::SeqCst);
        requests
    }

    /// Forgets a Scenario for which no request is under way any more. Requests that were dropped half-way are forgotten with the next one.
    fn leave(&self, scenario: &str) {
        let mut scenarios = self.lock();
        if scenarios.get(scenario).is_some_and(|requests| Arc::strong_count(requests) == 1) {
            scenarios.remove(scenario);
        }
    }
}

impl Requests {
    async fn write<W: Future<Output = Result<(), CommandError>>>(
        &self,
        at: Timestamp,
        write: impl FnOnce(Timestamp) -> W,
    ) -> Result<(), CommandError> {
        let mut written = self.written.lock().await;
        if let Some((up_to, result)) = &*written
            && *up_to >= at.as_microsecond()
        {
            return result.clone();
        }
        let latest = self.latest.load(Ordering::SeqCst);
        let result = write(Timestamp::from_microsecond(latest).unwrap_or(at)).await;
        *written = Some((latest, result.clone()));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::AtomicUsize;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn requests_that_come_together_are_written_once_or_twice_at_the_latest_time() {
        let (joined, writes, latest) = (JoinedRuns::default(), AtomicUsize::new(0), Mutex::new(Vec::new()));
        let request = |second| {
            let (joined, writes, latest) = (&joined, &writes, &latest);
            let write = move |at: Timestamp| async move {
                writes.fetch_add(1, Ordering::SeqCst);
                latest.lock().unwrap().push(at);
                // The others come meanwhile.
                tokio::task::yield_now().await;
                Ok(())
            };
            joined.request("s", at(second), write)
        };
        for result in join_all((1..=50).map(request)).await {
            assert_eq!(result, Ok(()));
        }
        assert_eq!(*latest.lock().unwrap(), [at(1), at(50)]);
        assert!(joined.lock().is_empty(), "nothing is kept");
        request(60).await.unwrap();
        assert_eq!(writes.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn those_that_were_written_together_fail_together() {
        let (joined, writes) = (JoinedRuns::default(), AtomicUsize::new(0));
        let request = |second| {
            let (joined, writes) = (&joined, &writes);
            let write = move |_| async move {
                writes.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Err(CommandError::unavailable("down"))
            };
            joined.request("s", at(second), write)
        };
        for result in join_all((1..=50).map(request)).await {
            assert_eq!(result, Err(CommandError::unavailable("down")));
        }
        assert_eq!(writes.load(Ordering::SeqCst), 2);
    }
}
