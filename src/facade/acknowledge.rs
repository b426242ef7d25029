//! `POST /findings/{id}/ack`.

use super::FacadeState;
use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{Acknowledge, Caller, Note};
use crate::views::FindingView;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use serde_json::Value;
use utoipa::ToSchema;

/// Body of an acknowledgement.
// For the document alone: the handler reads the fields one by one, to name the first that is not valid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct AcknowledgeBody {
    /// A note for the other people on duty, at most 1024 bytes.
    #[schema(max_length = 1024)]
    note: Option<String>,
}

/// Acknowledge a Finding
///
/// No further notices are sent about this occurrence. The first person to acknowledge stays; acknowledging again is the same, and
/// only that person can change the note. A resolved Finding is a conflict.
#[utoipa::path(
    post,
    path = "/findings/{id}/ack",
    operation_id = "acknowledgeFinding",
    params(("id" = String, Path, description = "Object name of the Finding."), IdempotencyKey),
    request_body(content = AcknowledgeBody, description = "May be left out.", content_type = "application/json"),
    responses(
        (status = 200, description = "The Finding, acknowledged.", body = FindingView),
        BadRequest,
        Unauthenticated,
        NotFound,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn acknowledge(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let note = note(&body)?;
    let resources = facade.backend.process.resources.clone();
    let command = move || Acknowledge::new(&resources, &id, note);
    let context = facade.context(caller, request);
    once(&facade, context, command, |finding: &FindingView| Reply::new(StatusCode::OK, finding)).await
}

/// The note in a body, which may be empty.
fn note(body: &[u8]) -> Result<Option<Note>, Problem> {
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
        Some(Value::String(text)) => Ok(Note::parse(text)?),
        Some(_) => Err(Problem::invalid("note", "should be a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::NOTE_MAX;

    #[test]
    fn a_body_that_is_wrong_names_the_field() {
        for (body, expected) in [("", None), (" ", None), ("{}", None), (r#"{"note":"ok"}"#, Some("ok"))] {
            assert_eq!(note(body.as_bytes()).unwrap().as_ref().map(Note::as_str), expected, "{body}");
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
