//! `GET /events`: changes, as they come, as server-sent events.
//!
//! An id tells the resource version of the last change of each kind that the client has, so that it can go on with any replica. What
//! is sent to whom is decided in [`ring`]; [`feed`] follows the caches.

mod feed;
mod position;
mod ring;
#[cfg(test)]
mod ring_tests;
mod seats;
mod session;

pub use feed::EventFeed;
#[cfg(test)]
pub use position::Kind;
pub use seats::{Seat, Seats};
pub use session::Session;

use super::FacadeState;
use super::openapi::{BadRequest, ServerErrors, Unauthenticated};
use super::problem::Problem;
use crate::commands::Caller;
use crate::telemetry::Limit;
use crate::views::{ChangeView, Parameters, QueryError};
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use ring::Reader;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use utoipa::IntoParams;

/// How often something is sent at least. The token is verified as often.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// When to try again where there are too many streams.
const RETRY_AFTER: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: &str = "last-event-id";

/// Header of a client that goes on.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct LastEventId {
    /// Id of the last event that the client has; it gets what changed after it. Where that is no longer known, the first event is
    /// `reset`: read the lists again.
    #[param(rename = "Last-Event-ID", nullable = false, example = "103-99-105-80")]
    last_event_id: Option<String>,
}

/// Follow changes
///
/// Server-sent events: `finding`, `thread`, `message`, `scenario` (its health changed), each with the data of its schema and with
/// `{"id", "deleted": true}` where the object was deleted; `reset` means that changes may be missing: read the lists again. A comment
/// comes every 15 seconds. The stream ends when the token expires; a client that reads too slowly is cut off. It goes on with
/// Last-Event-ID, on any replica; only deletions may be missing after it changed to another replica.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "followEvents",
    params(LastEventId),
    responses(
        (
            status = 200,
            description = "The events.",
            body = ChangeView,
            content_type = "text/event-stream",
            example = json!("event: scenario\ndata: {\"id\":\"proxmox.cluster\",\"health\":\"failing\",\"open_findings\":1}\nid: 103-99-105-80\n\n"),
        ),
        BadRequest,
        Unauthenticated,
        ServerErrors,
    ),
)]
pub async fn follow(
    State(facade): State<FacadeState>,
    caller: Caller,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Problem> {
    if let Some(name) = parameters.keys().next() {
        return Err(QueryError::new(name, "not a parameter here; there is none").into());
    }
    let seat = take_seat(&facade, &caller)?;
    let last = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default());
    let feed = facade.backend.events.clone();
    // Before the reader begins, so that no change is missed.
    let changes = feed.changes();
    let (reader, greeting) = feed.reader(last).await;
    let events = Events {
        greeting: Some(greeting),
        feed,
        changes,
        reader,
        heartbeat: heartbeat(),
        session: Session::new(facade, headers, &extensions),
        _seat: seat,
    };
    let body = Body::from_stream(stream::unfold(events, Events::next));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        // Proxies such as nginx would keep events back until there are many.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}

/// A seat for a stream of events of the caller; Too Many Requests where there is none.
pub fn take_seat(facade: &FacadeState, caller: &Caller) -> Result<Seat, Problem> {
    facade.seats.take(&caller.name).map_err(|(limit, most)| {
        facade.backend.process.metrics.limit_reached(limit, format_args!("of {}", caller.name));
        let whose = if limit == Limit::EventStreams { "in all" } else { "of one person" };
        Problem::too_many_requests(format!("{most} streams of events {whose} are open already"), RETRY_AFTER)
    })
}

/// When a token is verified again, and something is sent at least.
pub fn heartbeat() -> tokio::time::Interval {
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat
}

/// The stream of one client.
struct Events {
    greeting: Option<String>,
    feed: Arc<EventFeed>,
    changes: signal::Receiver<()>,
    reader: Reader,
    heartbeat: tokio::time::Interval,
    session: Session,
    _seat: Seat,
}

impl Events {
    /// The next part of the body; `None` at the end.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Events)> {
        let text = self.text().await?;
        Some((Ok(Bytes::from(text)), self))
    }

    async fn text(&mut self) -> Option<String> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            if self.session.is_over() {
                return None;
            }
            // Whatever changes from here on wakes.
            self.changes.mark_unchanged();
            match self.feed.read(&mut self.reader) {
                Ok(text) if text.is_empty() => {}
                Ok(text) => return Some(text),
                Err(ring::FellBehind) => {
                    self.session.report(Limit::EventBacklog, "a client that follows events reads too slowly");
                    return None;
                }
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                () = self.session.ends() => return None,
                _ = self.heartbeat.tick() => {
                    if !self.session.is_valid().await {
                        return None;
                    }
                    return Some(self.reader.heartbeat());
                }
            }
        }
    }
}
