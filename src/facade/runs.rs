//! `POST /runs/{scenario_id}`: runs it now and waits for what came of it; `GET` asks again.

use super::actions::{Deed, Outcome};
use super::auth::Caller;
use super::idempotency::{Reply, once};
use super::pages;
use super::problem::Problem;
use super::scenarios::is_ready;
use super::{Answer, Backend, Shared};
use crate::api::conditions::{READY, find};
use crate::api::{RUN_REQUESTED_AT, RequestedRun, Scenario};
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const WAIT_DEFAULT: u64 = 30;
const WAIT_MAX: u64 = 60;
/// A request that others keep overtaking is given up after this many tries.
const TRIES: usize = 5;
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
    let work = work(facade.clone(), caller.clone(), id.clone(), Duration::from_secs(wait));
    once(&facade, &caller, &headers, format!("run {id}"), work).await
}

async fn work(facade: Shared, caller: Caller, id: String, wait: Duration) -> Result<Reply, Problem> {
    let backend = &facade.backend;
    let requested = request(backend, &id).await;
    let parameters =
        requested.iter().map(|at| ("requested_at".to_string(), at.to_string())).collect::<BTreeMap<_, _>>();
    let deed = Deed { verb: "run", kind: "Scenario", name: &id, parameters };
    match &requested {
        Ok(_) => backend.record(&caller, deed, Outcome::Done).await,
        Err(problem) if problem.status == StatusCode::NOT_FOUND => {}
        Err(problem) => backend.record(&caller, deed, Outcome::of(problem)).await,
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
    Ok(match tokio::time::timeout(wait, answered).await {
        Ok(body) => Reply { status: StatusCode::OK, location: None, body },
        Err(_) => accepted(&id, requested),
    })
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
    // A run that is over is told whatever became of the Scenario since.
    if let Some(body) = answered(&facade.backend, &id, requested) {
        return Ok(Json(body).into_response());
    }
    runnable(&facade.backend, &id)?;
    Ok(accepted(&id, requested).into_response())
}

/// 202, and where to ask again.
fn accepted(id: &str, requested: Timestamp) -> Reply {
    let location = format!("/api/v1/agents/runs/{id}?requested_at={requested}");
    let body = json!({"scenario_id": id, "requested_at": requested, "location": location});
    Reply { status: StatusCode::ACCEPTED, location: Some(location), body }
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

/// Asks the operator for a run, and answers with the time that it is asked for at.
async fn request(backend: &Backend, id: &str) -> Result<Timestamp, Problem> {
    runnable(backend, id)?;
    let api: Api<Scenario> = Api::namespaced(backend.client.clone(), &backend.namespace);
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    for _ in 0..TRIES {
        let scenario = call(api.get(id)).await?;
        let requested = match ask(&scenario, Timestamp::now()) {
            Asking::Leadership(at) => return Ok(at),
            Asking::New(at) => at,
        };
        let patch = json!({"metadata": {
            "resourceVersion": scenario.resource_version(),
            "annotations": {RUN_REQUESTED_AT: requested.to_string()},
        }});
        match call(api.patch(id, &params, &Patch::Merge(patch))).await {
            Ok(_) => return Ok(requested),
            Err(WriteError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::conflict("the Scenario keeps changing: try again"))
}

#[derive(Debug, PartialEq)]
enum Asking {
    /// Somebody asked for a later time, and what comes of that also answers this.
    Leadership(Timestamp),
    New(Timestamp),
}

/// When to ask for a run: now, in microseconds, but after the last one that was answered, or the answer to that would be taken
/// for this one's. A later time that stands is kept: whoever wrote it waits for it.
fn ask(scenario: &Scenario, now: Timestamp) -> Asking {
    let answered =
        scenario.status.as_ref().and_then(|s| s.last_requested_run.as_ref()).and_then(RequestedRun::requested);
    let micros = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
    let next = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond().saturating_add(1)).unwrap_or(at);
    let earliest = answered.map_or(micros(now), |at| micros(now).max(next(at)));
    let standing = scenario.annotations().get(RUN_REQUESTED_AT).and_then(|text| text.parse::<Timestamp>().ok());
    match standing {
        Some(at) if at >= earliest => Asking::Leadership(at),
        _ => Asking::New(earliest),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(standing: Option<&str>, answered: Option<&str>) -> Scenario {
        let run = answered.map(|at| json!({"requestedAt": at, "runAt": "2026-01-01T00:00:00Z"}));
        let annotations = standing.map(|at| json!({RUN_REQUESTED_AT: at}));
        serde_json::from_value(json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1",
            "kind": "Scenario",
            "metadata": {"name": "desk.api.health", "annotations": annotations},
            "spec": {"title": "t", "agent": "pulso", "severity": "high", "probes": []},
            "status": {"lastRequestedRun": run},
        }))
        .unwrap()
    }

    #[test]
    fn a_run_is_asked_for_after_what_was_answered_and_a_later_request_stands() {
        let now = "2026-03-01T12:00:00.0000005Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (standing, answered, expected) in [
            (None, None, Asking::New(at("2026-03-01T12:00:00Z"))),
            (Some("2026-03-01T11:00:00Z"), None, Asking::New(at("2026-03-01T12:00:00Z"))),
            (Some("2026-03-01T12:00:01Z"), None, Asking::Leadership(at("2026-03-01T12:00:01Z"))),
            (Some("soon"), None, Asking::New(at("2026-03-01T12:00:00Z"))),
            (
                Some("2026-03-01T12:00:09Z"),
                Some("2026-03-01T12:00:09Z"),
                Asking::New(at("2026-03-01T12:00:09.000001Z")),
            ),
        ] {
            assert_eq!(ask(&scenario(standing, answered), now), expected, "{standing:?} {answered:?}");
        }
    }
}
