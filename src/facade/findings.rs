//! `GET /findings`, `GET /findings/{id}`.

use super::FacadeState;
use super::openapi::{BadRequest, NotFound, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::{Caller, CommandError};
use crate::views::{FindingFilter, FindingView, Page, PageRequest, Parameters};
use axum::extract::{Path, Query, State};
use axum::response::Json;

/// List Findings
///
/// Newest first; by default those that are open or acknowledged.
#[utoipa::path(
    get,
    path = "/findings",
    operation_id = "listFindings",
    params(FindingFilter, PageRequest),
    responses(
        (status = 200, description = "One page of Findings.", body = Page<FindingView>),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn list(
    State(facade): State<FacadeState>,
    _caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<FindingView>>, Problem> {
    PageRequest::check_names(&parameters, &FindingFilter::PARAMETERS)?;
    let filter = FindingFilter::parse(&parameters)?;
    let page = PageRequest::parse(&parameters)?;
    Ok(Json(facade.backend.process.resources.list_findings(&filter, &page)))
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
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<FindingView>, Problem> {
    let resources = &facade.backend.process.resources;
    let finding = resources.finding(&id).ok_or_else(|| CommandError::no_such("Finding", &id))?;
    Ok(Json(resources.finding_view(&finding)))
}
