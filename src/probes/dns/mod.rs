//! dns: a question put to the system's resolver or to a chosen one.

use super::{FailedReading, ReadResult, errors, failure};
use crate::api;
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

/// More answers are left out.
const MAX_ANSWERS: usize = 100;
/// A question is put again after this at the latest, as UDP may lose it.
const MAX_ATTEMPT: Duration = Duration::from_secs(2);
/// How often it is put again.
const RETRIES: u32 = 2;

/// Fields: `answers`, sorted texts (names without the last dot), of the asked type only; `rcode`, such as `NOERROR`. A name that
/// exists without such records is a reading with no answers.
pub(super) async fn read(
    resolver: &SystemResolver,
    guard: AddressGuard,
    request: &DnsRequest,
    deadline: Instant,
) -> ReadResult {
    let name = question(request)?;
    let record_type = record_type(request.record_type);
    let (answer, server) = match &request.server {
        Some(server) => {
            let addresses = addresses(resolver, guard, server).await?;
            let resolver = chosen(server, &addresses, deadline)?;
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
            let silence = match &server {
                Some(address) => silence(address).await,
                None => ErrorKind::Network,
            };
            unanswered(request, silence, &error)
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
        None => Name::from_utf8(&request.name)
            .map_err(|e| failure(ErrorKind::Dns, format!("{:?} is not a name: {e}", request.name)))?,
    };
    name.set_fqdn(true);
    Ok(name)
}

/// Where the chosen server is.
async fn addresses(
    resolver: &SystemResolver,
    guard: AddressGuard,
    server: &Address,
) -> Result<Vec<SocketAddr>, ReadError> {
    let found = resolver.addresses(&server.host).await?;
    let allowed = guard.filter(&server.host, found)?;
    Ok(allowed.into_iter().map(|ip| SocketAddr::new(ip, server.port)).collect())
}

/// A resolver that asks `server` alone.
fn chosen(server: &Address, addresses: &[SocketAddr], deadline: Instant) -> Result<TokioResolver, ReadError> {
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
    builder.build().map_err(|e| failure(ErrorKind::Network, format!("dns://{server}: {e}")))
}

/// An answer without records, or none at all, for which `silence` is the word. A chosen server that is silent or refuses is the target's failure; the
/// system's own is not, except where it says that there is no such name.
fn unanswered(request: &DnsRequest, silence: ErrorKind, error: &NetError) -> ReadResult {
    let rcode = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => Some(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => Some(*code),
        _ => None,
    };
    let of = match &request.server {
        Some(server) => format!("{} at {server}", request.name),
        None => request.name.clone(),
    };
    let (kind, detail) = match (rcode, &request.server) {
        (Some(ResponseCode::NoError), _) => return Ok(fields(ResponseCode::NoError, Vec::new())),
        (Some(ResponseCode::NXDomain), _) => (ErrorKind::Dns, format!("{of}: no such name (NXDOMAIN)")),
        (Some(code), Some(_)) => (ErrorKind::Dns, format!("{of}: the server answered {}", mnemonic(code))),
        (Some(code), None) => (ErrorKind::Network, format!("{of}: the system's resolver answered {}", mnemonic(code))),
        (None, Some(_)) => (silence, format!("{of}: no answer: {error}")),
        (None, None) => (ErrorKind::Network, format!("{of}: the system's resolver gave no answer: {error}")),
    };
    let fields = rcode.map(|code| fields(code, Vec::new())).unwrap_or_default();
    Err(FailedReading { error: failure(kind, detail), fields })
}

/// Whose fault it is that the server at `address` gave no answer: where there is no route to it, the watcher's. Connecting a UDP
/// socket sends nothing.
async fn silence(address: &SocketAddr) -> ErrorKind {
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
