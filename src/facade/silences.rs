//! `GET /silences`, `POST /silences`, `DELETE /silences/{id}`.

mod body;

use super::FacadeState;
use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, TooManyRequests,
    Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{Caller, EndSilence, MakeSilence, RequestId};
use crate::runtime::clock::now;
use crate::views::{Order, Page, PageRequest, Parameters, SilenceFilter, SilenceView};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{Json, Response};
use body::SilenceBody;

/// List Silences
///
/// Newest first; those that have ended, too, as long as they are kept.
#[utoipa::path(
    get,
    path = "/silences",
    operation_id = "listSilences",
    params(SilenceFilter, PageRequest),
    responses(
        (status = 200, description = "One page of Silences.", body = Page<SilenceView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<SilenceView>>, Problem> {
    PageRequest::check_names(&parameters, &SilenceFilter::PARAMETERS)?;
    let filter = SilenceFilter::parse(&parameters)?;
    let page = PageRequest::parse(&parameters, Order::Silences)?;
    Ok(Json(facade.backend.process.resources.list_silences(&filter, &page, now())))
}

/// Make a Silence
///
/// Its author is the caller. Notices about Findings that match are held back while it is active; checks go on, and who was told of
/// a Finding is told of its resolution. One of `ends_at`, `duration` and `recurrence` has to be given.
#[utoipa::path(
    post,
    path = "/silences",
    operation_id = "makeSilence",
    params(IdempotencyKey),
    request_body(content = SilenceBody, content_type = "application/json"),
    responses(
        (status = 201, description = "The Silence.", body = SilenceView),
        BadRequest,
        Unauthenticated,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn make(
    State(facade): State<FacadeState>,
    caller: Caller,
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let new = body::parse(&body)?;
    let context = facade.context(caller, request);
    let command = move || Ok(MakeSilence(new));
    once(&facade, context, command, |silence: &SilenceView| Reply::new(StatusCode::CREATED, silence)).await
}

/// End a Silence
///
/// One that has started stays in the list with its end; one that recurs, or has not started, is deleted. Ending one that has ended is
/// the same.
#[utoipa::path(
    delete,
    path = "/silences/{id}",
    operation_id = "endSilence",
    params(("id" = String, Path, description = "Object name of the Silence.")),
    responses(
        (status = 200, description = "The Silence, ended.", body = SilenceView),
        BadRequest,
        Unauthenticated,
        NotFound,
        Conflict,
        TooManyRequests,
        ServerErrors,
    ),
)]
pub async fn end(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let resources = facade.backend.process.resources.clone();
    // Ending it again is the same: a key is not needed.
    let context = facade.context(caller, RequestId::unique());
    let command = move || EndSilence::new(&resources, &id);
    once(&facade, context, command, |silence: &SilenceView| Reply::new(StatusCode::OK, silence)).await
}
