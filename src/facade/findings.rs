//! `GET /findings`, `GET /findings/{id}`.

use super::auth::Caller;
use super::pages::{self, newest_first, page};
use super::problem::Problem;
use super::{Answer, Backend, Shared};
use crate::api::{Finding, Phase, Severity};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Json};
use kube::ResourceExt as _;
use kube::runtime::reflector::ObjectRef;
use serde_json::{Value, json};
use std::sync::Arc;

/// Whether it is open or acknowledged.
pub fn is_active(finding: &Finding) -> bool {
    phase(finding).is_some_and(Phase::is_active)
}

/// Where it stands, if the operator has said so.
pub fn phase(finding: &Finding) -> Option<Phase> {
    finding.status.as_ref().and_then(|s| s.phase)
}

/// How bad it is, if the operator has said so.
pub fn severity(finding: &Finding) -> Option<Severity> {
    finding.status.as_ref().and_then(|s| s.severity)
}

pub async fn list(State(facade): State<Shared>, _caller: Caller, Query(query): Query<pages::Query>) -> Answer {
    pages::check(&query, &["phase", "severity", "scenario", "agent"])?;
    let backend = &facade.backend;
    let wanted = Filter::parse(backend, &query)?;
    let mut findings: Vec<_> = backend.vitals.findings.state().into_iter().filter(|f| wanted.takes(f)).collect();
    let key = |f: &Arc<Finding>| {
        let opened = f.status.as_ref().and_then(|s| s.opened_at.as_ref()).map(|t| t.0);
        newest_first(opened, &f.name_any())
    };
    findings.sort_by_cached_key(key);
    let body = page(&query, findings, key, |f| shown(backend, f))?;
    Ok(Json(body).into_response())
}

struct Filter {
    phases: Vec<Phase>,
    severity: Option<String>,
    scenario: Option<String>,
    agent: Option<String>,
}

impl Filter {
    fn parse(backend: &Backend, query: &pages::Query) -> Result<Filter, Problem> {
        let phases = match query.get("phase").map_or("active", String::as_str) {
            "active" => vec![Phase::Open, Phase::Acknowledged],
            "open" => vec![Phase::Open],
            "acknowledged" => vec![Phase::Acknowledged],
            "resolved" => vec![Phase::Resolved],
            other => {
                let message = format!("phase: {other:?} is not one of active, open, acknowledged, resolved");
                return Err(Problem::bad_request(message));
            }
        };
        let severity = query.get("severity").cloned();
        if let Some(word) = severity.as_ref().filter(|word| Severity::ALL.iter().all(|s| s.as_str() != word.as_str())) {
            let known = Severity::ALL.map(|s| s.as_str()).join(", ");
            return Err(Problem::bad_request(format!("severity: {word:?} is not one of {known}")));
        }
        let agent = query.get("agent").map(|given| backend.agent_name(given));
        Ok(Filter { phases, severity, scenario: query.get("scenario").cloned(), agent })
    }

    fn takes(&self, finding: &Finding) -> bool {
        let agent = finding.status.as_ref().and_then(|s| s.agent.as_deref());
        phase(finding).is_some_and(|p| self.phases.contains(&p))
            && self.severity.as_ref().is_none_or(|s| severity(finding).is_some_and(|f| f.as_str() == s))
            && self.scenario.as_ref().is_none_or(|s| finding.spec.scenario == *s)
            && self.agent.as_ref().is_none_or(|a| agent == Some(a))
    }
}

/// A Finding as REST shows it.
pub fn shown(backend: &Backend, finding: &Finding) -> Value {
    let status = finding.status.clone().unwrap_or_default();
    let time = |t: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>| t.map(|t| t.0);
    let acknowledgement =
        status.acknowledgement.map(|a| json!({"by": a.by, "note": a.note, "at": a.at.0, "proven": a.proven}));
    let evidence = status.evidence.map(|e| {
        let snapshot = |s: crate::api::Snapshot| {
            let readings: Vec<Value> =
                s.readings.iter().map(|r| json!({"probe": r.probe, "reading": r.reading})).collect();
            json!({"at": s.at.0, "readings": readings})
        };
        json!({"failing": e.failing.map(snapshot), "last_good": e.last_good.map(snapshot), "truncated": e.truncated})
    });
    json!({
        "id": finding.name_any(),
        "scenario_id": finding.spec.scenario,
        "check": finding.spec.check,
        "key": finding.spec.key,
        "agent": status.agent.as_deref().map(|a| backend.agent(a)),
        "title": status.title,
        "message": status.message,
        "severity": status.severity,
        "phase": status.phase.map(|p| p.as_str().to_lowercase()),
        "opened_at": time(status.opened_at),
        "resolved_at": time(status.resolved_at),
        "occurrences": status.occurrences,
        "acknowledgement": acknowledgement,
        "evidence": evidence,
        "advice": null,
        "thread_id": null,
        "notices": [],
    })
}

pub async fn one(State(facade): State<Shared>, _caller: Caller, Path(id): Path<String>) -> Answer {
    let backend = &facade.backend;
    Ok(Json(shown(backend, &*find(backend, &id)?)).into_response())
}

/// The Finding of this name, or 404.
pub fn find(backend: &Backend, id: &str) -> Result<Arc<Finding>, Problem> {
    let found = backend.vitals.findings.get(&ObjectRef::new(id).within(&backend.namespace));
    found.ok_or_else(|| Problem::not_found(format!("no Finding is named {id:?}")))
}
