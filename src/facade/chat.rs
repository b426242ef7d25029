//! `POST /chat`.

use super::FacadeState;
use super::answers::{STREAM_MAX, answers};
use super::events::{Session, take_seat};
use super::fields::Fields;
use super::idempotency::{identify, reply_once};
use super::openapi::{BadRequest, BodyTimeout, Conflict, IdempotencyKey, PostErrors, ServerErrors, Unauthenticated};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use super::wait::wait;
use crate::commands::{ANSWER_WAIT_MAX, AnswerWait, Caller, Chat, ChatInput, Text};
use crate::views::{ChatEvent, ChatRef, ChatView, Parameters};
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use std::time::Duration;
use utoipa::ToSchema;

const EVENT_STREAM: &str = "text/event-stream";

/// Body of a question.
// For the document alone: the handler reads the fields one by one, to name the first that is not valid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct ChatBody {
    /// The text, 1 to 16384 characters that are not all blank. It may be a command.
    #[schema(min_length = 1, max_length = 16384, example = "o que houve?")]
    message: String,
    /// Object name of the Thread to go on in. Without it, the open Thread of the Finding, or else a new one.
    #[schema(example = json!(null))]
    thread_id: Option<String>,
    /// Object name of the Finding that it is about.
    #[schema(example = "proxmox.cluster-0123456789")]
    finding_id: Option<String>,
    /// Name of the Scenario that it is about; with a Finding, the one of that.
    #[schema(example = json!(null))]
    scenario_id: Option<String>,
}

const FIELDS: [&str; 4] = ["message", "thread_id", "finding_id", "scenario_id"];

/// Ask an Agent
///
/// Stores the text as a Message, and waits up to 5 seconds for the answer of the Agent. Without `thread_id` it begins a conversation with
/// the Agent of the Finding or Scenario, or with Maestro. A command in the text, such as `ack` or `run`, is carried out first, with the
/// rights of the caller; if it is refused, the answer says why. Where the local model answers the question as well, `pending` is true until
/// its checked answer is there, as another Message of the Thread. With `Accept: text/event-stream` the answers come as server-sent events:
/// `progress` (ChatProgress) when something changed and every 10 seconds, and `message` with what is otherwise the body: at once the first
/// answer, then the checked one of the local model. What the model says is never sent before it is checked.
#[utoipa::path(
    post,
    path = "/chat",
    operation_id = "chat",
    params(
        ("wait" = Option<u32>, Query, nullable = false, minimum = 0, maximum = 60,
            description = "Seconds to wait for the answer of the local model; 0 by default. Of events, how long they are sent: until there is nothing more to come by default."),
        IdempotencyKey,
    ),
    request_body(content = ChatBody, content_type = "application/json"),
    responses(
        (status = 200, description = "The answer, or that it is pending.",
            content((ChatView = "application/json"), (ChatEvent = "text/event-stream"))),
        BadRequest,
        Unauthenticated,
        BodyTimeout,
        Conflict,
        PostErrors,
        ServerErrors,
    ),
)]
pub async fn chat(
    State(facade): State<FacadeState>,
    caller: Caller,
    Query(parameters): Query<Parameters>,
    (method, uri, headers, extensions): (Method, Uri, HeaderMap, Extensions),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let is_stream = accepts_events(&headers);
    let default = if is_stream { STREAM_MAX } else { Duration::ZERO };
    let longest = wait(&parameters, default, ANSWER_WAIT_MAX)?;
    let input = input(&body)?;
    let seat = is_stream.then(|| take_seat(&facade, &caller)).transpose()?;
    let context = facade.context(caller, request);
    let wait = if is_stream { AnswerWait::NONE } else { AnswerWait::for_all(longest) };
    let command = move || Ok(Chat { input, wait });
    let reply = reply_once(&facade, context, command, |view: &ChatView| Reply::new(StatusCode::OK, view)).await?;
    let Some(seat) = seat.filter(|_| reply.status == StatusCode::OK) else { return Ok(reply.into_response()) };
    let at: ChatRef = serde_json::from_slice(&reply.body).map_err(|_| Problem::failed())?;
    let session = Session::new(facade.clone(), headers, &extensions);
    Ok(answers(facade, at, longest, session, seat))
}

fn input(body: &[u8]) -> Result<ChatInput, Problem> {
    let fields = Fields::parse(body, &FIELDS)?;
    let name = |field: &str| fields.text(field).map(|name| name.map(String::from));
    Ok(ChatInput {
        text: Text::parse("message", fields.required("message")?)?,
        thread: name("thread_id")?,
        finding: name("finding_id")?,
        scenario: name("scenario_id")?,
        agent: None,
    })
}

/// Whether the caller asks for server-sent events.
fn accepts_events(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = values.flat_map(|value| value.split(',')).filter_map(|part| part.split(';').next());
    types.any(|media_type| media_type.trim().eq_ignore_ascii_case(EVENT_STREAM))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn events_are_sent_to_those_who_accept_them() {
        for (accept, expected) in [
            (None, false),
            (Some("*/*"), false),
            (Some("application/json"), false),
            (Some("text/event-stream"), true),
            (Some("application/json, Text/Event-Stream;q=0.9"), true),
        ] {
            let headers = accept.map(|accept| (header::ACCEPT, HeaderValue::from_static(accept)));
            assert_eq!(accepts_events(&headers.into_iter().collect()), expected, "{accept:?}");
        }
    }
}
