//! `POST /internal/tick`, which the controllers answer also where the facade is another process.

use super::openapi::{BadRequest, PayloadTooLarge, ServerErrors, Unavailable, WrongInternalToken};
use super::problem::Problem;
use super::process_endpoints::ProcessState;
use super::{FacadeState, PREFIX};
use crate::commands::{self, Scheduler, scheduler_is_elsewhere};
use crate::listener;
use crate::views::{OperatorStatus, Parameters, TickView};
use axum::Router;
use axum::extract::{FromRef, Query, State};
use axum::http::{Extensions, HeaderMap};
use axum::response::Json;
use axum::routing::post;
use sha2::{Digest, Sha256};
use std::sync::Arc;

const TOKEN_HEADER: &str = "x-ops-internal-token";

/// What a tick needs.
#[derive(Clone)]
pub struct TickState {
    /// `None` where the controllers are another process.
    scheduler: Option<Arc<dyn Scheduler>>,
    operator: Arc<dyn OperatorStatus>,
    /// `None`: the route answers 503.
    internal_token: Option<String>,
}

impl TickState {
    fn new(process: &ProcessState, internal_token: Option<String>) -> TickState {
        TickState { scheduler: process.scheduler.clone(), operator: process.operator.clone(), internal_token }
    }
}

impl FromRef<FacadeState> for TickState {
    fn from_ref(facade: &FacadeState) -> TickState {
        TickState::new(&facade.backend.process, facade.backend.internal_token.clone())
    }
}

/// The route of a process that runs the controllers alone.
pub fn routes(process: &ProcessState, internal_token: Option<String>) -> Router {
    let state = TickState::new(process, internal_token);
    Router::new().route(&format!("{PREFIX}/internal/tick"), post(tick)).with_state(state)
}

/// Run due Scenarios
///
/// For an external cron. Waits until all have run. Answers 503 on a replica that does not lead, where the controllers run in
/// another process, which answers this route there, and where OPS_INTERNAL_TOKEN is not set. The detail says who leads.
#[utoipa::path(
    post,
    path = "/internal/tick",
    operation_id = "tick",
    security(("internal_token" = [])),
    params(
        ("force" = Option<bool>, Query, nullable = false,
            description = "Whether to run all Scenarios, due or not; false by default."),
    ),
    responses(
        (status = 200, description = "What ran.", body = TickView),
        BadRequest,
        WrongInternalToken,
        PayloadTooLarge,
        Unavailable,
        ServerErrors,
    ),
)]
pub async fn tick(
    State(state): State<TickState>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Json<TickView>, Problem> {
    // Before the token: it is a secret of the controllers, which a process without them does not read.
    let Some(scheduler) = &state.scheduler else {
        return Err(scheduler_is_elsewhere(state.operator.leader_elsewhere().await.as_deref()).into());
    };
    let Some(token) = &state.internal_token else {
        return Err(Problem::unavailable("OPS_INTERNAL_TOKEN is not set"));
    };
    let given = headers.get(TOKEN_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    // Digests are compared, so that the time taken does not depend on how many bytes match.
    if Sha256::digest(given) != Sha256::digest(token.as_bytes()) {
        return Err(Problem::unauthorized("X-Ops-Internal-Token is missing or wrong"));
    }
    listener::authenticated(&extensions);
    let force = match parameters.get("force").map(String::as_str) {
        Some("true") => true,
        None | Some("false") => false,
        Some(other) => return Err(Problem::bad_request(format!("force: {other:?} is not true or false"))),
    };
    Ok(Json(commands::tick(&**scheduler, force).await?))
}
