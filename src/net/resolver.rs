//! The system's resolver: configured by `/etc/resolv.conf` and `/etc/hosts`, which are read again when they change.
//!
//! It runs in this process rather than through libc, so that a lookup can be cancelled, and so that "no such name" (an error of the
//! target) is distinguished from "no answer" (an error of this host).

use super::AddressError;
use super::guard::AddressGuard;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::ResolveHosts;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::system_conf::read_system_conf;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The files that configure the resolvers.
const SOURCES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];
/// How often the files are checked for changes.
const RECHECK: Duration = Duration::from_secs(5);
/// Answers are cached no longer, so that a changed address is noticed.
const MAX_TTL: Duration = Duration::from_secs(30);
/// Negative answers are cached no longer.
const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(5);
const CACHED_NAMES: u64 = 1024;
const PARALLEL_QUERIES: usize = 1024;
/// Most addresses of one name that are used.
const MAX_ADDRESSES: usize = 16;

/// The resolvers, as the system's files configure them.
#[derive(Clone)]
pub struct Resolvers {
    /// For hosts to connect to: uses the hosts file and a short cache.
    pub hosts: TokioResolver,
    /// For dns probes: without hosts file and cache.
    pub uncached: TokioResolver,
    /// The name servers of both.
    pub servers: Arc<[IpAddr]>,
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
    /// The resolvers for the current content of the system's files.
    pub fn current(&self) -> Result<Resolvers, AddressError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_current = match &mut *state {
            Some(built) if now.duration_since(built.checked) < RECHECK => true,
            Some(built) => {
                built.checked = now;
                built.changed == last_changes()
            }
            None => false,
        };
        if !is_current {
            *state = None;
        }
        let build = || State { checked: now, changed: last_changes(), resolvers: build().map_err(|e| e.to_string()) };
        let resolvers = &state.get_or_insert_with(build).resolvers;
        resolvers.clone().map_err(|reason| AddressError::NoResolver { reason })
    }

    /// The addresses of `host`: at least one, at most 16. A literal address resolves to itself.
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
    let (config, _) = read_system_conf()?;
    let servers = config.name_servers().iter().map(|server| server.ip).collect();
    let mut hosts = TokioResolver::builder_tokio()?;
    let options = hosts.options_mut();
    options.cache_size = CACHED_NAMES;
    options.positive_max_ttl = Some(MAX_TTL);
    options.negative_max_ttl = Some(MAX_NEGATIVE_TTL);
    options.max_active_requests = PARALLEL_QUERIES;
    let mut uncached = TokioResolver::builder_tokio()?;
    let options = uncached.options_mut();
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.max_active_requests = PARALLEL_QUERIES;
    Ok(Resolvers { hosts: hosts.build()?, uncached: uncached.build()?, servers })
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

/// Runs `work`. `flag` is true while `work` waits for the system's resolver, so that a timeout can be attributed to it.
pub async fn noting_resolution<T>(flag: Arc<AtomicBool>, work: impl Future<Output = T>) -> T {
    RESOLVING.scope(flag, work).await
}

/// Awaits a query to the system's resolver, and sets the flag of [`noting_resolution`] meanwhile.
pub async fn while_resolving<T>(query: impl Future<Output = T>) -> T {
    let set = |resolving| {
        let _ = RESOLVING.try_with(|flag| flag.store(resolving, Ordering::Relaxed));
    };
    set(true);
    let answer = query.await;
    set(false);
    answer
}

/// Resolves the hosts of HTTP requests and removes forbidden addresses immediately before connecting. Its errors are
/// [`AddressError`]s.
pub struct GuardedResolver {
    pub resolver: Arc<SystemResolver>,
    pub guard: AddressGuard,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.resolver.clone();
        let guard = self.guard.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found = resolver.addresses(host).await.and_then(|all| guard.filter(host, all))?;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}
