//! An API server that restarts or does not have the CustomResourceDefinitions yet, and tokens of service accounts.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::api::{client_of_the_program, embedded_without_definitions};
use crate::kit::wait::eventually;
use agentic_ops::api::Phase::Open;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use serde_json::json;

on_both!(tokens_of_the_cluster);

/// If the CustomResourceDefinitions are not installed, the operator reports it, waits, and starts when they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_waits_for_its_definitions() {
    let mut cluster = Cluster::start(Which::Embedded, "kinds").await.unwrap();
    let target = Target::start().await;
    target.set(false);
    let url = cluster.stop_embedded().await;
    let bare = embedded_without_definitions(&cluster.scratch.0.join("api"), url).await;
    let replica = Replica::spawn(&cluster, "replica-a", &cluster.kubeconfig);
    replica.until("/readyz", 503, "CustomResourceDefinition findings.agentic.ligbox.io does not exist").await;
    replica.until("/livez", 200, "ok").await;
    let missing = "CustomResourceDefinition scenarios.agentic.ligbox.io does not exist";
    eventually("another kind in the log", || async { replica.log().contains(missing).then_some(()) }).await;
    bare.shutdown().await;
    cluster.restart_embedded(url).await;
    replica.until("/readyz", 200, "ok").await;
    cluster.watch_target("shop", &target.url).await;
    eventually("a Finding", || async { cluster.transitions("shop").await.first().filter(|t| t.0 == Open).map(drop) })
        .await;
    cluster.stop().await;
}

/// Tokens of service accounts have the roles that the settings assign.
async fn tokens_of_the_cluster(which: Which) {
    if which == Which::Embedded {
        // The embedded API server has no service accounts.
        return;
    }
    let Some(cluster) = Cluster::start(which, "tokens").await else { return };
    let accounts = format!("{}/bot=seo+devops", cluster.namespace);
    cluster.configure(&[("AGENTIC_AUTH_TOKEN_REVIEW", "true"), ("AGENTIC_AUTH_SERVICE_ACCOUNTS", &accounts)]).await;
    let replica = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    let api = cluster.api::<ServiceAccount>();
    let mut tokens = Vec::new();
    for (name, audiences) in [("bot", Some("agentic-ops")), ("bot", None), ("bot", Some("elsewhere")), ("nobody", None)]
    {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
        let account: ServiceAccount = serde_json::from_value(account).unwrap();
        let _ = api.create(&PostParams::default(), &account).await;
        let audiences: Vec<&str> = audiences.into_iter().collect();
        let request = serde_json::from_value(json!({"metadata": {}, "spec": {"audiences": audiences}})).unwrap();
        let granted = api.create_token_request(name, &PostParams::default(), &request).await.unwrap();
        tokens.push(granted.status.unwrap().token.unwrap());
    }
    let cases = [
        ("with the audience of this program", &tokens[0], 200),
        ("with the audience of the API server", &tokens[1], 200),
        ("with another audience", &tokens[2], 401),
        ("of a service account without roles", &tokens[3], 403),
        ("not a token", &"not-a-token".to_string(), 401),
        ("truncated", &tokens[0][..tokens[0].len() - 4].to_string(), 401),
    ];
    for round in 0..2 {
        for (name, token, expected) in &cases {
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str())];
            let path = "/api/v1/agents/scenarios";
            let (status, _, text) = replica.call(reqwest::Method::GET, path, &headers).await.unwrap();
            assert_eq!(status, *expected, "{name}, round {round}: {text}");
        }
    }
    let bearer = format!("Bearer {}", tokens[0]);
    let run =
        replica.call(reqwest::Method::POST, "/api/v1/agents/runs/x", &[("authorization", &bearer)]).await.unwrap();
    assert_eq!(run.0, 403, "neither seo nor devops can run Scenarios: {}", run.2);
    cluster.stop().await;
}

/// The watches of the operator resume after a restart of the API server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_resume_after_a_restart_of_the_api_server() {
    let mut cluster = Cluster::start(Which::Embedded, "again").await.unwrap();
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let _replica = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    target.seen(2).await;
    let address = cluster.stop_embedded().await;
    // Targets are read without an API server.
    target.seen(3).await;
    cluster.restart_embedded(address).await;
    cluster.client = client_of_the_program(&cluster.kubeconfig).await;
    // A Scenario that is created after the restart is run.
    let other = Target::start().await;
    cluster.watch_target("bakery", &other.url).await;
    other.seen(2).await;
    cluster.stop().await;
}
