//! Errors: `application/problem+json`.

use crate::runtime::write::WriteError;
use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

const MEDIA_TYPE: &str = "application/problem+json";
const CONFLICT: &str = "changed by someone else meanwhile: look again and try again";

/// An answer that is an error.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub detail: String,
    /// Seconds after which to try again.
    pub retry_after: Option<u32>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), retry_after: None }
    }

    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn unauthorized(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub fn method() -> Problem {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
    }

    pub fn conflict(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// A field by its name, and what would be right.
    pub fn invalid(field: &str, detail: impl std::fmt::Display) -> Problem {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {detail}"))
    }

    pub fn internal(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    pub fn unavailable(detail: impl Into<String>) -> Problem {
        Problem { retry_after: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let body = json!({"title": title, "status": self.status.as_u16(), "detail": self.detail});
        let media_type = HeaderValue::from_static(MEDIA_TYPE);
        let mut response = (self.status, [(header::CONTENT_TYPE, media_type)], body.to_string()).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Marks an error whose body is to stay plain text.
#[derive(Clone, Copy)]
pub struct AsItIs;

/// Of the plain text that a server's parts answer in when they refuse a request, as much as this is told.
const PLAIN_MAX: usize = 4 << 10;

/// Makes a problem of an error that a part of the server has answered in plain text: a body too long, a path or query
/// that can't be read, a timeout.
pub async fn of_plain(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == MEDIA_TYPE);
    if !is_error || is_problem || response.extensions().get::<AsItIs>().is_some() {
        return response;
    }
    let text = to_bytes(response.into_body(), PLAIN_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let detail = if text.trim().is_empty() { "no more is known" } else { text.trim() };
    Problem::new(status, detail).into_response()
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Problem {
        match error {
            WriteError::Api(error) => Problem::from(*error),
            WriteError::Conflict | WriteError::Exists => Problem::conflict(CONFLICT),
            WriteError::Gone => Problem::not_found("it is not there any more"),
            WriteError::Timeout | WriteError::NotLeading | WriteError::Json(_) => {
                tracing::warn!(%error, "the Kubernetes API did not answer as it should");
                Problem::unavailable("the Kubernetes API does not answer as it should")
            }
        }
    }
}

impl From<kube::Error> for Problem {
    fn from(error: kube::Error) -> Problem {
        match &error {
            kube::Error::Api(status) if status.code == 404 => Problem::not_found(status.message.clone()),
            kube::Error::Api(status) if status.code == 409 => Problem::conflict(CONFLICT),
            kube::Error::Api(status) if status.code == 422 => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, status.message.clone())
            }
            _ => {
                tracing::warn!(%error, "the Kubernetes API did not answer as it should");
                Problem::unavailable("the Kubernetes API does not answer as it should")
            }
        }
    }
}
