//! Responses: objects in the requested form, errors as Status objects.

use crate::controlplane::object::to_json;
use crate::controlplane::request::{Query, ResponseFormat};
use crate::controlplane::resource::Resource;
use crate::controlplane::status::ApiError;
use crate::controlplane::store::{Key, StoreError};
use crate::controlplane::table;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

pub fn answer(result: Result<(StatusCode, Value), ApiError>) -> Response {
    let (code, value) = result.unwrap_or_else(|error| (error.code, error.to_value()));
    let mut response = text(code, "application/json", to_json(&value));
    if code == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The response for paths that belong to no served version.
pub fn no_such_page() -> Response {
    text(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "404 page not found\n".into())
}

pub fn text(code: StatusCode, media_type: &'static str, body: String) -> Response {
    (code, [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
}

/// An object in the requested format.
pub fn in_format(resource: &Resource, value: Value, format: ResponseFormat, query: &Query) -> Result<Value, ApiError> {
    Ok(match format {
        ResponseFormat::Table => {
            query.check_table()?;
            let meta = json!({"resourceVersion": value.pointer("/metadata/resourceVersion")});
            table::render(resource, [&value], meta, Timestamp::now(), query.include_object(), true)
        }
        ResponseFormat::Partial => table::partial(&value),
        ResponseFormat::PartialList => return Err(ApiError::without_reason("content is not a list")),
        ResponseFormat::Json | ResponseFormat::Discovery | ResponseFormat::Unsupported => value,
    })
}

/// The error response for a failure of the store.
pub fn store_error(error: StoreError) -> ApiError {
    ApiError::internal(error.to_string())
}

/// The error response for an object whose row in the store can't be read.
pub fn damaged(key: &Key, why: &str) -> ApiError {
    ApiError::internal(format!("{key} is damaged in the store and can't be read: {why}; delete it, or replace it"))
}
