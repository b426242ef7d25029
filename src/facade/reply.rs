//! The answer to a POST, which may be stored and repeated.

use super::problem::{self, Problem};
use crate::api::ActionReply;
use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Answer to a POST.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    /// The header Location.
    pub location: Option<String>,
    /// JSON.
    pub body: Bytes,
}

impl Reply {
    /// A reply with a view as its body.
    pub fn new(status: StatusCode, view: &impl Serialize) -> Result<Reply, Problem> {
        let body = serde_json::to_vec(view).map_err(|error| {
            tracing::error!(%error, "a reply can't be serialized");
            Problem::failed()
        })?;
        Ok(Reply { status, location: None, body: body.into() })
    }

    /// As it is stored in an Action.
    pub fn stored(self) -> ActionReply {
        ActionReply::new(self.status.as_u16(), &String::from_utf8_lossy(&self.body), self.location)
    }

    /// One that was stored in an Action. `None` where the facade does not answer like this: others can write it, too.
    pub fn of_stored(stored: ActionReply) -> Option<Reply> {
        let status = StatusCode::from_u16(stored.code).ok()?;
        let is_possible = status.is_success() || status.is_client_error() || status.is_server_error();
        let is_own = stored.location.as_ref().is_none_or(|location| location.starts_with("/api/v1/agents/"));
        let body = stored.body.unwrap_or_default();
        (is_possible && is_own).then(|| Reply { status, location: stored.location, body: body.into() })
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Reply {
        let body = problem.body();
        let body = serde_json::to_vec(&body).unwrap_or_default();
        Reply { status: problem.status, location: None, body: body.into() }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let location = self.location.and_then(|l| HeaderValue::from_str(&l).ok());
        let is_error = self.status.is_client_error() || self.status.is_server_error();
        let media_type = if is_error { problem::MEDIA_TYPE } else { "application/json" };
        let media_type = HeaderValue::from_static(media_type);
        let mut response = (self.status, [(header::CONTENT_TYPE, media_type)], self.body).into_response();
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}
