//! The system's resolver: `/etc/resolv.conf` and `/etc/hosts`, read again when they change.
//!
//! Asked in-process rather than through libc, so that a lookup can be given up and "no such name" (the target's fault) is told
//! from "no answer" (the watcher's own).

use super::address::Guard;
use super::{Stage, failure, in_stage};
use crate::domain::reading::{ErrorKind, ReadError};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::{DnsError, NetError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Files that the resolvers are made from.
const SOURCES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];
/// How often the files are looked at.
const RECHECK: Duration = Duration::from_secs(5);
/// No answer is believed for longer, so that a moved target is noticed.
const MAX_TTL: Duration = Duration::from_secs(30);
/// No absence is believed for longer.
const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(5);
const CACHED_NAMES: u64 = 1024;
const PARALLEL_QUESTIONS: usize = 1024;
/// More addresses of one name are not tried.
const MAX_ADDRESSES: usize = 16;

/// The resolvers that the system's files ask for.
#[derive(Clone)]
pub(super) struct Resolvers {
    /// For the hosts of targets: with the hosts file and a short cache.
    pub hosts: TokioResolver,
    /// For dns probes: asks every time, and only the servers.
    pub uncached: TokioResolver,
}

/// The system's resolver.
#[derive(Default)]
pub(super) struct SystemResolver {
    state: Mutex<Option<State>>,
}

struct State {
    checked: Instant,
    changed: [Option<SystemTime>; 2],
    resolvers: Result<Resolvers, String>,
}

impl SystemResolver {
    /// The resolvers as the system's files are now.
    pub fn current(&self) -> Result<Resolvers, ReadError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let fresh = match &mut *state {
            Some(known) if now.duration_since(known.checked) < RECHECK => true,
            Some(known) => {
                known.checked = now;
                known.changed == last_changes()
            }
            None => false,
        };
        if !fresh {
            *state =
                Some(State { checked: now, changed: last_changes(), resolvers: build().map_err(|e| e.to_string()) });
        }
        match state.as_ref().map(|s| &s.resolvers) {
            Some(Ok(resolvers)) => Ok(resolvers.clone()),
            Some(Err(reason)) => Err(failure(ErrorKind::Network, format!("the system's resolver: {reason}"))),
            None => Err(failure(ErrorKind::Network, "the system's resolver is not set up")),
        }
    }

    /// The addresses of `host`, at most 16, at least one. An address in text is its own.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, ReadError> {
        if let Ok(ip) = host.parse() {
            return Ok(vec![ip]);
        }
        let resolver = self.current()?.hosts;
        let found = in_stage(Stage::Resolving, resolver.lookup_ip(host)).await.map_err(|e| lookup_failed(host, &e))?;
        let addresses: Vec<IpAddr> = found.iter().take(MAX_ADDRESSES).collect();
        if addresses.is_empty() {
            return Err(failure(ErrorKind::Dns, format!("{host}: the name has no address")));
        }
        Ok(addresses)
    }
}

fn last_changes() -> [Option<SystemTime>; 2] {
    SOURCES.map(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok())
}

fn build() -> Result<Resolvers, NetError> {
    let mut hosts = TokioResolver::builder_tokio()?;
    let options = hosts.options_mut();
    options.cache_size = CACHED_NAMES;
    options.positive_max_ttl = Some(MAX_TTL);
    options.negative_max_ttl = Some(MAX_NEGATIVE_TTL);
    options.max_active_requests = PARALLEL_QUESTIONS;
    let mut uncached = TokioResolver::builder_tokio()?;
    let options = uncached.options_mut();
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.max_active_requests = PARALLEL_QUESTIONS;
    Ok(Resolvers { hosts: hosts.build()?, uncached: uncached.build()? })
}

/// What a failed lookup by the system's resolver means: "no such name" is the target's fault, everything else, SERVFAIL too,
/// may as well be our own network's.
pub(super) fn lookup_failed(host: &str, error: &NetError) -> ReadError {
    match error {
        e if e.is_nx_domain() => failure(ErrorKind::Dns, format!("{host}: no such name (NXDOMAIN)")),
        e if e.is_no_records_found() => failure(ErrorKind::Dns, format!("{host}: the name has no address")),
        NetError::Proto(e) => failure(ErrorKind::Dns, format!("{host}: not a host name: {e}")),
        NetError::Dns(DnsError::ResponseCode(code)) => {
            failure(ErrorKind::Network, format!("{host}: the system's resolver answered \"{code}\""))
        }
        e => failure(ErrorKind::Network, format!("{host}: the system's resolver gave no answer: {e}")),
    }
}

/// Resolves the hosts of http probes; addresses that probes may not read are left out at this last moment before connecting.
pub(super) struct GuardedResolver {
    pub resolver: Arc<SystemResolver>,
    pub guard: Guard,
}

/// A [`ReadError`] on its way through the HTTP client.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub(super) struct Unresolved(pub ReadError);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.resolver.clone();
        let guard = self.guard;
        Box::pin(async move {
            let host = name.as_str();
            let found = resolver.addresses(host).await.and_then(|all| guard.filter(host, all)).map_err(Unresolved)?;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}
