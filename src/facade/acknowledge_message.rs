//! `POST /messages/{id}/ack`.

use super::FacadeState;
use super::fields::Fields;
use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{AcknowledgeMessage, Caller, Note};
use crate::views::MessageView;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use jiff::Timestamp;
use utoipa::ToSchema;

/// Body of an acknowledgement of a Message.
// For the document alone: the handler reads the fields one by one, to name the first that is not valid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct AcknowledgeMessageBody {
    /// A note for the other people on duty, at most 1024 bytes.
    #[schema(max_length = 1024, example = "vendo")]
    note: Option<String>,
    /// Until when it holds: if the Finding is still open then, a new Message needs an acknowledgement. Without it, it does not end.
    #[schema(example = "2030-01-02T07:00:00Z")]
    until: Option<Timestamp>,
}

/// Acknowledge a Message
///
/// It leaves the inboxes; the Finding stays as it is. The first person to acknowledge stays, and acknowledging again is the same. A
/// Message that needs no acknowledgement, and one whose Finding is resolved, are conflicts.
#[utoipa::path(
    post,
    path = "/messages/{id}/ack",
    operation_id = "acknowledgeMessage",
    params(("id" = String, Path, description = "Object name of the Message.", example = "f-1-t3nk2a-opened-t3nk2a"),
        IdempotencyKey),
    request_body(content = AcknowledgeMessageBody, description = "May be left out.", content_type = "application/json"),
    responses(
        (status = 200, description = "The Message, acknowledged.", body = MessageView),
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
    let fields = Fields::parse_optional(&body, &["note", "until"])?;
    let note = fields.text("note")?.map(Note::parse).transpose()?.flatten();
    let until = fields.time("until")?;
    let context = facade.context(caller, request);
    let command = move || Ok(AcknowledgeMessage { message: id, note, until });
    once(&facade, context, command, |message: &MessageView| Reply::new(StatusCode::OK, message)).await
}
