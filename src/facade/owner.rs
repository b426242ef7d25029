//! `PUT /findings/{id}/owner`, `DELETE /findings/{id}/owner`.

use super::FacadeState;
use super::fields::Fields;
use super::idempotency::once;
use super::openapi::{BadRequest, Conflict, NotFound, ServerErrors, TooManyRequests, Unauthenticated};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{Caller, Release, RequestId, TakeOver};
use crate::views::FindingView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

/// Take a Finding over
///
/// Says that the caller works on it. It is no acknowledgement, and notices go on. From another owner it is taken; where another person takes
/// it over at the same time, that is a conflict. The operator removes the owner when the Finding resolves; a resolved Finding is a conflict.
#[utoipa::path(
    put,
    path = "/findings/{id}/owner",
    operation_id = "takeOverFinding",
    params(("id" = String, Path, description = "Object name of the Finding.", example = "proxmox.cluster-0123456789")),
    responses(
        (status = 200, description = "The Finding, with its owner.", body = FindingView),
        BadRequest,
        Unauthenticated,
        NotFound,
        Conflict,
        TooManyRequests,
        ServerErrors,
    ),
)]
pub async fn take_over(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    // The owner is the caller: nobody takes it over for another person.
    Fields::parse_optional(&body, &[])?;
    let resources = facade.backend.process.resources.clone();
    // Doing it again is the same: a key is not needed.
    let context = facade.context(caller, RequestId::unique());
    let command = move || TakeOver::new(&resources, &id, None);
    once(&facade, context, command, |finding: &FindingView| Reply::new(StatusCode::OK, finding)).await
}

/// Release a Finding
///
/// Nobody works on it any more. Anybody can do it; the Action says who did. A Finding without an owner stays as it is. A resolved Finding is
/// a conflict.
#[utoipa::path(
    delete,
    path = "/findings/{id}/owner",
    operation_id = "releaseFinding",
    params(("id" = String, Path, description = "Object name of the Finding.", example = "proxmox.cluster-0123456789")),
    responses(
        (status = 200, description = "The Finding, without an owner.", body = FindingView),
        BadRequest,
        Unauthenticated,
        NotFound,
        Conflict,
        TooManyRequests,
        ServerErrors,
    ),
)]
pub async fn release(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let resources = facade.backend.process.resources.clone();
    let context = facade.context(caller, RequestId::unique());
    let command = move || Release::new(&resources, &id);
    once(&facade, context, command, |finding: &FindingView| Reply::new(StatusCode::OK, finding)).await
}
