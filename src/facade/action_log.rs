//! `GET /action-log`.

use super::FacadeState;
use super::openapi::{BadRequest, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::Caller;
use crate::views::{ActionFilter, ActionView, Order, Page, PageRequest, Parameters};
use axum::extract::{Query, State};
use axum::response::Json;

/// List Actions
///
/// What people did by REST, and the digests. Newest first.
#[utoipa::path(
    get,
    path = "/action-log",
    operation_id = "listActions",
    params(ActionFilter, PageRequest),
    responses(
        (status = 200, description = "One page of Actions.", body = Page<ActionView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<ActionView>>, Problem> {
    PageRequest::check_names(&parameters, &ActionFilter::PARAMETERS)?;
    let filter = ActionFilter::parse(&parameters)?;
    let page = PageRequest::parse(&parameters, Order::Actions)?;
    Ok(Json(facade.backend.process.resources.list_actions(&filter, &page)))
}
