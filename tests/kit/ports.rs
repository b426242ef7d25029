//! Addresses on loopback to listen on.

use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// What the next port is counted from, so that none is given twice.
static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new((uuid::Uuid::new_v4().as_u128() % 10_000) as u16));

/// A port that the kernel chooses.
pub fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A port that stays free while a server restarts: it is below the range for outgoing connections.
pub fn lasting() -> SocketAddr {
    let ports = (0..10_000).map(|_| 20_000 + NEXT.fetch_add(1, Ordering::Relaxed) % 10_000);
    let mut addresses = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}
