//! Whether names in acknowledgements are proven, with and without the setting that the API server checks them.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::wait::eventually;
use agentic_ops::api::{Action, Finding, FindingAcknowledgement};
use agentic_ops::domain::fingerprint::finding_name;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;

on_both!(names_are_proven_if_they_were_checked_when_written, a_name_is_proven_by_its_action_and_not_by_a_field_manager);

async fn names_are_proven_if_they_were_checked_when_written(which: Which) {
    let Some(cluster) = Cluster::start(which, "names").await else { return };
    let target = Target::start().await;
    target.set(false);
    for scenario in ["shop", "bank"] {
        cluster.watch_target(scenario, &target.url).await;
    }
    let mut replica = Replica::start(&cluster, "before", &cluster.kubeconfig).await;
    for scenario in ["shop", "bank"] {
        eventually("the Finding", async || (cluster.transitions(scenario).await.len() == 1).then_some(())).await;
    }
    acknowledge(&cluster, "shop", json!({"by": "ana"})).await;
    assert!(!recorded(&cluster, "shop", |a| a.by == "ana").await.proven, "names are not checked");

    replica.stop().await;
    cluster.set("AGENTIC_NAMES_CHECKED", "true").await;
    let mut replica = Replica::start(&cluster, "since", &cluster.kubeconfig).await;
    acknowledge(&cluster, "bank", json!({"by": "rui"})).await;
    assert!(recorded(&cluster, "bank", |a| a.by == "rui").await.proven, "names are checked");
    // The operator has also processed the earlier acknowledgement, and does so again when its note is edited.
    acknowledge(&cluster, "shop", json!({"note": "seen"})).await;
    assert!(
        !recorded(&cluster, "shop", |a| a.note.is_some()).await.proven,
        "the name was not checked when it was written"
    );
    acknowledge(&cluster, "shop", json!({"by": "eva"})).await;
    assert!(recorded(&cluster, "shop", |a| a.by == "eva").await.proven, "the name was written again");

    replica.stop().await;
    cluster.unset("AGENTIC_NAMES_CHECKED").await;
    let _replica = Replica::start(&cluster, "after", &cluster.kubeconfig).await;
    acknowledge(&cluster, "bank", json!({"by": "ana"})).await;
    assert!(!recorded(&cluster, "bank", |a| a.by == "ana").await.proven, "names are no longer checked");
    assert!(recorded(&cluster, "shop", |a| a.by == "eva").await.proven, "the name was checked when it was written");
    assert_eq!(cluster.transitions("shop").await.len(), 4, "opened once and acknowledged three times");
    cluster.stop().await;
}

/// Without an admission policy, who may create Actions proves names; and nobody else does.
async fn a_name_is_proven_by_its_action_and_not_by_a_field_manager(which: Which) {
    let Some(cluster) = Cluster::start(which, "proof").await else { return };
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let _replica = Replica::start(&cluster, "one", &cluster.kubeconfig).await;
    eventually("the Finding", async || (cluster.transitions("shop").await.len() == 1).then_some(())).await;
    let finding = cluster.api::<Finding>().get(&finding_name("shop", "status", "")).await.unwrap();

    let as_facade = async |acknowledgement: serde_json::Value| {
        acknowledge_as("agentic-ops-facade", &cluster, "shop", json!(null)).await;
        acknowledge_as("agentic-ops-facade", &cluster, "shop", acknowledgement).await;
    };
    as_facade(json!({"by": "ana", "note": "1"})).await;
    assert!(!recorded(&cluster, "shop", |a| a.note.as_deref() == Some("1")).await.proven, "there is no Action");

    // An Action of the facade, as it is for this acknowledgement, and others that differ in one thing.
    let annotation = Some("facade");
    let right = json!({"verb": "acknowledge", "subject": {"kind": "Finding", "name": finding.name_any()},
        "before": {"uid": finding.uid(), "generation": 1, "occurrence": 1}, "actor": {"name": "ana", "via": "rest"},
        "parameters": {"note": "x"}, "request": {"process": "p/1"}});
    let wrong = |at: &str, value: serde_json::Value| {
        let mut spec = right.clone();
        *spec.pointer_mut(at).unwrap() = value;
        spec
    };
    let cases = [
        ("a-person", annotation, wrong("/actor/name", json!("rui")), false),
        ("a-note", annotation, wrong("/parameters/note", json!("y")), false),
        ("a-uid", annotation, wrong("/before/uid", json!("another")), false),
        ("an-occurrence", annotation, wrong("/before/occurrence", json!(2)), false),
        ("a-finding", annotation, wrong("/subject/name", json!("another")), false),
        ("a-verb", annotation, wrong("/verb", json!("run")), false),
        ("nobody", None, right.clone(), false),
        ("right", annotation, right.clone(), true),
    ];
    for (name, annotation, spec, expected) in cases {
        let annotations = json!({"agentic.ligbox.io/recorded-by": annotation});
        let action = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": name, "annotations": if annotation.is_some() { annotations } else { json!({}) }}, "spec": spec});
        let action: Action = serde_json::from_value(action).unwrap();
        let action = cluster.api::<Action>().create(&PostParams::default(), &action).await.unwrap();
        let at = action.metadata.creation_timestamp.unwrap().0;
        let written = |at: jiff::Timestamp| json!({"by": "ana", "note": "x", "at": at.to_string(), "action": name});
        as_facade(written(at)).await;
        let seen = settled(&cluster, "shop", name).await;
        assert_eq!(seen.proven, expected, "{name}");
        as_facade(written(at + jiff::SignedDuration::from_secs(1))).await;
        let seen = settled(&cluster, "shop", name).await;
        assert!(!seen.proven, "{name}: at another time");
    }
    cluster.stop().await;
}

/// Waits until the operator has recorded the acknowledgement that the spec has now, which names this Action.
async fn settled(cluster: &Cluster, scenario: &str, action: &str) -> FindingAcknowledgement {
    eventually("the acknowledgement in the status", async || {
        let finding = cluster.api::<Finding>().get(&finding_name(scenario, "status", "")).await.unwrap();
        let status = finding.status?;
        let recorded = status.acknowledgement.filter(|a| a.action.as_deref() == Some(action))?;
        (status.observed_generation == finding.metadata.generation).then_some(recorded)
    })
    .await
}

/// Acknowledges the Finding of a Scenario, like `kubectl patch`.
async fn acknowledge(cluster: &Cluster, scenario: &str, acknowledgement: serde_json::Value) {
    acknowledge_as("kubectl-patch", cluster, scenario, acknowledgement).await;
}

async fn acknowledge_as(manager: &str, cluster: &Cluster, scenario: &str, acknowledgement: serde_json::Value) {
    let params = PatchParams { field_manager: Some(manager.into()), ..Default::default() };
    let patch = Patch::Merge(json!({"spec": {"acknowledgement": acknowledgement}}));
    cluster.api::<Finding>().patch(&finding_name(scenario, "status", ""), &params, &patch).await.unwrap();
}

/// Waits until the status contains the expected acknowledgement.
async fn recorded(
    cluster: &Cluster,
    scenario: &str,
    is_expected: fn(&FindingAcknowledgement) -> bool,
) -> FindingAcknowledgement {
    eventually("the acknowledgement in the status", async || {
        let finding = cluster.api::<Finding>().get(&finding_name(scenario, "status", "")).await.unwrap();
        finding.status?.acknowledgement.filter(is_expected)
    })
    .await
}
