//! `GET /roster`.

use super::FacadeState;
use super::openapi::{BadRequest, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::Caller;
use crate::views::{Order, Page, PageRequest, Parameters, RosterView};
use axum::extract::{Query, State};
use axum::response::Json;

/// List Agents
///
/// Sorted by object name.
#[utoipa::path(
    get,
    path = "/roster",
    operation_id = "listRoster",
    params(PageRequest),
    responses(
        (status = 200, description = "One page of Agents.", body = Page<RosterView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<RosterView>>, Problem> {
    PageRequest::check_names(&parameters, &[])?;
    let page = PageRequest::parse(&parameters, Order::Roster)?;
    Ok(Json(facade.backend.process.resources.list_roster(&page)))
}
