//! The target of all probes: a small HTTP server in a separate process, which counts requests.

use crate::process::Process;
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Several ports, so that closed connections do not exhaust the ephemeral ports for one destination.
const PORTS: usize = 16;
const ROLE: &str = "BENCH_ROLE";
/// How long a slow answer takes.
const SLOW: Duration = Duration::from_millis(20);

/// A handle of the server process.
pub struct Target {
    _process: Process,
    ports: Vec<u16>,
}

/// Whether this process was started as the target.
pub fn is_role() -> bool {
    std::env::var(ROLE).as_deref() == Ok("target")
}

/// Serves until killed.
pub async fn serve() {
    let count = Arc::new(AtomicU64::new(0));
    let is_broken = Arc::new(AtomicBool::new(false));
    let mut ports = Vec::new();
    for _ in 0..PORTS {
        let (counted, shown) = (count.clone(), count.clone());
        let (broken, healed, broken_now) = (is_broken.clone(), is_broken.clone(), is_broken.clone());
        let answer = move |uri: Uri| {
            counted.fetch_add(1, Ordering::Relaxed);
            let status = if broken_now.load(Ordering::Relaxed) { 500 } else { 200 };
            let status = StatusCode::from_u16(status).unwrap_or_default();
            let pause = uri.path().starts_with("/slow/").then_some(SLOW);
            async move {
                if let Some(pause) = pause {
                    tokio::time::sleep(pause).await;
                }
                (status, [("content-type", "application/json"), ("connection", "close")], r#"{"status":"ok"}"#)
            }
        };
        let app = Router::new()
            .route("/break", get(move || async move { broken.store(true, Ordering::Relaxed) }))
            .route("/heal", get(move || async move { healed.store(false, Ordering::Relaxed) }))
            .route("/count", get(move || async move { shown.load(Ordering::Relaxed).to_string() }))
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
        let (process, line) = Process::start_and_read_line("target", Command::new(exe).env(ROLE, "target"));
        let ports = line.split(' ').map(|port| port.parse().expect("a port")).collect();
        Target { _process: process, ports }
    }

    /// The URL for the `n`th Scenario.
    pub fn url(&self, n: usize) -> String {
        self.url_under("health", n)
    }

    /// The same, answered slowly.
    pub fn slow_url(&self, n: usize) -> String {
        self.url_under("slow", n)
    }

    fn url_under(&self, path: &str, n: usize) -> String {
        format!("http://127.0.0.1:{}/{path}/{n}", self.ports[n % self.ports.len()])
    }

    /// From now on every probe is answered with 500, or with 200 again.
    pub async fn set_broken(&self, is_broken: bool) {
        let path = if is_broken { "break" } else { "heal" };
        reqwest::get(format!("http://127.0.0.1:{}/{path}", self.ports[0])).await.expect("the target");
    }

    /// The number of requests so far.
    pub async fn count(&self) -> u64 {
        let url = format!("http://127.0.0.1:{}/count", self.ports[0]);
        reqwest::get(url).await.expect("the target").text().await.expect("a count").parse().expect("a number")
    }
}
