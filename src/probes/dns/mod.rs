//! dns: a query to the system's resolver, or to the server of the probe.

use super::errors;
use super::failure::{FailedReading, ReadResult, failure};
use crate::api;
use crate::domain::detail::DnsCause;
use crate::domain::probe_fields::DNS_PORT;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::{Address, DnsRequest};
use crate::net::guard::AddressGuard;
use crate::net::resolver::{self, Failure, Failures, Reply, SystemResolver, mnemonic};
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RData, RecordType};
use serde_json::{Map, Value};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// Most answers that are returned.
const MAX_ANSWERS: usize = 100;
/// Most aliases (CNAME) that are followed, each by a question of its own.
const MAX_ALIASES: usize = 8;

/// Fields: `answers`, sorted strings (names without the final dot), of the requested type only; `rcode`, such as `NOERROR`. A name that
/// exists without such records is a reading with no answers. The server is always asked, whatever the name: neither the hosts file nor
/// the search list nor a cache is used.
pub(super) async fn read(
    system: &SystemResolver,
    guard: &AddressGuard,
    request: &DnsRequest,
    deadline: Instant,
) -> ReadResult {
    let mut name = question(request)?;
    let record_type = record_type(request.record_type);
    let servers = match &request.server {
        Some(server) => Some(addresses(system, guard, server).await?),
        None => None,
    };
    let mut answers = Vec::new();
    for _ in 0..=MAX_ALIASES {
        let reply = match &servers {
            Some(servers) => resolver::query_server(servers, &name, record_type, deadline).await,
            None => system.query(&name, record_type).await?,
        };
        let reply = reply.map_err(|failures| unanswered(request, &failures))?;
        if reply.code == ResponseCode::NXDomain {
            return Err(no_such_name(request));
        }
        let asked = reply.records.iter().filter(|record| record.record_type() == record_type);
        answers.extend(asked.map(|record| text(&record.data)));
        match alias(&reply, &name) {
            Some(target) if answers.is_empty() => name = target,
            _ => break,
        }
    }
    answers.sort_unstable();
    answers.dedup();
    answers.truncate(MAX_ANSWERS);
    Ok(fields(ResponseCode::NoError, answers))
}

fn question(request: &DnsRequest) -> Result<Name, FailedReading> {
    let address = match request.record_type {
        api::RecordType::Ptr => request.name.parse::<IpAddr>().ok(),
        _ => None,
    };
    let not_a_name = |reason| DnsCause::NotAName { name: request.name.clone(), reason };
    match address {
        Some(ip) => Ok(Name::from(ip)),
        None => resolver::name(&request.name)
            .map_err(|reason| failure(ErrorKind::Unreadable, "", not_a_name(reason)).into()),
    }
}

/// The name at the end of the aliases of `name` in an answer; `None` where `name` is no alias.
fn alias(reply: &Reply, name: &Name) -> Option<Name> {
    let mut target = name;
    for _ in 0..reply.records.len() {
        let next = reply.records.iter().find_map(|record| match &record.data {
            RData::CNAME(next) if record.name == *target => Some(&next.0),
            _ => None,
        });
        match next {
            Some(next) => target = next,
            None => break,
        }
    }
    (target != name).then(|| target.clone())
}

/// The addresses of the probe's server.
async fn addresses(
    system: &SystemResolver,
    guard: &AddressGuard,
    server: &Address,
) -> Result<Vec<SocketAddr>, ReadError> {
    let found = system.addresses(&server.host, server.port).await?;
    // The system's own servers may be at any address: link-local ones are common in clouds.
    let is_own = system.servers().is_ok_and(|own| are_servers(&own, &found));
    Ok(if is_own { found } else { guard.filter(&server.host, found)? })
}

fn are_servers(own: &[SocketAddr], addresses: &[SocketAddr]) -> bool {
    addresses.iter().all(|at| at.port() == DNS_PORT && own.iter().any(|own| own.ip() == at.ip()))
}

fn no_such_name(request: &DnsRequest) -> FailedReading {
    let (name, server) = (request.name.clone(), request.server.as_ref().map(ToString::to_string));
    let error = failure(ErrorKind::Dns, "", DnsCause::NoSuchName { name, server });
    FailedReading { error, fields: fields(ResponseCode::NXDomain, Vec::new()) }
}

/// Errors of the probe's server are errors of the target; those of the system's servers are not. Without a route to the probe's
/// server, the network of this host is at fault.
fn unanswered(request: &DnsRequest, failures: &Failures) -> FailedReading {
    let (name, server) = (request.name.clone(), request.server.as_ref().map(ToString::to_string));
    let is_local = |(_, failure): &(SocketAddr, Failure)| match failure {
        Failure::Io(error) => errors::of_io("", error).kind == ErrorKind::Network,
        _ => false,
    };
    let kind = if server.is_none() || failures.0.iter().all(is_local) { ErrorKind::Network } else { ErrorKind::Dns };
    match failures.code() {
        Some(code) => {
            let cause = DnsCause::ErrorCode { name, server, code: mnemonic(code) };
            FailedReading { error: failure(kind, "", cause), fields: fields(code, Vec::new()) }
        }
        None => {
            let cause = match server {
                Some(server) if !failures.0.is_empty() && failures.0.iter().all(is_refused) => {
                    DnsCause::Refused { name, server }
                }
                server => DnsCause::Silent { name, server, reason: failures.to_string() },
            };
            failure(kind, "", cause).into()
        }
    }
}

fn is_refused((_, failure): &(SocketAddr, Failure)) -> bool {
    matches!(failure, Failure::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused)
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
    use super::are_servers;
    use std::net::SocketAddr;

    #[test]
    fn only_the_systems_own_servers_may_be_at_any_address() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let [local, azure] = ["169.254.20.10:53", "168.63.129.16:53"].map(at);
        assert!(are_servers(&[local, azure], &[local]) && are_servers(&[local, azure], &[azure]));
        assert!(!are_servers(&[local], &[at("169.254.20.10:80")]), "another service");
        let metadata = at("169.254.169.254:53");
        assert!(!are_servers(&[local], &[metadata]) && !are_servers(&[local], &[local, metadata]));
    }
}
