//! Probes that begin too late are a Finding about the program itself, and end the calls of the push monitor.

use super::running::{Running, start_with};
use crate::kit::api::get;
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{Finding, LATE, OWN_SCENARIO, Phase, Scenario, Severity};
use agentic_ops::domain::fingerprint::finding_name;
use axum::Router;
use axum::routing::get as answering;
use kube::api::PostParams;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// As many probes at once as the settings allow at least.
const PROBES_MAX: &str = "16";
/// Ten of slow targets are read at once: these take 20 seconds each time.
const SCENARIOS: usize = 100;

/// Targets that answer after two seconds or at once, and a push monitor that counts its calls.
struct Site {
    base: String,
    is_slow: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
}

impl Site {
    async fn start() -> Site {
        let (is_slow, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (slow, counted) = (is_slow.clone(), calls.clone());
        let target = async move || {
            if slow.load(SeqCst) {
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            }
            "ok"
        };
        let push = async move || counted.fetch_add(1, SeqCst).to_string();
        let app = Router::new().route("/", answering(target)).route("/push", answering(push));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        Site { base, is_slow, calls }
    }
}

async fn late(running: &Running) -> Option<Finding> {
    get(&running.api::<Finding>(), &finding_name(OWN_SCENARIO, LATE, "")).await
}

async fn until_phase(running: &Running, phase: Phase) -> Finding {
    eventually(&format!("{LATE} to be {phase:?}"), || async {
        let finding = late(running).await?;
        (finding.status.as_ref()?.phase == Some(phase)).then_some(finding)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn late_probes_are_a_finding_until_they_are_in_time_again() {
    let site = Site::start().await;
    let mut registry = String::new();
    for number in 0..SCENARIOS {
        let name = format!("shop-{number}");
        let spec = json!({
            "title": name, "agent": "pulso", "severity": "low", "interval": "5s", "timeout": "5s",
            "probes": [{"name": "p", "http": {"url": format!("{}/", site.base)}}],
        });
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
            "metadata": {"name": name}, "spec": spec});
        let _ = write!(registry, "---\n{object}\n");
    }
    let files = Scratch::new("late-registry");
    let file = files.0.join("registry.yaml");
    std::fs::write(&file, registry).unwrap();
    let push = format!("{}/push", site.base);
    let settings = [
        ("AGENTIC_PROBES_MAX", PROBES_MAX),
        ("AGENTIC_LATENESS_MAX", "6s"),
        ("AGENTIC_LATENESS_WINDOW", "4s"),
        ("AGENTIC_HEARTBEAT_URL", &push),
        ("AGENTIC_HEARTBEAT_INTERVAL", "1s"),
        ("AGENTIC_LANGUAGE", "en"),
    ];
    let running = start_with("late", &file, &settings).await;
    until("calls of the monitor", async || site.calls.load(SeqCst) >= 2).await;
    assert!(late(&running).await.is_none());

    site.is_slow.store(true, SeqCst);
    let opened = until_phase(&running, Phase::Open).await;
    let status = opened.status.unwrap();
    assert_eq!((status.severity, status.agent.as_deref()), (Some(Severity::High), Some("maestro")));
    assert_eq!(status.title.as_deref(), Some("Agentic Ops: probes are late"));
    assert!(
        status
            .message
            .as_ref()
            .is_some_and(|m| m.contains(" of the last 4s began or wait") && m.contains(" more than 6s after")),
        "{status:?}"
    );
    let text = async || reqwest::get(format!("http://{}/metrics", running.address)).await.ok()?.text().await.ok();
    let withheld = |metrics: &str| metrics.contains("agentic_ops_heartbeats_total{result=\"withheld\"}");
    eventually("a call that is withheld", || async { withheld(&text().await?).then_some(()) }).await;

    site.is_slow.store(false, SeqCst);
    let resolved = until_phase(&running, Phase::Resolved).await.status.unwrap();
    assert!(resolved.message.unwrap().starts_with("Recovered after"));
    assert_eq!(resolved.occurrences, Some(1));
    let before = site.calls.load(SeqCst);
    until("further calls of the monitor", async || site.calls.load(SeqCst) >= before + 2).await;
    running.stop().await;
}

/// It was open before the start: nothing that the Scenario controller does resolves it, and its own controller does.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_before_a_restart_is_found_again_and_resolved() {
    let files = Scratch::new("late-before");
    let file = files.0.join("registry.yaml");
    let agent = "{apiVersion: agentic.ligbox.io/v1alpha1, kind: Agent, metadata: {name: maestro}, spec: {displayName: Maestro, codename: orchestrator, tier: T0}}\n";
    std::fs::write(&file, agent).unwrap();
    let running = start_with("late-before", &file, &[("AGENTIC_LATENESS_WINDOW", "4s")]).await;
    let api = running.api::<Finding>();
    let spec = agentic_ops::domain::fingerprint::finding_spec;
    for scenario in [OWN_SCENARIO, "gone"] {
        let finding = Finding::new(&finding_name(scenario, LATE, ""), spec(scenario, LATE, ""));
        api.create(&PostParams::default(), &finding).await.unwrap();
        if scenario != OWN_SCENARIO {
            continue;
        }
        let status = json!({"status": {"phase": "Open", "occurrences": 2, "openedAt": "2026-01-01T00:00:00Z"}});
        let name = finding_name(scenario, LATE, "");
        api.patch_status(&name, &Default::default(), &kube::api::Patch::Merge(status)).await.unwrap();
    }
    let reason = |finding: Finding| finding.status.unwrap().transitions.last().map(|last| last.reason.clone());
    assert_eq!(reason(until_phase(&running, Phase::Resolved).await).as_deref(), Some("Recovered"));
    let gone = eventually("that of a Scenario that does not exist", || async {
        let finding = get(&api, &finding_name("gone", LATE, "")).await?;
        (finding.status.as_ref()?.phase == Some(Phase::Resolved)).then_some(finding)
    });
    assert_eq!(reason(gone.await).as_deref(), Some("ScenarioRemoved"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_of_the_reserved_name_is_refused() {
    let files = Scratch::new("reserved");
    let file = files.0.join("registry.yaml");
    let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": OWN_SCENARIO},
        "spec": {"title": "t", "agent": "pulso", "severity": "low", "probes": [{"name": "p", "tcp": {"address": "127.0.0.1:9"}}]}});
    std::fs::write(
        &file,
        format!("{object}\n---\n{}", object.to_string().replace("agentic-ops\"", "agentic-ops.web\"")),
    )
    .unwrap();
    let running = start_with("reserved", &file, &[]).await;
    let api = running.api::<Scenario>();
    until("the other Scenario", async || get(&api, "agentic-ops.web").await.is_some()).await;
    let scenario: Scenario = serde_json::from_value(object).unwrap();
    let refused = api.create(&PostParams::default(), &scenario).await.unwrap_err().to_string();
    assert!(refused.contains("metadata.name: agentic-ops is reserved"), "{refused}");
    assert!(get(&api, OWN_SCENARIO).await.is_none());
    running.stop().await;
}
