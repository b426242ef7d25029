//! Leadership among replicas: the holder of the Lease `agentic-ops` of the namespace reads targets and writes.
//!
//! A lease does not guarantee a single leader: a process may be frozen between checking and writing. Therefore every write carries
//! the resource version that was read, and [`WriteFence::write`] checks two clocks before each step of each write.

mod election;
mod holder;
mod lease;

pub use election::{Election, ElectionTask};
pub use holder::LeaseHolder;
pub use lease::Holder;

use crate::domain::heartbeat::WriteRecord;
use crate::runtime::write::{CALL_TIMEOUT, WriteError};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{Semaphore, watch};

/// Name of the Lease.
pub const LEASE_NAME: &str = "agentic-ops";

/// Concurrent writes: each takes a connection.
const WRITES_MAX: usize = 64;

/// Whether this replica leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// It holds the lease: it reads targets and writes. Each period of holding it has a `term` of its own.
    Leading { term: u64 },
    /// It held the lease and can't renew it: it keeps reading targets and writes nothing.
    Uncertain { term: u64 },
    /// Another replica holds the lease, or the holder is not known: it only serves.
    Following { holder: Option<String> },
}

impl Leadership {
    /// The term in which this replica reads targets, if it does.
    pub fn term(&self) -> Option<u64> {
        match self {
            Leadership::Leading { term } | Leadership::Uncertain { term } => Some(*term),
            Leadership::Following { .. } => None,
        }
    }

    /// The word that REST and the metrics use.
    pub fn as_str(&self) -> &'static str {
        match self {
            Leadership::Leading { .. } => "leading",
            Leadership::Uncertain { .. } => "uncertain",
            Leadership::Following { .. } => "following",
        }
    }
}

/// Why a replica does not run Scenarios, for people.
impl fmt::Display for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Leadership::Leading { .. } => write!(f, "this replica leads"),
            Leadership::Uncertain { .. } => write!(f, "this replica can't renew Lease {LEASE_NAME}, which it held"),
            Leadership::Following { holder: Some(holder) } => {
                write!(f, "this replica follows: {holder} holds Lease {LEASE_NAME}")
            }
            Leadership::Following { holder: None } => {
                write!(f, "this replica follows: the holder of Lease {LEASE_NAME} is not known")
            }
        }
    }
}

/// An instant by two clocks. In a frozen process the monotonic clock has advanced; on a machine that slept only the wall clock has.
#[derive(Clone, Copy, Debug)]
pub struct DualInstant {
    pub monotonic: Instant,
    pub wall: SystemTime,
}

