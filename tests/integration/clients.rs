//! Standalone with clients that never finish a request, on both of its servers: everybody else is answered, and the operator goes on.

use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until, within};
use crate::kit::{kubectl, ports, settings};
use agentic_ops::cli::demo::estate::Estate;
use agentic_ops::cli::standalone::{Standalone, StandaloneArgs};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Connections that each server may have without a token.
const UNAUTHENTICATED: usize = 8;

struct Attacked {
    standalone: Standalone,
    estate: Estate,
    scratch: Scratch,
    kube: SocketAddr,
    http: reqwest::Client,
}

impl Attacked {
    async fn start() -> Attacked {
        let scratch = Scratch::new("clients");
        let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
        let mut values = estate.settings();
        let limits = [
            ("AGENTIC_INTERVAL_SEC", "1".to_string()),
            ("AGENTIC_CONNECTIONS_MAX", "32".to_string()),
            ("AGENTIC_UNAUTHENTICATED_CONNECTIONS_MAX", UNAUTHENTICATED.to_string()),
        ];
        values.extend(limits.map(|(name, value)| (name.to_string(), value)));
        let args = StandaloneArgs {
            registry: Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml"),
            env_file: None,
            data: scratch.0.clone(),
            listen: ports::any(),
            desk_listen: None,
            kube_listen: ports::any(),
            worker_program: Some(env!("CARGO_BIN_EXE_agentic-ops").into()),
        };
        let standalone = Standalone::start(&args, &settings::of(&values)).await.unwrap();
        let kube = standalone.kube_url().strip_prefix("https://").unwrap().parse().unwrap();
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Attacked { standalone, estate, scratch, kube, http }
    }

    async fn get(&self, path: &str) -> reqwest::Result<String> {
        let url = format!("http://{}{path}", self.standalone.address());
        within(self.http.get(url).send()).await?.error_for_status()?.text().await
    }

    async fn kubectl(&self, arguments: &[&str]) -> kubectl::Output {
        let kubeconfig: PathBuf = self.standalone.kubeconfig().to_path_buf();
        kubectl::run(kubectl::command(&kubeconfig, &self.scratch.0, arguments)).await
    }
}

/// Connections that send this much of a request and then nothing.
async fn hold(address: SocketAddr, sent: &[u8], number: usize) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..number {
        let mut stream = within(TcpStream::connect(address)).await.unwrap();
        let _ = stream.write_all(sent).await;
        held.push(stream);
    }
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_without_a_token_harm_nobody() {
    let attacked = Attacked::start().await;
    until("readiness", async || attacked.get("/readyz").await.is_ok()).await;
    let half = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ";
    let mut held = hold(attacked.standalone.address(), half, 3 * UNAUTHENTICATED).await;
    held.extend(hold(attacked.standalone.address(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", UNAUTHENTICATED).await);
    held.extend(hold(attacked.kube, b"", 3 * UNAUTHENTICATED).await);
    for path in ["/livez", "/readyz", "/api/v1/agents/health"] {
        attacked.get(path).await.unwrap();
    }
    // The registry is applied a moment after the program is ready.
    until("all Scenarios of the registry", async || {
        attacked.kubectl(&["get", "scenarios", "--no-headers"]).await.out.lines().count() == 9
    })
    .await;
    attacked.estate.break_part("quorum").unwrap();
    eventually("a Finding", async || {
        let listed = attacked.kubectl(&["get", "findings", "--no-headers"]).await;
        listed.out.contains("proxmox.cluster").then_some(())
    })
    .await;
    let metrics = attacked.get("/metrics").await.unwrap();
    let reached = "agentic_ops_limit_reached_total{limit=\"unauthenticated_connections\"}";
    assert!(metrics.contains(reached), "{metrics}");
    within(attacked.standalone.shutdown()).await;
    attacked.estate.shutdown().await;
}
