//! Targets that accept connections and never answer delay no other target.

use super::running;
use crate::kit::api::get;
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Finding, LATE, OWN_SCENARIO};
use agentic_ops::domain::fingerprint::finding_name;
use axum::Router;
use axum::routing::get as answering;
use serde_json::json;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const HUNG_HOSTS: usize = 40;
const SCENARIOS_OF_ONE_HOST: usize = 40;

/// Probes that have to wait for longer than three seconds are late, unless their own target hangs.
const SETTINGS: [(&str, &str); 3] =
    [("AGENTIC_PROBES_MAX", "16"), ("AGENTIC_LATENESS_MAX", "6s"), ("AGENTIC_LATENESS_WINDOW", "3s")];

/// A target that counts its requests.
async fn counted() -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = count.clone();
    let app = Router::new().route("/", answering(async move || counting.fetch_add(1, Ordering::Relaxed).to_string()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    (url, count)
}

fn scenario(name: &str, url: &str, interval: &str) -> String {
    let spec = json!({
        "title": name, "agent": "pulso", "severity": "low", "interval": interval, "timeout": interval,
        "probes": [{"name": "p", "http": {"url": url}}],
    });
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name}, "spec": spec});
    format!("---\n{object}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn hung_targets_delay_no_other() {
    let (url, count) = counted().await;
    let answers = scenario("answers", &url, "1s");
    let (mut hung, mut listeners) = (String::new(), Vec::new());
    for number in 0..HUNG_HOSTS {
        // Connections are completed by the kernel and never accepted.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let scenarios = if number == 0 { SCENARIOS_OF_ONE_HOST } else { 1 };
        for one in 0..scenarios {
            let _ = write!(hung, "{}", scenario(&format!("hung-{number}-{one}"), &format!("http://{address}/"), "60s"));
        }
        listeners.push(listener);
    }
    let files = Scratch::new("hung-registry");
    let file = files.0.join("registry.yaml");
    std::fs::write(&file, &answers).unwrap();
    let running = running::start_with("hung", &file, &SETTINGS).await;
    until("a first answer", async || count.load(Ordering::Relaxed) > 0).await;
    std::fs::write(&file, answers + &hung).unwrap();

    let metrics = format!("http://{}/metrics", running.address);
    let text = async || reqwest::get(&metrics).await.ok()?.text().await.ok();
    eventually("the limit", || async {
        text().await?.contains("agentic_ops_limit_reached_total{limit=\"probes_of_slow_targets\"}").then_some(())
    })
    .await;
    // As many probes hang as may at once.
    let before = count.load(Ordering::Relaxed);
    until("answers while others hang", async || count.load(Ordering::Relaxed) >= before + 10).await;
    let late = finding_name(OWN_SCENARIO, LATE, "");
    assert!(get(&running.api::<Finding>(), &late).await.is_none(), "those that wait do so for their own targets");
}
