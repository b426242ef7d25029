//! `POST /runs/{scenario_id}`, and `GET` to look the results up later.

use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use super::wait::wait;
use super::{FacadeState, PREFIX};
use crate::commands::{Caller, RequestRun, RunProgress, WAIT_DEFAULT, WAIT_MAX, look_up_run};
use crate::views::{Parameters, RunAccepted, RunView};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

/// Run a Scenario now
///
/// Waits for the results. Requires one of the roles super_admin, ops_lead, agentic_operator. A Scenario that is suspended or not
/// Ready is a conflict.
#[utoipa::path(
    post,
    path = "/runs/{scenario_id}",
    operation_id = "requestRun",
    params(
        ("scenario_id" = String, Path, description = "Name of the Scenario."),
        ("wait" = Option<u32>, Query, nullable = false, minimum = 0, maximum = 60,
            description = "Seconds to wait for the results; 30 by default. 0 is answered with 202 at once."),
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "The results.", body = RunView),
        (status = 202, description = "The run has not finished.", body = RunAccepted,
            headers(("Location" = String, description = "Where the results will be."))),
        BadRequest,
        Unauthenticated,
        NotFound,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn start(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    // Before the parameters are read, and before a reply that was stored under the same key is returned.
    caller.require_run_role()?;
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let wait = wait(&parameters, WAIT_DEFAULT, WAIT_MAX)?;
    let context = facade.context(caller, request);
    let scenario = id.clone();
    let command = move || Ok(RequestRun { scenario, wait });
    once(&facade, context, command, move |progress: &RunProgress| reply(&id, progress)).await
}

/// Look up a run
///
/// The path and query of the Location of an earlier request. Requires one of the roles super_admin, ops_lead, agentic_operator.
#[utoipa::path(
    get,
    path = "/runs/{scenario_id}",
    operation_id = "getRun",
    params(
        ("scenario_id" = String, Path, description = "Name of the Scenario."),
        ("requested_at" = Timestamp, Query, description = "Time of the request, as the answer to it said."),
    ),
    responses(
        (status = 200, description = "The results.", body = RunView),
        (status = 202, description = "The run has not finished.", body = RunAccepted,
            headers(("Location" = String, description = "Where the results will be."))),
        BadRequest,
        Unauthenticated,
        NotFound,
        Conflict,
        ServerErrors,
    ),
)]
pub async fn look_up(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Problem> {
    caller.require_run_role()?;
    let missing = || Problem::bad_request("requested_at: is missing, should be that of the answer to the request");
    let text = parameters.get("requested_at").ok_or_else(missing)?;
    let requested_at: Timestamp = text
        .parse()
        .map_err(|_| Problem::bad_request(format!("requested_at: {text:?} is not a time as in RFC 3339")))?;
    let progress = look_up_run(&facade.backend.process.resources, &caller, &id, requested_at)?;
    Ok(reply(&id, &progress)?.into_response())
}

/// 200 with the results, or 202 with where they will be.
fn reply(id: &str, progress: &RunProgress) -> Result<Reply, Problem> {
    let requested_at = match progress {
        RunProgress::Finished(run) => return Reply::new(StatusCode::OK, run),
        RunProgress::Pending { requested_at } => *requested_at,
    };
    let location = format!("{PREFIX}/runs/{id}?requested_at={requested_at}");
    let body = RunAccepted { scenario_id: id.to_string(), requested_at, location: location.clone() };
    Ok(Reply { location: Some(location), ..Reply::new(StatusCode::ACCEPTED, &body)? })
}
