//! Many Scenarios with large answers and costly checks: the memory for readings is bounded, and other Scenarios are watched as before.

use crate::kit::process::{self, Process};
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, succeeds};
use crate::kit::{api, ports};
use agentic_ops::api::{Health, Scenario};
use agentic_ops::cli::demo::estate::Estate;
use axum::Router;
use axum::routing::get;
use kube::Api;
use serde_json::{Value, json};
use std::fmt::Write as _;

const LARGE: usize = 60;
/// Without a bound the process takes more than 1,000 MiB.
const MEMORY_MAX_MIB: f64 = 400.0;

/// A target with a large answer at `/large` and a small one at `/small`.
async fn target() -> String {
    let rows: Vec<Value> =
        (0..30_000).map(|id| json!({"id": id, "name": format!("machine-{id}"), "tags": [1]})).collect();
    let large = json!(rows).to_string();
    let large = get(async move || large.clone());
    let app = Router::new().route("/large", large).route("/small", get(async || "{\"ok\": true}"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    url
}

fn scenario(name: &str, probes: &Value, expect: &str) -> String {
    let spec = json!({
        "title": name, "agent": "pulso", "severity": "low", "interval": "5s", "timeout": "5s", "probes": probes,
        "checks": [{"name": "content", "expect": expect}],
    });
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name}, "spec": spec});
    format!("---\n{object}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn large_readings_take_bounded_memory() {
    let scratch = Scratch::new("readings");
    let estate = Estate::start(&scratch.0, ports::any()).await.unwrap();
    let mut settings = "AGENTIC_READINGS_BYTES=50331648\n".to_string();
    for (name, value) in estate.settings() {
        let _ = writeln!(settings, "{name}={value}");
    }
    let settings = scratch.file("settings.env", &settings);
    let url = target().await;
    let probe = |name: &str, path: &str| json!({"name": name, "http": {"url": format!("{url}{path}"), "maxBodyBytes": 4_000_000}});
    let mut registry = scenario("small", &json!([probe("p", "/small")]), "probes.p.json.ok");
    for number in 0..LARGE {
        let probes: Value = ["a", "b", "c", "d"].into_iter().map(|name| probe(name, "/large")).collect();
        let expect = "probes.a.json.filter(r, r.id % 2 == 0).size() > 0 && probes.b.body != ''";
        registry += &scenario(&format!("large-{number}"), &probes, expect);
    }
    let registry = scratch.file("registry.yaml", &registry);
    let (address, kube) = (ports::lasting(), ports::lasting());
    let data = scratch.0.join("data");
    let mut command = process::command(["standalone", "--env-file", &settings, "--registry", &registry]);
    command.arg("--data").arg(&data).args(["--listen", &address.to_string(), "--kube-listen", &kube.to_string()]);
    let program = Process::spawn("standalone", &scratch, command);

    let metrics = format!("http://{address}/metrics");
    let text = async || reqwest::get(&metrics).await.ok()?.text().await.ok();
    eventually("the limit", || async {
        text().await?.contains("agentic_ops_limit_reached_total{limit=\"readings\"}").then_some(())
    })
    .await;
    let scenarios: Api<Scenario> = Api::namespaced(api::client(&data.join("kubeconfig")).await, api::NAMESPACE);
    let status = async |name: &str| scenarios.get(name).await.ok()?.status;
    succeeds("runs of the small Scenario and of large ones", async || {
        let small = status("small").await.ok_or("no status")?;
        let large = status("large-0").await.ok_or("large-0 was not run")?;
        let is_done = small.health == Some(Health::Healthy) && large.health.is_some();
        if is_done { Ok(()) } else { Err("not yet") }
    })
    .await;
    let most = program.most_resident_mib();
    assert!(most < MEMORY_MAX_MIB, "{most} MiB resident");
}
