//! `GET /scenarios`.

use super::FacadeState;
use super::openapi::{BadRequest, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::Caller;
use crate::views::{Order, Page, PageRequest, Parameters, ScenarioView};
use axum::extract::{Query, State};
use axum::response::Json;

/// List Scenarios
///
/// Sorted by name.
#[utoipa::path(
    get,
    path = "/scenarios",
    operation_id = "listScenarios",
    params(PageRequest),
    responses(
        (status = 200, description = "One page of Scenarios.", body = Page<ScenarioView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<ScenarioView>>, Problem> {
    PageRequest::check_names(&parameters, &[])?;
    let process = &facade.backend.process;
    let page = PageRequest::parse(&parameters, Order::Scenarios)?;
    Ok(Json(process.resources.list_scenarios(&*process.operator, &page)))
}
