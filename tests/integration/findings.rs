//! What people read of a Finding, from its opening to its end.

use super::malformed::serve;
use super::running::start_with;
use crate::kit::api::get;
use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use agentic_ops::api::{Finding, FindingStatus, Phase, Scenario};
use agentic_ops::domain::fingerprint::finding_name;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

const BASE: &str = "https://git.test/ops/specs";

fn scenario(url: &str, checks: &[&str], section: &str) -> Value {
    let check = |name: &&str| json!({"name": name, "expect": "probes.web.status == 200", "message": "'respondeu 500'"});
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "shop"}, "spec": {
        "title": "Loja", "agent": "pulso", "severity": "high", "thresholds": {"fail": 1, "recover": 1},
        "runbook": {"spec": "shop", "section": section}, "probes": [{"name": "web", "http": {"url": url}}],
        "checks": checks.iter().map(check).collect::<Vec<_>>()}})
}

/// The status of the Finding of a check once `holds`.
async fn status(api: &Api<Finding>, check: &str, what: &str, holds: impl Fn(&FindingStatus) -> bool) -> FindingStatus {
    let name = finding_name("shop", check, "");
    eventually(what, || async { get(api, &name).await?.status.filter(&holds) }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_names_its_runbook_and_says_how_it_ended() {
    let scratch = Scratch::new("findings-registry");
    let registry = scratch.0.join("registry.yaml");
    let agent = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {name: pulso}\n\
        spec: {displayName: Pulso, codename: node_health, tier: T0}\n";
    std::fs::write(&registry, agent).unwrap();
    let running = start_with("findings", &registry, &[("AGENTIC_RUNBOOK_URL", BASE)]).await;
    let (scenarios, findings) = (running.api::<Scenario>(), running.api::<Finding>());
    let target = serve(Some("HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n".into()));
    let first = serde_json::from_value(scenario(&target, &["a", "b"], "Como reparar")).unwrap();
    scenarios.create(&Default::default(), &first).await.unwrap();
    for check in ["a", "b"] {
        let open = status(&findings, check, "an open Finding", |s| s.phase == Some(Phase::Open)).await;
        let url = open.runbook.unwrap().url.unwrap();
        assert_eq!((url, open.message.as_deref()), (format!("{BASE}/shop.md#como-reparar"), Some("respondeu 500")));
    }

    let patch = Patch::Merge(scenario(&target, &["a"], "Quando escalar"));
    scenarios.patch("shop", &PatchParams::default(), &patch).await.unwrap();
    let is_resolved = |status: &FindingStatus| status.phase == Some(Phase::Resolved);
    let ended = status(&findings, "b", "the end of the removed check", is_resolved).await;
    assert_eq!(
        ended.message.as_deref(),
        Some("Não é mais monitorado: a verificação não existe mais no cenário. Última mensagem: respondeu 500")
    );
    let url = format!("{BASE}/shop.md#quando-escalar");
    let is_new = |status: &FindingStatus| status.runbook.as_ref().and_then(|r| r.url.as_ref()) == Some(&url);
    let open = status(&findings, "a", "the runbook of the edited Scenario", is_new).await;
    assert_eq!((open.phase, open.occurrences), (Some(Phase::Open), Some(1)));

    scenarios.delete("shop", &Default::default()).await.unwrap();
    let ended = status(&findings, "a", "the end of the Scenario", is_resolved).await;
    assert_eq!(
        ended.message.as_deref(),
        Some("Não é mais monitorado: o cenário não existe mais. Última mensagem: respondeu 500")
    );
    running.stop().await;
}
