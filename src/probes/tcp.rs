//! tcp: opens a connection and closes it.

use super::errors;
use super::failure::{ReadResult, failure};
use crate::domain::detail::AddressCause;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::Address;
use crate::net::guard::AddressGuard;
use crate::net::resolver::SystemResolver;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Map;
use std::time::Duration;
use tokio::net::TcpStream;

/// After this, the next address of a name is tried in parallel (RFC 8305 recommends 250 ms).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

pub(super) async fn read(resolver: &SystemResolver, guard: &AddressGuard, address: &Address) -> ReadResult {
    connect(resolver, guard, address).await?;
    Ok(Map::new())
}

/// Connects to the first address of the host that answers.
pub(super) async fn connect(
    resolver: &SystemResolver,
    guard: &AddressGuard,
    address: &Address,
) -> Result<TcpStream, ReadError> {
    let found = resolver.addresses(&address.host, address.port).await?;
    let mut waiting = guard.filter(&address.host, found)?.into_iter();
    let mut attempts = FuturesUnordered::new();
    attempts.extend(waiting.next().map(TcpStream::connect));
    let mut first_error = None;
    loop {
        tokio::select! {
            Some(done) = attempts.next() => match done {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    first_error.get_or_insert_with(|| errors::of_io(&address.to_string(), &error));
                    attempts.extend(waiting.next().map(TcpStream::connect));
                }
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if waiting.len() > 0 => {
                attempts.extend(waiting.next().map(TcpStream::connect));
            }
            else => break,
        }
    }
    Err(first_error.unwrap_or_else(|| {
        failure(ErrorKind::Dns, address.to_string(), AddressCause::NoAddress { host: address.host.clone() })
    }))
}
