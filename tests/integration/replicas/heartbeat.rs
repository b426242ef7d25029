//! A push monitor is called by the leader, while its writes are stored.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::proxy::Line;
use super::replica::Replica;
use super::target::Target;
use crate::kit::scratch::Scratch;
use crate::kit::wait::{eventually, until};
use crate::kit::{api, operator};
use agentic_ops::channels::heartbeat::Heartbeat;
use agentic_ops::controllers::monitoring::{HeartbeatOptions, SelfMonitoring, StoreError};
use agentic_ops::controllers::{Operator, OperatorConfig};
use agentic_ops::net::guard::{AddressGuard, AddressRules};
use agentic_ops::telemetry::Metrics;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, ResourceExt as _};
use std::sync::Arc;
use std::time::Duration;

on_both!(only_the_leader_calls, nobody_calls_while_the_api_server_is_away, without_an_election_a_write_is_the_proof);

/// The number of calls with this result, according to the metrics.
fn calls(metrics: &str, result: &str) -> u64 {
    let sample = format!("agentic_ops_heartbeats_total{{result=\"{result}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&sample)).map_or(0, |count| count.parse().unwrap())
}

async fn of_replica(replica: &Replica, result: &str) -> u64 {
    replica.get("/metrics").await.map_or(0, |(_, metrics)| calls(&metrics, result))
}

async fn configure(cluster: &Cluster, monitor: &Target) {
    let url = format!("{}push?token=secret-of-the-monitor", monitor.url);
    cluster.configure(&[("AGENTIC_HEARTBEAT_URL", &url), ("AGENTIC_HEARTBEAT_INTERVAL", "1s")]).await;
}

async fn only_the_leader_calls(which: Which) {
    let Some(cluster) = Cluster::start(which, "heartbeat").await else { return };
    let monitor = Target::start().await;
    configure(&cluster, &monitor).await;
    let first = Replica::start(&cluster, "replica-a", &cluster.kubeconfig).await;
    eventually("a leader", || async { first.leads().await.then_some(()) }).await;
    let second = Replica::start(&cluster, "replica-b", &cluster.kubeconfig).await;
    // A call is counted once it was answered.
    eventually("calls of the leader", || async { (of_replica(&first, "sent").await >= 4).then_some(()) }).await;
    for result in ["sent", "failed", "withheld"] {
        assert_eq!(of_replica(&second, result).await, 0, "{result} by the replica that follows");
    }
    first.signal("-TERM");
    eventually("the other replica to call", || async { (of_replica(&second, "sent").await >= 2).then_some(()) }).await;
    // An answer that is no success is a failed call, and logged without the address.
    monitor.set(false);
    eventually("failed calls", || async { (of_replica(&second, "failed").await >= 2).then_some(()) }).await;
    let log = second.log();
    assert_eq!(log.matches("the monitor answered with status 500").count(), 1, "{log}");
    assert!(!log.contains("secret-of-the-monitor") && !log.contains("/push"), "{log}");
    cluster.stop().await;
}

async fn nobody_calls_while_the_api_server_is_away(which: Which) {
    let Some(cluster) = Cluster::start(which, "heartbeat-away").await else { return };
    let (monitor, target) = (Target::start().await, Target::start().await);
    configure(&cluster, &monitor).await;
    cluster.watch_target("shop", &target.url).await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let replica = Replica::start(&cluster, "replica-a", &kubeconfig).await;
    monitor.seen(2).await;
    proxy.set(Line::Silent);
    replica.until("/metrics", 200, "agentic_ops_leading 0").await;
    // A call may be under way.
    target.seen(3).await;
    let before = monitor.requests();
    target.seen(4).await;
    assert_eq!(monitor.requests(), before, "the targets are still read, and the monitor is not called");
    proxy.set(Line::Open);
    monitor.seen(2).await;
    cluster.stop().await;
}

/// An operator in this process that calls the monitor every second.
fn start(
    client: Client,
    namespace: &str,
    monitor: &Target,
    store_error: Option<StoreError>,
) -> (Operator, Arc<Metrics>) {
    let heartbeat = HeartbeatOptions {
        monitor: Arc::new(Heartbeat::new(&monitor.url, AddressGuard::new(AddressRules::default()))),
        interval: Duration::from_secs(1),
    };
    let config = operator::config(client, namespace, None);
    let metrics = config.metrics.clone();
    let monitoring = SelfMonitoring { heartbeat: Some(heartbeat), store_error, ..SelfMonitoring::default() };
    (Operator::start(OperatorConfig { monitoring, ..config }), metrics)
}

/// There is no Scenario, so that nothing else is written.
async fn without_an_election_a_write_is_the_proof(which: Which) {
    let Some(cluster) = Cluster::start(which, "heartbeat-alone").await else { return };
    let monitor = Target::start().await;
    let (proxy, kubeconfig) = cluster.behind_a_proxy("a").await;
    let client = api::client_of_the_program(&kubeconfig).await;
    let (operator, metrics) = start(client, &cluster.namespace, &monitor, None);
    monitor.seen(3).await;
    proxy.set(Line::Cut);
    until("a call that is withheld", async || calls(&metrics.encode(), "withheld") >= 1).await;
    let before = monitor.requests();
    until("further ones", async || calls(&metrics.encode(), "withheld") >= 5).await;
    assert_eq!(monitor.requests(), before);
    proxy.set(Line::Open);
    monitor.seen(2).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// The embedded store says that it can't be written, though small writes may still succeed.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_calls_while_the_disk_is_full() {
    let (scratch, monitor) = (Scratch::new("heartbeat-full"), Target::start().await);
    let running = api::embedded_with_pages_max(&scratch.0, 1_500).await;
    let store = running.store.clone();
    let client = api::client_of_the_program(&running.kubeconfig_path).await;
    let store_error: StoreError = Arc::new(move || store.state().write_error);
    let (operator, metrics) = start(client.clone(), api::NAMESPACE, &monitor, Some(store_error));
    monitor.seen(2).await;
    let objects: Api<ConfigMap> = Api::namespaced(client, api::NAMESPACE);
    let mut made = 0;
    loop {
        let mut large = ConfigMap { data: Some([("key".into(), "x".repeat(200_000))].into()), ..ConfigMap::default() };
        large.metadata.name = Some(format!("c{made}"));
        match objects.create(&Default::default(), &large).await {
            Ok(created) => assert!(created.name_any() == format!("c{made}") && made < 1_000),
            Err(_) => break,
        }
        made += 1;
    }
    until("a call that is withheld", async || calls(&metrics.encode(), "withheld") >= 1).await;
    let before = monitor.requests();
    until("further ones", async || calls(&metrics.encode(), "withheld") >= 5).await;
    assert_eq!(monitor.requests(), before);
    for number in 0..made {
        objects.delete(&format!("c{number}"), &Default::default()).await.unwrap();
    }
    monitor.seen(2).await;
    operator.shutdown().await;
    running.shutdown().await;
}
