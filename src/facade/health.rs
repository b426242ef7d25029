//! `GET /health`.

use super::FacadeState;
use super::openapi::{ServerErrors, Unauthenticated};
use super::problem::Problem;
use super::process_endpoints::ProcessState;
use crate::views::{HealthView, ModelState, OperatorState};
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
    let (operator, states) = (operator_state(process).await, process.operator.watch_states());
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(Json(HealthView::summary(&operator, &states)));
    }
    facade.caller(&headers, &extensions).await?;
    let (scenarios, findings) = (process.resources.scenarios.state(), process.resources.findings.state());
    Ok(Json(HealthView::detailed(&operator, &states, &scenarios, &findings)))
}

/// The state of the operator. What another process said of the model holds while one leads.
async fn operator_state(process: &ProcessState) -> OperatorState {
    let state = process.operator.state();
    if state.leadership.is_some() || state.model.is_none() || process.operator.leader_elsewhere().await.is_some() {
        return state;
    }
    OperatorState { model: state.model.map(ModelState::forgotten), ..state }
}
