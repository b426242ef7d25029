//! TCP connections to allowed addresses.

use super::AddressError;
use super::guard::AddressGuard;
use super::resolver::SystemResolver;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;

/// After this, the next address of a name is tried in parallel (RFC 8305 recommends 250 ms).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The error at the first address that failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Connects to the first allowed address of `host` that answers. The caller limits the time.
pub async fn connect(
    resolver: &SystemResolver,
    guard: &AddressGuard,
    host: &str,
    port: u16,
) -> Result<TcpStream, ConnectError> {
    let found = resolver.addresses(host, port).await?;
    let allowed = guard.filter(host, found)?;
    if let [only] = allowed[..] {
        return Ok(TcpStream::connect(only).await?);
    }
    let mut waiting = allowed.into_iter();
    let mut attempts = FuturesUnordered::new();
    attempts.extend(waiting.next().map(TcpStream::connect));
    let mut first_error = None;
    loop {
        tokio::select! {
            Some(done) = attempts.next() => match done {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    first_error.get_or_insert(error);
                    attempts.extend(waiting.next().map(TcpStream::connect));
                }
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if waiting.len() > 0 => {
                attempts.extend(waiting.next().map(TcpStream::connect));
            }
            else => break,
        }
    }
    Err(first_error.map_or_else(|| AddressError::NoAddress { host: host.into() }.into(), ConnectError::Io))
}