impl DualInstant {
    pub fn now() -> DualInstant {
        DualInstant { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// This much later.
    pub fn after(self, span: Duration) -> DualInstant {
        DualInstant { monotonic: self.monotonic + span, wall: self.wall + span }
    }

    /// Whether it is past at `now`, by either clock.
    pub fn is_past(self, now: DualInstant) -> bool {
        now.monotonic >= self.monotonic || now.wall >= self.wall
    }
}

/// What the election task publishes.
#[derive(Debug)]
struct LeadershipState {
    leadership: Leadership,
    /// Nothing is written from here on unless the lease is renewed; `None` where no other replica can hold it.
    until: Option<DualInstant>,
}

/// Refuses writes unless this replica leads, by its own clocks. Clones share the limit of concurrent writes.
#[derive(Clone)]
pub struct WriteFence {
    state: watch::Receiver<LeadershipState>,
    /// Keeps the channel of a fence that is always open.
    _always: Option<Arc<watch::Sender<LeadershipState>>>,
    writes: Arc<Semaphore>,
    record: Arc<Mutex<WriteRecord>>,
}

impl WriteFence {
    /// For a process that is the only replica: always open.
    pub fn always() -> WriteFence {
        let (sender, state) =
            watch::channel(LeadershipState { leadership: Leadership::Leading { term: 1 }, until: None });
        WriteFence::new(state, Some(Arc::new(sender)))
    }

    fn new(state: watch::Receiver<LeadershipState>, always: Option<Arc<watch::Sender<LeadershipState>>>) -> WriteFence {
        let writes = Arc::new(Semaphore::new(WRITES_MAX));
        WriteFence { state, _always: always, writes, record: Arc::default() }
    }

    fn elected() -> (watch::Sender<LeadershipState>, WriteFence) {
        let (sender, state) =
            watch::channel(LeadershipState { leadership: Leadership::Following { holder: None }, until: None });
        (sender, WriteFence::new(state, None))
    }

    /// Whether this replica leads. It is uncertain as soon as the time of its last renewal is over.
    pub fn leadership(&self) -> Leadership {
        let state = self.state.borrow();
        match (&state.leadership, state.until) {
            (Leadership::Leading { term }, Some(until)) if until.is_past(DualInstant::now()) => {
                Leadership::Uncertain { term: *term }
            }
            (leadership, _) => leadership.clone(),
        }
    }

    /// Whether this replica may write now.
    pub fn is_open(&self) -> bool {
        matches!(self.leadership(), Leadership::Leading { .. })
    }

    /// Waits for the next change of leadership; never returns where it can't change.
    pub async fn changed(&mut self) {
        if self.state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What came of the writes so far.
    pub fn record(&self) -> WriteRecord {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this replica leads by a Lease, which it renews by writing every few seconds. False where it is the only one.
    pub fn holds_lease(&self) -> bool {
        self.is_open() && self.state.borrow().until.is_some()
    }

    /// One write to the API, as [`WriteFence::probe`], with what came of it recorded.
    pub async fn write<T>(&self, request: impl Future<Output = Result<T, kube::Error>>) -> Result<T, WriteError> {
        let written = self.probe(request).await;
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        match &written {
            Ok(_) => record.succeeded(Instant::now()),
            Err(error) if error.is_of_store() => record.failed(Instant::now()),
            // It says something about this replica or this object.
            Err(_) => {}
        }
        written
    }

    /// One write to the API, bounded in time. It is abandoned as soon as the fence is found closed: before its first step, and
    /// before each further one, since a process may be frozen anywhere.
    pub async fn probe<T>(&self, request: impl Future<Output = Result<T, kube::Error>>) -> Result<T, WriteError> {
        // The semaphore is never closed.
        let _permit = self.writes.acquire().await;
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
        let until = self.state.borrow().until?;
        Some(until.monotonic.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(leadership: Leadership, left: Option<Duration>) -> (watch::Sender<LeadershipState>, WriteFence) {
        let (sender, fence) = WriteFence::elected();
        sender.send_replace(LeadershipState { leadership, until: left.map(|left| DualInstant::now().after(left)) });
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
            ("neither", now.monotonic, now.wall, false),
            ("frozen", now.monotonic + second, now.wall, true),
            ("the machine slept", now.monotonic, now.wall + second, true),
            ("the wall clock was set back", now.monotonic + second, now.wall - hour, true),
        ];
        for (name, monotonic, wall, expected) in cases {
            assert_eq!(now.after(second).is_past(DualInstant { monotonic, wall }), expected, "{name}");
        }
    }

    #[tokio::test]
    async fn only_a_replica_that_leads_and_has_time_left_writes() {
        let long = Some(Duration::from_secs(60));
        let cases = [
            (Leadership::Leading { term: 1 }, None, true),
            (Leadership::Leading { term: 1 }, long, true),
            (Leadership::Leading { term: 1 }, Some(Duration::ZERO), false),
            (Leadership::Uncertain { term: 1 }, long, false),
            (Leadership::Following { holder: None }, long, false),
        ];
        for (leadership, left, open) in cases {
            let (_sender, fence) = fence(leadership.clone(), left);
            assert_eq!(fence.is_open(), open, "{leadership:?} {left:?}");
            let written = fence.write(answer(1)).await;
            assert_eq!(written.is_ok(), open, "{leadership:?} {left:?}: {written:?}");
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
            sender.send_replace(LeadershipState { leadership: Leadership::Following { holder: None }, until: None });
            let _ = go_on.send(());
        };
        let (written, ()) = tokio::join!(fence.write(request), losing);
        assert!(matches!(written, Err(WriteError::NotLeading)), "{written:?}");
        assert_eq!(steps.load(std::sync::atomic::Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn it_records_whether_the_api_stores_what_is_written() {
        let status = |code: u16| {
            let status = kube::core::Status { code, reason: "R".into(), ..Default::default() };
            Err::<u8, _>(kube::Error::Api(status.into()))
        };
        let cases = [
            ("stored", answer(1).await, Some(true)),
            ("the disk is full", status(500), Some(false)),
            ("unavailable", status(503), Some(false)),
            ("no right to write", status(403), Some(false)),
            ("no connection", Err(kube::Error::LinesCodecMaxLineLengthExceeded), Some(false)),
            ("another was faster", status(409), None),
            ("deleted", status(404), None),
            ("an object that can't be stored", status(422), None),
            ("too large", status(413), None),
        ];
        for (name, answer, expected) in cases {
            let (_sender, fence) = fence(Leadership::Leading { term: 1 }, Some(Duration::from_secs(60)));
            let _ = fence.write(async { answer }).await;
            let record = fence.record();
            assert_eq!(record.succeeded_at.is_some(), expected == Some(true), "{name}");
            assert_eq!(record.failing_since.is_some(), expected == Some(false), "{name}");
            assert!(fence.holds_lease() && fence.probe(self::answer(1)).await.is_ok());
            assert_eq!(fence.record(), record, "{name}: a probe is not recorded");
        }
        assert!(!WriteFence::always().holds_lease());
    }

    #[tokio::test]
    async fn a_write_that_hangs_ends_with_the_lease() {
        let (_sender, fence) = fence(Leadership::Leading { term: 1 }, Some(Duration::from_millis(50)));
        let hanging = fence.write(std::future::pending::<Result<(), kube::Error>>());
        assert!(matches!(hanging.await, Err(WriteError::NotLeading)));
    }
}
