//! `GET /findings`, `GET /findings/{id}`, `POST /findings/{id}/ack`.

use super::actions::Deed;
use super::auth::Caller;
use super::pages::{self, newest_first, page};
use super::problem::Problem;
use super::{Answer, Backend, MANAGER, Shared};
use crate::api::{Finding, Phase, Severity};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json};
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOTE_MAX: usize = 1024;
/// An acknowledgement that others keep overtaking is given up after this many tries.
const TRIES: usize = 5;

/// Whether it is open or acknowledged.
pub fn is_active(finding: &Finding) -> bool {
    phase(finding).is_some_and(Phase::is_active)
}

fn phase(finding: &Finding) -> Option<Phase> {
    finding.status.as_ref().and_then(|s| s.phase)
}

pub fn severity(finding: &Finding) -> Option<Severity> {
    finding.status.as_ref().and_then(|s| s.severity)
}

pub async fn list(State(facade): State<Shared>, _caller: Caller, Query(query): Query<pages::Query>) -> Answer {
    pages::check(&query, &["phase", "severity", "scenario", "agent"])?;
    let backend = &facade.backend;
    let wanted = Filter::parse(backend, &query)?;
    let mut findings: Vec<_> = backend.findings.state().into_iter().filter(|f| wanted.takes(f)).collect();
    let key = |f: &std::sync::Arc<Finding>| {
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

fn shown(backend: &Backend, finding: &Finding) -> Value {
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
    let found = backend.findings.find(|f| f.name_any() == id);
    let finding = found.ok_or_else(|| Problem::not_found(format!("no Finding is named {id:?}")))?;
    Ok(Json(shown(backend, &finding)).into_response())
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AckBody {
    note: Option<String>,
}

pub async fn acknowledge(
    State(facade): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let wanted: AckBody = match body.is_empty() {
        true => AckBody::default(),
        false => serde_json::from_slice(&body).map_err(|e| Problem::bad_request(e.to_string()))?,
    };
    if let Some(note) = wanted.note.as_ref().filter(|n| n.len() > NOTE_MAX) {
        return Err(Problem::invalid("note", format!("{} bytes, at most {NOTE_MAX}", note.len())));
    }
    let request = format!("ack {id} {:?}", wanted.note);
    let fresh = match facade.answers.look(&caller, &headers, request)? {
        Ok(given) => return Ok((given.status, Json(given.body)).into_response()),
        Err(fresh) => fresh,
    };
    let backend = &facade.backend;
    let result = write_acknowledgement(backend, &caller, &id, wanted.note.as_deref()).await;
    let deed = Deed {
        verb: "acknowledge",
        kind: "Finding",
        name: &id,
        parameters: wanted.note.map(|note| BTreeMap::from([("note".to_string(), note)])).unwrap_or_default(),
    };
    // What was not there can't have had something done to it.
    if !matches!(&result, Err(problem) if problem.status == StatusCode::NOT_FOUND) {
        backend.record(&caller, deed, if result.is_ok() { "done" } else { "refused" }).await;
    }
    let body = shown(backend, &result?);
    facade.answers.keep(fresh, StatusCode::OK, &body);
    Ok(Json(body).into_response())
}

/// Writes it into the spec; the operator copies it to the status. The answer already shows what that will be.
async fn write_acknowledgement(
    backend: &Backend,
    caller: &Caller,
    id: &str,
    note: Option<&str>,
) -> Result<Finding, Problem> {
    let api: Api<Finding> = Api::namespaced(backend.client.clone(), &backend.namespace);
    let now = crate::controllers::now();
    let mut before: Option<Option<crate::api::Acknowledgement>> = None;
    for _ in 0..TRIES {
        let finding = api.get(id).await?;
        if phase(&finding) == Some(Phase::Resolved) {
            return Err(Problem::conflict(format!("{id} is resolved: there is nothing to acknowledge")));
        }
        let stands = &finding.spec.acknowledgement;
        if before.as_ref().is_some_and(|before| before != stands) {
            return Err(Problem::conflict("somebody else acknowledged it meanwhile: look again"));
        }
        if stands.as_ref().is_some_and(|a| a.by == caller.name && (note.is_none() || a.note.as_deref() == note)) {
            return Ok(finding);
        }
        before = Some(stands.clone());
        let patch = json!({
            "metadata": {"resourceVersion": finding.resource_version()},
            "spec": {"acknowledgement": {"by": caller.name, "note": note, "at": now.to_string()}},
        });
        let params = PatchParams { field_manager: Some(MANAGER.into()), ..Default::default() };
        match api.patch(id, &params, &Patch::Merge(patch)).await {
            Ok(written) => return Ok(foreseen(written)),
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::conflict("the Finding keeps changing: try again"))
}

fn foreseen(mut finding: Finding) -> Finding {
    let (spec, occurrence) =
        (finding.spec.acknowledgement.clone(), finding.status.as_ref().and_then(|s| s.occurrences));
    if let (Some(status), Some(written)) = (&mut finding.status, spec) {
        status.phase = Some(Phase::Acknowledged);
        status.acknowledgement = Some(crate::api::FindingAcknowledgement {
            by: written.by,
            note: written.note,
            at: written
                .at
                .unwrap_or_else(|| k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(crate::controllers::now())),
            occurrence: occurrence.unwrap_or(1),
            manager: Some(MANAGER.into()),
            proven: true,
        });
    }
    finding
}
