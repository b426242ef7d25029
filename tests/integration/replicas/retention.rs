//! What is finished and too old, or too much, is removed; a target makes only so many Findings.

use super::cluster::{Cluster, Which, operator, operator_with};
use super::on_both;
use super::recorder::Recorder;
use crate::kit::operator::candidate;
use crate::kit::settings::nowhere;
use crate::kit::wait::eventually;
use agentic_ops::api::{Action, Finding, Message, Phase, Scenario, Thread};
use agentic_ops::controllers::context::Limits;
use agentic_ops::domain::fingerprint::{finding_name, finding_spec};
use agentic_ops::domain::keys::KeyLimits;
use agentic_ops::domain::retention::RetentionLimits;
use jiff::{SignedDuration, Timestamp};
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

on_both!(
    what_is_finished_is_removed_by_age_and_by_number,
    a_target_that_gives_new_keys_each_time_makes_only_so_many_findings,
);

/// Two finished objects of each kind, an hour at most.
fn two_of_each() -> Limits {
    let retention = RetentionLimits { age: Duration::from_secs(3600), objects_max: 2, actions_max: 2 };
    Limits { retention, ..nowhere(&[]).limits() }
}

/// Creates an object with a status.
async fn create<K>(cluster: &Cluster, kind: &str, name: &str, spec: Value, status: Value)
where
    K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    K: Clone + std::fmt::Debug + DeserializeOwned + serde::Serialize,
{
    let api: Api<K> = cluster.api();
    let object =
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec});
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await.unwrap();
}

/// A Finding in this phase, resolved so many minutes ago.
async fn finding(cluster: &Cluster, check: &str, phase: &str, minutes: i64) {
    let at = (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes)).to_string();
    let spec = serde_json::to_value(finding_spec("shop", check, "")).unwrap();
    let mut status = json!({"observedGeneration": 1, "phase": phase, "openedAt": at});
    if phase == "Resolved" {
        status["resolvedAt"] = at.into();
    }
    create::<Finding>(cluster, "Finding", &finding_name("shop", check, ""), spec, status).await;
}

async fn thread(cluster: &Cluster, name: &str, closed: bool) {
    let spec = json!({"subject": name, "agent": "pulso", "closed": closed});
    create::<Thread>(cluster, "Thread", name, spec, json!({})).await;
}

/// Lets an operator write the statuses of Threads and Messages: what is changed is not removed.
async fn settled(cluster: &Cluster, threads: &[&str]) {
    let operator = operator(cluster, cluster.client.clone(), Some(candidate()));
    for name in threads {
        eventually("the statuses of Messages", || async {
            let selected = ListParams::default().fields(&format!("spec.thread={name}"));
            let messages = cluster.api::<Message>().list(&selected).await.unwrap();
            let is_placed = |m: &Message| m.status.as_ref().is_some_and(|status| status.sequence.is_some());
            messages.iter().all(is_placed).then_some(())
        })
        .await;
    }
    operator.shutdown().await;
}

async fn message(cluster: &Cluster, thread: &str, name: &str, needs_ack: bool) {
    // Of an Agent: one of a person would be answered.
    let author = json!({"kind": "agent", "name": "pulso"});
    let spec = json!({"thread": thread, "author": author, "body": "x", "needsAck": needs_ack});
    create::<Message>(cluster, "Message", name, spec, json!({})).await;
}

async fn action(cluster: &Cluster, name: &str) {
    let spec = json!({"verb": "run", "subject": {"kind": "Scenario", "name": "shop"},
        "actor": {"name": "ana", "via": "rest"}});
    create::<Action>(cluster, "Action", name, spec, json!({"result": "done"})).await;
}

async fn names<K>(cluster: &Cluster) -> Vec<String>
where
    K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    K: Clone + std::fmt::Debug + DeserializeOwned,
{
    cluster.api::<K>().list(&Default::default()).await.unwrap().iter().map(ResourceExt::name_any).collect()
}

