//! Accepts the connections of the two servers, the facade and the embedded API server, and bounds what each of them can take: how
//! many connections there are, how long each phase of a request lasts, and how much is buffered.
//!
//! Clients without a valid token share a few connections of their own; when those are in use, the oldest one is closed for a new
//! one. So they can never use up the connections of clients that have authenticated, and a new client can always do so. Nothing
//! here depends on addresses: behind a proxy and on loopback all clients have the same one.

mod activity;
mod body;
mod connection;
pub mod descriptors;
mod io;
mod peer;
mod serve;
mod slots;
#[cfg(test)]
mod tests;
mod threads;

pub use body::not_in_time;
pub use peer::{authenticated, stopping};
pub use serve::{Listener, Serving};
pub use threads::Threads;

use std::sync::Arc;
use std::time::Duration;

/// What the clients of one server can take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections; fewer where the process can open few files, see [`descriptors`].
    pub connections: usize,
    /// Those of them on which no request with a valid token was answered yet.
    pub unauthenticated: usize,
    /// Time for a TLS handshake and the head of the first request, or for the head of a later one from its first byte.
    pub header_timeout: Duration,
    /// Size of the head of a request, in bytes.
    pub header_bytes: usize,
    /// Time in which a client has to send the body of a request, or 8 KiB more of it, and in which it has to take something of a
    /// response that waits for it.
    pub transfer_timeout: Duration,
    /// Time without a request.
    pub idle_timeout: Duration,
}

impl Limits {
    /// Connections that only clients with a valid token can have.
    pub fn reserved(&self) -> usize {
        let caps = slots::Caps::of(self);
        caps.authenticated()
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 512,
            unauthenticated: 128,
            header_timeout: Duration::from_secs(10),
            header_bytes: 64 << 10,
            transfer_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(90),
        }
    }
}

/// A limit that a client reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    Connections,
    UnauthenticatedConnections,
    HeaderTimeout,
    HeaderBytes,
    TransferTimeout,
}

/// Called when a limit is reached, with what happened.
pub type Report = Arc<dyn Fn(Reached, &str) + Send + Sync>;
