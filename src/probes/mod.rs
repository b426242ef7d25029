//! How each kind of target is read: http, sqlite, tcp, dns, tls.
//!
//! Each reader takes a [`Target`] and returns a [`Reading`], whatever the target does: time, bytes and redirects are bounded, and
//! errors have an [`ErrorKind`]. Connections are not reused, since a target that accepts no new connection is down.

mod certificate;
mod clients;
mod dns;
mod errors;
mod http;
mod sqlite;
mod tcp;
#[cfg(test)]
mod testing;
mod tls;

pub use sqlite::check_query;

use crate::domain::detail::{AddressCause, Cause, Detail, DnsCause, SqliteCause};
use crate::domain::reading::{ErrorKind, ReadError, Reading};
use crate::domain::target::{Request, Target};
use crate::net::AddressError;
use crate::net::guard::AddressGuard;
use crate::net::resolver::{SystemResolver, noting_resolution};
use clients::Clients;
use futures::FutureExt;
use serde_json::{Map, Value};
use sqlite::Databases;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// The settings that all probes share.
#[derive(Clone, Debug)]
pub struct ProberOptions {
    /// PEM files of CA certificates that are trusted besides the system's.
    pub extra_ca_pem: Vec<Vec<u8>>,
    /// Whether link-local metadata addresses may be read.
    pub allow_link_local: bool,
    /// Most SQLite files that are read concurrently; at least 1.
    pub sqlite_concurrency: usize,
    /// `User-Agent` of http probes that set none.
    pub user_agent: String,
    /// The only files that sqlite probes may open.
    pub sqlite_paths: Vec<PathBuf>,
}

impl Default for ProberOptions {
    fn default() -> Self {
        ProberOptions {
            extra_ca_pem: Vec::new(),
            allow_link_local: false,
            sqlite_concurrency: 4,
            user_agent: concat!("agentic-ops/", env!("CARGO_PKG_VERSION")).to_string(),
            sqlite_paths: Vec::new(),
        }
    }
}

/// Why a [`Prober`] cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum ProberError {
    #[error("extra CA certificates: {0}")]
    Certificates(String),
    #[error("HTTP client: {0}")]
    Client(String),
}

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
}

/// The result of a reader: the reading's fields, or the error.
type ReadResult = Result<Map<String, Value>, FailedReading>;

/// An error, with the fields that were read nevertheless.
#[derive(Debug)]
struct FailedReading {
    error: ReadError,
    fields: Map<String, Value>,
}

impl From<ReadError> for FailedReading {
    fn from(error: ReadError) -> Self {
        FailedReading { error, fields: Map::new() }
    }
}

impl From<AddressError> for FailedReading {
    fn from(error: AddressError) -> Self {
        ReadError::from(error).into()
    }
}

impl From<AddressError> for ReadError {
    fn from(error: AddressError) -> Self {
        errors::of_address(&error)
    }
}

/// An error on reading `subject`, which is empty where the cause names it.
fn failure(kind: ErrorKind, subject: impl Into<String>, cause: impl Into<Cause>) -> ReadError {
    ReadError { kind, detail: Box::new(Detail::new(subject, cause)) }
}

impl Prober {
    /// Loads the system's certificates and builds the clients. Errors: `extra_ca_pem` has no certificates.
    pub fn new(options: ProberOptions) -> Result<Prober, ProberError> {
        let guard = AddressGuard::new(options.allow_link_local);
        let resolver = Arc::new(SystemResolver::default());
        let clients = Clients::new(&options, guard, resolver.clone())?;
        let databases = Databases::new(options.sqlite_paths, options.sqlite_concurrency);
        Ok(Prober { inner: Arc::new(Inner { guard, resolver, clients, databases }) })
    }

    /// Reads the target once, within its timeout. It never panics; every error is part of the reading.
    pub async fn read(&self, target: &Target) -> Reading {
        let started = Instant::now();
        let stage = Arc::new(AtomicU8::new(Stage::Target as u8));
        let resolving = Arc::new(AtomicBool::new(false));
        let reading = AssertUnwindSafe(self.dispatch(&target.request, started + target.timeout)).catch_unwind();
        let reading = noting_resolution(resolving.clone(), tokio::time::timeout(target.timeout, reading));
        let result = STAGE.scope(stage.clone(), reading).await;
        let latency = started.elapsed();
        let result = match result {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(failure(ErrorKind::Unreadable, "", Cause::Internal).into()),
            Err(_) => {
                let (stage, resolving) = (stage.load(Ordering::Relaxed), resolving.load(Ordering::Relaxed));
                Err(timed_out(stage, resolving, &target.request, target.timeout).into())
            }
        };
        match result {
            Ok(fields) => Reading::read(latency, fields),
            Err(FailedReading { error, fields }) => Reading { error: Some(error), latency, fields },
        }
    }

    async fn dispatch(&self, request: &Request, deadline: Instant) -> ReadResult {
        let Inner { guard, resolver, clients, databases } = &*self.inner;
        match request {
            Request::Http(http) => http::read(clients, *guard, http).await,
            Request::Sqlite(query) => databases.read(query, deadline).await,
            Request::Tcp(address) => tcp::read(resolver, *guard, address).await,
            Request::Dns(question) => dns::read(resolver, *guard, question, deadline).await,
            Request::Tls(handshake) => tls::read(resolver, *guard, clients, handshake).await,
        }
    }
}

/// What a reading waits for: it decides what a timeout is attributed to.
#[derive(Clone, Copy)]
enum Stage {
    Target = 0,
    /// Waiting for a thread to read a database on.
    Queued = 1,
}

tokio::task_local! {
    static STAGE: Arc<AtomicU8>;
}

/// Sets the stage while `work` runs.
async fn in_stage<T>(stage: Stage, work: impl Future<Output = T>) -> T {
    let set = |stage: Stage| {
        let _ = STAGE.try_with(|cell| cell.store(stage as u8, Ordering::Relaxed));
    };
    set(stage);
    let done = work.await;
    set(Stage::Target);
    done
}

fn timed_out(stage: u8, resolving: bool, request: &Request, timeout: Duration) -> ReadError {
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

#[cfg(test)]
mod tests;
