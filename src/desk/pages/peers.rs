//! `POST /desk/history`: what this replica has of the history, for the others. They have no session, but a token.

use crate::desk::panel::PanelState;
use crate::listener;
use crate::views::HistoryQuery;
use axum::Json;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where it is.
pub const HISTORY_PATH: &str = "/desk/history";
/// Readings that are asked for at once, of all Scenarios.
const READINGS_MAX: usize = 20_000;
/// Scenarios that are asked for at once.
const SCENARIOS_MAX: usize = 300;

/// What a replica asks another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRequest {
    pub scenarios: Vec<String>,
    /// Readings of each at most.
    pub most: usize,
}

/// Answers what this process itself has: nobody is asked further.
pub async fn history(
    State(panel): State<PanelState>,
    headers: HeaderMap,
    extensions: Extensions,
    Json(request): Json<HistoryRequest>,
) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some(token) = token else { return StatusCode::UNAUTHORIZED.into_response() };
    let Ok(who) = panel.backend.gate.verify(token).await else { return StatusCode::UNAUTHORIZED.into_response() };
    listener::authenticated(&extensions);
    if panel.backend.gate.admit(&who.name).is_err() {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let HistoryRequest { scenarios, most } = request;
    if scenarios.len() > SCENARIOS_MAX || scenarios.len().saturating_mul(most) > READINGS_MAX {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    match panel.backend.history.own(HistoryQuery { scenarios, most, now: Timestamp::now() }).await {
        Ok(records) => Json(records.iter().map(|record| record.sent()).collect::<Vec<_>>()).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
