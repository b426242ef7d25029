//! `GET /scenarios`.

use super::auth::Caller;
use super::pages::{self, page};
use super::{Answer, Backend, Shared};
use crate::api::conditions::{READY, find};
use crate::api::{Health, Scenario};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Json};
use kube::ResourceExt as _;
use serde_json::{Value, json};

pub async fn list(State(facade): State<Shared>, _caller: Caller, Query(query): Query<pages::Query>) -> Answer {
    pages::check(&query, &[])?;
    let mut scenarios = facade.backend.vitals.scenarios.state();
    scenarios.sort_by_key(|s| s.name_any());
    let body = page(&query, scenarios, |s| s.name_any(), |s| shown(&facade.backend, s))?;
    Ok(Json(body).into_response())
}

fn shown(backend: &Backend, scenario: &Scenario) -> Value {
    let name = scenario.name_any();
    let status = scenario.status.clone().unwrap_or_default();
    json!({
        "id": name,
        "title": scenario.spec.title,
        "agent": backend.agent(&scenario.spec.agent),
        "severity": scenario.spec.severity,
        "interval_seconds": backend.vitals.operator.interval(&name).map(|i| i.as_secs()),
        "suspended": scenario.spec.suspend,
        "ready": is_ready(scenario),
        "health": status.health.unwrap_or(Health::Unknown),
        "open_findings": status.open_findings.unwrap_or(0),
        "last_run_at": status.last_run_at.map(|t| t.0),
        "next_run_at": backend.vitals.operator.next_run_at(&name),
    })
}

/// Whether the spec is understood.
pub fn is_ready(scenario: &Scenario) -> bool {
    let conditions = scenario.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
    find(conditions, READY).is_some_and(|c| c.status == "True")
}
