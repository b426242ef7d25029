//! dns: a query to the system's resolver, or to the server of the probe.

use super::errors;
use super::failure::{FailedReading, ReadResult, failure};
use crate::api;
use crate::domain::detail::{Cause, DnsCause};
use crate::domain::probe_fields::DNS_PORT;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::{Address, DnsRequest};
use crate::net::guard::AddressGuard;
use crate::net::resolver::{SystemResolver, while_resolving};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use serde_json::{Map, Value};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;

/// Most answers that are returned.
const MAX_ANSWERS: usize = 100;
/// A query is repeated after this at the latest, since UDP may lose it.
const MAX_ATTEMPT: Duration = Duration::from_secs(2);
/// How often it is repeated.
const RETRIES: u32 = 2;

/// Fields: `answers`, sorted strings (names without the final dot), of the requested type only; `rcode`, such as `NOERROR`. A name that
/// exists without such records is a reading with no answers.
pub(super) async fn read(
    resolver: &SystemResolver,
    guard: &AddressGuard,
    request: &DnsRequest,
    deadline: Instant,
) -> ReadResult {
    let name = question(request)?;
    let record_type = record_type(request.record_type);
    let (answer, server) = match &request.server {
        Some(server) => {
            let addresses = addresses(resolver, guard, server).await?;
            let resolver = resolver_of(server, &addresses, deadline)?;
            (resolver.lookup(name, record_type).await, addresses.first().copied())
        }
        None => {
            let system = resolver.current()?.uncached;
            (while_resolving(system.lookup(name, record_type)).await, None)
        }
    };
    match answer {
        Ok(lookup) => {
            let asked = lookup.answers().iter().filter(|record| record.record_type() == record_type);
            let mut answers: Vec<String> = asked.map(|record| text(&record.data)).collect();
            answers.sort_unstable();
            answers.dedup();
            answers.truncate(MAX_ANSWERS);
            Ok(fields(ResponseCode::NoError, answers))
        }
        Err(error) => {
            let silent = match &server {
                Some(address) => kind_of_silence(address).await,
                None => ErrorKind::Network,
            };
            unanswered(request, silent, &error)
        }
    }
}

fn question(request: &DnsRequest) -> Result<Name, FailedReading> {
    let address = match request.record_type {
        api::RecordType::Ptr => request.name.parse::<IpAddr>().ok(),
        _ => None,
    };
    let mut name = match address {
        Some(ip) => Name::from(ip),
        None => Name::from_utf8(&request.name).map_err(|e| not_a_name(request, e.to_string()))?,
    };
    name.set_fqdn(true);
    Ok(name)
}

fn not_a_name(request: &DnsRequest, reason: String) -> ReadError {
    failure(ErrorKind::Unreadable, "", DnsCause::NotAName { name: request.name.clone(), reason })
}

/// The addresses of the probe's server.
async fn addresses(
    resolver: &SystemResolver,
    guard: &AddressGuard,
    server: &Address,
) -> Result<Vec<SocketAddr>, ReadError> {
    let found = resolver.addresses(&server.host).await?;
    let allowed = if is_own_resolver(resolver, server, &found) { found } else { guard.filter(&server.host, found)? };
    Ok(allowed.into_iter().map(|ip| SocketAddr::new(ip, server.port)).collect())
}

/// Whether the server is one that the system itself uses, which may be at any address: link-local ones are common in clouds.
fn is_own_resolver(resolver: &SystemResolver, server: &Address, addresses: &[IpAddr]) -> bool {
    resolver.current().is_ok_and(|own| are_resolvers(&own.servers, server.port, addresses))
}

fn are_resolvers(own: &[IpAddr], port: u16, addresses: &[IpAddr]) -> bool {
    port == DNS_PORT && addresses.iter().all(|ip| own.contains(ip))
}

/// A resolver that queries `server` only.
fn resolver_of(server: &Address, addresses: &[SocketAddr], deadline: Instant) -> Result<TokioResolver, ReadError> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port;
        connection
    });
    let servers = addresses.iter().map(|at| NameServerConfig::new(at.ip(), true, connections.to_vec())).collect();
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    let left = deadline.saturating_duration_since(Instant::now());
    options.timeout = (left / (RETRIES + 1)).clamp(Duration::from_millis(1), MAX_ATTEMPT);
    options.attempts = RETRIES as usize;
    builder.build().map_err(|e| failure(ErrorKind::Network, format!("dns://{server}"), Cause::Foreign(e.to_string())))
}

