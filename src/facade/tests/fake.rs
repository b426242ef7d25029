//! A stand-in for the API server (get, merge patch with its resource version, create) and for the operator.

use crate::api::{Agent, Finding, RUN_REQUESTED_AT, Role, Scenario};
use crate::facade::auth::{AuthConfig, Authenticator};
use crate::facade::{Backend, OperatorView, TickReport, TickResult, Vitals, router};
use crate::runtime::leadership::Leadership;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, patch, post};
use axum::{Extension, Router};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::runtime::reflector::store::{Writer, store};
use kube::runtime::watcher::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt as _};

pub const SECRET: &[u8] = b"a secret of the tests, long enough";
const NAMESPACE: &str = "agentic-ops";

/// What the API server has, and what befalls it.
#[derive(Default)]
pub struct Cluster {
    /// By plural and name.
    pub objects: BTreeMap<(String, String), Value>,
    /// Merge patches by somebody else, each of which comes just before the next patch.
    pub meanwhile: Vec<Value>,
    /// Whether the operator runs what is asked for.
    pub answers_runs: bool,
    /// Paths asked for.
    pub asked: Vec<String>,
}

struct Server {
    cluster: Mutex<Cluster>,
    scenarios: Mutex<Writer<Scenario>>,
    findings: Mutex<Writer<Finding>>,
}

type Shared = Arc<Server>;

/// What the operator tells the facade.
#[derive(Clone, Default)]
pub struct View {
    pub waiting_for: Vec<String>,
    pub lateness: Duration,
    pub is_standby: bool,
    pub is_uncertain: bool,
    /// The controllers are another process.
    pub is_apart: bool,
}

impl View {
    fn stands(&self) -> Leadership {
        match (self.is_standby, self.is_uncertain) {
            (true, _) => Leadership::Following { holder: Some("pod-b".into()) },
            (false, true) => Leadership::Uncertain { term: 1 },
            (false, false) => Leadership::Leading { term: 1 },
        }
    }
}

impl OperatorView for View {
    fn waiting_for(&self) -> Vec<String> {
        self.waiting_for.clone()
    }

    fn lateness(&self) -> Option<Duration> {
        (!self.is_apart).then_some(self.lateness)
    }

    fn next_run_at(&self, _scenario: &str) -> Option<Timestamp> {
        Timestamp::from_second(1_800_000_000).ok()
    }

    fn interval(&self, _scenario: &str) -> Option<Duration> {
        Some(Duration::from_secs(300))
    }

    fn standing(&self) -> Option<Leadership> {
        (!self.is_apart).then(|| self.stands())
    }

    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickReport, String>> {
        let ran = if force { 600 } else { 1 };
        let health = |i| Some(if i == 599 { crate::api::Health::Failing } else { crate::api::Health::Healthy });
        let result = |i| TickResult {
            scenario_id: format!("s{i}"),
            health: health(i),
            opened: Vec::new(),
            resolved: Vec::new(),
        };
        let report = TickReport { due: 1, ran, results: (0..ran).map(result).collect() };
        let report = if self.is_standby { Err(self.stands().to_string()) } else { Ok(report) };
        async move { report }.boxed()
    }
}

/// The facade over the stand-ins.
pub struct Facade {
    server: Shared,
    app: Router,
}

