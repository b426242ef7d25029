//! Endpoints of the process itself, with or without the REST routes: `/livez`, `/readyz`, `/metrics`.

use super::problem::PlainText;
use crate::commands::Scheduler;
use crate::runtime::leadership::Leadership;
use crate::telemetry::Metrics;
use crate::views::{OperatorStatus, Resources, is_active, severity};
use axum::extract::State;
use axum::http::{StatusCode, header};
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
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(process)
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

async fn metrics(State(process): State<ProcessState>) -> Response {
    let findings = process.resources.findings.state();
    process
        .metrics
        .set_open_findings(|level| findings.iter().filter(|f| is_active(f) && severity(f) == Some(level)).count());
    let scenarios = process.resources.scenarios.state();
    process.metrics.set_scenarios(|health| {
        scenarios.iter().filter(|s| s.status.as_ref().and_then(|s| s.health) == Some(health)).count()
    });
    let states = process.operator.watch_states();
    process.metrics.set_scenario_states(|state| states.count(state));
    let state = process.operator.state();
    process.metrics.set_leading(matches!(state.leadership, Some(Leadership::Leading { .. })));
    if let Some(store) = &state.store {
        process.metrics.set_store(store.write_error.is_none(), store.damaged.len());
    }
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, media_type)], process.metrics.encode()).into_response()
}
