//! Who acts, of several replicas: whoever holds the Lease `agentic-ops` of the namespace.
//!
//! A lease does not promise a single leader: a process may be frozen between looking and writing. So every write carries the
//! resource version that was read, and [`WriteFence::write`] looks at two clocks before each step of each write.

mod election;
mod lease;

pub use election::{Election, ElectionTask};

use crate::runtime::write::{CALL_TIMEOUT, WriteError};
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{Semaphore, watch};

/// Name of the Lease.
pub const LEASE_NAME: &str = "agentic-ops";

/// Writes that are under way at once: each takes a connection.
const WRITES_MAX: usize = 64;

/// Where this replica stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// It holds the lease: it reads targets and writes. `term` differs for each time that it came to hold it.
    Leading { term: u64 },
    /// It held the lease and can't renew it: it goes on reading, and writes nothing until it knows.
    Uncertain { term: u64 },
    /// Somebody else holds it, or nobody is known to: it only serves.
    Following { holder: Option<String> },
}

impl Leadership {
    /// The term in which it reads targets, if it does.
    pub fn term(&self) -> Option<u64> {
        match self {
            Leadership::Leading { term } | Leadership::Uncertain { term } => Some(*term),
            Leadership::Following { .. } => None,
        }
    }

    /// In one word, for machines.
    pub fn as_str(&self) -> &'static str {
        match self {
            Leadership::Leading { .. } => "leading",
            Leadership::Uncertain { .. } => "uncertain",
            Leadership::Following { .. } => "following",
        }
    }
}

/// For people: why a replica does not run Scenarios.
impl fmt::Display for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Leadership::Leading { .. } => write!(f, "this replica leads"),
            Leadership::Uncertain { .. } => write!(f, "this replica can't renew Lease {LEASE_NAME}, which it held"),
            Leadership::Following { holder: Some(holder) } => {
                write!(f, "this replica follows: {holder} holds Lease {LEASE_NAME}")
            }
            Leadership::Following { holder: None } => {
                write!(f, "this replica follows: nobody is known to hold Lease {LEASE_NAME}")
            }
        }
    }
}

/// A moment by two clocks. A process that is frozen finds the monotonic clock gone on; a machine that slept, only the other.
#[derive(Clone, Copy, Debug)]
pub struct DualInstant {
    pub steady: Instant,
    pub wall: SystemTime,
}

