//! The system's resolver: configured by `/etc/resolv.conf` and `/etc/hosts`, as glibc with `hosts: files dns`. The differences are
//! listed in `docs/names.md`.
//!
//! It runs in this process rather than through libc, so that a lookup can be cancelled, so that an answer counts until the deadline of
//! its probe, and so that "no such name" (an error of the target) is distinguished from "no answer" (an error of this host).

mod cache;
mod config;
mod exchange;
mod files;
mod hosts;
mod lookup;
mod message;
mod numeric;
mod search;
#[cfg(test)]
mod tests;

pub use exchange::Failures;
pub use message::{Failure, Reply, mnemonic, name};

use super::AddressError;
use super::guard::AddressGuard;
use cache::Cache;
use exchange::Schedule;
use files::{Files, System};
use hickory_proto::rr::{Name, RecordType};
use lookup::Lookup;
use message::Question;
use reqwest::dns::{Addrs, Name as HostName, Resolve, Resolving};
use search::Verdict;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Most questions under way.
const PARALLEL_QUESTIONS: usize = 1024;
/// Most addresses of one name that are used.
const MAX_ADDRESSES: usize = 16;
/// How long a lookup may take that is not part of a probe.
const DEFAULT_TIME: Duration = Duration::from_secs(30);
/// How often a server that a probe names is asked, since UDP may lose a message.
const QUESTIONS: u32 = 3;
/// It is asked again after this at the latest.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The system's resolver.
pub struct SystemResolver {
    files: Files,
    /// Of the files that are `current`.
    cache: Mutex<(Option<Arc<System>>, Cache)>,
    rotation: AtomicUsize,
    turns: Semaphore,
}

impl Default for SystemResolver {
    fn default() -> SystemResolver {
        let turns = Semaphore::new(PARALLEL_QUESTIONS);
        SystemResolver { files: Files::default(), cache: Mutex::default(), rotation: AtomicUsize::new(0), turns }
    }
}

impl SystemResolver {
    /// The system's name servers.
    pub fn servers(&self) -> Result<Vec<SocketAddr>, AddressError> {
        Ok(self.current()?.config.servers.clone())
    }

    /// The addresses of `host`, with `port`: at least one, at most 16. A literal address resolves to itself.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, AddressError> {
        if let Some(literal) = numeric::parse(host) {
            return Ok(vec![match literal.ip {
                IpAddr::V4(ip) => SocketAddr::new(ip.into(), port),
                IpAddr::V6(ip) => SocketAddrV6::new(ip, port, 0, literal.scope).into(),
            }]);
        }
        if numeric::has_unknown_scope(host) {
            let reason = "this host has no such interface".to_string();
            return Err(AddressError::NoAnswer { host: host.to_string(), reason });
        }
        let mut found = self.named(host).await?;
        found.sort_by_key(IpAddr::is_ipv6);
        found.truncate(MAX_ADDRESSES);
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    async fn named(&self, host: &str) -> Result<Vec<IpAddr>, AddressError> {
        let system = self.current()?;
        let listed = system.hosts.addresses(host);
        if !listed.is_empty() {
            return Ok(listed.to_vec());
        }
        let key = host.to_ascii_lowercase();
        if let Some(kept) = self.with_cache(&system, |cache| cache.get(&key, Instant::now())) {
            return Ok(kept);
        }
        let host = host.to_string();
        if let Err(reason) = name(&host) {
            return Err(AddressError::NotAHostName { host, reason });
        }
        match while_resolving(self.lookup(&system).host(&host)).await {
            Verdict::Found { addresses, ttl } => {
                self.with_cache(&system, |cache| cache.put(&key, addresses.clone(), ttl, Instant::now()));
                Ok(addresses)
            }
            Verdict::NoSuchName => Err(AddressError::NoSuchName { host }),
            Verdict::NoAddress => Err(AddressError::NoAddress { host }),
            Verdict::Failed(failures) => Err(match failures.code() {
                Some(code) => AddressError::ResolverFailed { host, code: mnemonic(code) },
                None => AddressError::NoAnswer { host, reason: failures.to_string() },
            }),
        }
    }

