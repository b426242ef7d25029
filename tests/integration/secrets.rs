//! A target that shows what was sent to another one: no secret that the operator knows is in a Finding, whichever Scenario uses it.

use super::malformed::serve;
use super::running::start_with;
use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use agentic_ops::api::conditions::{READY, find};
use agentic_ops::api::{Finding, Scenario};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;
use kube::api::PostParams;
use serde_json::json;

const TOKEN: &str = "watch@pve!ops=5c1e9f62-0a7d-4d0e-9b1c-2f3a4b5c6d7e";
const NTFY: &str = "tk_4fJ2mQ8zVx1LwPb";
const SHOP: &str = "shop-Kq83hd72-key";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_of_other_scenarios_and_of_the_program_are_redacted_from_the_first_run() {
    let scratch = Scratch::new("secrets-registry");
    let registry = scratch.0.join("registry.yaml");
    let shown = format!("a {TOKEN} b {} c {SHOP} d", STANDARD.encode(NTFY));
    let log = serve(Some(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{shown}", shown.len())));
    let spec = |name: &str, suspend: bool| {
        format!(
            "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Scenario\nmetadata: {{name: {name}}}\nspec:\n  title: {name}\n  agent: pulso\n  severity: low\n  suspend: {suspend}\n  thresholds: {{fail: 1, recover: 1}}\n"
        )
    };
    let reads = |suspend| {
        format!(
            "{}  probes: [{{name: web, http: {{url: \"{log}\"}}}}]\n  checks: [{{name: c, expect: 'false', message: probes.web.body}}]\n",
            spec("log", suspend)
        )
    };
    // It never runs: its target was sent the key before this start.
    let header = |secret: &str| format!("{{name: X-{secret}, secretKeyRef: {{name: {secret}, key: key}}}}");
    let sends = format!(
        "{}  probes: [{{name: web, http: {{url: \"{log}\", headers: [{}, {}]}}}}]\n",
        spec("shop", true),
        header("absent"),
        header("shop"),
    );
    std::fs::write(&registry, format!("{}---\n{sends}", reads(true))).unwrap();
    let running = start_with("secrets", &registry, &[("PROXMOX_API_TOKEN", TOKEN), ("NTFY_TOKEN", NTFY)]).await;
    let labels = json!({"agentic.ligbox.io/probes": "allowed"});
    let secret = json!({"metadata": {"name": "shop", "labels": labels}, "stringData": {"key": SHOP}});
    let secret = serde_json::from_value::<Secret>(secret).unwrap();
    running.api::<Secret>().create(&PostParams::default(), &secret).await.unwrap();
    for name in ["log", "shop"] {
        eventually("that the operator knows the Scenario", || async {
            let scenario = running.api::<Scenario>().get_opt(name).await.unwrap()?;
            find(&scenario.status?.conditions, READY).is_some_and(|ready| ready.status == "True").then_some(())
        })
        .await;
    }
    std::fs::write(&registry, format!("{}---\n{sends}", reads(false))).unwrap();
    let finding = eventually("the Finding", || async {
        let findings = running.api::<Finding>().list(&Default::default()).await.unwrap();
        let of_log = |finding: &Finding| finding.spec.scenario == "log" && finding.spec.check == "c";
        let finding = findings.items.into_iter().find(of_log)?;
        finding.status.as_ref()?;
        Some(serde_json::to_string(&finding).unwrap())
    })
    .await;
    assert!(finding.contains("a *** b *** c *** d"), "{finding}");
    running.stop().await;
}
