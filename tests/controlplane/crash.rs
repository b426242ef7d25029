//! Confirmed writes are kept if the process is killed.

use super::server::{CONFIGMAPS, SCENARIOS, Server, configmap, scenario, version};
use crate::kit::scratch::Scratch;
use crate::kit::wait::{until, within};
use crate::kit::{api, ports};
use futures::StreamExt as _;
use http::{Request, StatusCode};
use kube::client::Body;
use serde_json::Value;
use std::process::Stdio;
use tokio::process::{Child, Command};

const DATA: &str = "CONTROLPLANE_TEST_DATA";

/// Not a test: the server process that the test below kills.
#[tokio::test(flavor = "multi_thread")]
async fn server_process() {
    let Ok(data) = std::env::var(DATA) else { return };
    let _running = api::embedded(data.as_ref(), ports::any()).await;
    std::fs::write(format!("{data}/started"), "").unwrap();
    std::future::pending::<()>().await;
}

async fn spawn(dir: &Scratch) -> Child {
    let started = dir.0.join("started");
    let _ = std::fs::remove_file(&started);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "controlplane::crash::server_process"])
        .env(DATA, &dir.0)
        .stdout(Stdio::null())
        .kill_on_drop(true);
    let child = command.spawn().unwrap();
    until("the process serves", async || started.exists()).await;
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_writes_survive_a_kill() {
    let dir = Scratch::new("crash");
    let mut confirmed: Vec<(String, u64)> = Vec::new();
    for round in 0..3 {
        let mut child = spawn(&dir).await;
        let client = api::client(&dir.0.join("kubeconfig")).await;
        let writes = futures::stream::iter(0..2_000).map(|i| {
            let (client, name) = (client.clone(), format!("c{round}-{i}"));
            async move {
                let body = Body::from(configmap(&name, "x").to_string().into_bytes());
                let request = Request::post(CONFIGMAPS).header("content-type", "application/json").body(body).unwrap();
                let response = client.send(request).await.ok()?;
                let created = response.status() == StatusCode::CREATED;
                let bytes = response.into_body().collect_bytes().await.ok()?;
                let made: Value = serde_json::from_slice(&bytes).ok()?;
                created.then(|| (name, version(&made)))
            }
        });
        let mut writes = Box::pin(writes.buffer_unordered(32));
        let mut answered = 0;
        while let Some(done) = within(writes.next()).await {
            let Some(done) = done else { break };
            confirmed.push(done);
            answered += 1;
            if answered == 150 {
                child.start_kill().unwrap();
            }
        }
        assert!((150..2_000).contains(&answered), "killed during the writes: {answered} responses");
        within(child.wait()).await.unwrap();
    }
    let server = Server::on(dir).await;
    let newest = version(&server.get(CONFIGMAPS).await.body);
    for (name, version_then) in &confirmed {
        let kept = server.get(&format!("{CONFIGMAPS}/{name}")).await;
        assert_eq!(kept.code, StatusCode::OK, "the confirmed write of {name} is lost");
        assert_eq!(version(&kept.body), *version_then);
        assert!(*version_then <= newest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_at_the_same_address_changes_nothing() {
    let address = ports::lasting();
    let dir = Scratch::new("controlplane");
    let server = Server::of(api::embedded(&dir.0, address).await, dir).await;
    let made = server.post(SCENARIOS, &scenario("portal")).await;
    let (url_then, ca, token) =
        (server.running().url.clone(), server.running().ca_pem.clone(), server.running().token.clone());
    let newest = version(&server.get(SCENARIOS).await.body);
    let (dir, _) = server.stop().await;
    let server = Server::of(api::embedded(&dir.0, address).await, dir).await;
    let running = server.running();
    assert_eq!((&running.ca_pem, &running.token), (&ca, &token), "a kubeconfig stays valid: {url_then}");
    let kept = server.get(&format!("{SCENARIOS}/portal")).await;
    assert_eq!(kept.body, made.body);
    assert_eq!(version(&server.get(SCENARIOS).await.body), newest, "nothing was written");
}
