//! `POST /findings/{id}/ack`: somebody knows of it; it is quiet until it clears.

use super::actions::{Deed, Outcome};
use super::auth::Caller;
use super::findings::{find, phase, shown};
use super::idempotency::{Reply, once};
use super::problem::Problem;
use super::{Answer, Backend, Shared};
use crate::api::{Acknowledgement, Finding, FindingAcknowledgement, Phase};
use crate::runtime::clock::now;
use crate::runtime::field_managers;
use crate::runtime::write::{WriteError, call};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOTE_MAX: usize = 1024;
/// An acknowledgement that others keep overtaking is given up after this many tries.
const TRIES: usize = 5;

pub async fn acknowledge(
    State(facade): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let note = note(&body)?;
    // Only the name of an object that is there may become a part of the API server's path.
    find(&facade.backend, &id)?;
    let request = format!("ack {id} {note:?}");
    let work = work(facade.clone(), caller.clone(), id, note);
    once(&facade, &caller, &headers, request, work).await
}

/// The note in a body, which may be empty.
fn note(body: &[u8]) -> Result<Option<String>, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let body: Value = serde_json::from_slice(body).map_err(|e| Problem::bad_request(format!("the body: {e}")))?;
    let Value::Object(fields) = body else { return Err(Problem::bad_request("the body should be a JSON object")) };
    if let Some(other) = fields.keys().find(|name| *name != "note") {
        return Err(Problem::invalid(other, "not a field here; there is note"));
    }
    match fields.get("note") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > NOTE_MAX => {
            Err(Problem::invalid("note", format!("{} bytes, at most {NOTE_MAX}", text.len())))
        }
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|t| !t.trim().is_empty())),
        Some(_) => Err(Problem::invalid("note", "should be a string")),
    }
}

async fn work(facade: Shared, caller: Caller, id: String, note: Option<String>) -> Result<Reply, Problem> {
    let backend = &facade.backend;
    let result = write(backend, &caller, &id, note.as_deref()).await;
    let parameters = note.map(|note| BTreeMap::from([("note".to_string(), note)])).unwrap_or_default();
    let deed = Deed { verb: "acknowledge", kind: "Finding", name: &id, parameters };
    match &result {
        Ok(Written::New(_)) => backend.record(&caller, deed, Outcome::Done).await,
        Ok(Written::Unchanged(_)) => backend.record(&caller, deed, Outcome::Unchanged).await,
        // What was not there can't have had something done to it.
        Err(problem) if problem.status == StatusCode::NOT_FOUND => {}
        Err(problem) => backend.record(&caller, deed, Outcome::of(problem)).await,
    }
    let finding = match result? {
        Written::New(finding) => foreseen(*finding, true),
        Written::Unchanged(finding) => foreseen(*finding, false),
    };
    Ok(Reply { status: StatusCode::OK, location: None, body: shown(backend, &finding) })
}

enum Written {
    New(Box<Finding>),
    /// It stood already.
    Unchanged(Box<Finding>),
}

/// What is to be done about the acknowledgement that stands.
#[derive(Debug, PartialEq)]
enum Decision {
    Write,
    Keep,
    Overtaken,
}

/// The first to acknowledge stays the one who did; only they change their note. `before` is what stood at the first look.
fn decide(
    stands: Option<&Acknowledgement>,
    before: Option<&Option<Acknowledgement>>,
    name: &str,
    note: Option<&str>,
) -> Decision {
    let is_wanted = |a: &Acknowledgement| a.by == name && (note.is_none() || a.note.as_deref() == note);
    match stands {
        Some(ack) if is_wanted(ack) => Decision::Keep,
        _ if before.is_some_and(|before| before.as_ref() != stands) => Decision::Overtaken,
        Some(ack) if ack.by != name => Decision::Keep,
        _ => Decision::Write,
    }
}

