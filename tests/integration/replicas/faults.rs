//! An API server that throttles, forgets, starts again, or does not know the kinds yet.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::api::{client_of_the_program, embedded_without_kinds};
use crate::kit::wait::eventually;
use agentic_ops::api::Phase::Open;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use serde_json::json;

on_both!(tokens_of_the_cluster);

/// Installed before its kinds are, it waits, says so, and begins by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_waits_for_its_kinds() {
    let mut cluster = Cluster::start(Which::Embedded, "kinds").await.unwrap();
    let target = Target::start().await;
    target.set(false);
    let url = cluster.stop_embedded().await;
    let bare = embedded_without_kinds(&cluster.scratch.0.join("api"), url).await;
    let replica = Replica::spawn(&cluster, "replica-a", &cluster.kubeconfig);
    replica.until("/readyz", 503, "CustomResourceDefinition findings.agentic.ligbox.io does not exist").await;
    replica.until("/livez", 200, "ok").await;
    assert!(replica.log().contains("CustomResourceDefinition scenarios.agentic.ligbox.io does not exist"));
    bare.shutdown().await;
    cluster.restart_embedded(url).await;
    replica.until("/readyz", 200, "ok").await;
    cluster.watch_target("shop", &target.url).await;
    eventually("a Finding", || async { cluster.transitions("shop").await.first().filter(|t| t.0 == Open).map(drop) })
        .await;
    cluster.stop().await;
}

/// A service account's token opens the facade with the roles that the settings give it.
async fn tokens_of_the_cluster(which: Which) {
    if which == Which::Embedded {
        // It has no service accounts, and so no tokens to review.
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
        ("made for this program", &tokens[0], 200),
        ("made for the API server", &tokens[1], 200),
        ("made for somebody else", &tokens[2], 401),
        ("of an account without roles", &tokens[3], 403),
        ("made up", &"not-a-token".to_string(), 401),
        ("cut short", &tokens[0][..tokens[0].len() - 4].to_string(), 401),
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
    assert_eq!(run.0, 403, "neither seo nor devops runs Scenarios: {}", run.2);
    cluster.stop().await;
}

/// The API server starts again while it is watched: changes before and after are seen, with few requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_after_the_api_server_started_again() {
    let mut cluster = Cluster::start(Which::Embedded, "again").await.unwrap();
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let _replica = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    target.seen(2).await;
    let address = cluster.stop_embedded().await;
    // It reads on without an API server.
    target.seen(3).await;
    cluster.restart_embedded(address).await;
    cluster.client = client_of_the_program(&cluster.kubeconfig).await;
    // A Scenario that is made after the start is seen: the watch goes on.
    let other = Target::start().await;
    cluster.watch_target("bakery", &other.url).await;
    other.seen(2).await;
    cluster.stop().await;
}