async fn what_is_finished_is_removed_by_age_and_by_number(which: Which) {
    let Some(cluster) = Cluster::start(which, "retention").await else { return };
    // A suspended Scenario with these checks, so that their Findings stay open.
    let check = |name: &str| json!({"name": name, "expect": "true"});
    let spec = json!({"title": "shop", "agent": "pulso", "severity": "high", "suspend": true,
        "probes": [{"name": "web", "http": {"url": "http://127.0.0.1:9/"}}],
        "checks": [check("open"), check("known")]});
    create::<Scenario>(&cluster, "Scenario", "shop", spec, json!({})).await;
    for (check, phase, minutes) in [
        ("old", "Resolved", 61),
        ("third", "Resolved", 30),
        ("second", "Resolved", 20),
        ("first", "Resolved", 10),
        ("open", "Open", 999),
        ("known", "Acknowledged", 999),
    ] {
        finding(&cluster, check, phase, minutes).await;
    }
    for (name, closed) in
        [("a-closed", true), ("b-pending", true), ("c-closed", true), ("d-open", false), ("e-closed", true)]
    {
        thread(&cluster, name, closed).await;
        message(&cluster, name, &format!("{name}-1"), name == "b-pending").await;
        message(&cluster, name, &format!("{name}-2"), false).await;
    }
    for name in ["run-a", "run-b", "run-c"] {
        action(&cluster, name).await;
    }
    settled(&cluster, &["a-closed", "b-pending", "c-closed", "d-open", "e-closed"]).await;
    let recorder = Recorder::start(&cluster).await;
    let operator = operator_with(&cluster, recorder.client.clone(), Some(candidate()), two_of_each());
    // Actions are the last that are looked at.
    eventually("the oldest Action to be removed", || async {
        (names::<Action>(&cluster).await.len() == 2).then_some(())
    })
    .await;
    operator.shutdown().await;

    assert_eq!(names::<Action>(&cluster).await, ["run-b", "run-c"]);
    let mut kept: Vec<String> =
        ["first", "known", "open", "second"].map(|check| finding_name("shop", check, "")).into();
    kept.sort();
    assert_eq!(names::<Finding>(&cluster).await, kept);
    // Four Messages of closed Threads are two too many.
    let mut threads = names::<Thread>(&cluster).await;
    // Active Findings have Threads of their own.
    threads.retain(|name| !name.starts_with("shop-"));
    assert_eq!(threads, ["b-pending", "d-open", "e-closed"]);
    let mut messages = names::<Message>(&cluster).await;
    messages.retain(|name| !name.starts_with("shop-"));
    assert_eq!(messages, ["b-pending-1", "b-pending-2", "d-open-1", "d-open-2", "e-closed-1", "e-closed-2"]);
    let deletions: Vec<_> = recorder.requests().into_iter().filter(|request| request.method == "DELETE").collect();
    assert_eq!(deletions.len(), 2 + 2 + 4 + 1);
    for request in deletions {
        let preconditions = &request.body["preconditions"];
        assert!(preconditions["uid"].is_string() && preconditions["resourceVersion"].is_string(), "{request:?}");
    }
    cluster.stop().await;
}

/// Only of the embedded server: a real one has no such Thread.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_cannot_be_decoded_keeps_itself_and_its_messages_only() {
    let mut cluster = Cluster::start(Which::Embedded, "retention-undecodable").await.unwrap();
    for name in ["a-closed", "b-undecodable", "c-closed", "d-closed"] {
        thread(&cluster, name, true).await;
        message(&cluster, name, &format!("{name}-1"), false).await;
    }
    for name in ["run-a", "run-b", "run-c"] {
        action(&cluster, name).await;
    }
    let address = cluster.stop_embedded().await;
    let database = rusqlite::Connection::open(cluster.scratch.0.join("api/controlplane.db")).unwrap();
    let change = "UPDATE objects SET json = json_set(json, '$.spec.closed', 'yes') WHERE name = 'b-undecodable'";
    assert_eq!(database.execute(change, []).unwrap(), 1);
    // Without a Thread it would be too old.
    let age = "UPDATE objects SET json = json_set(json, '$.metadata.creationTimestamp', '2026-01-01T00:00:00Z')
        WHERE name = 'b-undecodable-1'";
    assert_eq!(database.execute(age, []).unwrap(), 1);
    drop(database);
    cluster.restart_embedded(address).await;
    settled(&cluster, &["a-closed", "c-closed", "d-closed"]).await;
    let operator = operator_with(&cluster, cluster.client.clone(), Some(candidate()), two_of_each());
    // Actions are the last that are looked at.
    eventually("the oldest Action to be removed", || async {
        (names::<Action>(&cluster).await.len() == 2).then_some(())
    })
    .await;
    operator.shutdown().await;
    let metadata = cluster.api::<Thread>().list_metadata(&Default::default()).await.unwrap();
    let threads: Vec<_> = metadata.iter().map(ResourceExt::name_any).collect();
    // It counts as open: of the three that are closed, the oldest is one too many.
    assert_eq!(threads, ["b-undecodable", "c-closed", "d-closed"]);
    assert_eq!(names::<Message>(&cluster).await, ["b-undecodable-1", "c-closed-1", "d-closed-1"]);
    cluster.stop().await;
}