/// Writes it into the spec, from where the operator copies it to the status.
async fn write(backend: &Backend, caller: &Caller, id: &str, note: Option<&str>) -> Result<Written, Problem> {
    let api: Api<Finding> = Api::namespaced(backend.client.clone(), &backend.namespace);
    let params = PatchParams { field_manager: Some(field_managers::FACADE.into()), ..Default::default() };
    let at = now();
    let mut before: Option<Option<Acknowledgement>> = None;
    for _ in 0..TRIES {
        let finding = call(api.get(id)).await?;
        if phase(&finding) == Some(Phase::Resolved) {
            return Err(Problem::conflict(format!("{id} is resolved: there is nothing to acknowledge")));
        }
        match decide(finding.spec.acknowledgement.as_ref(), before.as_ref(), &caller.name, note) {
            Decision::Keep => return Ok(Written::Unchanged(Box::new(finding))),
            Decision::Overtaken => {
                return Err(Problem::conflict("somebody else changed the acknowledgement meanwhile: look again"));
            }
            Decision::Write => {}
        }
        let patch = json!({
            "metadata": {"resourceVersion": finding.resource_version()},
            "spec": {"acknowledgement": {"by": caller.name, "note": note, "at": at.to_string()}},
        });
        before.get_or_insert(finding.spec.acknowledgement);
        match call(api.patch(id, &params, &Patch::Merge(patch))).await {
            Ok(written) => return Ok(Written::New(Box::new(written))),
            Err(WriteError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::conflict("the Finding keeps changing: try again"))
}

/// The Finding as it will be once the operator has copied the acknowledgement; `proven` where this caller has just written it.
fn foreseen(mut finding: Finding, proven: bool) -> Finding {
    let (Some(status), Some(written)) = (&mut finding.status, finding.spec.acknowledgement.clone()) else {
        return finding;
    };
    if status.acknowledgement.is_none() || proven {
        status.phase = Some(Phase::Acknowledged);
        status.acknowledgement = Some(FindingAcknowledgement {
            by: written.by,
            note: written.note,
            at: written.at.unwrap_or_else(|| Time(now())),
            occurrence: status.occurrences.unwrap_or(1),
            manager: proven.then(|| field_managers::FACADE.into()),
            proven,
        });
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(name: &str, note: &str) -> Option<Acknowledgement> {
        Some(Acknowledgement { by: name.into(), note: Some(note.into()), at: None })
    }

    #[test]
    fn the_first_to_acknowledge_stays_and_a_change_meanwhile_is_a_conflict() {
        let cases = [
            (None, None, None, Decision::Write),
            (by("ana", "x"), None, None, Decision::Keep),
            (by("ana", "x"), None, Some("x"), Decision::Keep),
            (by("ana", "x"), None, Some("y"), Decision::Write),
            (by("rui", "x"), None, Some("y"), Decision::Keep),
            (None, Some(None), Some("y"), Decision::Write),
            (by("rui", "x"), Some(None), Some("y"), Decision::Overtaken),
            (by("ana", "y"), Some(None), Some("y"), Decision::Keep),
            (None, Some(by("ana", "x")), Some("y"), Decision::Overtaken),
        ];
        for (stands, before, note, expected) in cases {
            let decision = decide(stands.as_ref(), before.as_ref(), "ana", note);
            assert_eq!(decision, expected, "{stands:?} {before:?} {note:?}");
        }
    }

    #[test]
    fn a_body_that_is_wrong_names_the_field() {
        for (body, expected) in [("", None), (" ", None), ("{}", None), (r#"{"note":"ok"}"#, Some("ok"))] {
            assert_eq!(note(body.as_bytes()).unwrap().as_deref(), expected, "{body}");
        }
        let long = format!(r#"{{"note":"{}"}}"#, "x".repeat(NOTE_MAX + 1));
        for (body, status, field) in [
            ("{", 400, "the body"),
            ("[]", 400, "the body"),
            (r#"{"note":5}"#, 422, "note: "),
            (r#"{"nota":"x"}"#, 422, "nota: "),
            (long.as_str(), 422, "note: "),
        ] {
            let problem = note(body.as_bytes()).unwrap_err();
            assert!(problem.status == status && problem.detail.starts_with(field), "{problem:?}");
        }
    }
}
