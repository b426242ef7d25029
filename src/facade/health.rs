//! `GET /health`: for everybody in one word, for people with a token in more.

use super::findings::{is_active, severity};
use super::{Answer, Shared};
use crate::api::{Health, Severity};
use crate::runtime::leadership::Leadership;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Json};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A scheduler that is later than this does not keep up.
const LATE: Duration = Duration::from_secs(30);

pub async fn health(State(facade): State<Shared>, headers: HeaderMap) -> Answer {
    let backend = &facade.backend;
    let waiting = backend.vitals.operator.waiting_for();
    let late = backend.vitals.operator.lateness();
    let standing = backend.vitals.operator.standing();
    let status = match (waiting.is_empty(), &standing) {
        (false, _) => "down",
        (true, Some(Leadership::Uncertain { .. })) => "degraded",
        (true, _) if late.is_some_and(|late| late > LATE) => "degraded",
        (true, _) => "ok",
    };
    let mut body = json!({"status": status, "tier": "T0", "version": env!("CARGO_PKG_VERSION")});
    // A token that does not hold is an error, rather than the short answer.
    if headers.contains_key(header::AUTHORIZATION) {
        backend.auth.caller(&headers).await?;
        let scenarios = backend.vitals.scenarios.state();
        let of = |health| scenarios.iter().filter(|s| s.status.as_ref().and_then(|s| s.health) == Some(health)).count();
        body["scenarios"] = json!({
            "total": scenarios.len(),
            "healthy": of(Health::Healthy),
            "failing": of(Health::Failing),
            "unknown": scenarios.len() - of(Health::Healthy) - of(Health::Failing),
        });
        let findings = backend.vitals.findings.state();
        let open = |s: Severity| findings.iter().filter(|f| is_active(f) && severity(f) == Some(s)).count();
        let by_severity: Map<String, Value> =
            Severity::ALL.into_iter().map(|s| (s.as_str().to_string(), open(s).into())).collect();
        body["open_findings"] = Value::Object(by_severity);
        // Of a process that has no scheduler and stands in no election neither is known.
        body["scheduler_lateness_seconds"] = late.map(|late| late.as_secs_f64()).into();
        body["waiting_for"] = waiting.into();
        body["replica"] = standing.as_ref().map_or(Value::Null, replica);
    }
    Ok(Json(body).into_response())
}

fn replica(standing: &Leadership) -> Value {
    let holder = match standing {
        Leadership::Following { holder } => holder.as_deref(),
        _ => None,
    };
    json!({"standing": standing.as_str(), "holder": holder})
}
