//! The system's resolver: `/etc/resolv.conf` and `/etc/hosts`, read again when they change.
//!
//! Asked in-process rather than through libc, so that a lookup can be given up and "no such name" (the target's fault) is told
//! from "no answer" (the watcher's own).

use super::AddressError;
use super::guard::AddressGuard;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::{DnsError, NetError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
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
pub struct Resolvers {
    /// For the hosts of targets: with the hosts file and a short cache.
    pub hosts: TokioResolver,
    /// For dns probes: asks every time, and only the servers.
    pub uncached: TokioResolver,
}

/// The system's resolver.
#[derive(Default)]
pub struct SystemResolver {
    state: Mutex<Option<State>>,
}

struct State {
    checked: Instant,
    changed: [Option<SystemTime>; 2],
    resolvers: Result<Resolvers, String>,
}

impl SystemResolver {
    /// The resolvers as the system's files are now.
    pub fn current(&self) -> Result<Resolvers, AddressError> {
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
            Some(Err(reason)) => Err(AddressError::NoResolver { reason: reason.clone() }),
            None => Err(AddressError::NoResolver { reason: "it is not set up".into() }),
        }
    }

    /// The addresses of `host`, at most 16, at least one. An address in text is its own.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, AddressError> {
        if let Ok(ip) = host.parse() {
            return Ok(vec![ip]);
        }
        let resolver = self.current()?.hosts;
        let found = while_resolving(resolver.lookup_ip(host)).await.map_err(|e| lookup_failed(host, &e))?;
        let addresses: Vec<IpAddr> = found.iter().take(MAX_ADDRESSES).collect();
        if addresses.is_empty() {
            return Err(AddressError::NoAddress { host: host.to_string() });
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

/// What a failed lookup by the system's resolver means.
pub(crate) fn lookup_failed(host: &str, error: &NetError) -> AddressError {
    let host = host.to_string();
    match error {
        e if e.is_nx_domain() => AddressError::NoSuchName { host },
        e if e.is_no_records_found() => AddressError::NoAddress { host },
        NetError::Proto(e) => AddressError::NotAHostName { host, reason: e.to_string() },
        NetError::Dns(DnsError::ResponseCode(code)) => AddressError::ResolverFailed { host, code: code.to_string() },
        e => AddressError::NoAnswer { host, reason: e.to_string() },
    }
}

tokio::task_local! {
    static RESOLVING: Arc<AtomicBool>;
}

/// Runs `work`, within which `flag` is true while the system's resolver is being asked: a timeout is its fault then.
pub async fn noting_resolution<T>(flag: Arc<AtomicBool>, work: impl Future<Output = T>) -> T {
    RESOLVING.scope(flag, work).await
}

/// A question to the system's resolver, noted for [`noting_resolution`].
pub async fn while_resolving<T>(question: impl Future<Output = T>) -> T {
    let set = |resolving| {
        let _ = RESOLVING.try_with(|flag| flag.store(resolving, Ordering::Relaxed));
    };
    set(true);
    let answer = question.await;
    set(false);
    answer
}

/// Resolves the hosts of HTTP requests; addresses that may not be connected to are left out at this last moment before
/// connecting. Its errors are [`AddressError`]s.
pub struct GuardedResolver {
    pub resolver: Arc<SystemResolver>,
    pub guard: AddressGuard,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.resolver.clone();
        let guard = self.guard;
        Box::pin(async move {
            let host = name.as_str();
            let found = resolver.addresses(host).await.and_then(|all| guard.filter(host, all))?;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}
