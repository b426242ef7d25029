//! The API for clients in this process: without sockets, TLS and token, and without the limits of other clients.

use super::routes;
use super::state::ServerState;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use futures::future::BoxFuture;
use http::Request;
use std::sync::Weak;
use std::task::{Context, Poll};

/// A [`tower::Service`] that handles requests as those of the administrator.
#[derive(Clone)]
pub struct InProcess {
    /// Does not keep the store open after the server was stopped.
    pub(super) api: Weak<ServerState>,
}

/// The server was stopped.
#[derive(Debug, thiserror::Error)]
#[error("the API server was stopped")]
pub struct Stopped;

impl<B> tower::Service<Request<B>> for InProcess
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Stopped;
    type Future = BoxFuture<'static, Result<Response, Stopped>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let api = self.api.upgrade();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(routes::handle_trusted(api.ok_or(Stopped)?, request).await) })
    }
}
