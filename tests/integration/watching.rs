//! Scenarios that are not watched say so: in the API, in Events, in a Finding, in health and in metrics.

use super::running::{Running, start_with};
use crate::kit::api::get;
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, within};
use agentic_ops::api::conditions::{HEALTHY, READY, find};
use agentic_ops::api::{BLIND, Finding, Phase, Role, Scenario, Severity, WatchState};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use agentic_ops::domain::fingerprint::finding_name;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::time::Duration;

const HUNG: usize = 12;

fn scenario(name: &str, url: &str, fields: Value) -> String {
    let mut spec = json!({
        "title": name, "agent": "pulso", "severity": "low", "interval": "1s", "timeout": "1s",
        "probes": [{"name": "p", "http": {"url": url}}],
    });
    spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name}, "spec": spec});
    format!("---\n{object}\n")
}

async fn text(running: &Running, path: &str, token: &str) -> Option<String> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("http://{}{path}", running.address)).bearer_auth(token);
    within(request.send()).await.ok()?.text().await.ok()
}

fn token(running: &Running) -> String {
    let secret = load_or_make_secret(&running.scratch.0).unwrap();
    issue(&secret, "ana", &[Role::OpsLead], Timestamp::now(), Duration::from_secs(600)).unwrap()
}

async fn health(running: &Running, token: &str) -> Option<Value> {
    serde_json::from_str(&text(running, "/api/v1/agents/health", token).await?).ok()
}

async fn until_metrics(running: &Running, lines: &[&str]) {
    eventually(&format!("the metrics {lines:?}"), || async {
        let metrics = text(running, "/metrics", "").await?;
        lines.iter().all(|line| metrics.contains(line)).then_some(())
    })
    .await;
}

/// Warnings about a Scenario: reason and note.
async fn warnings(running: &Running, name: &str) -> Vec<(String, String)> {
    let events = running.api::<Event>().list(&Default::default()).await.unwrap();
    let about = |event: &&Event| {
        let object = &event.involved_object;
        event.type_.as_deref() == Some("Warning")
            && (object.kind.as_deref(), object.name.as_deref()) == (Some("Scenario"), Some(name))
    };
    let events = events.items.iter().filter(about);
    events.map(|event| (event.reason.clone().unwrap_or_default(), event.message.clone().unwrap_or_default())).collect()
}

async fn until_blind(running: &Running, scenario: &str, phase: Phase) -> Finding {
    let (api, name) = (running.api::<Finding>(), finding_name(scenario, BLIND, ""));
    eventually(&format!("{BLIND} of {scenario} to be {phase:?}"), || async {
        let finding = get(&api, &name).await?;
        (finding.status.as_ref()?.phase == Some(phase)).then_some(finding)
    })
    .await
}

