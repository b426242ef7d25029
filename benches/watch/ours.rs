//! `agentic-ops standalone` with many Scenarios, as a separate process.

use crate::process::Process;
use crate::target::Target;
use agentic_ops::{api, controlplane};
use futures::StreamExt as _;
use kube::api::{DynamicObject, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::discovery::ApiResource;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const NAMESPACE: &str = "agentic-ops";
/// Longer waits mean that the program is broken.
const TIMEOUT: Duration = Duration::from_secs(120);
const REGISTRY: &str = "apiVersion: agentic.ligbox.io/v1alpha1
kind: Agent
metadata: {name: maestro}
spec: {id: A0, displayName: Maestro, codename: orchestrator, tier: T1, inboxRoles: [agentic_operator], persona: Maestro}
";

/// The runbook that each Scenario names.
pub const RUNBOOK: &str = "site";

/// The token of /internal/tick.
pub const TICK_TOKEN: &str = "the token of the benchmark";

/// The running program.
pub struct Ours {
    pub process: Process,
    pub started: Instant,
    url: String,
}

/// Creates a data directory with `count` Scenarios that have never run.
pub async fn fill(data: &Path, target: &Target, count: usize, interval: &str) {
    fill_with(data, count, interval, |n| target.url(n)).await;
}

/// The same, with these URLs.
pub async fn fill_with(data: &Path, count: usize, interval: &str, url: impl Fn(usize) -> String) {
    std::fs::create_dir_all(data).expect("a directory");
    std::fs::write(data.join("registry.yaml"), REGISTRY).expect("registry.yaml");
    let crds = api::crds().iter().map(|crd| serde_json::to_value(crd).expect("JSON")).collect();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = controlplane::Config {
        data_dir: controlplane::DataDir::prepare(data).expect("a data directory"),
        listen,
        crds,
        namespace: NAMESPACE.into(),
        event_ttl: Duration::from_secs(3600),
        reserved_annotations: Vec::new(),
        store: Default::default(),
        limits: controlplane::Limits::default(),
        report: std::sync::Arc::new(|_, _| {}),
    };
    let running = controlplane::start(config).await.expect("a control plane");
    let scenarios = scenarios(data).await;
    let create = |n: usize| {
        let scenario: DynamicObject = serde_json::from_value(scenario(&url(n), n, interval)).expect("an object");
        let scenarios = &scenarios;
        async move { scenarios.create(&PostParams::default(), &scenario).await.expect("created") }
    };
    futures::stream::iter(0..count).map(create).buffer_unordered(64).for_each(|_| async {}).await;
    running.shutdown().await;
}

fn scenario(url: &str, n: usize, interval: &str) -> Value {
    json!({
        "apiVersion": "agentic.ligbox.io/v1alpha1",
        "kind": "Scenario",
        "metadata": {"name": format!("s-{n:05}")},
        "spec": {
            "title": format!("Serviço {n}"),
            "agent": "maestro",
            "severity": "critical",
            "interval": interval,
            "runbook": {"spec": RUNBOOK, "section": "Como reparar"},
            "probes": [{"name": "site", "http": {"url": url}}],
            "checks": [
                {"name": "status", "expect": "probes.site.status == 200"},
                {"name": "body", "requires": ["status"], "expect": "probes.site.json.status == \"ok\""},
            ],
        },
    })
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one").port()
}

async fn client(data: &Path) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(data.join("kubeconfig")).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    kube::Client::try_from(config.expect("a config")).expect("a client")
}

/// The API of a kind in the control plane of a data directory.
pub async fn api<K>(data: &Path) -> kube::Api<K>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
{
    kube::Api::namespaced(client(data).await, NAMESPACE)
}

async fn scenarios(data: &Path) -> kube::Api<DynamicObject> {
    let client = client(data).await;
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("agentic.ligbox.io", "v1alpha1", "Scenario"));
    kube::Api::namespaced_with(client, NAMESPACE, &kind)
}

impl Ours {
    /// Starts the program with a data directory.
    pub fn start(data: &Path, registry: &Path, settings: &BTreeMap<String, String>, scratch: &Path) -> Ours {
        let env_file = data.join("bench.env");
        let lines: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        std::fs::write(&env_file, lines.join("\n")).expect("an env file");
        let port = free_port();
        // The Service of the API server has its port: another one after a restart would be a write.
        let kube_port = std::fs::read_to_string(data.join("bench.port")).unwrap_or_else(|_| free_port().to_string());
        std::fs::write(data.join("bench.port"), &kube_port).expect("a port file");
        // Cargo builds that of the benchmark with features of the tests.
        let program = std::env::var_os("BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_agentic-ops").into());
        let mut command = Command::new(program);
        command.arg("standalone").arg("--registry").arg(registry).arg("--data").arg(data);
        command.arg("--env-file").arg(env_file).arg("--listen").arg(format!("127.0.0.1:{port}"));
        command.arg("--kube-listen").arg(format!("127.0.0.1:{kube_port}"));
        let started = Instant::now();
        let process = Process::start("agentic-ops", &mut command, scratch);
        Ours { process, started, url: format!("http://127.0.0.1:{port}") }
    }

    /// The URL of a path of the facade.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The sum of a metric over its labels; `None` before the program responds.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.metrics().await?;
        let values =
            text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
        Some(values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// All metrics; `None` before the program responds.
    pub async fn metrics(&self) -> Option<String> {
        reqwest::get(format!("{}/metrics", self.url)).await.ok()?.text().await.ok()
    }

    /// Waits until a metric is at least `least`, and returns the time since the start.
    pub async fn until(&self, metric: &str, least: f64) -> Duration {
        loop {
            if self.metric(metric).await.is_some_and(|value| value >= least) {
                return self.started.elapsed();
            }
            assert!(self.started.elapsed() < TIMEOUT, "{metric} did not reach {least}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs all Scenarios once and waits for the results.
    pub async fn run_all(&self) {
        let url = format!("{}/api/v1/agents/internal/tick?force=true", self.url);
        let answer = reqwest::Client::new().post(url).header("X-Ops-Internal-Token", TICK_TOKEN).send().await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Lateness of all runs so far: the sum in seconds, and their number.
    pub async fn lateness(&self) -> (f64, f64) {
        let metric = async |part| self.metric(&format!("agentic_ops_scheduler_lateness_seconds_{part}")).await;
        (metric("sum").await.expect("it answers"), metric("count").await.expect("it answers"))
    }

    /// Waits until the program is ready, and returns the time since the start.
    pub async fn until_ready(&self) -> Duration {
        loop {
            let answer = reqwest::get(format!("{}/readyz", self.url)).await;
            if answer.is_ok_and(|a| a.status().is_success()) {
                return self.started.elapsed();
            }
            assert!(self.started.elapsed() < TIMEOUT, "the program did not become ready");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The newest resource version in a store that no process has open. Every write increases it.
pub fn version(data: &Path) -> i64 {
    let store = rusqlite::Connection::open(data.join("controlplane.db")).expect("the store");
    store.query_row("SELECT version FROM counter", [], |row| row.get(0)).expect("a version")
}
