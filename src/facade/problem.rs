//! Errors: `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

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
        let media_type = HeaderValue::from_static("application/problem+json");
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

impl From<kube::Error> for Problem {
    fn from(error: kube::Error) -> Problem {
        match &error {
            kube::Error::Api(status) if status.code == 404 => Problem::not_found(status.message.clone()),
            kube::Error::Api(status) if status.code == 409 => {
                Problem::conflict("changed by someone else meanwhile: look again and try again")
            }
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