async fn until_state(running: &Running, name: &str, state: WatchState) -> Scenario {
    let api = running.api::<Scenario>();
    eventually(&format!("{name} to be {state:?}"), || async {
        let scenario = get(&api, name).await?;
        (scenario.status.as_ref()?.state == Some(state)).then_some(scenario)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_scenario_is_reported_everywhere_until_it_is_corrected() {
    let target = super::malformed::serve(Some("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into()));
    let broken = |expect: &str| scenario("broken", &target, json!({"checks": [{"name": "c", "expect": expect}]}));
    let rest = scenario("on", &target, json!({})) + &scenario("off", &target, json!({"suspend": true}));
    let files = Scratch::new("watching-registry");
    let file = files.0.join("registry.yaml");
    std::fs::write(&file, broken("probes.nothing.ok") + &rest).unwrap();
    let running = start_with("watching", &file, &[]).await;
    let token = token(&running);

    let status = until_state(&running, "broken", WatchState::Invalid).await.status.unwrap();
    let message = |condition| find(&status.conditions, condition).unwrap().message.clone();
    assert!(message(READY).contains("nenhuma sonda se chama \"nothing\""), "{status:?}");
    assert_eq!(message(HEALTHY), message(READY), "what kubectl shows");
    let blind = until_blind(&running, "broken", Phase::Open).await.status.unwrap();
    assert!(blind.message.as_deref().unwrap().contains(&message(READY)), "{blind:?}");
    assert_eq!(blind.severity, Some(Severity::Low));
    until_state(&running, "off", WatchState::Suspended).await;
    let counted = ["ready\"} 1", "invalid\"} 1", "suspended\"} 1", "late\"} 0"];
    let lines = counted.map(|line| format!("agentic_ops_scenario_states{{state=\"{line}\n"));
    until_metrics(&running, &lines.each_ref().map(String::as_str)).await;
    let health_now = health(&running, &token).await.unwrap();
    assert_eq!(health_now["status"], "degraded");
    let first = &health_now["scenario_states"]["first_invalid"][0];
    assert_eq!((&first["id"], first["message"].as_str()), (&json!("broken"), Some(message(READY).as_str())));
    let warned = eventually("a Warning", || async { warnings(&running, "broken").await.pop() }).await;
    assert_eq!(warned.1, message(READY));

    std::fs::write(&file, broken("probes.p.ok") + &rest).unwrap();
    until_state(&running, "broken", WatchState::Ready).await;
    until_blind(&running, "broken", Phase::Resolved).await;
    until_metrics(&running, &["agentic_ops_scenario_states{state=\"invalid\"} 0\n"]).await;
    eventually("health to be ok", || async { (health(&running, &token).await?["status"] == "ok").then_some(()) }).await;
    // A run that was late on a busy machine has a Warning with another reason.
    let of_reason = warnings(&running, "broken").await.into_iter().filter(|(reason, _)| *reason == warned.0);
    assert_eq!(of_reason.count(), 1, "one for each change");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_the_registry_degrade_health_and_are_named_there() {
    let files = Scratch::new("watching-registry-errors");
    let folder = files.0.join("registry");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("good.yaml"), scenario("on", "http://127.0.0.1:9/", json!({"suspend": true}))).unwrap();
    std::fs::write(folder.join("bad.yaml"), "kind: [").unwrap();
    let running = start_with("watching-registry-errors", &folder, &[]).await;
    let token = token(&running);
    until_state(&running, "on", WatchState::Suspended).await;
    let first = eventually("an error in health", || async {
        let health = health(&running, &token).await?;
        // On a real API server the registry is applied by the test.
        if crate::kit::real::kubeconfig().is_some() {
            return Some(String::new());
        }
        (health["status"] == "degraded").then_some(())?;
        Some(health["registry"]["errors"][0].as_str()?.to_string())
    })
    .await;
    assert!(first.is_empty() || first.contains("bad.yaml:1:"), "{first}");
    std::fs::remove_file(folder.join("bad.yaml")).unwrap();
    eventually("health to be ok", || async { (health(&running, &token).await?["status"] == "ok").then_some(()) }).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenarios_whose_probes_wait_for_their_turn_are_late() {
    // Connections are completed by the kernel and never accepted; one probe of the target at a time.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let mut text = String::new();
    for number in 0..HUNG {
        let _ = write!(text, "{}", scenario(&format!("hung-{number:02}"), &url, json!({})));
    }
    let files = Scratch::new("watching-late-registry");
    let file = files.0.join("registry.yaml");
    std::fs::write(&file, &text).unwrap();
    let running = start_with("watching-late", &file, &[("AGENTIC_PROBES_PER_TARGET", "1")]).await;
    let token = token(&running);
    let late = eventually("a late Scenario", || async {
        let scenarios = running.api::<Scenario>().list(&Default::default()).await.ok()?;
        let late = |s: &Scenario| s.status.as_ref().is_some_and(|status| status.state == Some(WatchState::Late));
        scenarios.into_iter().find(late).and_then(|scenario| scenario.metadata.name)
    })
    .await;
    eventually("a Warning", || async {
        let warnings = warnings(&running, &late).await;
        warnings.into_iter().find(|(reason, _)| reason == "Late")
    })
    .await;
    eventually("health to name late ones", || async {
        let health = health(&running, &token).await?;
        let first = health["scenario_states"]["first_late"].as_array()?.first()?.clone();
        (health["status"] == "degraded" && !first["message"].as_str()?.is_empty()).then_some(())
    })
    .await;
    eventually("a Finding that was opened", || async {
        let finding = get(&running.api::<Finding>(), &finding_name(&late, BLIND, "")).await?;
        finding.status.filter(|status| status.occurrences.is_some())
    })
    .await;
    running.stop().await;
}
