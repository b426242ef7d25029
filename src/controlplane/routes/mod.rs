//! Request handling.

mod action;
mod body;
mod delete;
mod documents;
mod duplicate_fields;
mod read;
mod response;
mod write;

use super::budget::Reservation;
use super::request::{LocateError, Query, RequestTarget, ResponseFormat, locate, response_format};
use super::state::ServerState;
use super::status::ApiError;
use crate::listener;
use action::Action;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use http::{Method, Request, StatusCode};
use response::{answer, no_such_page};
use serde_json::{Value, json};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Where a request comes from. Only what clients that connect can take is bounded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Connected,
    InProcess,
}

/// Handles a request of a client that connected.
pub async fn handle(api: Arc<ServerState>, request: Request<Body>) -> Response {
    let is_public = matches!(request.uri().path(), "/livez" | "/readyz" | "/healthz");
    if is_public {
        return "ok".into_response();
    }
    if !api.token.authenticates(request.headers()) {
        return answer(Err(ApiError::unauthorized()));
    }
    listener::authenticated(request.extensions());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = caught(dispatch(api.clone(), Client::Connected, request)).await;
    match is_read {
        true => api.budgets.response(response).unwrap_or_else(|error| answer(Err(error))),
        false => response,
    }
}

/// Handles a request of a client in this process.
pub async fn handle_trusted(api: Arc<ServerState>, request: Request<Body>) -> Response {
    caught(dispatch(api, Client::InProcess, request)).await
}

/// A panic fails only the request that caused it.
async fn caught(handling: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(handling).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a request panicked");
        answer(Err(ApiError::internal("the request failed")))
    })
}

/// Handles a request of a client that may do everything.
async fn dispatch(api: Arc<ServerState>, client: Client, request: Request<Body>) -> Response {
    let path = request.uri().path().to_string();
    if let Some(document) = documents::answer_at(&api, request.method(), &path, request.headers()) {
        return document;
    }
    match locate(&path, &api.kinds) {
        Ok(target) => resource(api.clone(), client, target, request).await.unwrap_or_else(|error| {
            if let Some(reached) = error.reached {
                (api.report)(reached, &error.message);
            }
            answer(Err(error))
        }),
        Err(LocateError::Version) => no_such_page(),
        Err(LocateError::Kind) => answer(Err(ApiError::path_not_found())),
        Err(LocateError::Subresource(target)) if target.served.resource.custom => {
            let name = target.name.as_deref().unwrap_or_default();
            answer(Err(ApiError::subresource_not_found(&target.served.resource, name)))
        }
        Err(LocateError::Subresource(_)) => answer(Err(ApiError::path_not_found())),
    }
}

/// The options type that validation errors of query parameters name.
fn options_of(method: &Method, target: &RequestTarget) -> &'static str {
    match (method, &target.name) {
        (&Method::GET | &Method::HEAD, Some(_)) => "GetOptions",
        (&Method::POST, _) => "CreateOptions",
        (&Method::PUT, _) => "UpdateOptions",
        (&Method::PATCH, _) => "PatchOptions",
        (&Method::DELETE, Some(_)) => "DeleteOptions",
        _ => "ListOptions",
    }
}

async fn resource(
    api: Arc<ServerState>,
    client: Client,
    target: RequestTarget,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    // Held until the request is answered.
    let mut memory = match client {
        Client::Connected => Reservation::of(api.budgets.clone()),
        Client::InProcess => Reservation::default(),
    };
    let reserved = match client {
        Client::Connected => api.reserved_annotations.clone(),
        Client::InProcess => Arc::default(),
    };
    let (parts, body) = request.into_parts();
    let resource = &target.served.resource;
    let action = Action::of(&parts.method, &target).ok_or_else(|| ApiError::method_not_allowed(resource))?;
    let is_apply = body::media_type(&parts.headers) == "application/apply-patch+yaml";
    let query = Query::parse(parts.uri.query(), &target.served, options_of(&parts.method, &target), is_apply)?;
    let format = response_format(&parts.headers);
    if format == ResponseFormat::Unsupported {
        return Err(ApiError::not_acceptable());
    }
    match action {
        Action::NoSuchPage => Ok(no_such_page()),
        Action::Review => {
            let value = body::read_object(&parts.headers, body, &mut memory).await?.value;
            Ok(answer(Ok((StatusCode::CREATED, review(value)))))
        }
        Action::List if query.watch => read::watch(&api, client == Client::Connected, target, query, format),
        Action::List => {
            let turn = if client == Client::Connected { api.budgets.turn().await } else { None };
            // Rendering a long list takes time, also for a client that has disconnected meanwhile.
            let list = tokio::task::spawn_blocking(move || {
                let list = read::list(&api, &target, &query, format);
                drop(turn);
                list
            });
            list.await.map_err(|e| ApiError::internal(e.to_string()))?
        }
        Action::Get => read::get(&api, &target, target.name.as_deref().unwrap_or_default(), format, &query),
        Action::Create => {
            let value = body::read_object(&parts.headers, body, &mut memory).await?;
            write::create(api, target, query, (&parts.headers, &reserved), value).await
        }
        Action::Update => {
            let value = body::read_object(&parts.headers, body, &mut memory).await?;
            write::update(api, target, query, (&parts.headers, &reserved), value).await
        }
        Action::Patch => {
            let bytes = body::read_bytes(body, &mut memory).await?;
            write::patch(api, target, query, (&parts.headers, &reserved), &bytes).await
        }
        Action::Delete => {
            let options = body::read_options(&parts.headers, body, &mut memory).await?;
            delete::delete(api, target, query, &options).await
        }
    }
}

/// Answers a review: every authenticated client may do everything.
fn review(mut value: Value) -> Value {
    value["status"] = match value["kind"].as_str() {
        Some("SelfSubjectReview") => json!({"userInfo": {"username": super::auth::USER, "groups": ["system:masters"]}}),
        _ => json!({"allowed": true}),
    };
    value
}
