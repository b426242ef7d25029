//! Watches: no event is missing or sent twice.

use super::server::{CONFIGMAPS, SCENARIOS, Server, configmap, scenario, version};
use crate::kit::scratch::Scratch;
use agentic_ops::controlplane::Limits;
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
