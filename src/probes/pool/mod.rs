//! The pool of probes: how many are under way at once, of all targets and of one.

mod admission;
#[cfg(test)]
mod tests;

use super::ProbeLimits;
pub use admission::PoolBound;
use admission::{Admission, Admitted, Seen, Speed, Ticket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The probes under way and those that wait for their turn. Clones share it.
#[derive(Clone)]
pub(super) struct Pool {
    admission: Arc<Mutex<Admission<oneshot::Sender<Speed>>>>,
}

/// The turn of one probe, until it is dropped.
pub struct Turn {
    pool: Pool,
    target: Arc<str>,
    counted_as: Speed,
    seen: Option<Seen>,
}

impl Pool {
    pub fn new(limits: ProbeLimits) -> Pool {
        Pool { admission: Arc::new(Mutex::new(Admission::new(limits))) }
    }

    /// Waits for the turn of a probe of `target`; one that was never read counts as fast if it `answered_before`.
    pub async fn turn(&self, target: &str, answered_before: bool) -> Turn {
        let presumed = if answered_before { Speed::Fast } else { Speed::Silent };
        let (sender, receiver) = oneshot::channel();
        let (ticket, target) = {
            let mut admission = self.lock();
            let waiting = admission.wait(target, presumed, sender, Instant::now());
            admit(&mut admission);
            waiting
        };
        let mut place = Place { pool: self, target: &target, ticket: Some(ticket), receiver };
        // The sender is kept until the turn, so that there is no error.
        let counted_as = (&mut place.receiver).await.unwrap_or(Speed::Silent);
        place.ticket = None;
        drop(place);
        Turn { pool: self.clone(), target, counted_as, seen: None }
    }

    /// What keeps the probes of `target` waiting.
    pub fn bound(&self, target: &str) -> PoolBound {
        self.lock().bound(target)
    }

    /// For how long the probe that waits longest has been waiting.
    pub fn longest_wait(&self) -> Duration {
        self.lock().longest_wait(Instant::now())
    }

    /// How many probes have been waiting for longer than `most`, without those whose own target hangs.
    pub fn waiting_longer_than(&self, most: Duration) -> usize {
        self.lock().waiting_longer_than(most, Instant::now())
    }

    fn end(&self, target: &str, counted_as: Speed, seen: Option<Seen>) {
        let mut admission = self.lock();
        admission.end(target, counted_as, seen);
        admit(&mut admission);
    }

    fn lock(&self) -> MutexGuard<'_, Admission<oneshot::Sender<Speed>>> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the probes whose turn it is.
fn admit(admission: &mut Admission<oneshot::Sender<Speed>>) {
    while let Some(Admitted { target, speed, waiter }) = admission.next() {
        if waiter.send(speed).is_err() {
            // It was cancelled.
            admission.end(&target, speed, None);
        }
    }
}

/// The place of a waiting probe, given up when the probe is cancelled.
struct Place<'a> {
    pool: &'a Pool,
    target: &'a str,
    ticket: Option<Ticket>,
    receiver: oneshot::Receiver<Speed>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        self.receiver.close();
        match self.receiver.try_recv() {
            // Its turn came meanwhile.
            Ok(counted_as) => self.pool.end(self.target, counted_as, None),
            Err(_) => self.pool.lock().forget(self.target, ticket),
        }
    }
}

impl Turn {
    /// Whether the target hangs: it timed out the last time, or was never read. Its probes wait for each other.
    pub fn is_of_hung_target(&self) -> bool {
        self.counted_as == Speed::Silent
    }

    /// Records how long the probe took, for the target's next turns. One that took all of its `timeout` has timed out.
    pub fn saw(&mut self, latency: Duration, timeout: Duration) {
        self.seen = Some(Seen { held: latency, in_time: latency < timeout });
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.pool.end(&self.target, self.counted_as, self.seen);
    }
}