/// An answer without records, or no answer, whose kind is `silent`. Errors of the probe's server are errors of the target; those of the
/// system's resolver are not, except that there is no such name.
fn unanswered(request: &DnsRequest, silent: ErrorKind, error: &NetError) -> ReadResult {
    let rcode = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => Some(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => Some(*code),
        _ => None,
    };
    let (name, server) = (request.name.clone(), request.server.as_ref().map(ToString::to_string));
    let of_server = if server.is_some() { ErrorKind::Dns } else { ErrorKind::Network };
    let (kind, cause) = match rcode {
        Some(ResponseCode::NoError) => return Ok(fields(ResponseCode::NoError, Vec::new())),
        Some(ResponseCode::NXDomain) => (ErrorKind::Dns, DnsCause::NoSuchName { name, server }),
        Some(code) => (of_server, DnsCause::ErrorCode { name, server, code: mnemonic(code) }),
        None => (silent, DnsCause::Silent { name, server, reason: error.to_string() }),
    };
    let fields = rcode.map(|code| fields(code, Vec::new())).unwrap_or_default();
    Err(FailedReading { error: failure(kind, "", cause), fields })
}

/// The kind of error where the server at `address` gave no answer: without a route to it, the network of this host is at fault.
/// Connecting a UDP socket sends nothing.
async fn kind_of_silence(address: &SocketAddr) -> ErrorKind {
    let own: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let routed = async { UdpSocket::bind(own).await?.connect(address).await };
    match routed.await {
        Err(error) if errors::of_io("", &error).kind == ErrorKind::Network => ErrorKind::Network,
        _ => ErrorKind::Dns,
    }
}

fn fields(rcode: ResponseCode, answers: Vec<String>) -> Map<String, Value> {
    Map::from_iter([("rcode".to_string(), mnemonic(rcode).into()), ("answers".to_string(), answers.into())])
}

fn text(data: &RData) -> String {
    match data {
        RData::TXT(txt) => txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect(),
        RData::CNAME(_) | RData::NS(_) | RData::PTR(_) | RData::MX(_) | RData::SRV(_) => {
            let text = data.to_string();
            text.strip_suffix('.').map(str::to_string).unwrap_or(text)
        }
        other => other.to_string(),
    }
}

/// The name of a response code in the IANA registry.
fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_string(),
        ResponseCode::FormErr => "FORMERR".to_string(),
        ResponseCode::ServFail => "SERVFAIL".to_string(),
        ResponseCode::NXDomain => "NXDOMAIN".to_string(),
        ResponseCode::NotImp => "NOTIMP".to_string(),
        ResponseCode::Refused => "REFUSED".to_string(),
        other => format!("{other:?}").to_uppercase(),
    }
}

fn record_type(asked: api::RecordType) -> RecordType {
    match asked {
        api::RecordType::A => RecordType::A,
        api::RecordType::Aaaa => RecordType::AAAA,
        api::RecordType::Caa => RecordType::CAA,
        api::RecordType::Cname => RecordType::CNAME,
        api::RecordType::Mx => RecordType::MX,
        api::RecordType::Ns => RecordType::NS,
        api::RecordType::Ptr => RecordType::PTR,
        api::RecordType::Soa => RecordType::SOA,
        api::RecordType::Srv => RecordType::SRV,
        api::RecordType::Txt => RecordType::TXT,
    }
}

#[cfg(test)]
mod tests {
    use super::are_resolvers;
    use std::net::IpAddr;

    #[test]
    fn only_the_systems_own_resolvers_may_be_at_any_address() {
        let [local, azure, metadata] =
            ["169.254.20.10", "168.63.129.16", "169.254.169.254"].map(|ip| ip.parse::<IpAddr>().unwrap());
        assert!(are_resolvers(&[local, azure], 53, &[local]) && are_resolvers(&[local, azure], 53, &[azure]));
        assert!(!are_resolvers(&[local], 80, &[local]), "another service");
        assert!(!are_resolvers(&[local], 53, &[metadata]) && !are_resolvers(&[local], 53, &[local, metadata]));
    }
}
