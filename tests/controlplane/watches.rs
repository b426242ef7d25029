//! Watches: no event is missing or sent twice.

use super::server::{CONFIGMAPS, SCENARIOS, Server, configmap, scenario, version};
use crate::kit::scratch::Scratch;
use crate::kit::wait::until;
use agentic_ops::controlplane::{Limits, Reached};
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn event(type_: &str, name: &str) -> (String, String) {
    (type_.to_string(), name.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_continues_from_the_version_of_a_list() {
    let server = Server::any().await;
    server.post(CONFIGMAPS, &configmap("before", "x")).await;
    let from = version(&server.get(CONFIGMAPS).await.body);
    server.post(CONFIGMAPS, &configmap("between", "x")).await;
    let mut watch = server.watch(&format!("{CONFIGMAPS}?watch=true&resourceVersion={from}")).await;
    assert_eq!(watch.next_name().await, event("ADDED", "between"));
    server.merge(&format!("{CONFIGMAPS}/before"), &json!({"data": {"key": "y"}})).await;
    assert_eq!(watch.next_name().await, event("MODIFIED", "before"));
    let last = server.get(&format!("{CONFIGMAPS}/before")).await;
    server.delete(&format!("{CONFIGMAPS}/before")).await;
    let deleted = watch.next().await.unwrap();
    assert_eq!(deleted["type"], "DELETED");
    assert!(version(&deleted["object"]) > version(&last.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_enter_and_leave_a_selection() {
    let server = Server::any().await;
    let path = format!("{SCENARIOS}/portal");
    server.post(SCENARIOS, &scenario("portal")).await;
    let from = version(&server.get(SCENARIOS).await.body);
    let query = format!("watch=1&resourceVersion={from}");
    let mut low = server.watch(&format!("{SCENARIOS}?{query}&fieldSelector=spec.severity%3Dlow")).await;
    let mut high = server.watch(&format!("{SCENARIOS}?{query}&fieldSelector=spec.severity%3Dhigh")).await;
    let changed = server.merge(&path, &json!({"spec": {"severity": "low"}})).await;
    assert_eq!(low.next_name().await, event("ADDED", "portal"));
    let gone = high.next().await.unwrap();
    assert_eq!(gone["type"], "DELETED");
    assert_eq!(gone["object"]["spec"]["severity"], "high", "the last selected state of the object");
    assert_eq!(version(&gone["object"]), version(&changed.body));
    server.merge(&path, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(low.next_name().await, event("MODIFIED", "portal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streaming_list_ends_with_its_bookmark() {
    let server = Server::any().await;
    server.post(CONFIGMAPS, &configmap("a", "x")).await;
    server.post(CONFIGMAPS, &configmap("b", "x")).await;
    let query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    let mut watch = server.watch(&format!("{CONFIGMAPS}?{query}")).await;
    assert_eq!(watch.next_name().await, event("ADDED", "a"));
    assert_eq!(watch.next_name().await, event("ADDED", "b"));
    let bookmark = watch.next().await.unwrap();
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark.pointer("/object/metadata/annotations/k8s.io~1initial-events-end"), Some(&json!("true")));
    server.post(CONFIGMAPS, &configmap("c", "x")).await;
    assert_eq!(watch.next_name().await, event("ADDED", "c"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_at_its_timeout_from_which_version_to_go_on() {
    let server = Server::embedded().await;
    let query = "watch=true&allowWatchBookmarks=true&timeoutSeconds=1";
    let from = version(&server.get(SCENARIOS).await.body);
    let mut watch = server.watch(&format!("{SCENARIOS}?{query}&resourceVersion={from}")).await;
    let other = server.post(CONFIGMAPS, &configmap("a", "x")).await;
    let last = watch.next().await.unwrap();
    assert_eq!(last["type"], "BOOKMARK");
    assert!(version(&last["object"]) >= version(&other.body), "{last}");
    assert_eq!(watch.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_at_its_timeout_and_with_the_server() {
    let server = Server::embedded().await;
    let mut short = server.watch(&format!("{CONFIGMAPS}?watch=true&timeoutSeconds=1")).await;
    assert_eq!(short.next().await, None);
    let mut long = server.watch(&format!("{CONFIGMAPS}?watch=true")).await;
    let (_dir, _client) = server.stop().await;
    assert_eq!(long.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_from_an_expired_version_fails() {
    let server = Server::embedded().await;
    let from = version(&server.get(CONFIGMAPS).await.body);
    let server = server.restart().await;
    server.post(CONFIGMAPS, &configmap("a", "x")).await;
    let mut watch = server.watch(&format!("{CONFIGMAPS}?watch=true&resourceVersion={}", from - 1)).await;
    let event = watch.next().await.unwrap();
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)), "{event}");
    assert_eq!(event["object"]["reason"], "Expired");
    assert_eq!(watch.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_disconnected_and_does_not_block_writes() {
    // Its connection stays open, so that it can still read the error.
    let mut limits = Limits::default();
    limits.listener.transfer_timeout = Duration::from_secs(600);
    let server = Server::with_limits(Scratch::new("controlplane"), limits, Arc::new(|_, _| {})).await;
    let from = version(&server.get(CONFIGMAPS).await.body);
    let mut slow = server.watch(&format!("{CONFIGMAPS}?watch=true&resourceVersion={from}")).await;
    let large = "x".repeat(8 << 10);
    server.post(CONFIGMAPS, &configmap("busy", "x")).await;
    for round in 0..150 {
        let writes = (0..64).map(|i| {
            let body = json!({"data": {"key": format!("{round}.{i}{large}")}});
            let server = &server;
            async move { server.merge(&format!("{CONFIGMAPS}/busy"), &body).await.code }
        });
        let codes = futures::future::join_all(writes).await;
        assert!(codes.iter().all(|code| code.is_success()));
    }
    // The events that were already sent are followed by an error.
    let mut last = None;
    while let Some(event) = slow.next().await {
        last = Some(event);
    }
    assert_eq!(last.unwrap()["object"]["code"], 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_expire_and_watches_see_them_deleted() {
    const EVENTS: &str = "/api/v1/namespaces/agentic-ops/events";
    let server = Server::with_event_ttl(Duration::from_secs(1)).await;
    let involved = json!({"kind": "Scenario", "namespace": "agentic-ops", "name": "portal"});
    let created = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": involved,
        "reason": "Opened", "message": "x", "type": "Normal"});
    let from = version(&server.get(EVENTS).await.body);
    server.post(CONFIGMAPS, &configmap("a", "x")).await;
    let mut core = server.watch(&format!("{EVENTS}?watch=true&resourceVersion={from}")).await;
    let group = EVENTS.replace("/api/v1/", "/apis/events.k8s.io/v1/");
    let mut events = server.watch(&format!("{group}?watch=true&resourceVersion={from}")).await;
    server.post(EVENTS, &created).await;
    for watch in [&mut core, &mut events] {
        assert_eq!(watch.next_name().await, event("ADDED", "e"));
        assert_eq!(watch.next_name().await, event("DELETED", "e"));
    }
    assert_eq!(server.get(&format!("{EVENTS}/e")).await.code, StatusCode::NOT_FOUND);
    assert_eq!(server.get(&format!("{CONFIGMAPS}/a")).await.code, StatusCode::OK, "other objects stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_too_many_events_are_removed_and_reported() {
    const EVENTS: &str = "/api/v1/namespaces/agentic-ops/events";
    let reached = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = reached.clone();
    let report = Arc::new(move |limit, detail: &str| told.lock().unwrap().push((limit, detail.to_string())));
    let limits = Limits { events: 20, ..Limits::default() };
    let server = Server::with_limits(Scratch::new("events"), limits, report).await;
    let involved = json!({"kind": "Scenario", "namespace": "agentic-ops", "name": "portal"});
    for i in 0..20 {
        let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("e{i:02}")},
            "involvedObject": involved, "reason": "Opened", "type": "Normal"});
        assert_eq!(server.post(EVENTS, &event).await.code, StatusCode::CREATED);
    }
    server.post(CONFIGMAPS, &configmap("a", "x")).await;
    // The oldest is that whose last change is.
    assert_eq!(server.merge(&format!("{EVENTS}/e00"), &json!({"count": 2})).await.code, StatusCode::OK);
    for i in 20..25 {
        let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("e{i:02}")},
            "involvedObject": involved, "reason": "Opened", "type": "Normal"});
        assert_eq!(server.post(EVENTS, &event).await.code, StatusCode::CREATED);
    }
    let names = async || {
        let listed = server.get(EVENTS).await.body;
        let names =
            listed["items"].as_array().unwrap().iter().map(|e| e["metadata"]["name"].as_str().unwrap().to_string());
        names.collect::<Vec<_>>()
    };
    until("as many as are kept", async || names().await.len() <= 20).await;
    let kept: Vec<_> = [0].into_iter().chain(6..25).map(|i| format!("e{i:02}")).collect();
    assert_eq!(names().await, kept);
    assert_eq!(server.get(&format!("{CONFIGMAPS}/a")).await.code, StatusCode::OK, "other objects stay");
    let reached = reached.lock().unwrap().clone();
    let says = |(limit, detail): &(Reached, String)| *limit == Reached::Events && detail.ends_with("of more than 20");
    assert!(!reached.is_empty() && reached.iter().all(says), "{reached:?}");
}
