//! The target of all probes: answers every request with the same bytes, closes the connection, and counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Several ports, so that Scenarios have different targets.
const PORTS: usize = 16;
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 15\r\n\
date: Fri, 27 Nov 2026 00:00:00 GMT\r\n\r\n{\"status\":\"ok\"}";
/// A request is shorter.
const REQUEST_MAX: usize = 4096;

/// A running target.
pub struct Target {
    ports: Vec<u16>,
    count: Arc<AtomicU64>,
}

impl Target {
    pub async fn start() -> Target {
        let count = Arc::new(AtomicU64::new(0));
        let mut ports = Vec::new();
        for _ in 0..PORTS {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            ports.push(listener.local_addr().expect("an address").port());
            tokio::spawn(serve(listener, count.clone()));
        }
        Target { ports, count }
    }

    /// The addresses of so many Scenarios.
    pub fn urls(&self, count: usize) -> Vec<String> {
        (0..count).map(|n| format!("http://127.0.0.1:{}/health/{n}", self.ports[n % PORTS])).collect()
    }

    /// The number of requests so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, count: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let count = count.clone();
        // Its end is that of the client's connection.
        tokio::spawn(async move { answer(stream, &count).await.ok() });
    }
}

async fn answer(mut stream: TcpStream, count: &AtomicU64) -> std::io::Result<()> {
    let mut request = Vec::with_capacity(REQUEST_MAX);
    while !request.ends_with(b"\r\n\r\n") && request.len() < REQUEST_MAX {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    count.fetch_add(1, Ordering::Relaxed);
    stream.write_all(ANSWER).await?;
    stream.shutdown().await
}
