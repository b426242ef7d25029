//! The body of a request.

use super::problem::Problem;
use crate::listener;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};

/// A body that was read completely. Fails with 408 where it does not arrive in time, and with 413 where it is too long.
pub struct SentBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for SentBody {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<SentBody, Response> {
        let read = Bytes::from_request(request, state).await;
        read.map(SentBody).map_err(|error| match listener::not_in_time(&error) {
            Some(message) => Problem::request_timeout(message).into_response(),
            None => error.into_response(),
        })
    }
}
