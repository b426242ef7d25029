//! A stand-in for the API server: get, create, and merge patch with a resource version. What it has is also in the caches.

use crate::api::{Agent, Finding, RUN_REQUESTED_AT, Scenario};
use crate::views::Resources;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, patch, post};
use axum::{Extension, Router};
use kube::runtime::reflector::store::{Writer, store};
use kube::runtime::watcher::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tower::ServiceBuilder;

pub const NAMESPACE: &str = "agentic-ops";

/// Objects of the API server, and what happens to them.
#[derive(Default)]
pub struct Cluster {
    /// By plural and name.
    pub objects: BTreeMap<(String, String), Value>,
    /// Merge patches by another client, each applied just before the next patch.
    pub concurrent_patches: Vec<Value>,
    /// Whether requested runs are carried out.
    pub answers_runs: bool,
    /// Methods and paths of the requests.
    pub requests: Vec<String>,
}

/// The stand-in, and the caches that follow it.
pub struct ApiServer {
    cluster: Mutex<Cluster>,
    scenarios: Mutex<Writer<Scenario>>,
    findings: Mutex<Writer<Finding>>,
    pub resources: Resources,
}

impl ApiServer {
    /// With one Agent, `pulso`, and nothing else.
    pub fn new() -> Arc<ApiServer> {
        let (scenarios, scenario_writer) = store();
        let (findings, finding_writer) = store();
        let (agents, mut agent_writer) = store::<Agent>();
        let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent",
            "metadata": {"name": "pulso", "namespace": NAMESPACE},
            "spec": {"id": "A1", "displayName": "Pulso", "codename": "node_health", "tier": "T0"}});
        agent_writer.apply_watcher_event(&Event::Apply(serde_json::from_value(agent).unwrap()));
        Arc::new(ApiServer {
            cluster: Mutex::default(),
            scenarios: Mutex::new(scenario_writer),
            findings: Mutex::new(finding_writer),
            resources: Resources { namespace: NAMESPACE.into(), scenarios, findings, agents },
        })
    }

    /// Reads or changes what the API server has.
    pub fn cluster<T>(&self, f: impl FnOnce(&mut Cluster) -> T) -> T {
        f(&mut self.cluster.lock().unwrap())
    }

    /// The recorded Actions.
    pub fn actions(&self) -> Vec<Value> {
        self.cluster(|c| {
            c.objects.iter().filter(|((plural, _), _)| plural == "actions").map(|(_, o)| o.clone()).collect()
        })
    }

    /// Puts a Finding into the API server and the cache.
    pub fn add_finding(&self, name: &str, status: Value) {
        self.put(
            "findings",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding",
                "metadata": {"name": name, "namespace": NAMESPACE, "resourceVersion": "1"},
                "spec": {"scenario": "desk.api.health", "check": "api", "key": "", "fingerprint": "0123456789"},
                "status": status}),
        );
    }

    /// Puts a Scenario into the API server and the cache.
    pub fn add_scenario(&self, name: &str, suspend: bool, ready: &str) {
        let ready = json!({"type": "Ready", "status": ready, "reason": "Spec", "message": "checks[0]: no such probe",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        self.put(
            "scenarios",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
                "metadata": {"name": name, "namespace": NAMESPACE, "resourceVersion": "1"},
                "spec": {"title": "API do Desk", "agent": "pulso", "severity": "high", "suspend": suspend, "probes": []},
                "status": {"conditions": [ready], "health": "healthy"}}),
        );
    }

    /// Puts an object into the API server and the cache of its kind.
    pub fn put(&self, plural: &str, object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_string();
        match plural {
            "scenarios" => {
                let scenario = serde_json::from_value(object.clone()).unwrap();
                self.scenarios.lock().unwrap().apply_watcher_event(&Event::Apply(scenario));
            }
            "findings" => {
                let finding = serde_json::from_value(object.clone()).unwrap();
                self.findings.lock().unwrap().apply_watcher_event(&Event::Apply(finding));
            }
            _ => {}
        }
        self.cluster.lock().unwrap().objects.insert((plural.into(), name), object);
    }
}

