//! The API does not answer for longer than the lease.

use super::cluster::{Cluster, LEASE_SECONDS, Which, operator};
use super::proxy::Line;
use super::replica::Replica;
use super::target::Target;
use super::{on_both, still_transitions, until_transitions};
use crate::running::eventually;
use agentic_ops::api::Phase::{self, Open, Resolved};
use agentic_ops::cli::client;
use std::time::Duration;

on_both!(cut_off_alone, cut_off_in_silence, cut_off_and_overtaken, standalone_in_an_outage);

/// Breaks, heals and breaks again, each long enough to be seen by somebody.
async fn flap(target: &Target) -> Vec<(Phase, i64)> {
    let mut history = Vec::new();
    for (phase, is_well) in [(Open, false), (Resolved, true), (Open, false)] {
        history.push((phase, target.set(is_well)));
        target.seen(2).await;
        // No two in one second.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    history
}

/// Whoever held the lease goes on reading, writes nothing, and makes up for it: nobody else took it.
async fn alone(which: Which, line: Line, name: &str) {
    let Some(cluster) = Cluster::start(which, name).await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let replica = Replica::start(&cluster, "replica-a", &kubeconfig).await;
    target.seen(2).await;
    proxy.set(line);
    tokio::time::sleep(Duration::from_secs(LEASE_SECONDS)).await;
    assert!(!replica.leads().await, "its time is over by its own clock");
    let mut history = flap(&target).await;
    assert_eq!(cluster.transitions("shop").await, [], "nothing can have been written");
    proxy.set(Line::Open);
    until_transitions(&cluster, "shop", &history).await;
    assert!(replica.leads().await);
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, "shop", &history).await;
    let log = replica.log();
    assert!(log.contains("targets are still read, nothing is written"), "{log}");
    assert!(!log.contains("this replica reads no targets any more"), "{log}");
    cluster.stop().await;
}

async fn cut_off_alone(which: Which) {
    alone(which, Line::Cut, "cut").await;
}

async fn cut_off_in_silence(which: Which) {
    alone(which, Line::Silent, "silent").await;
}

/// Another took the lease meanwhile, and wrote what it saw: nothing of it is written a second time.
async fn cut_off_and_overtaken(which: Which) {
    let Some(cluster) = Cluster::start(which, "overtaken").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let first = Replica::start(&cluster, "replica-a", &kubeconfig).await;
    eventually("a leader", || async { first.leads().await.then_some(()) }).await;
    let second = Replica::start(&cluster, "replica-b", &cluster.kubeconfig).await;
    proxy.set(Line::Cut);
    eventually("the other to lead", || async { second.leads().await.then_some(()) }).await;
    assert!(!first.leads().await);
    target.seen(2).await;
    let mut history = flap(&target).await;
    until_transitions(&cluster, "shop", &history).await;
    proxy.set(Line::Open);
    eventually("the first to know that it follows", || async {
        first.log().contains("this replica follows: replica-b_").then_some(())
    })
    .await;
    assert!(first.log().contains("this replica reads no targets any more"));
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, "shop", &history).await;
    let before = target.asked();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let asked = target.asked() - before;
    assert!((2..=6).contains(&asked), "read {asked} times in 4 s");
    cluster.stop().await;
}

/// With no other replica there is no lease, and the gate is always open: what can't be written waits all the same.
async fn standalone_in_an_outage(which: Which) {
    let Some(cluster) = Cluster::start(which, "alone").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let operator = operator(&cluster, client::of_file(&kubeconfig).await.unwrap(), None);
    target.seen(2).await;
    proxy.set(Line::Silent);
    let mut history = flap(&target).await;
    proxy.set(Line::Open);
    until_transitions(&cluster, "shop", &history).await;
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, "shop", &history).await;
    operator.shutdown().await;
    cluster.stop().await;
}
