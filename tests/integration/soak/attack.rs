//! The attacks of the long run.

use super::Soak;
use crate::kit::api::NAMESPACE;
use crate::kit::wait::{succeeds, until, within};
use agentic_ops::api::Scenario;
use axum::Router;
use axum::routing::get;
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, ListParams, ObjectMeta, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// The attacks, in order.
pub const ATTACKS: [Attack; 5] =
    [Attack::HungTargets, Attack::SlowClients, Attack::NewKeys, Attack::HostileExpressions, Attack::FullDisk];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Many Scenarios on targets that never answer.
    HungTargets,
    /// Clients without a token that never finish a request.
    SlowClients,
    /// A target that has other items each time.
    NewKeys,
    /// Expressions that cost as much as they may, and more.
    HostileExpressions,
    FullDisk,
}

/// What an attack holds while it goes on.
#[derive(Default)]
pub struct Held {
    listeners: Vec<TcpListener>,
    connections: Vec<TcpStream>,
    server: Option<tokio::task::AbortHandle>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
        }
    }
}

const PREFIX: &str = "attack-";
const HUNG_SCENARIOS: usize = 1_000;
const HUNG_HOSTS: usize = 100;
const CONNECTIONS: usize = 300;
/// More objects of 60 kB than the file system holds.
const STORED_MAX: usize = 2_000;
const DEAR: [&str; 4] = [
    "probes.p.body.matches('(a|b|c| )*a(a|b|c| ){14}Z')",
    "[1,2,3,4,5,6,7,8,9,10].all(i, probes.p.body.findAll('x.*?y|x', 1000).size() > 0)",
    "[probes.p.body].map(a, a + a).map(a, a + a).map(a, a + a).size() > 0",
    "probes.p.json.all(a, probes.p.json.all(b, string(a) + string(b) != 'x'))",
];

/// Whether a Scenario is not one of the nine.
pub fn is_of_attack(scenario: &str) -> bool {
    scenario.starts_with(PREFIX)
}

fn scenario(name: &str, interval: &str, url: &str, checks: Value) -> Scenario {
    let name = format!("{PREFIX}{name}");
    let spec = json!({
        "title": name, "agent": "pulso", "severity": "low", "interval": interval,
        "thresholds": {"fail": 1, "recover": 1}, "probes": [{"name": "p", "http": {"url": url}}], "checks": checks,
    });
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

impl Attack {
    /// Begins it. It goes on until [`Attack::end`], and what is returned is dropped after that.
    pub async fn begin(self, soak: &Soak) -> Held {
        let mut held = Held::default();
        match self {
            Attack::HungTargets => hang(soak, &mut held).await,
            Attack::SlowClients => {
                let head = [b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ".as_slice(), &[b'a'; 390_000]].concat();
                held.connections.extend(connect(soak.address, &head).await);
                held.connections.extend(connect(soak.kube, b"").await);
            }
            Attack::NewKeys => {
                let url = serve(&mut held).await;
                let checks = json!([{"name": "c", "forEach": "probes.p.json", "expect": "false", "message": "item"}]);
                create(soak, (0..4).map(|n| scenario(&format!("keys-{n}"), "1s", &url, checks.clone())).collect())
                    .await;
            }
            Attack::HostileExpressions => {
                let url = serve(&mut held).await;
                let checks = |n: usize| json!([{"name": "c", "expect": DEAR[n % DEAR.len()]}]);
                create(soak, (0..40).map(|n| scenario(&format!("cel-{n}"), "1s", &url, checks(n))).collect()).await;
            }
            Attack::FullDisk => {}
        }
        held
    }

    /// Removes its Scenarios.
    pub async fn end(self, soak: &Soak) {
        let api: Api<Scenario> = soak.scenarios();
        let listed = api.list_metadata(&ListParams::default()).await.unwrap();
        let names: Vec<String> = listed.iter().map(|s| s.name_any()).filter(|name| is_of_attack(name)).collect();
        let deleting = futures::stream::iter(names).map(|name| {
            let api = api.clone();
            async move { drop(api.delete(&name, &DeleteParams::default()).await.unwrap()) }
        });
        deleting.buffer_unordered(16).collect::<Vec<()>>().await;
    }
}

async fn hang(soak: &Soak, held: &mut Held) {
    // Connections are completed by the kernel and never accepted.
    held.listeners = (0..HUNG_HOSTS).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let scenario = |n: usize| {
        // Half of them on one host.
        let host = if n.is_multiple_of(2) { 0 } else { n % HUNG_HOSTS };
        let url = format!("http://{}/", held.listeners[host].local_addr().unwrap());
        scenario(&format!("hung-{n}"), "10s", &url, json!([]))
    };
    let scenarios = (0..HUNG_SCENARIOS).map(scenario).collect();
    create(soak, scenarios).await;
}

async fn create(soak: &Soak, scenarios: Vec<Scenario>) {
    let api = soak.scenarios();
    let creating = futures::stream::iter(scenarios).map(|scenario| {
        let api = api.clone();
        async move { drop(api.create(&PostParams::default(), &scenario).await.unwrap()) }
    });
    creating.buffer_unordered(16).collect::<Vec<()>>().await;
}

/// A target with a hundred new items in each answer.
async fn serve(held: &mut Held) -> String {
    static ANSWERS: AtomicUsize = AtomicUsize::new(0);
    let answer = async || {
        let number = ANSWERS.fetch_add(1, Ordering::Relaxed);
        axum::Json((0..100).map(|item| format!("id-{number}-{item}-{}", "k".repeat(200))).collect::<Vec<_>>())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().route("/", get(answer));
    held.server = Some(tokio::spawn(async { axum::serve(listener, app).await }).abort_handle());
    url
}

async fn connect(address: SocketAddr, sent: &[u8]) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = within(TcpStream::connect(address)).await.unwrap();
        // The server may answer and close before it has taken all.
        let _ = tokio::time::timeout(Duration::from_millis(50), stream.write_all(sent)).await;
        connections.push(stream);
    }
    connections
}

/// Fills the file system of the data directory until readiness says so, and frees it.
pub async fn fill_disk_and_free_it(soak: &Soak) {
    let path = soak.data.join("ballast");
    let mut file = std::fs::File::create(&path).unwrap();
    while file.write_all(&[b'x'; 4096]).is_ok() {}
    soak.estate.break_part("quorum").unwrap();
    // The store reuses the room that it has.
    let objects: Api<ConfigMap> = Api::namespaced(soak.client.clone(), NAMESPACE);
    let mut stored = Vec::new();
    loop {
        let name = format!("{PREFIX}{}", stored.len());
        assert!(stored.len() < STORED_MAX, "{STORED_MAX} objects are stored on a full disk");
        let data = BTreeMap::from([("data".to_string(), "x".repeat(60_000))]);
        let metadata = ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() };
        let object = ConfigMap { metadata, data: Some(data), ..ConfigMap::default() };
        match objects.create(&PostParams::default(), &object).await {
            Ok(_) => stored.push(name),
            Err(_) => break,
        }
    }
    succeeds("readiness to say that the disk is full", async || match super::ready(soak.address).await {
        Some(503) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    drop(file);
    std::fs::remove_file(&path).unwrap();
    until("readiness", async || super::ready(soak.address).await == Some(200)).await;
    for name in stored {
        objects.delete(&name, &DeleteParams::default()).await.unwrap();
    }
    soak.estate.heal_all();
    succeeds("no Finding to be open", async || soak.open_are(&[]).await).await;
}
