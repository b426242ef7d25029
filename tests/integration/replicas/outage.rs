//! The API server does not respond for longer than the Lease lasts.

use super::cluster::{Cluster, Which, operator};
use super::proxy::Line;
use super::replica::Replica;
use super::target::Target;
use super::{on_both, only_reads, still_transitions, until_transitions};
use crate::kit::api::client_of_the_program;
use crate::kit::wait::eventually;
use agentic_ops::api::Phase::{self, Open, Resolved};
use agentic_ops::cli::shutdown::SHUTDOWN;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

on_both!(
    connections_closed,
    connections_silent,
    another_replica_takes_over,
    standalone_in_an_outage,
    a_stop_in_an_outage,
);

/// Breaks, heals and breaks the target, each for three runs, so that each change is in another second.
async fn flap(target: &Target) -> Vec<(Phase, i64)> {
    let mut history = Vec::new();
    for (phase, is_healthy) in [(Open, false), (Resolved, true), (Open, false)] {
        history.push((phase, target.set(is_healthy)));
        target.seen(3).await;
    }
    history
}

/// Waits for the first run without an API server, which waits up to one second for settings. Later runs do not.
async fn until_runs_are_on_time(target: &Target) {
    target.seen(2).await;
}

/// The leader continues to read, writes nothing, and writes its pending updates later, if no other replica takes the Lease.
async fn without_another_replica(which: Which, line: Line, name: &str) {
    let Some(cluster) = Cluster::start(which, name).await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let replica = Replica::start(&cluster, "replica-a", &kubeconfig).await;
    target.seen(2).await;
    proxy.set(line);
    // Wait until its Lease has expired.
    replica.until("/metrics", 200, "agentic_ops_leading 0").await;
    until_runs_are_on_time(&target).await;
    let mut history = flap(&target).await;
    assert_eq!(cluster.transitions("shop").await, [], "no transition is written during the outage");
    proxy.set(Line::Open);
    until_transitions(&cluster, "shop", &history).await;
    assert!(replica.leads().await);
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    let log = replica.log();
    assert!(log.contains("targets are still read, nothing is written"), "{log}");
    assert!(!log.contains("this replica reads no targets any more"), "{log}");
    cluster.stop().await;
}

async fn connections_closed(which: Which) {
    without_another_replica(which, Line::Cut, "cut").await;
}

async fn connections_silent(which: Which) {
    without_another_replica(which, Line::Silent, "silent").await;
}

/// Another replica takes the Lease and writes its transitions. The first one does not write them again.
async fn another_replica_takes_over(which: Which) {
    let Some(cluster) = Cluster::start(which, "overtaken").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let first = Replica::start(&cluster, "replica-a", &kubeconfig).await;
    eventually("a leader", || async { first.leads().await.then_some(()) }).await;
    let second = Replica::start(&cluster, "replica-b", &cluster.kubeconfig).await;
    proxy.set(Line::Cut);
    eventually("the other replica to lead", || async { second.leads().await.then_some(()) }).await;
    assert!(!first.leads().await);
    target.seen(2).await;
    let mut history = flap(&target).await;
    until_transitions(&cluster, "shop", &history).await;
    proxy.set(Line::Open);
    eventually("the first replica to follow", || async {
        let log = first.log();
        let told = ["this replica follows: replica-b_", "this replica reads no targets any more"];
        told.iter().all(|line| log.contains(line)).then_some(())
    })
    .await;
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    only_reads(&second, &first, &target).await;
    cluster.stop().await;
}

/// Without leader election the write fence always allows writes. Updates that cannot be written are still kept.
async fn standalone_in_an_outage(which: Which) {
    let Some(cluster) = Cluster::start(which, "alone").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let operator = operator(&cluster, client_of_the_program(&kubeconfig).await, None);
    target.seen(2).await;
    proxy.set(Line::Silent);
    until_runs_are_on_time(&target).await;
    let mut history = flap(&target).await;
    proxy.set(Line::Open);
    until_transitions(&cluster, "shop", &history).await;
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// The writes under way, the release of the Lease and a request in progress all hang: the process ends in time nevertheless.
async fn a_stop_in_an_outage(which: Which) {
    let Some(cluster) = Cluster::start(which, "stopped").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let mut replica = Replica::start(&cluster, "replica-a", &kubeconfig).await;
    eventually("a leader", || async { replica.leads().await.then_some(()) }).await;
    target.seen(2).await;
    proxy.set(Line::Silent);
    target.set(false);
    target.seen(3).await;
    let mut half = TcpStream::connect(replica.base.strip_prefix("http://").unwrap()).await.unwrap();
    half.write_all(b"POST /internal/tick HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n").await.unwrap();
    let status = tokio::time::timeout(SHUTDOWN, replica.stop()).await.expect("it ends in time");
    assert!(status.success(), "{status}");
    cluster.stop().await;
}
