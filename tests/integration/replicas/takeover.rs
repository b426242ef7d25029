//! The leader is killed, suspended or stopped.

use super::cluster::{Cluster, Which};
use super::replica::Replica;
use super::target::Target;
use super::{on_both, only_reads, still_transitions, until_transitions};
use crate::kit::settings::LEASE_SECONDS;
use crate::kit::wait::eventually;
use agentic_ops::api::Phase::{Acknowledged, Open, Resolved};
use agentic_ops::api::Role;
use agentic_ops::cli::token::{issue, load_or_make_secret};
use agentic_ops::domain::fingerprint::finding_name;
use reqwest::Method;
use serde_json::Value;
use std::time::{Duration, Instant};

on_both!(leader_killed, leader_suspended, leader_stopped, served_by_a_follower);

/// Starts two replicas. The first one leads.
async fn two(cluster: &Cluster) -> (Replica, Replica) {
    let first = Replica::start(cluster, "replica-a", &cluster.kubeconfig).await;
    eventually("a leader", || async { first.leads().await.then_some(()) }).await;
    let second = Replica::start(cluster, "replica-b", &cluster.kubeconfig).await;
    assert!(cluster.holder().await.unwrap().starts_with("replica-a_"));
    (first, second)
}

/// Waits until another replica holds the Lease, and returns the duration.
async fn taken_over(cluster: &Cluster, by: &Replica) -> Duration {
    let began = Instant::now();
    let prefix = format!("{}_", by.name);
    eventually("the Lease to be taken over", || async {
        cluster.holder().await.filter(|h| h.starts_with(&prefix)).map(drop)
    })
    .await;
    began.elapsed()
}

async fn leader_killed(which: Which) {
    let Some(cluster) = Cluster::start(which, "killed").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (mut leader, follower) = two(&cluster).await;
    target.seen(1).await;
    let mut history = vec![(Open, target.set(false))];
    until_transitions(&cluster, "shop", &history).await;

    leader.kill();
    let killed = Instant::now();
    let renewed = cluster.lease().await.renew_time.unwrap().0;
    taken_over(&cluster, &follower).await;
    // Followers check it at intervals. By the times in the Lease, since the test itself may be late.
    let took = cluster.lease().await.acquire_time.unwrap().0.duration_since(renewed);
    let took = Duration::try_from(took).unwrap();
    assert!(took <= Duration::from_secs(LEASE_SECONDS + 1), "took over after {took:?}");
    target.seen(2).await;
    // The open Finding stays open.
    still_transitions(&cluster, &target, "shop", &history).await;
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;

    // After its restart the killed replica has another identity and follows.
    let restarted = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    assert!(!restarted.leads().await && follower.leads().await, "{:?} after the kill", killed.elapsed());
    still_transitions(&cluster, &target, "shop", &history).await;
    cluster.stop().await;
}

async fn leader_suspended(which: Which) {
    let Some(cluster) = Cluster::start(which, "frozen").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (leader, follower) = two(&cluster).await;
    target.seen(1).await;
    leader.signal("-STOP");
    // The target breaks while no replica reads it.
    target.set(false);
    taken_over(&cluster, &follower).await;
    let mut history = vec![(Open, jiff::Timestamp::now().as_second())];
    until_transitions(&cluster, "shop", &history).await;

    history.push((Resolved, target.set(true)));
    leader.signal("-CONT");
    until_transitions(&cluster, "shop", &history).await;
    // What it knew of the Scenario is no longer true.
    eventually("the resumed replica to follow, and to tell nothing of the Scenario", || async {
        let (_, text) = leader.get("/metrics").await?;
        let follows = text.contains("agentic_ops_leading 0") && text.contains("process_open_fds ");
        (follows && !text.contains("agentic_ops_scenario_up")).then_some(())
    })
    .await;
    eventually("the new leader's metrics", || async {
        let (_, text) = follower.get("/metrics").await?;
        text.contains("agentic_ops_scenario_up{scenario=\"shop\"} 1\n").then_some(())
    })
    .await;
    still_transitions(&cluster, &target, "shop", &history).await;
    assert!(follower.leads().await && !leader.leads().await);
    let log = leader.log();
    assert!(log.contains("this replica follows: replica-b_"), "{log}");
    // Only the leader reads the target.
    only_reads(&follower, &leader, &target).await;
    cluster.stop().await;
}

async fn leader_stopped(which: Which) {
    let Some(cluster) = Cluster::start(which, "stopped").await else { return };
    cluster.configure(&[("OPS_INTERNAL_TOKEN", "tick-tock")]).await;
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (mut leader, follower) = two(&cluster).await;
    let tick = "/api/v1/agents/internal/tick?force=true";
    let token = [("x-ops-internal-token", "tick-tock")];
    let (status, headers, text) = follower.call(Method::POST, tick, &token).await.unwrap();
    assert!(status == 503 && text.contains("this replica follows: replica-a_"), "{status} {text}");
    assert!(headers.contains_key("retry-after"));
    let (status, _, text) = leader.call(Method::POST, tick, &token).await.unwrap();
    assert!(status == 200 && text.contains("\"ran\":1"), "{status} {text}");

    leader.stop().await;
    let took = taken_over(&cluster, &follower).await;
    assert!(took < Duration::from_secs(2), "the Lease is released, but was taken over after {took:?}");
    let history = [(Open, target.set(false))];
    until_transitions(&cluster, "shop", &history).await;
    cluster.stop().await;
}

/// Acknowledgements and runs can be requested from a replica that does not lead.
async fn served_by_a_follower(which: Which) {
    let Some(cluster) = Cluster::start(which, "served").await else { return };
    let secret = load_or_make_secret(&cluster.scratch.0).unwrap();
    let file = cluster.scratch.0.join("auth-secret").display().to_string();
    cluster.configure(&[("AGENTIC_AUTH_SECRET_FILE", &file)]).await;
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let (leader, follower) = two(&cluster).await;
    let token = issue(&secret, "ana", &[Role::OpsLead], jiff::Timestamp::now(), Duration::from_secs(600)).unwrap();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let call = async |method, path: &str| {
        let (status, _, text) = follower.call(method, &format!("/api/v1/agents{path}"), &headers).await.unwrap();
        (status, serde_json::from_str::<Value>(&text).unwrap_or_default())
    };
    eventually("the Finding in the response of the follower", || async {
        let (_, body) = call(Method::GET, "/findings").await;
        (body["items"].as_array()?.len() == 1).then_some(())
    })
    .await;
    let (_, body) = call(Method::GET, "/scenarios").await;
    assert_eq!(body["items"][0]["interval_seconds"], 1, "{body}");
    let (_, body) = call(Method::GET, "/health").await;
    assert_eq!((&body["status"], &body["replica"]["standing"]), (&"ok".into(), &"following".into()), "{body}");
    let (status, run) = call(Method::POST, "/runs/shop").await;
    assert_eq!((status, &run["health"]), (200, &"failing".into()), "{run}");

    let name = finding_name("shop", "status", "");
    let (status, body) = call(Method::POST, &format!("/findings/{name}/ack")).await;
    assert_eq!((status, &body["acknowledgement"]["by"]), (200, &"ana".into()), "{body}");
    let acknowledged = || async { cluster.transitions("shop").await.get(1).filter(|t| t.0 == Acknowledged).map(drop) };
    eventually("the leader to process the acknowledgement", acknowledged).await;
    assert!(leader.leads().await && !follower.leads().await);
    cluster.stop().await;
}
