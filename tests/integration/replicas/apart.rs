//! The controllers and the facade as separate processes.

use super::cluster::{Cluster, Which};
use super::on_both;
use super::replica::Replica;
use super::target::Target;
use crate::kit::wait::eventually;
use agentic_ops::api::Phase::{Acknowledged, Open};
use agentic_ops::api::{Action, Role};
use agentic_ops::cli::token::{issue, load_or_make_secret};
use agentic_ops::domain::fingerprint::finding_name;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

on_both!(two_processes, a_facade_without_controllers);

/// A running facade, and a token with all permissions.
struct Desk {
    facade: Replica,
    bearer: String,
}

impl Desk {
    /// Starts the facade. Each component is configured with a missing file that only the other one uses.
    async fn open(cluster: &Cluster) -> Desk {
        let secret = load_or_make_secret(&cluster.scratch.0).unwrap();
        let file = cluster.scratch.0.join("auth-secret").display().to_string();
        let settings = [("OPS_INTERNAL_TOKEN", "tick-tock"), ("AGENTIC_AUTH_SECRET_FILE", file.as_str())];
        cluster.configure(&settings).await;
        cluster.set("AGENTIC_CA_FILE", "/no/such/file").await;
        let facade = Replica::start_part(cluster, "facade").await;
        cluster.unset("AGENTIC_CA_FILE").await;
        cluster.set("AGENTIC_AUTH_SECRET_FILE", "/no/such/file").await;
        let token = issue(&secret, "ana", &[Role::OpsLead], jiff::Timestamp::now(), Duration::from_secs(600)).unwrap();
        Desk { facade, bearer: format!("Bearer {token}") }
    }

    async fn call(&self, method: Method, path: &str) -> (u16, Value) {
        let headers = [("authorization", self.bearer.as_str()), ("x-ops-internal-token", "tick-tock")];
        let (status, _, text) = self.facade.call(method, &format!("/api/v1/agents{path}"), &headers).await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }
}

async fn two_processes(which: Which) {
    let Some(cluster) = Cluster::start(which, "apart").await else { return };
    let target = Target::start().await;
    target.set(false);
    cluster.watch_target("shop", &target.url).await;
    let mut desk = Desk::open(&cluster).await;
    let mut controllers = Replica::start_part(&cluster, "controllers").await;

    let name = finding_name("shop", "status", "");
    let opened = async || {
        let (_, body) = desk.call(Method::GET, "/findings").await;
        (body["items"].as_array()?.first()?["id"] == name.as_str()).then_some(())
    };
    eventually("the Finding of the controllers in the facade", opened).await;
    let (_, body) = desk.call(Method::GET, "/scenarios").await;
    assert_eq!((&body["items"][0]["interval_seconds"], &body["items"][0]["next_run_at"]), (&1.into(), &Value::Null));
    let (status, run) = desk.call(Method::POST, "/runs/shop").await;
    assert_eq!((status, &run["health"]), (200, &"failing".into()), "{run}");
    let (status, body) = desk.call(Method::POST, &format!("/findings/{name}/ack")).await;
    assert_eq!((status, &body["acknowledgement"]["by"]), (200, &"ana".into()), "{body}");
    eventually("the controllers to process the acknowledgement", async || {
        let phases: Vec<_> = cluster.transitions("shop").await.into_iter().map(|(phase, _)| phase).collect();
        (phases == [Open, Acknowledged]).then_some(())
    })
    .await;
    eventually("the facade to show that the name is proven", async || {
        let (_, body) = desk.call(Method::GET, &format!("/findings/{name}")).await;
        (body["acknowledgement"]["proven"] == true).then_some(())
    })
    .await;
    let actions = cluster.api::<Action>().list(&Default::default()).await.unwrap();
    assert_eq!(actions.items.len(), 2, "a run and an acknowledgement are recorded");

    // Each component serves only its own routes.
    let (status, tick) = desk.call(Method::POST, "/internal/tick").await;
    let detail = tick["detail"].as_str().unwrap();
    assert!(status == 503 && detail.contains("the facade alone") && detail.contains("holds Lease"), "{status} {tick}");
    let token = [("x-ops-internal-token", "tick-tock")];
    let path = "/api/v1/agents/internal/tick?force=true";
    let (status, _, text) = controllers.call(Method::POST, path, &token).await.unwrap();
    let ticked: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, &ticked["ran"], &ticked["results"][0]["scenario_id"]),
        (200, &1.into(), &"shop".into()),
        "{text}"
    );
    assert_eq!(controllers.call(Method::POST, path, &[]).await.unwrap().0, 401);
    let (_, health) = desk.call(Method::GET, "/health").await;
    assert_eq!((&health["status"], &health["replica"]), (&"ok".into(), &Value::Null), "{health}");
    for path in ["/api/v1/agents/health", "/api/v1/agents/scenarios"] {
        let (status, text) = controllers.get(path).await.unwrap();
        assert!(status == 404 && text.contains("the controllers alone"), "{path}: {status} {text}");
    }
    assert!(controllers.leads().await && !desk.facade.leads().await);
    assert_eq!(controllers.get("/livez").await.unwrap().0, 200);
    assert!(cluster.holder().await.unwrap().starts_with("controllers_"));
    desk.facade.stop().await;
    controllers.stop().await;
    assert_eq!(cluster.holder().await, None, "the Lease is released");
    cluster.stop().await;
}

async fn a_facade_without_controllers(which: Which) {
    let Some(cluster) = Cluster::start(which, "alone").await else { return };
    let target = Target::start().await;
    cluster.watch_target("shop", &target.url).await;
    let desk = Desk::open(&cluster).await;
    // Without controllers the run stays requested until they start.
    let (status, body) = desk.call(Method::POST, "/runs/shop?wait=1").await;
    assert_eq!(status, 202, "{body}");
    let requested = body["location"].as_str().unwrap().trim_start_matches("/api/v1/agents");
    assert_eq!(
        (target.requests(), cluster.holder().await),
        (0, None),
        "the facade reads no targets and does not take the Lease"
    );
    let _controllers = Replica::start_part(&cluster, "controllers").await;
    eventually("the requested run", async || {
        let (status, run) = desk.call(Method::GET, requested).await;
        (status == 200 && run["health"] == "healthy").then_some(())
    })
    .await;
    cluster.stop().await;
}
