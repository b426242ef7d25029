//! `POST /findings/{id}/ack`, `DELETE /findings/{id}/ack`.

use super::FacadeState;
use super::fields::Fields;
use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, TooManyRequests,
    Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{Acknowledge, Caller, Note, RequestId, Unacknowledge};
use crate::views::FindingView;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
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

/// Take the acknowledgement of a Finding back
///
/// Notices about this occurrence are sent again. Anybody can do it; the Action says who did. A Finding that is not acknowledged stays as
/// it is. A resolved Finding is a conflict.
#[utoipa::path(
    delete,
    path = "/findings/{id}/ack",
    operation_id = "unacknowledgeFinding",
    params(("id" = String, Path, description = "Object name of the Finding.", example = "proxmox.cluster-0123456789")),
    responses(
        (status = 200, description = "The Finding, open.", body = FindingView),
        BadRequest,
        Unauthenticated,
        NotFound,
        Conflict,
        TooManyRequests,
        ServerErrors,
    ),
)]
pub async fn unacknowledge(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let resources = facade.backend.process.resources.clone();
    // Doing it again is the same: a key is not needed.
    let context = facade.context(caller, RequestId::unique());
    let command = move || Unacknowledge::new(&resources, &id);
    once(&facade, context, command, |finding: &FindingView| Reply::new(StatusCode::OK, finding)).await
}

/// The note in a body, which may be empty.
fn note(body: &[u8]) -> Result<Option<Note>, Problem> {
    let fields = Fields::parse_optional(body, &["note"])?;
    Ok(fields.text("note")?.map(Note::parse).transpose()?.flatten())
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