impl DualInstant {
    pub fn now() -> DualInstant {
        DualInstant { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// This much later.
    pub fn after(self, span: Duration) -> DualInstant {
        DualInstant { steady: self.steady + span, wall: self.wall + span }
    }

    /// Whether it is past at `now`, by either clock.
    pub fn is_past(self, now: DualInstant) -> bool {
        now.steady >= self.steady || now.wall >= self.wall
    }
}

/// What the elector tells.
#[derive(Debug)]
struct LeadershipState {
    standing: Leadership,
    /// Effects end here, whatever is heard; `None` where nobody else can hold the lease.
    until: Option<DualInstant>,
}

/// What every effect passes: it is open while this replica leads, by its own clocks.
#[derive(Clone)]
pub struct WriteFence {
    told: watch::Receiver<LeadershipState>,
    /// Keeps the channel of a gate that is always open.
    _always: Option<Arc<watch::Sender<LeadershipState>>>,
    writes: Arc<Semaphore>,
}

impl WriteFence {
    /// For a process beside which there is no other.
    pub fn always() -> WriteFence {
        let (sender, told) = watch::channel(LeadershipState { standing: Leadership::Leading { term: 1 }, until: None });
        WriteFence { told, _always: Some(Arc::new(sender)), writes: Arc::new(Semaphore::new(WRITES_MAX)) }
    }

    fn elected() -> (watch::Sender<LeadershipState>, WriteFence) {
        let (sender, told) =
            watch::channel(LeadershipState { standing: Leadership::Following { holder: None }, until: None });
        (sender, WriteFence { told, _always: None, writes: Arc::new(Semaphore::new(WRITES_MAX)) })
    }

    /// Where this replica stands. It is uncertain as soon as its time is over, though nobody has told it yet.
    pub fn standing(&self) -> Leadership {
        let told = self.told.borrow();
        match (&told.standing, told.until) {
            (Leadership::Leading { term }, Some(until)) if until.is_past(DualInstant::now()) => {
                Leadership::Uncertain { term: *term }
            }
            (standing, _) => standing.clone(),
        }
    }

    /// Whether this replica may write now.
    pub fn is_open(&self) -> bool {
        matches!(self.standing(), Leadership::Leading { .. })
    }

    /// Waits until the standing is told anew; for ever where it can't change.
    pub async fn changed(&mut self) {
        if self.told.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until this replica may write. False: the term in which this was asked is over.
    pub async fn reopened(&self) -> bool {
        let mut this = self.clone();
        let term = this.standing().term();
        while !this.is_open() && term.is_some() && this.standing().term() == term {
            // A clock that ran ahead closes the gate without a word; the next renewal opens it without one.
            let _ = tokio::time::timeout(Duration::from_secs(1), this.changed()).await;
        }
        term.is_some() && this.standing().term() == term
    }

    /// One write to the API, bounded in time. It is given up as soon as the gate is found closed: before its first step, and
    /// before each further one, since a process may be frozen anywhere.
    pub async fn write<T>(&self, request: impl Future<Output = Result<T, kube::Error>>) -> Result<T, WriteError> {
        // The semaphore is never closed.
        let _turn = self.writes.acquire().await;
        let mut request = pin!(request);
        let guarded = std::future::poll_fn(|context| {
            if !self.is_open() {
                return Poll::Ready(Err(WriteError::NotLeading));
            }
            request.as_mut().poll(context).map_err(WriteError::from)
        });
        let bound = self.time_left().map_or(CALL_TIMEOUT, |left| left.min(CALL_TIMEOUT));
        match tokio::time::timeout(bound, guarded).await {
            Ok(answer) => answer,
            Err(_) if !self.is_open() => Err(WriteError::NotLeading),
            Err(_) => Err(WriteError::Timeout),
        }
    }

    fn time_left(&self) -> Option<Duration> {
        let until = self.told.borrow().until?;
        Some(until.steady.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(standing: Leadership, left: Option<Duration>) -> (watch::Sender<LeadershipState>, WriteFence) {
        let (sender, fence) = WriteFence::elected();
        sender.send_replace(LeadershipState { standing, until: left.map(|left| DualInstant::now().after(left)) });
        (sender, fence)
    }

    async fn answer(value: u8) -> Result<u8, kube::Error> {
        Ok(value)
    }

    #[test]
    fn a_moment_is_past_when_either_clock_says_so() {
        let now = DualInstant::now();
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
        let cases = [
            ("neither", now.steady, now.wall, false),
            ("frozen", now.steady + second, now.wall, true),
            ("the machine slept", now.steady, now.wall + second, true),
            ("the wall clock was set back", now.steady + second, now.wall - hour, true),
        ];
        for (name, steady, wall, expected) in cases {
            assert_eq!(now.after(second).is_past(DualInstant { steady, wall }), expected, "{name}");
        }
    }

    #[tokio::test]
    async fn only_whoever_leads_and_has_time_left_writes() {
        let long = Some(Duration::from_secs(60));
        let cases = [
            (Leadership::Leading { term: 1 }, None, true),
            (Leadership::Leading { term: 1 }, long, true),
            (Leadership::Leading { term: 1 }, Some(Duration::ZERO), false),
            (Leadership::Uncertain { term: 1 }, long, false),
            (Leadership::Following { holder: None }, long, false),
        ];
        for (standing, left, open) in cases {
            let (_sender, fence) = fence(standing.clone(), left);
            assert_eq!(fence.is_open(), open, "{standing:?} {left:?}");
            let written = fence.write(answer(1)).await;
            assert_eq!(written.is_ok(), open, "{standing:?} {left:?}: {written:?}");
            assert!(open || matches!(written, Err(WriteError::NotLeading)));
        }
        assert!(WriteFence::always().is_open() && WriteFence::always().write(answer(1)).await.is_ok());
    }

    #[tokio::test]
    async fn a_write_under_way_takes_no_further_step_once_the_lease_is_lost() {
        let (sender, fence) = fence(Leadership::Leading { term: 1 }, Some(Duration::from_secs(60)));
        let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
        let steps = std::sync::atomic::AtomicUsize::new(0);
        let request = async {
            let _ = wait.await;
            steps.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            answer(1).await
        };
        let losing = async {
            tokio::task::yield_now().await;
            sender.send_replace(LeadershipState { standing: Leadership::Following { holder: None }, until: None });
            let _ = go_on.send(());
        };
        let (written, ()) = tokio::join!(fence.write(request), losing);
        assert!(matches!(written, Err(WriteError::NotLeading)), "{written:?}");
        assert_eq!(steps.load(std::sync::atomic::Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_write_that_hangs_ends_with_the_lease() {
        let (_sender, fence) = fence(Leadership::Leading { term: 1 }, Some(Duration::from_millis(50)));
        let hanging = fence.write(std::future::pending::<Result<(), kube::Error>>());
        assert!(matches!(hanging.await, Err(WriteError::NotLeading)));
    }

    #[tokio::test]
    async fn whoever_waits_to_write_learns_whether_the_term_is_over() {
        let uncertain = || fence(Leadership::Uncertain { term: 7 }, Some(Duration::from_secs(60)));
        for (next, expected) in [
            (Leadership::Leading { term: 7 }, true),
            (Leadership::Leading { term: 8 }, false),
            (Leadership::Following { holder: None }, false),
        ] {
            let (sender, fence) = uncertain();
            let telling = async {
                tokio::task::yield_now().await;
                let until = Some(DualInstant::now().after(Duration::from_secs(60)));
                sender.send_replace(LeadershipState { standing: next.clone(), until });
            };
            let (reopened, ()) = tokio::join!(fence.reopened(), telling);
            assert_eq!(reopened, expected, "{next:?}");
        }
    }
}
