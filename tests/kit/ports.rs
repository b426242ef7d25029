//! Addresses on loopback to listen on.

use std::net::{SocketAddr, TcpListener};

/// A port that the kernel chooses.
pub fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A port that stays free while a server restarts: it is below the range for outgoing connections.
pub fn lasting() -> SocketAddr {
    let start = uuid::Uuid::new_v4().as_u128() % 10_000;
    let ports = (0..10_000).map(|step| 20_000 + ((start + step) % 10_000) as u16);
    let mut addresses = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}
