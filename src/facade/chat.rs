//! `POST /chat`.

use super::FacadeState;
use super::fields::Fields;
use super::idempotency::{identify, reply_once};
use super::openapi::{BadRequest, BodyTimeout, Conflict, IdempotencyKey, PostErrors, ServerErrors, Unauthenticated};
use super::problem::Problem;
use super::reply::Reply;
use super::sent_body::SentBody;
use super::wait::wait;
use crate::commands::{ANSWER_WAIT_DEFAULT, ANSWER_WAIT_MAX, Caller, Chat, ChatInput, Text, wait_for_answer};
use crate::domain::conversation::command::is_understood;
use crate::views::{ChatRef, ChatView, Parameters, Resources};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _, stream};
use std::convert::Infallible;
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
    /// Name of the Scenario that it is about.
    #[schema(example = json!(null))]
    scenario_id: Option<String>,
}

const FIELDS: [&str; 4] = ["message", "thread_id", "finding_id", "scenario_id"];

/// Ask an Agent
///
/// Stores the text as a Message, and waits for the answer. Without `thread_id` it begins a conversation with the Agent of the Finding or
/// Scenario, or with Maestro. A command in the text, such as `ack` or `run`, is carried out first, with the rights of the caller; if it
/// is refused, the answer says why. With `Accept: text/event-stream` the answer comes as server-sent events: `progress` once the Message
/// is stored, then `message` with what is otherwise the body; the wait is 60 seconds by default then.
#[utoipa::path(
    post,
    path = "/chat",
    operation_id = "chat",
    params(
        ("wait" = Option<u32>, Query, nullable = false, minimum = 0, maximum = 60,
            description = "Seconds to wait for the answer; 5 by default."),
        IdempotencyKey,
    ),
    request_body(content = ChatBody, content_type = "application/json"),
    responses(
        (status = 200, description = "The answer, or that it is pending.",
            content((ChatView = "application/json"), (String = "text/event-stream"))),
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
    (method, uri, headers): (Method, Uri, HeaderMap),
    SentBody(body): SentBody,
) -> Result<Response, Problem> {
    let request = identify(&caller, (&method, &uri, &headers), &body)?;
    let is_stream = accepts_events(&headers);
    let default = if is_stream { ANSWER_WAIT_MAX } else { ANSWER_WAIT_DEFAULT };
    let longest = wait(&parameters, default, ANSWER_WAIT_MAX)?;
    let input = input(&body)?;
    let context = facade.context(caller, request);
    let wait = if is_stream { Duration::ZERO } else { longest };
    let command = move || Ok(Chat { input, wait });
    let reply = reply_once(&facade, context, command, |view: &ChatView| Reply::new(StatusCode::OK, view)).await?;
    if !is_stream || reply.status != StatusCode::OK {
        return Ok(reply.into_response());
    }
    let events = events(facade.backend.process.resources.clone(), &reply, longest)?;
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

fn input(body: &[u8]) -> Result<ChatInput, Problem> {
    let fields = Fields::parse(body, &FIELDS)?;
    let name = |field: &str| fields.text(field).map(|name| name.map(String::from));
    Ok(ChatInput {
        text: Text::parse("message", fields.required("message")?)?,
        thread: name("thread_id")?,
        finding: name("finding_id")?,
        scenario: name("scenario_id")?,
    })
}

/// Whether the caller asks for server-sent events.
fn accepts_events(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = values.flat_map(|value| value.split(',')).filter_map(|part| part.split(';').next());
    types.any(|media_type| media_type.trim().eq_ignore_ascii_case(EVENT_STREAM))
}

/// The events after a Message was stored: that it was, and its answer.
fn events(
    resources: Resources,
    reply: &Reply,
    wait: Duration,
) -> Result<impl Stream<Item = Result<Event, Infallible>> + use<>, Problem> {
    let at: ChatRef = serde_json::from_slice(&reply.body).map_err(|_| Problem::failed())?;
    let progress = event("progress", &at)?;
    let answered = async move {
        let answer = wait_for_answer(&resources, &at.answer_id, wait).await;
        let question = resources.message(&at.question_id);
        let is_understood = question.is_some_and(|question| is_understood(&question.spec.body));
        let view = ChatView::new(at, is_understood, answer.as_deref());
        // It is made of strings and numbers, which always serialize.
        event("message", &view).unwrap_or_default()
    };
    Ok(stream::iter([progress]).chain(stream::once(answered)).map(Ok))
}

fn event(name: &str, data: &impl serde::Serialize) -> Result<Event, Problem> {
    Event::default().event(name).json_data(data).map_err(|_| Problem::failed())
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
