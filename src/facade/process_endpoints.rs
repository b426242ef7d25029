//! Endpoints of the process itself, with or without the REST routes: `/livez`, `/readyz`.

use super::problem::PlainText;
use crate::commands::Scheduler;
use crate::telemetry::Metrics;
use crate::views::{OperatorStatus, Resources};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use std::sync::Arc;

/// Caches, operator and metrics of this process. Cheap to clone.
#[derive(Clone)]
pub struct ProcessState {
    pub resources: Resources,
    pub operator: Arc<dyn OperatorStatus>,
    /// `None` where the controllers are another process.
    pub scheduler: Option<Arc<dyn Scheduler>>,
    pub metrics: Arc<Metrics>,
}

pub(super) fn routes(process: ProcessState) -> Router {
    Router::new().route("/livez", get(|| async { "ok" })).route("/readyz", get(readyz)).with_state(process)
}

async fn readyz(State(process): State<ProcessState>) -> Response {
    let state = process.operator.state();
    let text = match (state.waiting_for.as_slice(), state.write_error()) {
        ([], None) => return "ok".into_response(),
        ([], Some(_)) => "the store cannot be written\n".to_string(),
        (waiting_for, _) => format!("waiting for {}\n", waiting_for.join(", ")),
    };
    (StatusCode::SERVICE_UNAVAILABLE, Extension(PlainText), text).into_response()
}
