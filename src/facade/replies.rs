//! `POST /threads/{id}/reply`.

use super::FacadeState;
use super::fields::Fields;
use super::idempotency::{identify, once};
use super::openapi::{
    BadRequest, BodyTimeout, Conflict, IdempotencyKey, NotFound, PostErrors, ServerErrors, Unauthenticated,
};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use crate::commands::{self, Caller, Text};
use crate::views::MessageView;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use utoipa::ToSchema;

/// Body of a reply.
// For the document alone: the handler reads the fields one by one, to name the first that is not valid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct ReplyBody {
    /// The text, 1 to 16384 characters that are not all blank. It may be a command.
    #[schema(min_length = 1, max_length = 16384, example = "Vou ver o nó agora.")]
    body: String,
    /// Object name of the Message of this Thread that it replies to.
    #[schema(example = "f-1-t3nk2a-opened-t3nk2a")]
    in_reply_to: Option<String>,
}

/// Reply in a Thread
///
/// The Agent answers in the Thread. A command in the text, such as `ack` or `run`, is carried out first, with the rights of the caller;
/// if it is refused, the answer says why. A Thread that is closed is a conflict.
#[utoipa::path(
    post,
    path = "/threads/{id}/reply",
    operation_id = "reply",
    params(("id" = String, Path, description = "Object name of the Thread.", example = "f-1-t3nk2a"), IdempotencyKey),
    request_body(content = ReplyBody, content_type = "application/json"),
    responses(
        (status = 201, description = "The Message.", body = MessageView),
        BadRequest,
        Unauthenticated,
        NotFound,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn reply(
    State(facade): State<FacadeState>,
    caller: Caller,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let fields = Fields::parse(&body, &["body", "in_reply_to"])?;
    let text = Text::parse("body", fields.required("body")?)?;
    let in_reply_to = fields.text("in_reply_to")?.map(String::from);
    let context = facade.context(caller, request);
    let command = move || Ok(commands::Reply { thread: id, text, in_reply_to });
    once(&facade, context, command, |message: &MessageView| Reply::new(StatusCode::CREATED, message)).await
}
