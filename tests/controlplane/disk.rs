//! A full disk and damaged files, at the embedded server.

use super::server::{CONFIGMAPS, Server, configmap};
use crate::kit::api::NAMESPACE;
use crate::kit::ports;
use crate::kit::scratch::Scratch;
use crate::kit::wait::{until, within};
use agentic_ops::controlplane::{self, StoreConfig};
use http::StatusCode;
use rusqlite::Connection;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;

fn config(dir: &Scratch, pages_max: Option<u32>) -> controlplane::Config {
    controlplane::Config {
        data_dir: controlplane::DataDir::prepare(&dir.0).unwrap(),
        listen: ports::any(),
        crds: Vec::new(),
        namespace: NAMESPACE.into(),
        event_ttl: std::time::Duration::from_secs(3600),
        store: StoreConfig { pages_max, ..StoreConfig::default() },
        reserved_annotations: Vec::new(),
        limits: controlplane::Limits::default(),
        report: std::sync::Arc::new(|_, _| {}),
    }
}

/// The error of a start that must fail.
async fn start_error(dir: &Scratch) -> String {
    match within(controlplane::start(config(dir, None))).await {
        Ok(_) => panic!("the server started"),
        Err(error) => error.to_string(),
    }
}

/// A data directory of a server that was stopped, with ConfigMaps `a` and `b`.
async fn used() -> Scratch {
    let server = Server::embedded().await;
    for name in ["a", "b"] {
        assert_eq!(server.post(CONFIGMAPS, &configmap(name, "x")).await.code, StatusCode::CREATED);
    }
    server.stop().await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_heals_without_a_restart() {
    let dir = Scratch::new("full");
    let running = controlplane::start(config(&dir, Some(1_500))).await.unwrap();
    let store = running.store.clone();
    let server = Server::of(running, dir).await;
    let large = |name: &str| configmap(name, &"x".repeat(200_000));
    let mut made = 0;
    let refused = loop {
        let answer = server.post(CONFIGMAPS, &large(&format!("c{made}"))).await;
        if answer.code != StatusCode::CREATED {
            break answer;
        }
        made += 1;
    };
    assert_eq!((refused.code, refused.reason()), (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"));
    assert!(refused.message().ends_with("database or disk is full"), "{}", refused.message());
    assert!(store.state().write_error.is_some());
    let listed = server.get(CONFIGMAPS).await;
    assert_eq!(listed.body["items"].as_array().unwrap().len(), made, "only what was answered");
    assert_eq!(server.delete(&format!("{CONFIGMAPS}?labelSelector=!keep")).await.code, StatusCode::OK);
    until("the store counts as writable", async || store.state().write_error.is_none()).await;
    assert_eq!(server.post(CONFIGMAPS, &large("after")).await.code, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_can_be_deleted_and_replaced() {
    let dir = used().await;
    let database = Connection::open(dir.0.join("controlplane.db")).unwrap();
    let sql = "UPDATE objects SET json = substr(json, 2) WHERE kind = 'configmaps' AND name = ?1";
    for name in ["a", "b"] {
        assert_eq!(database.execute(sql, [name]).unwrap(), 1);
    }
    drop(database);
    let server = Server::on(dir).await;
    let (a, b) = (format!("{CONFIGMAPS}/a"), format!("{CONFIGMAPS}/b"));
    assert_eq!(server.running().store.state().damaged.len(), 2);
    assert_eq!(server.get(CONFIGMAPS).await.body["items"], json!([]));
    for answer in [server.get(&a).await, server.merge(&a, &json!({"data": {"key": "y"}})).await] {
        assert_eq!(answer.code, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.message().contains("configmaps/agentic-ops/a is damaged in the store"), "{}", answer.message());
    }
    server.kubectl(&["delete", "configmap", "a"]).await;
    assert_eq!(server.get(&a).await.code, StatusCode::NOT_FOUND);
    assert_eq!(server.put(&b, &configmap("b", "new")).await.code, StatusCode::OK);
    assert_eq!(server.get(&b).await.body["data"], json!({"key": "new"}));
    assert_eq!(server.post(CONFIGMAPS, &configmap("a", "new")).await.code, StatusCode::CREATED);
    assert_eq!(server.running().store.state(), controlplane::StoreState::default());
    let server = server.restart().await;
    assert_eq!(server.get(CONFIGMAPS).await.body["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_or_damaged_is_named_and_stops_the_start() {
    let dir = used().await;
    for (name, content, says) in [
        ("controlplane.db", "", "controlplane.db is empty, but"),
        ("controlplane.db", "rubbish, and not a database", "controlplane.db is damaged (file is not a database)"),
        ("token", "", "token: the token has 0 characters"),
        ("ca.key", "rubbish", "ca.key is damaged"),
        ("ca.crt", "", "ca.crt is damaged"),
    ] {
        let path = dir.0.join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, content).unwrap();
        let error = start_error(&dir).await;
        assert!(error.contains(says), "{name}: {error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content, "{name} is left as it was");
        std::fs::write(&path, whole).unwrap();
    }
    std::fs::rename(dir.0.join("ca.key"), dir.0.join("aside")).unwrap();
    let error = start_error(&dir).await;
    assert!(error.contains("ca.key is damaged (it is missing"), "{error}");
    std::fs::rename(dir.0.join("aside"), dir.0.join("ca.key")).unwrap();
    // The certificate is issued again from the key.
    std::fs::remove_file(dir.0.join("ca.crt")).unwrap();
    let server = Server::on(dir).await;
    assert_eq!(server.get(CONFIGMAPS).await.body["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_directory_is_closed_to_others() {
    let dir = used().await;
    let open =
        |path: &std::path::Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(&dir.0, 0o755);
    open(&dir.0.join("token"), 0o644);
    let server = Server::on(dir).await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&server.dir.0), mode(&server.dir.0.join("token"))), (0o700, 0o600));
}
