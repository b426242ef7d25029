//! The facade over stand-ins for the API server and the operator.

use crate::api::{Health, Role};
use crate::commands::{CommandRate, ProcessId, RecoveryState, Scheduler};
use crate::controllers::channel_states::ChannelState;
use crate::controllers::model_standing::Standing;
use crate::controllers::scenario::WatchStates;
use crate::facade::auth::{AuthConfig, Authenticator};
use crate::facade::{Access, Backend, EventFeed, ProcessState, RequestRate, router};
use crate::runtime::leadership::Leadership;
use crate::telemetry::Metrics;
use crate::views::testing::{ApiServer, Cluster, client};
use crate::views::{OperatorState, OperatorStatus, RegistryState, RunTimes, StoreState, TickResultView, TickView};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

/// More than any test sends within a minute, except those of this limit.
pub const COMMANDS_PER_MINUTE: usize = 60;
pub const SECRET: &[u8] = b"a secret of the tests, long enough";

/// An operator whose state is set by the test.
#[derive(Clone, Default)]
pub struct View {
    pub waiting_for: Vec<String>,
    pub lateness: Duration,
    pub is_standby: bool,
    pub is_uncertain: bool,
    /// The controllers are another process.
    pub is_apart: bool,
    pub undecodable_findings: Vec<String>,
    pub store: Option<StoreState>,
    pub registry: Option<RegistryState>,
    pub channels: Option<Vec<ChannelState>>,
    pub model: Option<Standing>,
    pub states: WatchStates,
}

impl View {
    fn leadership(&self) -> Leadership {
        match (self.is_standby, self.is_uncertain) {
            (true, _) => Leadership::Following { holder: Some("pod-b".into()) },
            (false, true) => Leadership::Uncertain { term: 1 },
            (false, false) => Leadership::Leading { term: 1 },
        }
    }
}

impl OperatorStatus for View {
    fn state(&self) -> OperatorState {
        OperatorState {
            waiting_for: self.waiting_for.clone(),
            lateness: (!self.is_apart).then_some(self.lateness),
            leadership: (!self.is_apart).then(|| self.leadership()),
            undecodable_findings: self.undecodable_findings.clone(),
            store: self.store.clone(),
            channels: self.channels.clone(),
            model: self.model.clone().map(Into::into),
            registry: self.registry.clone(),
        }
    }

    fn watch_states(&self) -> Arc<WatchStates> {
        Arc::new(self.states.clone())
    }

    fn leader_elsewhere(&self) -> BoxFuture<'static, Option<String>> {
        let holder = self.is_apart.then(|| "pod-b".to_string());
        async move { holder }.boxed()
    }

    fn run_times(&self, _scenario: &str) -> RunTimes {
        let next_run_at = Timestamp::from_second(1_800_000_000).ok();
        RunTimes { interval: Some(Duration::from_secs(300)), next_run_at }
    }
}

impl Scheduler for View {
    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickView, String>> {
        let ran = if force { 600 } else { 1 };
        let health = |i| Some(if i == 599 { Health::Failing } else { Health::Healthy });
        let result = |i| TickResultView {
            scenario_id: format!("s{i}"),
            health: health(i),
            opened: Vec::new(),
            resolved: Vec::new(),
        };
        let view = TickView { due: 1, ran, results: (0..ran).map(result).collect() };
        let view = if self.is_standby { Err(self.leadership().to_string()) } else { Ok(view) };
        async move { view }.boxed()
    }
}

/// The facade over the stand-ins.
pub struct Facade {
    server: Arc<ApiServer>,
    pub app: Router,
    pub metrics: Arc<Metrics>,
    pub events: Arc<EventFeed>,
}

/// More than any test needs, and no other origins.
pub fn access() -> Access {
    let requests = Arc::new(RequestRate::new(10_000));
    Access { requests, event_streams: 4, event_streams_of_person: 2, origins: Vec::new() }
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
        Self::over(ApiServer::new(), (view, auth, internal_token), access())
    }

    /// With other limits of clients.
    pub fn for_clients(access: Access) -> Facade {
        let auth = AuthConfig { secret: Some(SECRET.to_vec()), ..config() };
        Self::over(ApiServer::new(), (View::default(), auth, None), access)
    }

    /// Another facade over the same API server, as after a restart or on another replica.
    pub fn another(&self) -> Facade {
        let auth = AuthConfig { secret: Some(SECRET.to_vec()), ..config() };
        Self::over(self.server.clone(), (View::default(), auth, None), access())
    }

    fn over(
        server: Arc<ApiServer>,
        (view, auth, internal_token): (View, AuthConfig, Option<&str>),
        access: Access,
    ) -> Facade {
        let events = EventFeed::by_hand();
        let view = Arc::new(view);
        let scheduler = (!view.is_apart).then(|| view.clone() as Arc<dyn Scheduler>);
        let resources = server.resources.clone();
        let metrics = Arc::new(Metrics::default());
        let backend = Backend {
            client: client(server.clone()),
            process: ProcessState { resources, operator: view, scheduler, metrics: metrics.clone() },
            auth: Arc::new(Authenticator::new(auth)),
            internal_token: internal_token.map(String::from),
            rate: Arc::new(CommandRate::new(COMMANDS_PER_MINUTE)),
            joined: Arc::default(),
            access,
            events: events.clone(),
            secrets: Default::default(),
            id: ProcessId::new(Some("pod-a")),
            recovery: RecoveryState::complete(),
        };
        let app = router(backend, Default::default());
        Facade { server, app, metrics, events }
    }

    /// Reads or changes what the API server has.
    pub fn cluster<T>(&self, f: impl FnOnce(&mut Cluster) -> T) -> T {
        self.server.cluster(f)
    }

    /// Puts a Finding into the API server and the cache.
    pub fn add_finding(&self, name: &str, status: Value) -> &Self {
        self.server.add_finding(name, status);
        self
    }

    /// Puts a Scenario into the API server and the cache.
    pub fn add_scenario(&self, name: &str, suspend: bool, ready: &str) -> &Self {
        self.server.add_scenario(name, suspend, ready);
        self
    }

    /// Puts an object as it is into the API server and the cache.
    pub fn add(&self, plural: &str, object: Value) -> &Self {
        self.server.put(plural, object);
        self
    }

    pub fn actions(&self) -> Vec<Value> {
        self.server.actions()
    }

    /// Sends a request as a caller with this role.
    pub async fn call(&self, method: Method, path: &str, role: Role, body: &str) -> Answered {
        self.send(request(method, path).header("authorization", bearer("ana", &[role])), body).await
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, Role::Technician, "").await
    }

    pub async fn send(&self, request: axum::http::request::Builder, body: &str) -> Answered {
        let request = request.body(Body::from(body.to_string())).unwrap();
        let path = request.uri().path().to_string();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // The stream of all changes has no end.
        let is_endless = parts.status.is_success() && path.ends_with("/events");
        let body = if is_endless { Body::empty() } else { body };
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

/// The header of a valid token.
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
