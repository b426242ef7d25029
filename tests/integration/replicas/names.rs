//! Whether the names in acknowledgements are proven, where the API server is said to check them and where it is not.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::wait::eventually;
use agentic_ops::api::{Finding, FindingAcknowledgement};
use agentic_ops::domain::fingerprint::finding_name;
use kube::api::{Patch, PatchParams};
use serde_json::json;

on_both!(names_are_proven_from_when_they_are_checked);

async fn names_are_proven_from_when_they_are_checked(which: Which) {
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
    assert!(!noted(&cluster, "shop", |a| a.by == "ana").await.proven, "nobody checks");

    replica.stop().await;
    cluster.set("AGENTIC_NAMES_CHECKED", "true").await;
    let mut replica = Replica::start(&cluster, "since", &cluster.kubeconfig).await;
    acknowledge(&cluster, "bank", json!({"by": "rui"})).await;
    assert!(noted(&cluster, "bank", |a| a.by == "rui").await.proven, "the API server checks");
    // By now what stood before has been looked at as well, and again when its note is edited.
    acknowledge(&cluster, "shop", json!({"note": "seen"})).await;
    assert!(!noted(&cluster, "shop", |a| a.note.is_some()).await.proven, "it was not checked when it was written");
    acknowledge(&cluster, "shop", json!({"by": "eva"})).await;
    assert!(noted(&cluster, "shop", |a| a.by == "eva").await.proven, "it was written anew");

    replica.stop().await;
    cluster.unset("AGENTIC_NAMES_CHECKED").await;
    let _replica = Replica::start(&cluster, "after", &cluster.kubeconfig).await;
    acknowledge(&cluster, "bank", json!({"by": "ana"})).await;
    assert!(!noted(&cluster, "bank", |a| a.by == "ana").await.proven, "nobody checks any more");
    assert!(noted(&cluster, "shop", |a| a.by == "eva").await.proven, "it was checked when it was written");
    assert_eq!(cluster.transitions("shop").await.len(), 4, "opened, and noted three times");
    cluster.stop().await;
}

/// As `kubectl patch` does.
async fn acknowledge(cluster: &Cluster, scenario: &str, acknowledgement: serde_json::Value) {
    let params = PatchParams { field_manager: Some("kubectl-patch".into()), ..Default::default() };
    let patch = Patch::Merge(json!({"spec": {"acknowledgement": acknowledgement}}));
    cluster.api::<Finding>().patch(&finding_name(scenario, "status", ""), &params, &patch).await.unwrap();
}

/// The acknowledgement of which note was taken, once it is the one that is meant.
async fn noted(
    cluster: &Cluster,
    scenario: &str,
    is_meant: fn(&FindingAcknowledgement) -> bool,
) -> FindingAcknowledgement {
    eventually("note to be taken", async || {
        let finding = cluster.api::<Finding>().get(&finding_name(scenario, "status", "")).await.unwrap();
        finding.status?.acknowledgement.filter(is_meant)
    })
    .await
}
