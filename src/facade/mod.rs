//! The REST facade, `/api/v1/agents`: translates between HTTP and [`crate::commands`] and [`crate::views`]. It keeps no state
//! of its own besides the requests under way and the recent commands of each person.

mod acknowledge;
mod acknowledge_message;
mod action_log;
mod advice;
mod answers;
pub mod auth;
mod chat;
mod conditional;
mod cors;
mod events;
mod fields;
mod findings;
mod health;
mod idempotency;
mod inbox;
mod jwks;
mod metrics;
pub mod openapi;
mod owner;
mod problem;
mod process_endpoints;
mod rate;
mod replies;
mod reply;
mod resolution;
mod roster;
mod runs;
mod scenarios;
mod sent_body;
mod silences;
#[cfg(test)]
mod tests;
mod threads;
mod tick;
pub mod token_review;
mod wait;

pub use cors::parse_origins;
pub use events::EventFeed;
pub use process_endpoints::ProcessState;
pub use rate::RequestRate;

use crate::commands::{Caller, CommandRate, Context, JoinedRuns, ProcessId, RecoveryState, RequestId};
use crate::domain::redact::KnownSecrets;
use crate::listener;
use crate::telemetry::Metrics;
use auth::Authenticator;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::{Router, middleware};
use events::Seats;
use idempotency::InProgress;
use kube::Client;
use problem::Problem;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where the routes are.
const PREFIX: &str = "/api/v1/agents";
/// Longest request body, in bytes: the longest Message, of 48 KiB, takes three times as much in a form of the panel.
const BODY_MAX: usize = 160 << 10;
/// Longest time to an answer; a request that waits for a run waits at most a minute.
const TIMEOUT: Duration = Duration::from_secs(75);

/// What the routes need.
pub struct Backend {
    pub client: Client,
    pub process: ProcessState,
    pub auth: Arc<Authenticator>,
    /// `None`: the route `/internal/tick` answers 503.
    pub internal_token: Option<String>,
    /// The commands of everybody, whichever interface they come by.
    pub rate: Arc<CommandRate>,
    /// The requests of everybody to run a Scenario that are being written.
    pub joined: Arc<JoinedRuns>,
    pub access: Access,
    /// The changes that `/events` tells of.
    pub events: Arc<EventFeed>,
    /// What is redacted in notes and Actions; nothing where the controllers run in another process, since this one reads no Secrets.
    pub secrets: KnownSecrets,
    /// Identifies this process in Actions.
    pub id: ProcessId,
    /// Whether the Actions of before are completed: until then no command is taken.
    pub recovery: RecoveryState,
}

/// How clients may use the routes.
pub struct Access {
    /// The requests of everybody, whichever interface they come by.
    pub requests: Arc<RequestRate>,
    /// Streams of events that are open at once, at most.
    pub event_streams: usize,
    /// Those of one person, at most.
    pub event_streams_of_person: usize,
    /// Origins whose pages may call the routes from a browser.
    pub origins: Vec<HeaderValue>,
}

/// State of the routes.
struct Facade {
    backend: Backend,
    in_progress: InProgress,
    seats: Arc<Seats>,
}

type FacadeState = Arc<Facade>;

/// All routes, and those of `pages`, which need nothing of the facade.
pub fn router(backend: Backend, pages: Router) -> Router {
    let metrics = backend.process.metrics.clone();
    let process = routes_of_process(backend.process.clone());
    let Access { event_streams, event_streams_of_person, origins, .. } = &backend.access;
    let cors = cors::layer(origins.clone());
    let seats = Arc::new(Seats::new(*event_streams, *event_streams_of_person));
    let in_progress = InProgress::default();
    let state = Arc::new(Facade { backend, in_progress, seats });
    let (agents, _) = documented_routes().with_state(state).split_for_parts();
    let routes = bounded(process.merge(agents).merge(pages), "no such path", metrics);
    match cors {
        // Outside of everything else, so that errors have the headers, too.
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}

/// The routes of a process that runs the controllers alone: of REST only `/internal/tick`, which needs the leader.
pub fn router_of_controllers(process: ProcessState, internal_token: Option<String>) -> Router {
    let absent = "no such path: this process runs the controllers alone, and the facade runs in another process";
    let metrics = process.metrics.clone();
    let tick = tick::routes(&process, internal_token);
    bounded(routes_of_process(process).merge(tick), absent, metrics)
}

fn routes_of_process(process: ProcessState) -> Router {
    process_endpoints::routes(process.clone()).merge(metrics::routes(process))
}

/// The REST routes together with their description in the OpenAPI document.
fn documented_routes() -> OpenApiRouter<FacadeState> {
    let routes = OpenApiRouter::new()
        .routes(routes!(roster::list))
        .routes(routes!(inbox::list))
        .routes(routes!(threads::list))
        .routes(routes!(threads::messages))
        .routes(routes!(action_log::list))
        .routes(routes!(scenarios::list))
        .routes(routes!(findings::list))
        .routes(routes!(findings::get))
        .routes(routes!(acknowledge::acknowledge, acknowledge::unacknowledge))
        .routes(routes!(owner::take_over, owner::release))
        .routes(routes!(resolution::explain))
        .routes(routes!(advice::request))
        .routes(routes!(advice::vote))
        .routes(routes!(advice::similar))
        .routes(routes!(acknowledge_message::acknowledge))
        .routes(routes!(replies::reply))
        .routes(routes!(silences::list, silences::make))
        .routes(routes!(silences::end))
        .layer(middleware::from_fn(conditional::conditional))
        // These are not read again and again, or have no end.
        .routes(routes!(events::follow))
        .routes(routes!(chat::chat))
        .routes(routes!(health::health))
        .routes(routes!(runs::start, runs::look_up))
        .routes(routes!(tick::tick))
        .routes(routes!(openapi::serve));
    OpenApiRouter::with_openapi(openapi::base()).nest(PREFIX, routes)
}

/// Bounds requests in time and size, turns every error into a problem, and records what is answered.
fn bounded(routes: Router, absent: &'static str, metrics: Arc<Metrics>) -> Router {
    routes
        .fallback(move || async move { Problem::not_found(absent) })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(RequestBodyLimitLayer::new(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(|_| Problem::failed().into_response()))
        .layer(middleware::map_response(problem::from_plain_text))
        .layer(middleware::from_fn_with_state(metrics, metrics::record))
}

impl Facade {
    /// The caller of a request, which is counted: 401 and 403 as [`Authenticator::caller`], 429 where they sent too many.
    async fn caller(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller, Problem> {
        let caller = self.backend.auth.caller(headers).await?;
        listener::authenticated(extensions);
        self.backend.access.requests.require(&caller.name, &self.backend.process.metrics)?;
        Ok(caller)
    }

    /// The context of a caller's command.
    fn context(&self, caller: Caller, request: RequestId) -> Context {
        let Backend { client, process, secrets, id, rate, joined, .. } = &self.backend;
        Context {
            client: client.clone(),
            resources: process.resources.clone(),
            caller,
            request,
            process: id.clone(),
            rate: rate.clone(),
            joined: joined.clone(),
            metrics: process.metrics.clone(),
            secrets: secrets.clone(),
        }
    }
}
