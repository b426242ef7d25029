//! `GET /findings`, `GET /findings/{id}`.

use super::FacadeState;
use super::openapi::{BadRequest, NotFound, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::{Caller, CommandError};
use crate::views::{FindingFilter, FindingView, Order, Page, PageRequest, Parameters, Sort, SortParameter};
use axum::extract::{Path, Query, State};
use axum::response::Json;

/// List Findings
///
/// By default those that are open or acknowledged, newest first.
#[utoipa::path(
    get,
    path = "/findings",
    operation_id = "listFindings",
    params(FindingFilter, SortParameter, PageRequest),
    responses(
        (status = 200, description = "One page of Findings.", body = Page<FindingView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<FindingView>>, Problem> {
    let [phase, severity, scenario, agent, text] = FindingFilter::PARAMETERS;
    PageRequest::check_names(&parameters, &[phase, severity, scenario, agent, text, Sort::PARAMETER])?;
    let filter = FindingFilter::parse(&parameters)?;
    let page = PageRequest::parse(&parameters, Order::Findings(Sort::parse(&parameters)?))?;
    Ok(Json(facade.backend.process.resources.list_findings(&filter, &page, &caller.name)?))
}

/// Get a Finding
#[utoipa::path(
    get,
    path = "/findings/{id}",
    operation_id = "getFinding",
    params(("id" = String, Path, description = "Object name of the Finding.")),
    responses(
        (status = 200, description = "The Finding.", body = FindingView),
        BadRequest,
        Unauthenticated,
        NotFound,
        ServerErrors,
    ),
)]
pub async fn get(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<FindingView>, Problem> {
    let resources = &facade.backend.process.resources;
    let finding = resources.finding(&id).ok_or_else(|| CommandError::no_such("Finding", &id))?;
    Ok(Json(resources.finding_view(&finding, &caller.name)))
}
