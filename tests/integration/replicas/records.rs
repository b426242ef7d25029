//! What people do is recorded once and completely, whichever replica they ask and whenever it ends.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::wait::eventually;
use agentic_ops::api::{Action, Finding, Phase, RECORDED_BY, Role};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use agentic_ops::domain::fingerprint::finding_name;
use kube::ResourceExt as _;
use kube::api::PostParams;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    what_a_facade_left_is_completed_before_the_next_one_serves,
    a_request_is_answered_once_by_all_replicas,
    requests_to_run_join_across_replicas,
);

/// A cluster with an open Finding of Scenario `shop`, and the header of a token of `ana`.
pub async fn with_a_finding(which: Which, name: &str) -> Option<(Cluster, Target, String)> {
    let cluster = Cluster::start(which, name).await?;
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let secret = load_or_make_secret(&cluster.scratch.0).unwrap();
    let file = cluster.scratch.0.join("auth-secret").display().to_string();
    cluster.configure(&[("AGENTIC_AUTH_SECRET_FILE", file.as_str())]).await;
    let token = issue(&secret, "ana", &[Role::OpsLead], jiff::Timestamp::now(), Duration::from_secs(600)).unwrap();
    Some((cluster, target, format!("Bearer {token}")))
}

pub async fn finding(cluster: &Cluster) -> Finding {
    eventually("the Finding", async || {
        let finding = cluster.api::<Finding>().get_opt(&finding_name("shop", "status", "")).await.unwrap()?;
        finding.status.as_ref()?.phase?;
        Some(finding)
    })
    .await
}

async fn actions(cluster: &Cluster) -> Vec<Action> {
    cluster.api::<Action>().list(&Default::default()).await.unwrap().items
}

pub fn result(action: &Action) -> Option<&str> {
    action.status.as_ref()?.result.as_deref()
}

async fn what_a_facade_left_is_completed_before_the_next_one_serves(which: Which) {
    let Some((cluster, _target, bearer)) = with_a_finding(which, "left").await else { return };
    let mut replica = Replica::start(&cluster, "pod", &cluster.kubeconfig).await;
    let finding = finding(&cluster).await;
    replica.kill();
    // As if it had been killed after it recorded the Actions, and before it did anything.
    let requested_at = "2026-01-01T00:00:00Z";
    let (ack, run) = (("Finding", finding.name_any()), ("Scenario", "shop".to_string()));
    let before = json!({"uid": finding.uid(), "generation": finding.metadata.generation, "occurrence": 1});
    for (name, verb, (kind, subject), parameters, before) in [
        ("left", "acknowledge", ack, json!({"note": "seen"}), before),
        ("run", "run", run, json!({"requested_at": requested_at}), json!({})),
    ] {
        let action = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": name, "annotations": {RECORDED_BY: "facade"}},
            "spec": {"verb": verb, "subject": {"kind": kind, "name": subject}, "parameters": parameters,
                "before": before, "actor": {"name": "ana", "via": "rest"}, "request": {"process": "pod/killed"}}});
        let action: Action = serde_json::from_value(action).unwrap();
        cluster.api::<Action>().create(&PostParams::default(), &action).await.unwrap();
    }
    let replica = Replica::spawn(&cluster, "pod", &cluster.kubeconfig);
    replica.until("/livez", 200, "ok").await;
    for action in actions(&cluster).await {
        assert_eq!(result(&action), Some("done"), "{}", action.name_any());
    }
    let acknowledged = self::finding(&cluster).await.spec.acknowledgement.unwrap();
    assert_eq!((acknowledged.by.as_str(), acknowledged.note.as_deref()), ("ana", Some("seen")));
    eventually("the operator to take both in", async || {
        let path = format!("/api/v1/agents/runs/shop?requested_at={requested_at}");
        let (ran, _, _) = replica.call(Method::GET, &path, &[("authorization", &bearer)]).await?;
        let status = self::finding(&cluster).await.status?;
        let is_proven = status.acknowledgement.is_some_and(|a| a.proven && a.by == "ana");
        (ran == 200 && status.phase == Some(Phase::Acknowledged) && is_proven).then_some(())
    })
    .await;
    cluster.stop().await;
}

async fn a_request_is_answered_once_by_all_replicas(which: Which) {
    let Some((cluster, _target, bearer)) = with_a_finding(which, "replay").await else { return };
    let mut one = Replica::start(&cluster, "one", &cluster.kubeconfig).await;
    let two = Replica::start(&cluster, "two", &cluster.kubeconfig).await;
    let id = finding(&cluster).await.name_any();
    let headers = |key| [("authorization", bearer.as_str()), ("idempotency-key", key)];
    let paths = [format!("/api/v1/agents/findings/{id}/ack"), "/api/v1/agents/runs/shop".into()];
    let ask = async |replica: &Replica, path: &str, key| {
        eventually("an answer other than that it is not cached yet", async || {
            let (status, _, text) = replica.call(Method::POST, path, &headers(key)).await?;
            (status != 404).then_some((status, text))
        })
        .await
    };
    let first = (ask(&one, &paths[0], "a").await, ask(&one, &paths[1], "r").await);
    assert_eq!((first.0.0, first.1.0), (200, 200), "{first:?}");
    one.kill();
    let one = Replica::start(&cluster, "one", &cluster.kubeconfig).await;
    for replica in [&one, &two] {
        assert_eq!((ask(replica, &paths[0], "a").await, ask(replica, &paths[1], "r").await), first, "{}", replica.name);
        let (status, text) = ask(replica, &paths[1], "a").await;
        assert!(status == 422 && text.contains("Idempotency-Key"), "{status} {text}");
    }
    assert_eq!(actions(&cluster).await.len(), 2, "each is recorded once");
    cluster.stop().await;
}

async fn requests_to_run_join_across_replicas(which: Which) {
    let Some((cluster, _target, bearer)) = with_a_finding(which, "joined").await else { return };
    let replicas = [
        Replica::start(&cluster, "one", &cluster.kubeconfig).await,
        Replica::start(&cluster, "two", &cluster.kubeconfig).await,
    ];
    finding(&cluster).await;
    let ask = async |replica: &Replica| {
        let headers = [("authorization", bearer.as_str())];
        replica.call(Method::POST, "/api/v1/agents/runs/shop", &headers).await.unwrap()
    };
    for replica in &replicas {
        eventually("the Scenario in the cache", async || (ask(replica).await.0 == 200).then_some(())).await;
    }
    let before = actions(&cluster).await.len();
    let all = (0..20).map(|i| ask(&replicas[i % 2]));
    for (status, _, text) in futures::future::join_all(all).await {
        let run: Value = serde_json::from_str(&text).unwrap();
        assert!(status == 200 && run["checks"].is_array(), "{status} {text}");
    }
    let actions = actions(&cluster).await;
    assert_eq!(actions.len() - before, 20);
    assert!(actions.iter().all(|action| result(action) == Some("done")));
    cluster.stop().await;
}
