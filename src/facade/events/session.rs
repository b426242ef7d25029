//! How long a client may read a stream.

use crate::facade::FacadeState;
use crate::listener;
use crate::telemetry::Limit;
use axum::http::{Extensions, HeaderMap, StatusCode};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a client may read.
pub struct Session {
    facade: FacadeState,
    /// With the token.
    headers: HeaderMap,
    /// When the token expires, where it says so.
    expires: Option<Instant>,
    /// Completes when the server stops.
    stops: BoxFuture<'static, ()>,
    is_over: bool,
}

impl Session {
    pub fn new(facade: FacadeState, headers: HeaderMap, extensions: &Extensions) -> Session {
        let left = |expires: Timestamp| Duration::try_from(expires.duration_since(Timestamp::now())).ok();
        // One that is past this, and still accepted, ends with the next verification.
        let left = facade.backend.auth.expiry(&headers).and_then(left).filter(|left| !left.is_zero());
        let expires = left.and_then(|left| Instant::now().checked_add(left));
        let stops = listener::stopping(extensions).boxed();
        Session { facade, headers, expires, stops, is_over: false }
    }

    /// Completes when the token expires or the server stops.
    pub async fn ends(&mut self) {
        let expires = async {
            match self.expires {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = expires => {}
            () = &mut self.stops => {}
        }
        self.is_over = true;
    }

    pub fn is_over(&mut self) -> bool {
        let is_expired = self.expires.is_some_and(|at| Instant::now() >= at);
        self.is_over = self.is_over || is_expired || (&mut self.stops).now_or_never().is_some();
        self.is_over
    }

    /// Whether the token is still accepted. Where that can't be verified now, it is.
    pub async fn is_valid(&mut self) -> bool {
        let verified = self.facade.backend.auth.caller(&self.headers).await;
        !verified.is_err_and(|problem| matches!(problem.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
    }

    pub fn report(&self, limit: Limit, what: &str) {
        self.facade.backend.process.metrics.limit_reached(limit, what);
    }
}
