//! tcp: opens a connection and closes it.

use super::errors;
use super::failure::ReadResult;
use crate::domain::reading::ReadError;
use crate::domain::target::Address;
use crate::net::connect;
use crate::net::guard::AddressGuard;
use crate::net::resolver::SystemResolver;
use serde_json::Map;
use tokio::net::TcpStream;

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
    connect::connect(resolver, guard, &address.host, address.port)
        .await
        .map_err(|error| errors::of_connect(&address.to_string(), &error))
}
