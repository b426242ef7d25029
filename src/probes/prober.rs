//! Reads a target within its timeout, by the reader of its kind.

use super::clients::Clients;
use super::failure::{FailedReading, ReadResult, failure};
use super::held::HeldReading;
use super::memory::{ParsedMemory, ReadingMemory, Share};
use super::options::{ProberError, ProberOptions};
use super::pool::{Pool, PoolBound, Turn};
use super::sqlite::Databases;
use super::stage::{STAGE, Stage};
use super::{dns, http, tcp, tls, weight};
use crate::domain::detail::{AddressCause, Cause, DnsCause, SqliteCause};
use crate::domain::reading::{ErrorKind, ReadError, Reading};
use crate::domain::target::{Request, Target};
use crate::net::guard::AddressGuard;
use crate::net::resolver::{Resolution, SystemResolver, noting_resolution};
use crate::telemetry::{Limit, Metrics};
use futures::FutureExt;
use serde_json::Map;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// Reads targets. Clones share clients, resolver and limits.
#[derive(Clone)]
pub struct Prober {
    inner: Arc<Inner>,
}

struct Inner {
    guard: AddressGuard,
    resolver: Arc<SystemResolver>,
    clients: Clients,
    databases: Databases,
    pool: Pool,
    memory: Arc<ReadingMemory>,
    metrics: Arc<Metrics>,
}

impl Prober {
    /// Loads the system's certificates and builds the clients. Errors: `extra_ca_pem` has no certificates.
    pub fn new(options: ProberOptions) -> Result<Prober, ProberError> {
        let guard = AddressGuard::new(options.addresses.clone());
        let resolver = Arc::new(SystemResolver::default());
        let clients = Clients::new(&options, &guard, resolver.clone())?;
        let ProberOptions { sqlite, metrics, limits, readings_bytes, .. } = options;
        let databases = Databases::new(sqlite, metrics.clone());
        let (pool, memory) = (Pool::new(limits), ReadingMemory::new(readings_bytes));
        Ok(Prober { inner: Arc::new(Inner { guard, resolver, clients, databases, pool, memory, metrics }) })
    }

    /// Waits until the limits of probes allow one more of this target. `answered_before`: whether a target that was never read
    /// counts as one that answered fast.
    pub async fn turn(&self, target: &Target, answered_before: bool) -> Turn {
        self.inner.pool.turn(&waits_for(target), answered_before).await
    }

    /// What keeps probes of this target waiting.
    pub fn bound(&self, target: &Target) -> PoolBound {
        self.inner.pool.bound(&waits_for(target))
    }

    /// For how long the probe that waits longest for its turn has been waiting.
    pub fn longest_wait(&self) -> Duration {
        self.inner.pool.longest_wait()
    }

    /// How many probes have been waiting for their turn for longer than `most`, without those whose own target hangs.
    pub fn waiting_longer_than(&self, most: Duration) -> usize {
        self.inner.pool.waiting_longer_than(most)
    }

    /// The memory that the large JSON of one Scenario may take while it is judged.
    pub fn parsed_memory(&self) -> ParsedMemory {
        self.inner.memory.parsed()
    }

    /// Reads the target once, within its timeout. It never panics; every error is part of the reading.
    pub async fn read(&self, target: &Target) -> HeldReading {
        let started = Instant::now();
        let mut share = self.inner.memory.share();
        let result = self.read_within(target, started, &mut share).await;
        let latency = started.elapsed();
        let (error, fields) = match result {
            Ok(fields) => (None, fields),
            Err(FailedReading { error, fields }) => (Some(error), fields),
        };
        let reading = match share.resize(weight::of_fields(&fields)) {
            Ok(()) => Reading { error, latency, fields },
            Err(full) => Reading { error: Some(full.into()), latency, fields: Map::new() },
        };
        if reading.error.as_ref().is_some_and(|error| error.kind == ErrorKind::Memory) {
            let detail = format_args!("the reading of {}", target.request.endpoint());
            self.inner.metrics.limit_reached(Limit::Readings, detail);
        }
        if reading.fields.is_empty() {
            share = self.inner.memory.share();
        }
        HeldReading::new(reading, share)
    }

    async fn read_within(&self, target: &Target, started: Instant, share: &mut Share) -> ReadResult {
        let waits_for_worker = matches!(target.request, Request::Sqlite(_));
        let stage = waits_for_worker.then(|| Arc::new(AtomicU8::new(Stage::Target as u8)));
        let deadline = started + target.timeout;
        let resolution = Resolution::new(deadline);
        // In one expression, so that its parts are not kept twice.
        let reading = noting_resolution(
            resolution.clone(),
            tokio::time::timeout(
                target.timeout,
                AssertUnwindSafe(self.dispatch(target, deadline, &stage, share)).catch_unwind(),
            ),
        );
        match reading.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(failure(ErrorKind::Unreadable, "", Cause::Internal).into()),
            Err(_) => {
                let stage = stage.map_or(Stage::Target as u8, |stage| stage.load(Ordering::Relaxed));
                let is_resolving = resolution.is_under_way();
                Err(timed_out(stage, is_resolving, &target.request, target.timeout).into())
            }
        }
    }

    async fn dispatch(
        &self,
        target: &Target,
        deadline: Instant,
        stage: &Option<Arc<AtomicU8>>,
        share: &mut Share,
    ) -> ReadResult {
        let Inner { guard, resolver, clients, databases, .. } = &*self.inner;
        match &target.request {
            Request::Http(http) => http::read(clients, guard, http, share).await,
            // Boxed, so that probes of HTTP, of which there are many, do not have room for these, too.
            Request::Sqlite(query) => {
                let stage = stage.clone().unwrap_or_default();
                Box::pin(STAGE.scope(stage, databases.read(target, query, deadline))).await
            }
            Request::Tcp(address) => Box::pin(tcp::read(resolver, guard, address)).await,
            Request::Dns(question) => Box::pin(dns::read(resolver, guard, question, deadline)).await,
            Request::Tls(handshake) => Box::pin(tls::read(resolver, guard, clients, handshake)).await,
        }
    }
}

/// What a probe has to wait for. The queries on a file have turns of their own, which are shared among Scenarios.
fn waits_for(target: &Target) -> Cow<'_, str> {
    match &target.request {
        Request::Sqlite(_) => format!("{} of {}", target.request.endpoint(), target.scenario).into(),
        other => other.endpoint(),
    }
}

pub(super) fn timed_out(stage: u8, resolving: bool, request: &Request, timeout: Duration) -> ReadError {
    let root = request.root();
    if resolving {
        failure(ErrorKind::Network, root, AddressCause::ResolverTimedOut(timeout))
    } else if stage == Stage::Queued as u8 {
        failure(ErrorKind::Unreadable, root, SqliteCause::Queued(timeout))
    } else if matches!(request, Request::Dns(_)) {
        failure(ErrorKind::Dns, root, DnsCause::ServerTimedOut(timeout))
    } else {
        failure(ErrorKind::Timeout, root, Cause::TimedOut(timeout))
    }
}
