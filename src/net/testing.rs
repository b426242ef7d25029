//! Ports of loopback that refuse, for tests: they stay bound while the tests run, so that nothing else gets them.

use std::net::SocketAddr;

/// A port that refuses connections.
pub fn closed_tcp() -> SocketAddr {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    Box::leak(Box::new(socket)).local_addr().unwrap()
}

/// A port that refuses datagrams: it takes those of its own address alone.
pub fn closed_udp() -> SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(socket.local_addr().unwrap()).unwrap();
    Box::leak(Box::new(socket)).local_addr().unwrap()
}
