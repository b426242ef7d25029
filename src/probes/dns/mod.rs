//! dns: a question put to the system's resolver or to a chosen one.

use super::address::Guard;
use super::resolve::SystemResolver;
use super::{Failure, Outcome, Stage, failure, in_stage};
use crate::api;
use crate::domain::reading::ErrorKind;
use crate::domain::target::{Address, DnsRequest};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// More answers are left out.
const MAX_ANSWERS: usize = 100;
/// A question is put again after this at the latest, as UDP may lose it.
const MAX_ATTEMPT: Duration = Duration::from_secs(2);
/// How often it is put again.
const RETRIES: u32 = 2;

/// Fields: `answers`, sorted texts (names without the last dot), of the asked type only; `rcode`, such as `NOERROR`. A name that
/// exists without such records is a reading with no answers.
pub(super) async fn read(resolver: &SystemResolver, guard: Guard, request: &DnsRequest, deadline: Instant) -> Outcome {
    let name = question(request)?;
    let record_type = record_type(request.record_type);
    let answer = match &request.server {
        Some(server) => chosen(resolver, guard, server, deadline).await?.lookup(name, record_type).await,
        None => {
            let system = resolver.current()?.uncached;
            in_stage(Stage::Resolving, system.lookup(name, record_type)).await
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
        Err(error) => unanswered(request, &error),
    }
}

fn question(request: &DnsRequest) -> Result<Name, Failure> {
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

/// A resolver that asks `server` alone.
async fn chosen(
    resolver: &SystemResolver,
    guard: Guard,
    server: &Address,
    deadline: Instant,
) -> Result<TokioResolver, Failure> {
    let found = resolver.addresses(&server.host).await?;
    let allowed = guard.filter(&server.host, found)?;
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port;
        connection
    });
    let servers = allowed.into_iter().map(|ip| NameServerConfig::new(ip, true, connections.to_vec())).collect();
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    let left = deadline.saturating_duration_since(Instant::now());
    options.timeout = (left / (RETRIES + 1)).clamp(Duration::from_millis(1), MAX_ATTEMPT);
    options.attempts = RETRIES as usize;
    builder.build().map_err(|e| failure(ErrorKind::Network, format!("dns://{server}: {e}")).into())
}

/// An answer without records, or none at all. A chosen server that is silent or refuses is the target's failure; the
/// system's own is not, except where it says that there is no such name.
fn unanswered(request: &DnsRequest, error: &NetError) -> Outcome {
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
        (None, Some(_)) => (silence(error), format!("{of}: no answer: {error}")),
        (None, None) => (ErrorKind::Network, format!("{of}: the system's resolver gave no answer: {error}")),
    };
    let fields = rcode.map(|code| fields(code, Vec::new())).unwrap_or_default();
    Err(Failure { error: failure(kind, detail), fields })
}

/// Whose fault it is that a chosen server gave no answer.
fn silence(error: &NetError) -> ErrorKind {
    use std::io::ErrorKind as Io;
    match error {
        NetError::Io(e) if matches!(e.kind(), Io::NetworkUnreachable | Io::NetworkDown | Io::PermissionDenied) => {
            ErrorKind::Network
        }
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