/// An answer, read.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Facade {
    pub fn new() -> Facade {
        Self::with(View::default(), AuthConfig { secret: Some(SECRET.to_vec()), ..config() }, Some("tick-tock"))
    }

    pub fn with(view: View, auth: AuthConfig, internal_token: Option<&str>) -> Facade {
        let (scenarios, scenario_writer) = store();
        let (findings, finding_writer) = store();
        let (agents, mut agent_writer) = store::<Agent>();
        let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent",
            "metadata": {"name": "pulso", "namespace": NAMESPACE},
            "spec": {"id": "A1", "displayName": "Pulso", "codename": "node_health", "tier": "T0"}});
        agent_writer.apply_watcher_event(&Event::Apply(serde_json::from_value(agent).unwrap()));
        let server = Arc::new(Server {
            cluster: Mutex::default(),
            scenarios: Mutex::new(scenario_writer),
            findings: Mutex::new(finding_writer),
        });
        let app = router(Backend {
            client: client(server.clone()),
            namespace: NAMESPACE.into(),
            vitals: Vitals { scenarios, findings, operator: Arc::new(view), metrics: Arc::default() },
            agents,
            auth: Authenticator::new(auth),
            internal_token: internal_token.map(String::from),
        });
        Facade { server, app }
    }

    /// Looks at or changes what the API server has.
    pub fn cluster<T>(&self, f: impl FnOnce(&mut Cluster) -> T) -> T {
        f(&mut self.server.cluster.lock().unwrap())
    }

    /// Puts a Finding into the API server and the store.
    pub fn add_finding(&self, name: &str, status: Value) -> &Self {
        self.server.put(
            "findings",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding",
                "metadata": {"name": name, "namespace": NAMESPACE, "resourceVersion": "1"},
                "spec": {"scenario": "desk.api.health", "check": "api", "key": "", "fingerprint": "0123456789"},
                "status": status}),
        );
        self
    }

    /// Puts a Scenario into the API server and the store.
    pub fn add_scenario(&self, name: &str, suspend: bool, ready: &str) -> &Self {
        let ready = json!({"type": "Ready", "status": ready, "reason": "Spec", "message": "checks[0]: no such probe",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        self.server.put(
            "scenarios",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
                "metadata": {"name": name, "namespace": NAMESPACE, "resourceVersion": "1"},
                "spec": {"title": "API do Desk", "agent": "pulso", "severity": "high", "suspend": suspend, "probes": []},
                "status": {"conditions": [ready], "health": "healthy"}}),
        );
        self
    }

    /// Puts an object as it is into the API server and the store.
    pub fn add(&self, plural: &str, object: Value) -> &Self {
        self.server.put(plural, object);
        self
    }

    pub fn actions(&self) -> Vec<Value> {
        self.cluster(|c| {
            c.objects.iter().filter(|((plural, _), _)| plural == "actions").map(|(_, o)| o.clone()).collect()
        })
    }

    /// A request, by somebody with this role.
    pub async fn call(&self, method: Method, path: &str, role: Role, body: &str) -> Answered {
        self.send(request(method, path).header("authorization", bearer("ana", &[role])), body).await
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, Role::Technician, "").await
    }

    pub async fn send(&self, request: axum::http::request::Builder, body: &str) -> Answered {
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answered { status: parts.status.as_u16(), headers: parts.headers, body, text }
    }
}

impl Answered {
    /// Checks that it is a problem of this status, and gives its detail.
    pub fn problem(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(self.body["status"], status);
        assert!(self.body["title"].as_str().is_some_and(|t| !t.is_empty()));
        self.body["detail"].as_str().unwrap()
    }
}

/// A path under `/api/v1/agents` unless it begins with a `!`.
pub fn request(method: Method, path: &str) -> axum::http::request::Builder {
    let path = path.strip_prefix('!').map_or_else(|| format!("/api/v1/agents{path}"), String::from);
    Request::builder().method(method).uri(path)
}

pub fn config() -> AuthConfig {
    AuthConfig { audience: "agentic-ops".into(), roles_claim: "roles".into(), ..AuthConfig::default() }
}

/// The header of a token that holds.
pub fn bearer(name: &str, roles: &[Role]) -> String {
    let now = Timestamp::now().as_second();
    let claims = json!({"sub": name, "roles": roles, "aud": "agentic-ops", "exp": now + 600});
    signed(&claims, SECRET)
}

/// The header of a token with these claims, HS256.
pub fn signed(claims: &Value, secret: &[u8]) -> String {
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let key = jsonwebtoken::EncodingKey::from_secret(secret);
    format!("Bearer {}", jsonwebtoken::encode(&header, claims, &key).unwrap())
}

impl Server {
    /// Keeps an object and shows it to those who watch.
    fn put(&self, plural: &str, object: Value) {
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

fn client(server: Shared) -> kube::Client {
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

async fn note(State(server): State<Shared>, request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    server.cluster.lock().unwrap().asked.push(asked);
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

async fn read(State(server): State<Shared>, parts: Parts) -> Response {
    let found = server.cluster.lock().unwrap().objects.get(&key(&parts)).cloned();
    found.map_or_else(|| failure(StatusCode::NOT_FOUND, "NotFound"), |o| Json(o).into_response())
}

async fn create(State(server): State<Shared>, parts: Parts, Json(object): Json<Value>) -> Response {
    server.put(&parts["plural"], object.clone());
    (StatusCode::CREATED, Extension(()), Json(object)).into_response()
}

async fn change(State(server): State<Shared>, parts: Parts, body: axum::body::Bytes) -> Response {
    let patch: Value = serde_json::from_slice(&body).unwrap();
    let (object, answers_runs) = {
        let mut cluster = server.cluster.lock().unwrap();
        if parts["plural"] != "actions" && !cluster.meanwhile.is_empty() {
            let theirs = cluster.meanwhile.remove(0);
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