/// Only of the embedded server, which lets a test change when a Message was created.
#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_deleted_thread_are_removed_after_an_hour() {
    let mut cluster = Cluster::start(Which::Embedded, "retention-orphans").await.unwrap();
    for name in ["kept", "deleted"] {
        thread(&cluster, name, false).await;
        for (message_name, needs_ack) in [("old", false), ("pending", true), ("young", true)] {
            message(&cluster, name, &format!("{name}-{message_name}"), needs_ack).await;
        }
    }
    for name in ["run-a", "run-b", "run-c"] {
        action(&cluster, name).await;
    }
    cluster.api::<Thread>().delete("deleted", &Default::default()).await.unwrap();
    let address = cluster.stop_embedded().await;
    let database = rusqlite::Connection::open(cluster.scratch.0.join("api/controlplane.db")).unwrap();
    let created = (Timestamp::now() - SignedDuration::from_mins(61)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let age = "UPDATE objects SET json = json_set(json, '$.metadata.creationTimestamp', ?1)
        WHERE name LIKE '%-old' OR name LIKE '%-pending'";
    assert_eq!(database.execute(age, [created]).unwrap(), 4);
    drop(database);
    cluster.restart_embedded(address).await;
    settled(&cluster, &["kept"]).await;
    let operator = operator_with(&cluster, cluster.client.clone(), Some(candidate()), two_of_each());
    // Actions are the last that are looked at.
    eventually("the oldest Action to be removed", || async {
        (names::<Action>(&cluster).await.len() == 2).then_some(())
    })
    .await;
    operator.shutdown().await;
    assert_eq!(names::<Message>(&cluster).await, ["deleted-young", "kept-old", "kept-pending", "kept-young"]);
    cluster.stop().await;
}

/// A target whose list has other items each time.
async fn new_keys() -> String {
    let answers = Arc::new(AtomicUsize::new(0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(move || {
        let answer = answers.fetch_add(1, SeqCst);
        async move { axum::Json((0..4).map(|item| format!("item-{answer}-{item}")).collect::<Vec<_>>()) }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn a_target_that_gives_new_keys_each_time_makes_only_so_many_findings(which: Which) {
    let Some(cluster) = Cluster::start(which, "keys").await else { return };
    let spec = json!({"title": "shop", "agent": "pulso", "severity": "high", "interval": "1s",
        "thresholds": {"fail": 1, "recover": 1},
        "probes": [{"name": "web", "http": {"url": new_keys().await}}],
        "checks": [{"name": "none", "forEach": "probes.web.json", "expect": "false"}]});
    create::<Scenario>(&cluster, "Scenario", "shop", spec, json!({})).await;
    let keys = KeyLimits { findings_per_check: 20, new_keys_per_hour: 6 };
    let limits = Limits { keys, ..nowhere(&[]).limits() };
    let operator = operator_with(&cluster, cluster.client.clone(), Some(candidate()), limits);
    let surplus = finding_name("shop", "none", "");
    let status = eventually("the Finding that counts", || async {
        cluster.api::<Finding>().get_opt(&surplus).await.unwrap()?.status.filter(|status| status.phase.is_some())
    })
    .await;
    assert_eq!(status.phase, Some(Phase::Open));
    // Of the second run two more could be new, then none.
    assert!(status.message.as_deref().unwrap_or_default().starts_with("none: 2 "), "{:?}", status.message);
    assert_eq!(status.title.as_deref(), Some("shop: itens sem ocorrência própria"));
    eventually("everything else to be resolved", || async {
        let findings = cluster.api::<Finding>().list(&Default::default()).await.unwrap();
        let is_open = |finding: &&Finding| finding.status.as_ref().is_none_or(|status| status.is_unresolved());
        let open: Vec<String> = findings.iter().filter(is_open).map(ResourceExt::name_any).collect();
        assert!(findings.items.len() <= 7, "{} Findings", findings.items.len());
        (findings.items.len() == 7 && open == [surplus.clone()]).then_some(())
    })
    .await;
    cluster.api::<Scenario>().delete("shop", &Default::default()).await.unwrap();
    eventually("the count to be resolved", || async {
        let status = cluster.api::<Finding>().get(&surplus).await.unwrap().status?;
        (status.phase == Some(Phase::Resolved)).then_some(())
    })
    .await;
    operator.shutdown().await;
    cluster.stop().await;
}
