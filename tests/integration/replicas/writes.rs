//! Requests to the API server: writes contain the resource version that was read, are not repeated, and retries are limited.

use super::cluster::{Cluster, Which, operator};
use super::recorder::{Handling, Recorded, Recorder};
use super::target::Target;
use super::{on_both, still_transitions, until_transitions};
use crate::kit::operator::candidate;
use crate::kit::wait::eventually;
use agentic_ops::api::Phase::{Acknowledged, Open, Resolved};
use agentic_ops::api::{Agent, Finding, Phase, RUN_REQUESTED_AT, Scenario};
use axum::http::StatusCode;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;
use std::time::{Duration, Instant};

on_both!(
    writes_contain_the_version_that_was_read,
    nothing_is_written_without_a_renewed_lease,
    two_replicas_write_at_the_same_time,
    lost_responses,
    retries_are_limited,
    throttled_and_expired,
);

async fn writes_contain_the_version_that_was_read(which: Which) {
    let Some(cluster) = Cluster::start(which, "writes").await else { return };
    let target = Target::start().await;
    let recorder = Recorder::start(&cluster).await;
    let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent", "metadata": {"name": "pulso"},
        "spec": {"id": "A1", "displayName": "Pulso", "codename": "node_health", "tier": "T0"}});
    let agent: Agent = serde_json::from_value(agent).unwrap();
    cluster.api().create(&PostParams::default(), &agent).await.unwrap();
    cluster.watch_target("shop", &target.url).await;
    let operator = operator(&cluster, recorder.client.clone(), Some(candidate()));

    target.set(false);
    let finding = agentic_ops::domain::fingerprint::finding_name("shop", "status", "");
    eventually("a Finding", || async { (cluster.transitions("shop").await.len() == 1).then_some(()) }).await;
    let known = Patch::Merge(json!({"spec": {"acknowledgement": {"by": "ana"}}}));
    cluster.api::<Finding>().patch(&finding, &PatchParams::default(), &known).await.unwrap();
    eventually("the acknowledgement", || async {
        cluster.transitions("shop").await.last().filter(|t| t.0 == Acknowledged).map(drop)
    })
    .await;
    target.set(true);
    eventually("the acknowledgement to be removed", || async {
        let finding = cluster.api::<Finding>().get(&finding).await.unwrap();
        let is_resolved = finding.status?.phase == Some(Phase::Resolved);
        (is_resolved && finding.spec.acknowledgement.is_none()).then_some(())
    })
    .await;
    eventually("the Agent to have no open Findings", || async {
        let agent = cluster.api::<Agent>().get("pulso").await.unwrap();
        (agent.status?.open_findings == Some(0)).then_some(())
    })
    .await;
    operator.shutdown().await;

    let requests = recorder.requests();
    for request in &requests {
        assert!(request.agent.starts_with("agentic-ops/"), "{request:?}");
        let version = request.body["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        match request.method.as_str() {
            "GET" => {}
            "POST" => {
                let made = ["/findings?", "/threads?", "/messages?", "/leases?", "/events?"];
                assert!(made.iter().any(|kind| format!("{}?", request.path).contains(kind)), "{request:?}");
            }
            // Events are created, then patched with a count without a resource version.
            _ if request.path.contains("/events/") => {}
            "PATCH" | "PUT" => assert!(!version.is_empty(), "{request:?}"),
            _ => panic!("{request:?}"),
        }
    }
    for (method, path) in [
        ("POST", "/findings"),
        ("PATCH", &*format!("/findings/{finding}/status")),
        ("PATCH", &*format!("/findings/{finding}?")),
        ("PATCH", "/scenarios/shop/status"),
        ("PATCH", "/agents/pulso/status"),
        ("POST", "/threads"),
        ("POST", "/messages"),
        ("POST", "/leases"),
        ("PUT", "/leases/agentic-ops"),
        ("POST", "/events"),
    ] {
        assert!(requests.iter().any(|r| r.is(method, path)), "no request {method} {path}");
    }
    cluster.stop().await;
}

/// If the Lease cannot be renewed, another replica may take it, so nothing is written.
async fn nothing_is_written_without_a_renewed_lease(which: Which) {
    let Some(cluster) = Cluster::start(which, "unrenewed").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    // Its next run is in an hour, so only the renewal of the Lease can cause the write of its result.
    let rare = Target::start().await;
    cluster.watch_target_every("1h", "bakery", &rare.url).await;
    let recorder = Recorder::start(&cluster).await;
    let operator = operator(&cluster, recorder.client.clone(), Some(candidate()));
    target.seen(2).await;
    eventually("the rarely read target to be read", || async { (rare.requests() > 0).then_some(()) }).await;
    recorder.handle(|request| match request.path.contains("/leases") {
        true => Handling::Answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "no".into()),
        false => Handling::Pass,
    });
    eventually("uncertain leadership", || async {
        (operator.fence.leadership().as_str() == "uncertain").then_some(())
    })
    .await;
    // What it began to write before has arrived.
    target.seen(1).await;
    let before = recorder.requests().len();
    let mut history = vec![(Open, target.set(false))];
    target.seen(3).await;
    history.push((Resolved, target.set(true)));
    let rare_broke = [(Open, rare.set(false))];
    let reads = rare.requests();
    let now =
        Patch::Merge(json!({"metadata": {"annotations": {RUN_REQUESTED_AT: jiff::Timestamp::now().to_string()}}}));
    cluster.api::<Scenario>().patch("bakery", &PatchParams::default(), &now).await.unwrap();
    eventually("the rarely read target to be read again", || async { (rare.requests() > reads).then_some(()) }).await;
    target.seen(3).await;
    let writes = |n: &&Recorded| n.method != "GET" && !n.path.contains("/leases");
    assert!(recorder.requests().iter().skip(before).find(writes).is_none(), "{:?}", recorder.requests());
    recorder.handle(|_| Handling::Pass);
    let renewed = Instant::now();
    until_transitions(&cluster, "bakery", &rare_broke).await;
    assert!(renewed.elapsed() < Duration::from_secs(15), "pending update written after {:?}", renewed.elapsed());
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// Two operators without leader election, which both write: no transition is lost or written twice.
async fn two_replicas_write_at_the_same_time(which: Which) {
    let Some(cluster) = Cluster::start(which, "both").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let both = [(); 2].map(|()| operator(&cluster, cluster.client.clone(), None));
    let mut history = Vec::new();
    for (phase, is_healthy) in [(Open, false), (Resolved, true), (Open, false), (Resolved, true)] {
        target.seen(3).await;
        history.push((phase, target.set(is_healthy)));
        until_transitions(&cluster, "shop", &history).await;
    }
    still_transitions(&cluster, &target, "shop", &history).await;
    let name = agentic_ops::domain::fingerprint::finding_name("shop", "status", "");
    let status = cluster.api::<Finding>().get(&name).await.unwrap().status.unwrap();
    assert_eq!(status.occurrences, Some(2));
    for operator in both {
        operator.shutdown().await;
    }
    cluster.stop().await;
}