    /// Asks the system's name servers, without hosts file, search list and cache. Errors: all of them failed.
    pub async fn query(&self, name: &Name, record_type: RecordType) -> Result<Result<Reply, Failures>, AddressError> {
        let system = self.current()?;
        Ok(while_resolving(self.lookup(&system).query(name, record_type, true)).await)
    }

    fn current(&self) -> Result<Arc<System>, AddressError> {
        self.files.current().map_err(|error| AddressError::NoResolver { reason: error.to_string() })
    }

    fn lookup<'a>(&'a self, system: &'a System) -> Lookup<'a> {
        let rotates = system.config.flags.rotate;
        let rotation = if rotates { self.rotation.fetch_add(1, Ordering::Relaxed) } else { 0 };
        Lookup::new(&system.config, rotation, deadline(), &self.turns)
    }

    /// The cache of what the files say; another `system` has an empty one.
    fn with_cache<T>(&self, system: &Arc<System>, work: impl FnOnce(&mut Cache) -> T) -> T {
        let mut kept = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, cache) = &mut *kept;
        if !of.as_ref().is_some_and(|of| Arc::ptr_eq(of, system)) {
            *of = Some(system.clone());
            cache.clear();
        }
        work(cache)
    }
}

/// Asks a server that a probe names, at each of its addresses in turn until `deadline`, whatever the name. Errors: it failed at all
/// addresses.
pub async fn query_server(
    addresses: &[SocketAddr],
    name: &Name,
    record_type: RecordType,
    deadline: Instant,
) -> Result<Reply, Failures> {
    let question = match Question::new(name, record_type, true) {
        Ok(question) => question,
        Err(reason) => {
            return Err(Failures(addresses.iter().map(|at| (*at, Failure::Malformed(reason.clone()))).collect()));
        }
    };
    let round = 0..addresses.len();
    let steps = std::iter::repeat_n(round, QUESTIONS as usize).flatten().map(|index| (index, MAX_WAIT)).collect();
    let left = deadline.saturating_duration_since(Instant::now());
    let schedule = Schedule { steps, asks_failed_again: false, by_tcp: false }.within(left);
    exchange::ask(addresses, &question, &schedule).await.map(|(_, reply)| reply)
}

/// What the reading of a probe waits for.
pub struct Resolution {
    is_under_way: AtomicBool,
    deadline: Instant,
}

impl Resolution {
    /// Of a reading that has to end at `deadline`.
    pub fn new(deadline: Instant) -> Arc<Resolution> {
        Arc::new(Resolution { is_under_way: AtomicBool::new(false), deadline })
    }

    /// Whether the reading waits for the system's resolver, so that a timeout can be attributed to it.
    pub fn is_under_way(&self) -> bool {
        self.is_under_way.load(Ordering::Relaxed)
    }
}

tokio::task_local! {
    static RESOLUTION: Arc<Resolution>;
}

/// Runs `work`, whose lookups end at the deadline of `resolution` and are noted in it.
pub fn noting_resolution<T>(resolution: Arc<Resolution>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    RESOLUTION.scope(resolution, work)
}

fn deadline() -> Instant {
    RESOLUTION.try_with(|resolution| resolution.deadline).unwrap_or_else(|_| Instant::now() + DEFAULT_TIME)
}

/// Awaits a query to the system's resolver, and notes it in the [`Resolution`] meanwhile.
async fn while_resolving<T>(query: impl Future<Output = T>) -> T {
    let set = |is_under_way| {
        let _ = RESOLUTION.try_with(|resolution| resolution.is_under_way.store(is_under_way, Ordering::Relaxed));
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
    fn resolve(&self, name: HostName) -> Resolving {
        let resolver = self.resolver.clone();
        let guard = self.guard.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found = resolver.addresses(host, 0).await.and_then(|all| guard.filter(host, all))?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
