//! `POST /runs/{scenario_id}`: runs it now and waits for what came of it; `GET` asks again.

use super::actions::Deed;
use super::auth::Caller;
use super::pages;
use super::problem::Problem;
use super::scenarios::is_ready;
use super::{Answer, Backend, MANAGER, Shared};
use crate::api::conditions::{READY, find};
use crate::api::{RUN_REQUESTED_AT, RequestedRun, Scenario};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use jiff::Timestamp;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const WAIT_DEFAULT: u64 = 30;
const WAIT_MAX: u64 = 60;
/// The store is looked at this often while waiting: a run takes some milliseconds at least.
const LOOK: Duration = Duration::from_millis(25);

pub async fn start(
    State(facade): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<pages::Query>,
    headers: HeaderMap,
) -> Answer {
    caller.may_run()?;
    let wait = match query.get("wait") {
        None => WAIT_DEFAULT,
        Some(text) => {
            let seconds = text.parse().ok().filter(|s| *s <= WAIT_MAX);
            seconds
                .ok_or_else(|| Problem::bad_request(format!("wait: {text:?} is not a number from 0 to {WAIT_MAX}")))?
        }
    };
    let fresh = match facade.answers.look(&caller, &headers, format!("run {id}"))? {
        Ok(given) => return Ok((given.status, Json(given.body)).into_response()),
        Err(fresh) => fresh,
    };
    let backend = &facade.backend;
    let requested = request(backend, &id).await;
    let parameters =
        requested.iter().map(|at| ("requested_at".to_string(), at.to_string())).collect::<BTreeMap<_, _>>();
    if !matches!(&requested, Err(problem) if problem.status == StatusCode::NOT_FOUND) {
        let deed = Deed { verb: "run", kind: "Scenario", name: &id, parameters };
        backend.record(&caller, deed, if requested.is_ok() { "done" } else { "refused" }).await;
    }
    let requested = requested?;
    let answered = async {
        loop {
            if let Some(body) = answered(backend, &id, requested) {
                return body;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(wait), answered).await {
        Ok(body) => {
            facade.answers.keep(fresh, StatusCode::OK, &body);
            Ok(Json(body).into_response())
        }
        Err(_) => Ok(accepted(&id, requested)),
    }
}

pub async fn answer(
    State(facade): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<pages::Query>,
) -> Answer {
    caller.may_run()?;
    let text = query.get("requested_at").map_or("", String::as_str);
    let requested: Timestamp = text
        .parse()
        .map_err(|_| Problem::bad_request(format!("requested_at: {text:?} is not a time as in RFC 3339")))?;
    runnable(&facade.backend, &id)?;
    match answered(&facade.backend, &id, requested) {
        Some(body) => Ok(Json(body).into_response()),
        None => Ok(accepted(&id, requested)),
    }
}

/// 202, and where to ask again.
fn accepted(id: &str, requested: Timestamp) -> Response {
    let location = format!("/api/v1/agents/runs/{id}?requested_at={requested}");
    let body = json!({"scenario_id": id, "requested_at": requested, "location": location});
    let mut response = (StatusCode::ACCEPTED, Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn runnable(backend: &Backend, id: &str) -> Result<(), Problem> {
    let found = backend.scenario(id).ok_or_else(|| Problem::not_found(format!("no Scenario is named {id:?}")))?;
    if found.spec.suspend {
        return Err(Problem::conflict(format!("{id} is suspended")));
    }
    let conditions = found.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
    // One that has no status yet is about to get it.
    match find(conditions, READY) {
        Some(ready) if !is_ready(&found) => Err(Problem::conflict(format!("{id} is not Ready: {}", ready.message))),
        _ => Ok(()),
    }
}

async fn request(backend: &Backend, id: &str) -> Result<Timestamp, Problem> {
    runnable(backend, id)?;
    let now = Timestamp::now();
    let patch = json!({"metadata": {"annotations": {RUN_REQUESTED_AT: now.to_string()}}});
    let params = PatchParams { field_manager: Some(MANAGER.into()), ..Default::default() };
    let api: Api<Scenario> = Api::namespaced(backend.client.clone(), &backend.namespace);
    api.patch(id, &params, &Patch::Merge(patch)).await?;
    Ok(now)
}

fn answered(backend: &Backend, id: &str, requested: Timestamp) -> Option<Value> {
    let scenario = backend.scenario(id)?;
    let status = scenario.status.as_ref()?;
    let run: &RequestedRun = status.last_requested_run.as_ref()?;
    if run.requested()? < requested {
        return None;
    }
    let checks: Vec<Value> = run
        .checks
        .iter()
        .map(|c| json!({"name": c.name, "key": c.key, "outcome": c.outcome, "message": c.message}))
        .collect();
    Some(json!({
        "scenario_id": id,
        "run_at": run.run_at.0,
        "health": status.health,
        "checks": checks,
        "opened": run.opened,
        "resolved": run.resolved,
    }))
}
