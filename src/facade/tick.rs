//! `POST /internal/tick`: a cron of somebody else's runs what is due.

use super::problem::Problem;
use super::{Answer, Shared, pages};
use crate::api::Health;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json};
use serde::Serialize;
use sha2::{Digest, Sha256};

const RESULTS_MAX: usize = 500;
/// Why the facade by itself does not tick.
pub const APART: &str =
    "this process is the facade alone and never leads: the controllers, which run apart, run what is due by themselves";

/// What a tick did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TickReport {
    pub due: usize,
    pub ran: usize,
    /// At most 500 are told.
    pub results: Vec<TickResult>,
}

/// One Scenario's part in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TickResult {
    pub scenario_id: String,
    pub health: Option<Health>,
    pub opened: Vec<String>,
    pub resolved: Vec<String>,
}

pub async fn tick(State(facade): State<Shared>, Query(query): Query<pages::Query>, headers: HeaderMap) -> Answer {
    // It can't be told who asks either: the token is a secret of the controllers, which this process does not read.
    if facade.backend.vitals.operator.standing().is_none() {
        return Err(Problem::unavailable(APART));
    }
    let Some(token) = &facade.backend.internal_token else {
        return Err(Problem::unavailable("OPS_INTERNAL_TOKEN is not set"));
    };
    let given = headers.get("x-ops-internal-token").map(|v| v.as_bytes()).unwrap_or_default();
    // Digests are compared, so that time tells nothing of how much was right.
    if Sha256::digest(given) != Sha256::digest(token.as_bytes()) {
        return Err(Problem::unauthorized("X-Ops-Internal-Token is missing or wrong"));
    }
    let force = match query.get("force").map(String::as_str) {
        Some("true") => true,
        None | Some("false") => false,
        Some(other) => return Err(Problem::bad_request(format!("force: {other:?} is not true or false"))),
    };
    let mut report = facade.backend.vitals.operator.tick(force).await.map_err(Problem::unavailable)?;
    // Those that do not do well first: they are what is told where not all can be.
    report.results.sort_by_key(|r| r.health == Some(Health::Healthy));
    report.results.truncate(RESULTS_MAX);
    Ok(Json(report).into_response())
}
