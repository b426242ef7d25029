//! Votes on advice by annotation.

use super::malformed::serve;
use super::running::start_with;
use crate::kit::api::get;
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until};
use agentic_ops::api::{ADVICE_VOTE, Action, Finding, Phase, Scenario};
use agentic_ops::domain::fingerprint::finding_name;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

fn scenario(url: &str) -> Value {
    json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "shop"}, "spec": {
        "title": "Loja", "agent": "pulso", "severity": "low", "thresholds": {"fail": 1, "recover": 1},
        "probes": [{"name": "web", "http": {"url": url}}],
        "checks": [{"name": "status", "expect": "probes.web.status == 200"}]}})
}

async fn annotate(findings: &Api<Finding>, name: &str, vote: &str) {
    let patch = json!({"metadata": {"annotations": {ADVICE_VOTE: vote}}});
    findings.patch(name, &PatchParams::apply("kubectl-annotate"), &Patch::Merge(patch)).await.unwrap();
    until("the vote to be removed", async || {
        let finding = get(findings, name).await.unwrap();
        !finding.annotations().contains_key(ADVICE_VOTE)
    })
    .await;
}

async fn votes(actions: &Api<Action>) -> Vec<Action> {
    let all = actions.list(&ListParams::default().fields("spec.verb=vote")).await.unwrap();
    all.items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vote_by_annotation_becomes_an_action_that_proves_nothing() {
    let scratch = Scratch::new("votes-registry");
    let registry = scratch.0.join("registry.yaml");
    let agent = "apiVersion: agentic.ligbox.io/v1alpha1\nkind: Agent\nmetadata: {name: pulso}\n\
        spec: {displayName: Pulso, codename: node_health, tier: T0}\n";
    std::fs::write(&registry, agent).unwrap();
    let running = start_with("votes", &registry, &[]).await;
    let (scenarios, findings, actions) = (running.api::<Scenario>(), running.api::<Finding>(), running.api::<Action>());
    let target = serve(Some("HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n".into()));
    scenarios.create(&Default::default(), &serde_json::from_value(scenario(&target)).unwrap()).await.unwrap();
    let name = finding_name("shop", "status", "");
    let is_open = |finding: &Finding| finding.status.as_ref().is_some_and(|status| status.phase == Some(Phase::Open));
    eventually("an open Finding", || async { get(&findings, &name).await.filter(is_open) }).await;

    // There is nothing to vote on.
    annotate(&findings, &name, "useful").await;
    assert!(votes(&actions).await.is_empty());

    let advice = json!({"tier": "T0", "text": "Reinicie.", "at": "2026-01-01T00:00:00Z",
        "citations": [{"spec": "shop", "section": "Como reparar", "quote": "Reinicie."}],
        "basis": {"evidence": "0f1e2d3c4b5a6978", "runbooks": "8796a5b4c3d2e1f0", "prompt": 1}});
    let patch = Patch::Merge(json!({"status": {"advice": advice}}));
    findings.patch_status(&name, &PatchParams::default(), &patch).await.unwrap();
    annotate(&findings, &name, "good").await;
    assert!(votes(&actions).await.is_empty(), "that is no vote");
    annotate(&findings, &name, "wrong").await;
    let stored = votes(&actions).await;
    let [vote] = stored.as_slice() else { panic!("{stored:?}") };
    assert_eq!((vote.spec.actor.name.as_str(), vote.spec.actor.via.as_str()), ("kubectl-annotate", "kubectl"));
    assert!(!vote.is_of_facade());
    let parameter = |name: &str| vote.spec.parameters.get(name).map(String::as_str);
    assert_eq!((parameter("vote"), parameter("section-1")), (Some("wrong"), Some("shop#Como reparar")));
    let result = vote.status.as_ref().and_then(|status| status.result.as_deref());
    assert_eq!((vote.spec.subject.name.as_str(), result), (name.as_str(), Some("done")));
    running.stop().await;
}
