//! What each process tells of itself, whether or not it serves the REST routes: `/livez`, `/readyz`, `/metrics`.

use super::OperatorView;
use super::findings::{is_active, severity};
use super::problem::AsItIs;
use crate::api::{Finding, Scenario};
use crate::runtime::leadership::Leadership;
use crate::telemetry::Metrics;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use kube::runtime::reflector::Store;
use std::sync::Arc;

/// What these routes draw on.
#[derive(Clone)]
pub struct Vitals {
    pub scenarios: Store<Scenario>,
    pub findings: Store<Finding>,
    pub operator: Arc<dyn OperatorView>,
    pub metrics: Arc<Metrics>,
}

pub(super) fn routes(vitals: Vitals) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(vitals)
}

async fn readyz(State(vitals): State<Vitals>) -> Response {
    let waiting = vitals.operator.waiting_for();
    match waiting.is_empty() {
        true => "ok".into_response(),
        false => {
            let text = format!("waiting for {}\n", waiting.join(", "));
            (StatusCode::SERVICE_UNAVAILABLE, Extension(AsItIs), text).into_response()
        }
    }
}

async fn metrics(State(vitals): State<Vitals>) -> Response {
    let open = vitals.findings.state();
    vitals
        .metrics
        .set_open_findings(|level| open.iter().filter(|f| is_active(f) && severity(f) == Some(level)).count());
    let scenarios = vitals.scenarios.state();
    vitals.metrics.set_scenarios(|health| {
        scenarios.iter().filter(|s| s.status.as_ref().and_then(|s| s.health) == Some(health)).count()
    });
    vitals.metrics.set_leading(matches!(vitals.operator.standing(), Some(Leadership::Leading { .. })));
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, media_type)], vitals.metrics.encode()).into_response()
}
