//! Whether names in acknowledgements are proven, with and without the setting that the API server checks them.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::wait::eventually;
use agentic_ops::api::{Finding, FindingAcknowledgement};
use agentic_ops::domain::fingerprint::finding_name;
use kube::api::{Patch, PatchParams};
use serde_json::json;

on_both!(names_are_proven_if_they_were_checked_when_written);

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

/// Acknowledges the Finding of a Scenario, like `kubectl patch`.
async fn acknowledge(cluster: &Cluster, scenario: &str, acknowledgement: serde_json::Value) {
    let params = PatchParams { field_manager: Some("kubectl-patch".into()), ..Default::default() };
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
