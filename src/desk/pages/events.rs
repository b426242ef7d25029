//! `GET /desk/events`: what changed, so that open pages read their parts again. One stream for each browser. `GET /desk/changed`: what
//! changed between the time at which a page was made and that at which it listens to the stream.

use crate::desk::attendance::Attendance;
use crate::desk::live::{RESET, SIGNED_OUT, TOPICS_MAX, Topic};
use crate::desk::panel::PanelState;
use crate::desk::seats::Seat;
use crate::desk::visit::Visit;
use crate::domain::texts::panel::words;
use crate::listener;
use crate::views::Parameters;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Extensions, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use futures::future::BoxFuture;
use futures::{FutureExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// How often something is sent at least. Whether the session goes on is looked at as often.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Changes that come within this time are told at once.
const GATHERED: Duration = Duration::from_millis(300);
/// Caches that are behind tell of a change so much later.
const MARGIN: SignedDuration = SignedDuration::from_secs(1);
/// When to try again where there are too many streams.
const LATER: &str = "15";

pub async fn follow(State(panel): State<PanelState>, visit: Visit, extensions: Extensions) -> Response {
    let Some(seat) = panel.streams.take(&visit.caller.name) else {
        let why = words::too_many_windows(visit.language());
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, LATER)], why).into_response();
    };
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stops = listener::stopping(&extensions).boxed();
    let changes = panel.live.subscribe();
    let attendance = Attendance::begin(&panel, &visit.caller.name);
    let events = Events { changes, panel, visit, heartbeat, stops, _attendance: attendance, _seat: seat };
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "private, no-cache"),
        // Proxies such as nginx would keep events back until there are many.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(stream::unfold(events, Events::next))).into_response()
}

/// `GET /desk/changed`: since the time of the server that a page carries, in milliseconds.
pub async fn changed(
    State(panel): State<PanelState>,
    _visit: Visit,
    Query(parameters): Query<Parameters>,
) -> Json<Vec<String>> {
    let given = parameters.get("since").and_then(|since| since.parse().ok());
    let since = given.and_then(|since| Timestamp::from_millisecond(since).ok()?.checked_sub(MARGIN).ok());
    let topics = since.map_or_else(|| BTreeSet::from([RESET.into()]), |since| panel.live.since(since));
    Json(topics.iter().map(ToString::to_string).collect())
}

/// The stream of one browser.
struct Events {
    panel: PanelState,
    visit: Visit,
    changes: Receiver<Topic>,
    heartbeat: tokio::time::Interval,
    /// Completes when the server stops.
    stops: BoxFuture<'static, ()>,
    _attendance: Attendance,
    _seat: Seat,
}

impl Events {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Events)> {
        let text = self.text().await?;
        Some((Ok(Bytes::from(text)), self))
    }

    async fn text(&mut self) -> Option<String> {
        tokio::select! {
            first = self.changes.recv() => self.gather(first).await,
            () = &mut self.stops => None,
            _ = self.heartbeat.tick() => self.goes_on().then(|| ": \n\n".to_string()),
        }
    }

    /// Whether the session has not ended.
    fn goes_on(&self) -> bool {
        let session = &self.visit.session;
        let is_over = session.ends <= Timestamp::now().as_second();
        !is_over && !self.panel.ended.has(&session.name, session.began)
    }

    /// The first change and those that follow at once.
    async fn gather(&mut self, first: Result<Topic, RecvError>) -> Option<String> {
        let mut topics = BTreeSet::from([match first {
            Ok(topic) => topic,
            Err(RecvError::Lagged(_)) => RESET.into(),
            Err(RecvError::Closed) => return None,
        }]);
        sleep(GATHERED).await;
        loop {
            match self.changes.recv().now_or_never() {
                Some(Ok(topic)) => drop(topics.insert(topic)),
                Some(Err(RecvError::Lagged(_))) => drop(topics.insert(RESET.into())),
                Some(Err(RecvError::Closed)) | None => break,
            }
            if topics.len() > TOPICS_MAX {
                topics = BTreeSet::from([RESET.into()]);
            }
        }
        if topics.remove(SIGNED_OUT) && !self.goes_on() {
            return None;
        }
        Some(written(&topics))
    }
}

/// As it is sent. The Thread that a Message names may be any text.
fn written(topics: &BTreeSet<Topic>) -> String {
    topics.iter().fold(": \n\n".repeat(usize::from(topics.is_empty())), |mut text, topic| {
        // Writing to a String does not fail.
        let _ = write!(text, "event: change\ndata: {}\n\n", serde_json::json!({"topic": &**topic}));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_one_event() {
        assert_eq!(written(&BTreeSet::new()), ": \n\n");
        let forged = BTreeSet::from(["thread-a\"}\n\nevent: forged".into()]);
        assert_eq!(written(&forged), "event: change\ndata: {\"topic\":\"thread-a\\\"}\\n\\nevent: forged\"}\n\n");
        let topics = ["inbox", "thread-a.b-0"].map(Topic::from).into();
        assert_eq!(
            written(&topics),
            "event: change\ndata: {\"topic\":\"inbox\"}\n\nevent: change\ndata: {\"topic\":\"thread-a.b-0\"}\n\n"
        );
    }
}
