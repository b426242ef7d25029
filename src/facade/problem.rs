//! Errors: `application/problem+json` (RFC 9457).

use crate::commands::CommandError;
use crate::views::QueryError;
use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

pub const MEDIA_TYPE: &str = "application/problem+json";
/// Seconds after which a request that was refused as unavailable may be repeated.
const RETRY_AFTER: u32 = 5;

/// Body of every error.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    /// Name of the status code.
    #[schema(example = "Not Found")]
    pub title: &'static str,
    /// The status code.
    #[schema(example = 404, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong with this request, and what would be right.
    #[schema(example = "no Finding is named \"x\"")]
    pub detail: String,
}

/// An answer that is an error.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub detail: String,
    /// Seconds, for the header Retry-After.
    pub retry_after: Option<u32>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), retry_after: None }
    }

    fn retry_after(self, span: Duration) -> Problem {
        Problem { retry_after: Some(u32::try_from(span.as_secs()).unwrap_or(u32::MAX)), ..self }
    }

    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn request_timeout(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::REQUEST_TIMEOUT, detail)
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

    pub fn method_not_allowed() -> Problem {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not allow that method")
    }

    pub fn conflict(detail: impl Into<String>) -> Problem {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Names the field and says what would be right.
    pub fn invalid(field: &str, detail: impl std::fmt::Display) -> Problem {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {detail}"))
    }

    pub fn too_many_requests(detail: impl Into<String>, retry_after: Duration) -> Problem {
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(retry_after)
    }

    /// An error of this program; the log has the details.
    pub fn failed() -> Problem {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the request failed: see the log")
    }

    pub fn unavailable(detail: impl Into<String>) -> Problem {
        Problem { retry_after: Some(RETRY_AFTER), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }
}

impl Problem {
    /// The body of the answer.
    pub fn body(&self) -> ProblemBody {
        let title = self.status.canonical_reason().unwrap_or("Error");
        ProblemBody { title, status: self.status.as_u16(), detail: self.detail.clone() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Response extension of an error whose body stays plain text.
#[derive(Clone, Copy)]
pub struct PlainText;

/// Longest detail taken from a plain-text error, in bytes.
const PLAIN_TEXT_MAX: usize = 4 << 10;

/// Turns errors that layers and extractors answer in plain text into problems: a body that is too long, an invalid path or query,
/// a timeout.
pub async fn from_plain_text(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == MEDIA_TYPE);
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if !is_error || is_problem || is_page || response.extensions().get::<PlainText>().is_some() {
        return response;
    }
    let text = to_bytes(response.into_body(), PLAIN_TEXT_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let detail = if text.trim().is_empty() { "no details are available" } else { text.trim() };
    Problem::new(status, detail).into_response()
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Problem {
        let detail = error.to_string();
        match error {
            CommandError::NotFound(_) => Problem::not_found(detail),
            CommandError::Conflict(_) => Problem::conflict(detail),
            CommandError::Invalid { .. } | CommandError::Rejected(_) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
            }
            CommandError::Forbidden(_) => Problem::forbidden(detail),
            CommandError::TooMany { retry_after } => Problem::too_many_requests(detail, retry_after),
            CommandError::Unavailable { retry_after, .. } => Problem::unavailable(detail).retry_after(retry_after),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Problem {
        Problem::bad_request(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::{InvalidInput, Refusal};

    #[test]
    fn each_command_error_is_a_problem_with_its_text() {
        let later = Duration::from_secs(7);
        for (error, status, detail, retry_after) in [
            (CommandError::no_such("Finding", "x"), 404, "no Finding is named \"x\"", None),
            (
                CommandError::Conflict(Refusal::NotAboutFinding),
                409,
                "this conversation is not about a Finding: give the command in the Thread of the Finding, or with finding_id",
                None,
            ),
            (CommandError::invalid("key", InvalidInput::KeyReused), 422, "key: was used for another request", None),
            (
                CommandError::Rejected(Refusal::RejectedByApi { message: "spec.title: empty".into() }),
                422,
                "spec.title: empty",
                None,
            ),
            (
                CommandError::Forbidden(Refusal::RoleRequired { roles: "a, b".into() }),
                403,
                "running Scenarios requires one of the roles a, b",
                None,
            ),
            (CommandError::unavailable("down"), 503, "down", Some(5)),
            (CommandError::Unavailable { reason: "down".into(), retry_after: later }, 503, "down", Some(7)),
            (
                CommandError::TooMany { retry_after: later },
                429,
                "too many requests within a minute: try again after 7s",
                Some(7),
            ),
        ] {
            let problem = Problem::from(error.clone());
            let seen = (problem.status.as_u16(), problem.detail.as_str(), problem.retry_after);
            assert_eq!(seen, (status, detail, retry_after), "{error:?}");
        }
        let problem = Problem::from(QueryError::new("limit", "not a number"));
        assert_eq!((problem.status.as_u16(), problem.detail.as_str()), (400, "limit: not a number"));
    }
}
