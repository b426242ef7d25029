//! The API does not answer for longer than the lease.

use super::cluster::{Cluster, Which, operator};
use super::proxy::Line;
use super::replica::Replica;
use super::target::Target;
use super::{on_both, only_reads, still_transitions, until_transitions};
use crate::kit::api::client_of_the_program;
use crate::kit::wait::eventually;
use agentic_ops::api::Phase::{self, Open, Resolved};

on_both!(cut_off_alone, cut_off_in_silence, cut_off_and_overtaken, standalone_in_an_outage);

/// Breaks, heals and breaks again, each for three runs, a second apart: seen, and no two changes in one second.
async fn flap(target: &Target) -> Vec<(Phase, i64)> {
    let mut history = Vec::new();
    for (phase, is_well) in [(Open, false), (Resolved, true), (Open, false)] {
        history.push((phase, target.set(is_well)));
        target.seen(3).await;
    }
    history
}

/// The first run without an API waits for settings up to a second, and the next ones no more: their times are those of their reads.
async fn until_it_reads_alone(target: &Target) {
    target.seen(2).await;
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
    // Its time is over by its own clock.
    replica.until("/metrics", 200, "agentic_ops_leading 0").await;
    until_it_reads_alone(&target).await;
    let mut history = flap(&target).await;
    assert_eq!(cluster.transitions("shop").await, [], "nothing can have been written");
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
    still_transitions(&cluster, &target, "shop", &history).await;
    only_reads(&second, &first, &target).await;
    cluster.stop().await;
}

/// With no other replica there is no lease, and the gate is always open: what can't be written waits all the same.
async fn standalone_in_an_outage(which: Which) {
    let Some(cluster) = Cluster::start(which, "alone").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let operator = operator(&cluster, client_of_the_program(&kubeconfig).await, None);
    target.seen(2).await;
    proxy.set(Line::Silent);
    until_it_reads_alone(&target).await;
    let mut history = flap(&target).await;
    proxy.set(Line::Open);
    until_transitions(&cluster, "shop", &history).await;
    history.push((Resolved, target.set(true)));
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    operator.shutdown().await;
    cluster.stop().await;
}
