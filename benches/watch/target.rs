//! What everybody probes: a small HTTP server in a process of its own, that counts.

use crate::process::Process;
use axum::Router;
use axum::routing::get;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Several ports, so that closed connections do not use up the local ports towards one.
const PORTS: usize = 16;
const ROLE: &str = "BENCH_ROLE";

/// The server, seen from outside.
pub struct Target {
    _process: Process,
    ports: Vec<u16>,
}

/// Whether this process is to be the target.
pub fn is_role() -> bool {
    std::env::var(ROLE).as_deref() == Ok("target")
}

/// Serves until killed.
pub async fn serve() {
    let count = Arc::new(AtomicU64::new(0));
    let mut ports = Vec::new();
    for _ in 0..PORTS {
        let (counted, told) = (count.clone(), count.clone());
        let answer = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { ([("content-type", "application/json"), ("connection", "close")], r#"{"status":"ok"}"#) }
        };
        let app = Router::new()
            .route("/count", get(move || async move { told.load(Ordering::Relaxed).to_string() }))
            .fallback(answer);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        ports.push(listener.local_addr().expect("an address").port().to_string());
        tokio::spawn(async move { axum::serve(listener, app).await });
    }
    println!("{}", ports.join(" "));
    std::future::pending::<()>().await;
}

impl Target {
    pub fn start() -> Target {
        let exe = std::env::current_exe().expect("this program");
        let (process, line) = Process::start_and_hear("target", Command::new(exe).env(ROLE, "target"));
        let ports = line.split(' ').map(|port| port.parse().expect("a port")).collect();
        Target { _process: process, ports }
    }

    /// The address for the `n`th scenario.
    pub fn url(&self, n: usize) -> String {
        format!("http://127.0.0.1:{}/health/{n}", self.ports[n % self.ports.len()])
    }

    /// Requests answered so far.
    pub async fn count(&self) -> u64 {
        let url = format!("http://127.0.0.1:{}/count", self.ports[0]);
        reqwest::get(url).await.expect("the target").text().await.expect("a count").parse().expect("a number")
    }
}
