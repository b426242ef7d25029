//! `GET /threads`, `GET /threads/{id}/messages`.

use super::FacadeState;
use super::openapi::{BadRequest, NotFound, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::{Caller, CommandError};
use crate::views::{MessageView, Order, Page, PageRequest, Parameters, Sort, SortParameter, ThreadFilter, ThreadView};
use axum::extract::{Path, Query, State};
use axum::response::Json;

/// List Threads
///
/// By default newest first.
#[utoipa::path(
    get,
    path = "/threads",
    operation_id = "listThreads",
    params(ThreadFilter, SortParameter, PageRequest),
    responses(
        (status = 200, description = "One page of Threads.", body = Page<ThreadView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<ThreadView>>, Problem> {
    let [state, agent, finding] = ThreadFilter::PARAMETERS;
    PageRequest::check_names(&parameters, &[state, agent, finding, Sort::PARAMETER])?;
    let filter = ThreadFilter::parse(&parameters)?;
    let page = PageRequest::parse(&parameters, Order::Threads(Sort::parse(&parameters)?))?;
    Ok(Json(facade.backend.process.resources.list_threads(&filter, &page)?))
}

/// List the Messages of a Thread
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/threads/{id}/messages",
    operation_id = "listMessages",
    params(("id" = String, Path, description = "Object name of the Thread."), PageRequest),
    responses(
        (status = 200, description = "One page of Messages.", body = Page<MessageView>),
        BadRequest,
        Unauthenticated,
        NotFound,
        ServerErrors,
    ),
)]
pub async fn messages(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<MessageView>>, Problem> {
    PageRequest::check_names(&parameters, &[])?;
    let page = PageRequest::parse(&parameters, Order::Messages)?;
    let resources = &facade.backend.process.resources;
    let thread = resources.thread(&id).ok_or_else(|| CommandError::no_such("Thread", &id))?;
    Ok(Json(resources.list_messages(&thread, &page)))
}
