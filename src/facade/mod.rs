//! The REST contract: `/api/v1/agents`, translated into reads and writes of the resources. Keeps nothing of its own.

mod acknowledge;
mod actions;
pub mod auth;
mod findings;
mod health;
mod idempotency;
mod keys;
mod pages;
mod problem;
pub mod review;
mod runs;
mod scenarios;
#[cfg(test)]
mod tests;
mod tick;
mod vitals;

pub use tick::{APART, TickReport, TickResult};
pub use vitals::Vitals;

use crate::api::{Agent, Scenario};
use crate::runtime::leadership::Leadership;
use auth::Authenticator;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use futures::future::BoxFuture;
use idempotency::Answers;
use jiff::Timestamp;
use kube::Client;
use kube::runtime::reflector::{ObjectRef, Store};
use problem::Problem;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// Bodies of requests are read up to this.
const BODY_MAX: usize = 64 << 10;
/// No answer takes longer than this; a wait for a run takes at most a minute.
const TIMEOUT: Duration = Duration::from_secs(75);
/// What the facade wants to know of the operator.
pub trait OperatorView: Send + Sync {
    /// What it waits for before it works, for people; empty when it does.
    fn waiting_for(&self) -> Vec<String>;
    /// How late the last run began; `None` where the controllers are another process.
    fn lateness(&self) -> Option<Duration>;
    fn next_run_at(&self, scenario: &str) -> Option<Timestamp>;
    fn interval(&self, scenario: &str) -> Option<Duration>;
    /// Where this replica stands among several; `None` where it never stands, and the controllers are another process.
    fn standing(&self) -> Option<Leadership>;
    /// Runs what is due, or everything; else why this replica does not.
    fn tick(&self, force: bool) -> BoxFuture<'static, Result<TickReport, String>>;
}

/// Everything that the routes draw on.
pub struct Backend {
    pub client: Client,
    pub namespace: String,
    pub vitals: Vitals,
    pub agents: Store<Agent>,
    pub auth: Authenticator,
    /// `None`: the route `/internal/tick` answers 503.
    pub internal_token: Option<String>,
}

/// The routes' state.
struct Facade {
    backend: Backend,
    answers: Answers,
}

type Shared = Arc<Facade>;
type Answer = Result<Response, Problem>;

/// All routes.
pub fn router(backend: Backend) -> Router {
    let vitals = vitals::routes(backend.vitals.clone());
    let state: Shared = Arc::new(Facade { backend, answers: Answers::default() });
    let agents = Router::new()
        .route("/health", get(health::health))
        .route("/scenarios", get(scenarios::list))
        .route("/findings", get(findings::list))
        .route("/findings/{id}", get(findings::one))
        .route("/findings/{id}/ack", post(acknowledge::acknowledge))
        .route("/runs/{scenario_id}", post(runs::start).get(runs::answer))
        .route("/internal/tick", post(tick::tick))
        .with_state(state);
    bounded(vitals.nest("/api/v1/agents", agents), "no such path")
}

/// What the controllers by themselves serve: nothing of REST.
pub fn router_of_controllers(vitals: Vitals) -> Router {
    bounded(vitals::routes(vitals), "no such path: this process is the controllers alone, and the facade runs apart")
}

/// Each answer in bounded time, of bounded size and in the form of a problem where it is one.
fn bounded(routes: Router, absent: &'static str) -> Router {
    routes
        .fallback(move || async move { Problem::not_found(absent) })
        .method_not_allowed_fallback(|| async { Problem::method() })
        .layer(RequestBodyLimitLayer::new(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(|_| Problem::internal("the request broke off: see the log").into_response()))
        .layer(middleware::map_response(problem::of_plain))
}

impl Backend {
    fn scenario(&self, name: &str) -> Option<Arc<Scenario>> {
        self.vitals.scenarios.get(&ObjectRef::new(name).within(&self.namespace))
    }

    /// `{id, name}` of an Agent; one without an id is known by its object name.
    fn agent(&self, name: &str) -> serde_json::Value {
        let found = self.agents.get(&ObjectRef::new(name).within(&self.namespace));
        let id = found.as_ref().and_then(|a| a.spec.id.clone()).unwrap_or_else(|| name.to_string());
        let shown = found.map_or_else(|| name.to_string(), |a| a.spec.display_name.clone());
        serde_json::json!({"id": id, "name": shown})
    }

    /// The object name of an Agent that is given by its id or its object name.
    fn agent_name(&self, given: &str) -> String {
        let by_id = self.agents.find(|a| a.spec.id.as_deref() == Some(given));
        by_id.and_then(|a| a.metadata.name.clone()).unwrap_or_else(|| given.to_string())
    }
}
