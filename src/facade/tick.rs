//! `POST /internal/tick`.

use super::FacadeState;
use super::openapi::{BadRequest, PayloadTooLarge, ServerErrors, Unavailable, WrongInternalToken};
use super::problem::Problem;
use crate::commands::{self, require_scheduler};
use crate::listener;
use crate::views::{Parameters, TickView};
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap};
use axum::response::Json;
use sha2::{Digest, Sha256};

const TOKEN_HEADER: &str = "x-ops-internal-token";

/// Run due Scenarios
///
/// For an external cron. Waits until all have run. Answers 503 on a replica that does not lead, where the controllers run in
/// another process, and where OPS_INTERNAL_TOKEN is not set.
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
    State(facade): State<FacadeState>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Json<TickView>, Problem> {
    // Before the token: it is a secret of the controllers, which a process without them does not read.
    let scheduler = require_scheduler(facade.backend.process.scheduler.as_ref())?;
    let Some(token) = &facade.backend.internal_token else {
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
