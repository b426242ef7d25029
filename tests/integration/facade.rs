//! The REST facade over HTTP, with valid and invalid tokens.

use super::running::{start, start_with};
use crate::kit::wait::{eventually, within};
use crate::kit::{kubectl, real};
use agentic_ops::api::{Action, Finding, RECORDED_BY, Role};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use futures::StreamExt as _;
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::{Value, json};
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
    let paths = ["findings/none/ack", "messages/none/ack", "threads/none/reply", "chat", "silences"];
    for (http2, path) in [(false, paths[0]), (true, paths[0])].into_iter().chain(paths[1..].iter().map(|p| (false, *p)))
    {
        let client = reqwest::Client::builder().no_proxy();
        let client = if http2 { client.http2_prior_knowledge() } else { client }.build().unwrap();
        let request = client.post(format!("http://{}/api/v1/agents/{path}", running.address));
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

/// On the embedded server only what the facade itself did is proven: a client with the kubeconfig can write everything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_with_the_kubeconfig_cannot_prove_a_name() {
    if real::kubeconfig().is_some() {
        eprintln!("skipped: on a real API server the chart's admission policy does this");
        return;
    }
    let registry = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml");
    let running = start("facade-proof", &registry).await;
    running.estate.break_part("quorum").unwrap();
    let finding = eventually("a Finding", || async {
        let findings = running.api::<Finding>().list(&Default::default()).await.unwrap();
        findings.items.into_iter().find(|f| f.spec.scenario == "proxmox.cluster" && f.status.is_some())
    })
    .await;
    let (id, kubeconfig) = (finding.name_any(), running.scratch.0.join("kubeconfig"));
    let kubectl = async |arguments: &[&str]| {
        let output = kubectl::run(kubectl::command(&kubeconfig, &running.scratch.0, arguments)).await;
        assert!(output.ok, "kubectl {arguments:?}: {}", output.err);
    };
    let acknowledged = async |note: &str| {
        eventually("the acknowledgement in the status", || async {
            let status = running.api::<Finding>().get(&id).await.unwrap().status?;
            status.acknowledgement.filter(|a| a.note.as_deref() == Some(note))
        })
        .await
    };
    let patch = async |patch: Value| {
        let patch = patch.to_string();
        let manager = "--field-manager=agentic-ops-facade";
        kubectl(&["patch", "finding", &id, "--type=merge", manager, "-p", &patch]).await;
    };
    patch(json!({"spec": {"acknowledgement": {"by": "ana", "note": "1"}}})).await;
    assert!(!acknowledged("1").await.proven, "by the name of a field manager");

    // With an Action that is what the facade would have recorded, made and annotated by kubectl.
    let action = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
        "metadata": {"name": "forged", "annotations": {RECORDED_BY: "facade", "other": "kept"}},
        "spec": {"verb": "acknowledge", "subject": {"kind": "Finding", "name": id}, "parameters": {"note": "2"},
            "before": {"uid": finding.uid(), "generation": 1, "occurrence": 1},
            "actor": {"name": "ana", "via": "rest"}, "request": {"process": "standalone/1"}}});
    let file = running.scratch.0.join("action.json");
    std::fs::write(&file, action.to_string()).unwrap();
    let path = file.display().to_string();
    kubectl(&["create", "-f", &path]).await;
    kubectl(&["annotate", "action", "forged", &format!("{RECORDED_BY}=facade"), "--overwrite"]).await;
    kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &path]).await;
    let forged = running.api::<Action>().get("forged").await.unwrap();
    assert!(
        forged.annotations().contains_key("other") && !forged.annotations().contains_key(RECORDED_BY),
        "{forged:?}"
    );
    let at = forged.metadata.creation_timestamp.unwrap().0.to_string();
    patch(json!({"spec": {"acknowledgement": {"by": "ana", "note": "2", "at": at, "action": "forged"}}})).await;
    assert!(!acknowledged("2").await.proven, "by an Action of another person");

    // What the facade recorded keeps its annotation, whichever client edits it, and is proof.
    patch(json!({"spec": {"acknowledgement": null}})).await;
    let secret = load_or_make_secret(&running.scratch.0).unwrap();
    let token = issue(&secret, "ana", &[Role::Seo], Timestamp::now(), Duration::from_secs(600)).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/api/v1/agents/findings/{id}/ack", running.address);
    let answer = client.post(url).bearer_auth(token).body(r#"{"note": "3"}"#).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let recorded = acknowledged("3").await;
    assert!(recorded.proven, "by the Action of the facade");
    let name = recorded.action.unwrap();
    kubectl(&["annotate", "action", &name, &format!("{RECORDED_BY}-"), "x=y"]).await;
    let action = running.api::<Action>().get(&name).await.unwrap();
    assert_eq!(action.annotations().get(RECORDED_BY).map(String::as_str), Some("facade"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_of_notices_lead_to_pages_that_need_no_token() {
    let running = start("desk-pages", &Path::new(env!("CARGO_MANIFEST_DIR")).join("registry.yaml")).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = format!("http://{}", running.address);
    for (path, part) in [
        ("/desk", "<a href=\"/desk/findings\">"),
        ("/desk/threads", " get threads -o wide</pre>"),
        ("/desk/findings", " get findings --field-selector status.phase!=Resolved</pre>"),
        ("/desk/findings/proxmox.cluster-0123456789", "get finding proxmox.cluster-0123456789 -o yaml"),
        ("/desk/threads/proxmox.cluster-0123456789-t3nk2a", "get thread proxmox.cluster-0123456789-t3nk2a -o yaml"),
    ] {
        let response = client.get(format!("{base}{path}")).header("accept-language", "en").send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-language"]),
            (200, &"en".parse().unwrap())
        );
        let page = response.text().await.unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains(part), "{page}");
    }
    // People get a page for an address that does not exist, programs a problem.
    for (path, media_type) in
        [("/desk/other", "text/html; charset=utf-8"), ("/api/v1/agents/other", "application/problem+json")]
    {
        let missing = client.get(format!("{base}{path}")).send().await.unwrap();
        let expected = (404, &media_type.parse().unwrap());
        assert_eq!((missing.status().as_u16(), &missing.headers()["content-type"]), expected, "{path}");
    }
    let page = client.post(format!("{base}/desk/findings/a")).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 405);
}
