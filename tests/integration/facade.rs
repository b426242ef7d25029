//! The REST facade over HTTP, with valid and invalid tokens.

use super::running::{start, start_with};
use crate::kit::wait::{eventually, within};
use agentic_ops::api::{Action, Role};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

struct Caller {
    base: String,
    client: reqwest::Client,
}

impl Caller {
    async fn call(&self, method: &str, path: &str, token: Option<&str>) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_read_run_and_acknowledge_over_http() {
    let running = start("facade", &Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")).await;
    let secret = load_or_make_secret(&running.scratch.0).unwrap();
    let token = |role, ttl| issue(&secret, "ana", &[role], Timestamp::now(), Duration::from_secs(ttl)).unwrap();
    let (lead, seo) = (token(Role::OpsLead, 600), token(Role::Seo, 600));
    let old = Timestamp::now() - jiff::SignedDuration::from_hours(2);
    let expired = issue(&secret, "ana", &[Role::OpsLead], old, Duration::from_secs(60)).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let caller = Caller { base: format!("http://{}/api/v1/agents", running.address), client };

    let (status, body) = caller.call("GET", "/health", None).await;
    assert_eq!((status, &body["tier"]), (200, &"T0".into()));
    for token in [None, Some(expired.as_str()), Some("nonsense")] {
        let (status, body) = caller.call("GET", "/scenarios", token).await;
        assert_eq!((status, &body["status"]), (401, &401.into()), "{body}");
    }
    eventually("nine healthy Scenarios", || async {
        let (_, body) = caller.call("GET", "/scenarios", Some(&seo)).await;
        let healthy = body["items"].as_array()?.iter().filter(|s| s["health"] == "healthy").count();
        (healthy == 9).then_some(())
    })
    .await;
    assert_eq!(caller.call("POST", "/runs/proxmox.cluster", Some(&seo)).await.0, 403);
    assert_eq!(caller.call("POST", "/runs/no.such", Some(&lead)).await.0, 404);
    let (status, run) = caller.call("POST", "/runs/proxmox.cluster", Some(&lead)).await;
    assert_eq!((status, &run["health"]), (200, &"healthy".into()), "{run}");
    assert!(run["checks"].as_array().unwrap().iter().any(|c| c["name"] == "vm-running" && c["key"] == "112"), "{run}");

    running.estate.break_part("quorum").unwrap();
    let id = eventually("a Finding", || async {
        let (_, body) = caller.call("GET", "/findings?scenario=proxmox.cluster&agent=A1", Some(&seo)).await;
        Some(body["items"].as_array()?.first()?["id"].as_str()?.to_string())
    })
    .await;
    let (status, body) = caller.call("POST", &format!("/findings/{id}/ack"), Some(&seo)).await;
    assert_eq!((status, &body["phase"], &body["acknowledgement"]["by"]), (200, &"acknowledged".into(), &"ana".into()));
    eventually("the acknowledgement in the status, proven", || async {
        let (_, body) = caller.call("GET", &format!("/findings/{id}"), Some(&seo)).await;
        (body["phase"] == "acknowledged" && body["acknowledgement"]["proven"] == true).then_some(())
    })
    .await;
    running.estate.heal_part("quorum").unwrap();
    eventually("the Finding resolved", || async {
        let (_, body) = caller.call("GET", &format!("/findings/{id}"), Some(&seo)).await;
        (body["phase"] == "resolved").then_some(())
    })
    .await;
    assert_eq!(caller.call("POST", &format!("/findings/{id}/ack"), Some(&seo)).await.0, 409);
    assert_eq!(caller.call("GET", "/findings?phase=broken", Some(&seo)).await.0, 400);
    assert_eq!(caller.call("POST", "/internal/tick", None).await.0, 503);
    let actions = running.api::<Action>().list(&Default::default()).await.unwrap();
    let verbs: Vec<_> = actions.iter().map(|a| a.spec.verb.as_str()).collect();
    assert!(verbs.contains(&"run") && verbs.contains(&"acknowledge"), "{verbs:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_a_request_timeout() {
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
    let running = start_with("facade-body", &registry, &[("AGENTIC_TRANSFER_TIMEOUT", "1s")]).await;
    let secret = load_or_make_secret(&running.scratch.0).unwrap();
    let lead = issue(&secret, "ana", &[Role::OpsLead], Timestamp::now(), Duration::from_secs(600)).unwrap();
    for http2 in [false, true] {
        let client = reqwest::Client::builder().no_proxy();
        let client = if http2 { client.http2_prior_knowledge() } else { client }.build().unwrap();
        let request = client.post(format!("http://{}/api/v1/agents/findings/none/ack", running.address));
        let parts = futures::stream::iter([Ok::<_, std::io::Error>("{")]).chain(futures::stream::pending());
        let body = reqwest::Body::wrap_stream(parts);
        let response = within(request.bearer_auth(&lead).body(body).send()).await.unwrap();
        assert_eq!(response.status().as_u16(), 408);
        let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["status"], 408);
        assert!(problem["detail"].as_str().unwrap().contains("did not arrive within 1s"), "{problem}");
    }
    running.stop().await;
}
