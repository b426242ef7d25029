//! `GET /health`.

use super::FacadeState;
use super::openapi::{ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::views::HealthView;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, header};
use axum::response::Json;

/// Health of the program
///
/// Public. With a bearer token the answer also has the details; a token that is not valid is an error.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "getHealth",
    security((), ("bearer" = [])),
    responses((status = 200, description = "The health.", body = HealthView), Unauthenticated, ServerErrors),
)]
pub async fn health(
    State(facade): State<FacadeState>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Json<HealthView>, Problem> {
    let process = &facade.backend.process;
    let (operator, states) = (process.operator.state(), process.operator.watch_states());
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(Json(HealthView::summary(&operator, &states)));
    }
    facade.caller(&headers, &extensions).await?;
    let (scenarios, findings) = (process.resources.scenarios.state(), process.resources.findings.state());
    Ok(Json(HealthView::detailed(&operator, &states, &scenarios, &findings)))
}
