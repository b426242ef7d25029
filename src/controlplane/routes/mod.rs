//! Requests in, answers out.

mod body;
mod delete;
mod documents;
mod read;
mod response;
mod twice;
mod write;

use super::request::{Accepts, Nowhere, Place, Query, accepts, locate};
use super::state::ServerState;
use super::status::ApiError;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Method, Request, StatusCode};
use response::{answer, no_such_page};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers a request.
pub async fn handle(api: Arc<ServerState>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_string();
    let is_public = matches!(path.as_str(), "/livez" | "/readyz" | "/healthz");
    if is_public {
        return "ok".into_response();
    }
    if !api.token.is_borne(request.headers()) {
        return answer(Err(ApiError::unauthorized()));
    }
    if request.method() == Method::GET
        && let Some(document) = documents::documents(&api, &path, request.headers())
    {
        return document;
    }
    match locate(&path, &api.kinds) {
        Ok(place) => resource(api, place, request).await.unwrap_or_else(|error| answer(Err(error))),
        Err(Nowhere::Version) => no_such_page(),
        Err(Nowhere::Kind) => answer(Err(ApiError::no_path())),
        Err(Nowhere::Part(place)) if place.served.resource.custom => {
            let name = place.name.as_deref().unwrap_or_default();
            answer(Err(ApiError::no_subresource(&place.served.resource, name)))
        }
        Err(Nowhere::Part(_)) => answer(Err(ApiError::no_path())),
    }
}

/// What the parameters of a request are told as where they are wrong.
fn options_of(method: &Method, place: &Place) -> &'static str {
    match (method, &place.name) {
        (&Method::GET, Some(_)) => "GetOptions",
        (&Method::POST, _) => "CreateOptions",
        (&Method::PUT, _) => "UpdateOptions",
        (&Method::PATCH, _) => "PatchOptions",
        (&Method::DELETE, Some(_)) => "DeleteOptions",
        _ => "ListOptions",
    }
}

async fn resource(api: Arc<ServerState>, place: Place, request: Request<Body>) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let is_apply = body::media_type(&parts.headers) == "application/apply-patch+yaml";
    let query = Query::parse(parts.uri.query(), &place.served, options_of(&parts.method, &place), is_apply)?;
    let form = accepts(&parts.headers);
    if form == Accepts::Nothing {
        return Err(ApiError::not_acceptable());
    }
    let resource = &place.served.resource;
    match (&parts.method, &place.name) {
        (&Method::POST, None) if !resource.is_stored() => {
            Ok(answer(Ok((StatusCode::CREATED, review(body::read_object(&parts.headers, body).await?.value)))))
        }
        _ if !resource.is_stored() => Err(ApiError::method(resource)),
        (&Method::GET, None) if query.watch => read::watch(&api, place, query, form),
        (&Method::GET, None) => {
            // A long list takes a while to be put together.
            let list = tokio::task::spawn_blocking(move || read::list(&api, &place, &query, form));
            list.await.map_err(|e| ApiError::internal(e.to_string()))?
        }
        (&Method::GET, Some(name)) => read::get(&api, &place, name, form, &query),
        (&Method::POST, None) if resource.custom && place.namespace.is_none() => Ok(no_such_page()),
        (&Method::POST, None) => {
            let value = body::read_object(&parts.headers, body).await?;
            write::create(api, place, query, &parts.headers, value).await
        }
        (&Method::PUT, Some(_)) => {
            let value = body::read_object(&parts.headers, body).await?;
            write::update(api, place, query, &parts.headers, value).await
        }
        (&Method::PATCH, Some(_)) => write::patch(api, place, query, &parts.headers, body).await,
        // As in Kubernetes, neither all namespaces nor all objects of all namespaces go at once.
        (&Method::DELETE, None) if place.namespace.is_none() => Err(ApiError::method(resource)),
        (&Method::DELETE, _) if !place.status => {
            let options = body::read_options(&parts.headers, body).await?;
            delete::delete(api, place, query, &options).await
        }
        _ => Err(ApiError::method(resource)),
    }
}

/// Everybody who bears the token may do everything.
fn review(mut value: Value) -> Value {
    value["status"] = match value["kind"].as_str() {
        Some("SelfSubjectReview") => json!({"userInfo": {"username": super::auth::USER, "groups": ["system:masters"]}}),
        _ => json!({"allowed": true}),
    };
    value
}