/// The responses for pending updates are lost: the retries do not write transitions twice.
async fn lost_responses(which: Which) {
    let Some(cluster) = Cluster::start(which, "lost").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let recorder = Recorder::start(&cluster).await;
    let operator = operator(&cluster, recorder.client.clone(), None);
    target.seen(2).await;
    // First all writes fail, so that several updates are pending.
    recorder.handle(|request| match request.is("PATCH", "/findings/") {
        true => Handling::Answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "no".into()),
        false => Handling::Pass,
    });
    let mut history = Vec::new();
    for (phase, is_healthy) in [(Open, false), (Resolved, true), (Open, false)] {
        history.push((phase, target.set(is_healthy)));
        target.seen(3).await;
    }
    let mut lost = 0;
    recorder.handle(move |request| {
        let loses = lost < 2 && request.is("PATCH", "/findings/");
        lost += u32::from(loses);
        if loses { Handling::Lose } else { Handling::Pass }
    });
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// The operator does not overload an API server that returns errors.
async fn retries_are_limited(which: Which) {
    let Some(cluster) = Cluster::start(which, "retries").await else { return };
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let recorder = Recorder::start(&cluster).await;
    recorder.handle(|_| Handling::Answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "no".into()));
    let operator = operator(&cluster, recorder.client.clone(), Some(candidate()));
    let requests = |plural: &str| -> Vec<Instant> {
        recorder.requests().iter().filter(|n| n.path.contains(plural)).map(|n| n.at).collect()
    };
    // With the limit for Leases below, these take at least five seconds.
    eventually("many attempts for the Lease", || async { (requests("/leases").len() > 45).then_some(()) }).await;
    for (plural, most) in [("/scenarios", 8), ("/findings", 8), ("/agents", 8), ("/leases", 45)] {
        let requests = requests(plural);
        assert!(!requests.is_empty(), "no request for {plural}");
        for times in requests.windows(most + 1) {
            let span = times[most] - times[0];
            assert!(span >= Duration::from_secs(5), "{} requests for {plural} in {span:?}", most + 1);
        }
    }
    recorder.handle(|_| Handling::Pass);
    eventually("a Finding", || async { (cluster.transitions("shop").await.len() == 1).then_some(()) }).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// The API server throttles requests, and then the version of a watch expires: the operator recovers with a limited number of
/// requests.
async fn throttled_and_expired(which: Which) {
    let Some(cluster) = Cluster::start(which, "throttled").await else { return };
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let recorder = Recorder::start(&cluster).await;
    let (mut throttled, mut expired) = (0, 0);
    recorder.handle(move |request| {
        let too_many = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 429,
            "reason": "TooManyRequests", "message": "too many requests"});
        if throttled < 12 && !request.path.contains("/leases") {
            throttled += 1;
            return Handling::Answer(StatusCode::TOO_MANY_REQUESTS, &[("retry-after", "1")], too_many.to_string());
        }
        if expired < 3 && request.is_watch_of("scenarios") {
            expired += 1;
            let gone = json!({"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                "code": 410, "reason": "Expired", "message": "too old resource version"}});
            return Handling::Answer(StatusCode::OK, &[("content-type", "application/json")], format!("{gone}\n"));
        }
        Handling::Pass
    });
    let began = Instant::now();
    let operator = operator(&cluster, recorder.client.clone(), Some(candidate()));
    eventually("a Finding", || async { (!cluster.transitions("shop").await.is_empty()).then_some(()) }).await;
    eventually("the watch of Scenarios", || async {
        (recorder.requests().iter().filter(|n| n.is_watch_of("scenarios")).count() > 3).then_some(())
    })
    .await;
    // A created Scenario is run, and the Finding of a deleted one resolves.
    let other = Target::start().await;
    cluster.watch_target("bakery", &other.url).await;
    other.seen(1).await;
    cluster.api::<Scenario>().delete("shop", &Default::default()).await.unwrap();
    eventually("the Finding of the deleted Scenario to resolve", || async {
        cluster.transitions("shop").await.last().filter(|t| t.0 == Resolved).map(drop)
    })
    .await;
    let requests = recorder.requests().iter().filter(|n| n.method == "GET" && !n.path.contains("/leases")).count();
    let seconds = began.elapsed().as_secs() as usize;
    assert!(requests <= 40 + 3 * seconds, "{requests} requests in {seconds} s");
    operator.shutdown().await;
    cluster.stop().await;
}