/// A client of the stand-in.
pub fn client(server: Arc<ApiServer>) -> kube::Client {
    let under = "/apis/agentic.ligbox.io/v1alpha1/namespaces/{namespace}/{plural}";
    let api = Router::new()
        .route(under, post(create))
        .route(&format!("{under}/{{name}}"), get(read).patch(change))
        .route(&format!("{under}/{{name}}/status"), patch(change))
        .fallback(|| async { failure(StatusCode::NOT_FOUND, "NotFound") })
        .layer(axum::middleware::from_fn_with_state(server.clone(), note))
        .with_state(server);
    let service =
        ServiceBuilder::new().map_request(|request: Request<kube::client::Body>| request.map(Body::new)).service(api);
    kube::Client::new(service, NAMESPACE)
}

async fn note(
    State(server): State<Arc<ApiServer>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    server.cluster.lock().unwrap().requests.push(asked);
    next.run(request).await
}

type Parts = Path<BTreeMap<String, String>>;

fn key(parts: &Parts) -> (String, String) {
    (parts["plural"].clone(), parts["name"].clone())
}

fn failure(code: StatusCode, reason: &str) -> Response {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "reason": reason,
        "code": code.as_u16()});
    (code, Json(status)).into_response()
}

async fn read(State(server): State<Arc<ApiServer>>, parts: Parts) -> Response {
    let found = server.cluster.lock().unwrap().objects.get(&key(&parts)).cloned();
    found.map_or_else(|| failure(StatusCode::NOT_FOUND, "NotFound"), |o| Json(o).into_response())
}

async fn create(State(server): State<Arc<ApiServer>>, parts: Parts, Json(object): Json<Value>) -> Response {
    server.put(&parts["plural"], object.clone());
    (StatusCode::CREATED, Extension(()), Json(object)).into_response()
}

async fn change(State(server): State<Arc<ApiServer>>, parts: Parts, body: axum::body::Bytes) -> Response {
    let patch: Value = serde_json::from_slice(&body).unwrap();
    let (object, answers_runs) = {
        let mut cluster = server.cluster.lock().unwrap();
        if parts["plural"] != "actions" && !cluster.concurrent_patches.is_empty() {
            let theirs = cluster.concurrent_patches.remove(0);
            apply(cluster.objects.get_mut(&key(&parts)).unwrap(), &theirs);
        }
        let answers_runs = cluster.answers_runs;
        let Some(object) = cluster.objects.get_mut(&key(&parts)) else {
            return failure(StatusCode::NOT_FOUND, "NotFound");
        };
        let version = &patch["metadata"]["resourceVersion"];
        if !version.is_null() && *version != object["metadata"]["resourceVersion"] {
            return failure(StatusCode::CONFLICT, "Conflict");
        }
        apply(object, &patch);
        (object.clone(), answers_runs)
    };
    let mut shown = object.clone();
    if let (true, Some(at)) = (answers_runs, patch["metadata"]["annotations"][RUN_REQUESTED_AT].as_str()) {
        shown["status"]["lastRequestedRun"] = json!({"requestedAt": at, "runAt": "2026-01-01T00:00:00Z",
            "checks": [{"name": "api", "outcome": "fail", "message": "recusou"}], "opened": ["f-1"]});
    }
    server.put(&parts["plural"], shown);
    Json(object).into_response()
}

/// A merge patch, and the next resource version.
fn apply(object: &mut Value, patch: &Value) {
    let version: u64 = object["metadata"]["resourceVersion"].as_str().and_then(|v| v.parse().ok()).unwrap_or(0);
    json_patch::merge(object, patch);
    object["metadata"]["resourceVersion"] = (version + 1).to_string().into();
}
