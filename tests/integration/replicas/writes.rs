//! What goes over the wire: each write with the version that was read, no storm of requests, nothing written twice.

use super::cluster::{Cluster, Which, operator};
use super::recorder::{Fate, Noted, Recorder};
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
    every_write_carries_what_was_read,
    nothing_is_written_without_a_renewal,
    two_that_both_think_they_lead,
    answers_that_are_lost,
    failures_make_no_storm,
    throttled_and_expired,
);

async fn every_write_carries_what_was_read(which: Which) {
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
    eventually("the acknowledgement to be taken out", || async {
        let finding = cluster.api::<Finding>().get(&finding).await.unwrap();
        let is_resolved = finding.status?.phase == Some(Phase::Resolved);
        (is_resolved && finding.spec.acknowledgement.is_none()).then_some(())
    })
    .await;
    eventually("nothing counted any more", || async {
        let agent = cluster.api::<Agent>().get("pulso").await.unwrap();
        (agent.status?.open_findings == Some(0)).then_some(())
    })
    .await;
    operator.shutdown().await;

    let noted = recorder.noted();
    for request in &noted {
        assert!(request.agent.starts_with("agentic-ops/"), "{request:?}");
        let version = request.body["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        match request.method.as_str() {
            "GET" => {}
            "POST" => {
                let made = ["/findings?", "/leases?", "/events?"];
                assert!(made.iter().any(|kind| format!("{}?", request.path).contains(kind)), "{request:?}");
            }
            // An Event is a record of its own; it is made, and then counted.
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
        ("POST", "/leases"),
        ("PUT", "/leases/agentic-ops"),
        ("POST", "/events"),
    ] {
        assert!(noted.iter().any(|n| n.is(method, path)), "{method} {path} was not seen");
    }
    cluster.stop().await;
}

/// All is well but the lease, which can't be renewed: somebody else may hold it soon.
async fn nothing_is_written_without_a_renewal(which: Which) {
    let Some(cluster) = Cluster::start(which, "unrenewed").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    // Nothing but the renewal has what it finds written: its next run is an hour away.
    let rare = Target::start().await;
    cluster.watch_target_every("1h", "bakery", &rare.url).await;
    let recorder = Recorder::start(&cluster).await;
    let operator = operator(&cluster, recorder.client.clone(), Some(candidate()));
    target.seen(2).await;
    eventually("the rare one to be read", || async { (rare.asked() > 0).then_some(()) }).await;
    recorder.judge(|request| match request.path.contains("/leases") {
        true => Fate::Answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "no".into()),
        false => Fate::Pass,
    });
    eventually("its own doubt", || async { (operator.fence.leadership().as_str() == "uncertain").then_some(()) }).await;
    let before = recorder.noted().len();
    let mut history = vec![(Open, target.set(false))];
    target.seen(3).await;
    history.push((Resolved, target.set(true)));
    let rare_broke = [(Open, rare.set(false))];
    let asked = rare.asked();
    let now =
        Patch::Merge(json!({"metadata": {"annotations": {RUN_REQUESTED_AT: jiff::Timestamp::now().to_string()}}}));
    cluster.api::<Scenario>().patch("bakery", &PatchParams::default(), &now).await.unwrap();
    eventually("the rare one to be read again", || async { (rare.asked() > asked).then_some(()) }).await;
    target.seen(3).await;
    let writes = |n: &&Noted| n.method != "GET" && !n.path.contains("/leases");
    assert!(recorder.noted().iter().skip(before).find(writes).is_none(), "{:?}", recorder.noted());
    recorder.judge(|_| Fate::Pass);
    let renewed = Instant::now();
    until_transitions(&cluster, "bakery", &rare_broke).await;
    assert!(renewed.elapsed() < Duration::from_secs(15), "made up for after {:?}", renewed.elapsed());
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// The worst case for longer than a moment: nobody sees to it that only one leads.
async fn two_that_both_think_they_lead(which: Which) {
    let Some(cluster) = Cluster::start(which, "both").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let both = [(); 2].map(|()| operator(&cluster, cluster.client.clone(), None));
    let mut history = Vec::new();
    for (phase, is_well) in [(Open, false), (Resolved, true), (Open, false), (Resolved, true)] {
        target.seen(3).await;
        history.push((phase, target.set(is_well)));
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

/// What waited is written, and the answer does not arrive: what is tried again is there once.
async fn answers_that_are_lost(which: Which) {
    let Some(cluster) = Cluster::start(which, "lost").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let recorder = Recorder::start(&cluster).await;
    let operator = operator(&cluster, recorder.client.clone(), None);
    target.seen(2).await;
    // First nothing gets through, so that there is something to be written at once.
    recorder.judge(|request| match request.is("PATCH", "/findings/") {
        true => Fate::Answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "no".into()),
        false => Fate::Pass,
    });
    let mut history = Vec::new();
    for (phase, is_well) in [(Open, false), (Resolved, true), (Open, false)] {
        history.push((phase, target.set(is_well)));
        target.seen(3).await;
    }
    let mut lost = 0;
    recorder.judge(move |request| {
        let loses = lost < 2 && request.is("PATCH", "/findings/");
        lost += u32::from(loses);
        if loses { Fate::Lose } else { Fate::Pass }
    });
    until_transitions(&cluster, "shop", &history).await;
    still_transitions(&cluster, &target, "shop", &history).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// An API server in trouble is left in peace.
async fn failures_make_no_storm(which: Which) {
    let Some(cluster) = Cluster::start(which, "storm").await else { return };
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let recorder = Recorder::start(&cluster).await;
    recorder.judge(|_| Fate::Answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "no".into()));
    let operator = operator(&cluster, recorder.client.clone(), Some(candidate()));
    let asked = |plural: &str| -> Vec<Instant> {
        recorder.noted().iter().filter(|n| n.path.contains(plural)).map(|n| n.at).collect()
    };
    // By the last of these bounds that takes five seconds.
    eventually("many tries for the lease", || async { (asked("/leases").len() > 45).then_some(()) }).await;
    for (plural, most) in [("/scenarios", 8), ("/findings", 8), ("/agents", 8), ("/leases", 45)] {
        let asked = asked(plural);
        assert!(!asked.is_empty(), "no request for {plural}");
        for times in asked.windows(most + 1) {
            let span = times[most] - times[0];
            assert!(span >= Duration::from_secs(5), "{} requests for {plural} in {span:?}", most + 1);
        }
    }
    recorder.judge(|_| Fate::Pass);
    eventually("a Finding", || async { (cluster.transitions("shop").await.len() == 1).then_some(()) }).await;
    operator.shutdown().await;
    cluster.stop().await;
}

/// The API server has too much to do, then forgets where the watch was: the operator gets through, and does not storm.
async fn throttled_and_expired(which: Which) {
    let Some(cluster) = Cluster::start(which, "throttled").await else { return };
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let recorder = Recorder::start(&cluster).await;
    let (mut throttled, mut expired) = (0, 0);
    recorder.judge(move |request| {
        let too_many = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 429,
            "reason": "TooManyRequests", "message": "too many requests"});
        if throttled < 12 && !request.path.contains("/leases") {
            throttled += 1;
            return Fate::Answer(StatusCode::TOO_MANY_REQUESTS, &[("retry-after", "1")], too_many.to_string());
        }
        if expired < 3 && request.is_watch_of("scenarios") {
            expired += 1;
            let gone = json!({"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                "code": 410, "reason": "Expired", "message": "too old resource version"}});
            return Fate::Answer(StatusCode::OK, &[("content-type", "application/json")], format!("{gone}\n"));
        }
        Fate::Pass
    });
    let began = Instant::now();
    let operator = operator(&cluster, recorder.client.clone(), Some(candidate()));
    eventually("a Finding", || async { (!cluster.transitions("shop").await.is_empty()).then_some(()) }).await;
    eventually("the watch of Scenarios after all", || async {
        (recorder.noted().iter().filter(|n| n.is_watch_of("scenarios")).count() > 3).then_some(())
    })
    .await;
    // One that is made now is seen, and one that was deleted is gone.
    let other = Target::start().await;
    cluster.watch_target("bakery", &other.url).await;
    other.seen(1).await;
    cluster.api::<Scenario>().delete("shop", &Default::default()).await.unwrap();
    eventually("the Finding of the one that is gone resolved", || async {
        cluster.transitions("shop").await.last().filter(|t| t.0 == Resolved).map(drop)
    })
    .await;
    let asked = recorder.noted().iter().filter(|n| n.method == "GET" && !n.path.contains("/leases")).count();
    let seconds = began.elapsed().as_secs() as usize;
    assert!(asked <= 40 + 3 * seconds, "{asked} requests in {seconds} s");
    operator.shutdown().await;
    cluster.stop().await;
}
