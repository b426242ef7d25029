//! The answers to one question as server-sent events.

use super::FacadeState;
use super::events::{Seat, Session, heartbeat};
use crate::views::{ChatEvent, ChatProgress, ChatRef, ProgressPhase};
use axum::http::HeaderName;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use jiff::Timestamp;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::{Instant, Interval, sleep, sleep_until};

/// The longest stream: a question is asked within an hour, and the answer then takes a while.
pub const STREAM_MAX: Duration = Duration::from_secs(90 * 60);
/// Changes in quick succession are read once.
const SETTLE: Duration = Duration::from_millis(25);
/// The elapsed time is told this often, also where nothing else changed.
const TELL: Duration = Duration::from_secs(10);

/// Follows the answers to one question for one client.
struct Answers {
    facade: FacadeState,
    /// Notified after each change of the caches.
    changes: signal::Receiver<()>,
    at: ChatRef,
    until: Instant,
    /// What the last progress told, and when the next one is due.
    told: Option<(ProgressPhase, Option<u32>)>,
    again: Instant,
    /// Answers that were told.
    answers: usize,
    is_done: bool,
    verify: Interval,
    session: Session,
    _seat: Seat,
}

/// The response with the events `progress` and `message`, until there is nothing more to come or this time is over.
pub fn answers(facade: FacadeState, at: ChatRef, wait: Duration, session: Session, seat: Seat) -> Response {
    let now = Instant::now();
    let answers = Answers {
        changes: facade.backend.events.changes(),
        facade,
        at,
        until: now + wait.min(STREAM_MAX),
        told: None,
        again: now,
        answers: 0,
        is_done: false,
        verify: heartbeat(),
        session,
        _seat: seat,
    };
    let events = Sse::new(stream::unfold(answers, Answers::next)).keep_alive(KeepAlive::default());
    // Proxies such as nginx would keep events back until there are many.
    ([(HeaderName::from_static("x-accel-buffering"), "no")], events).into_response()
}

impl Answers {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Answers)> {
        let event = self.event().await?;
        Some((Ok(event), self))
    }

    /// The next event; `None` at the end.
    async fn event(&mut self) -> Option<Event> {
        while !self.is_done && !self.session.is_over() {
            // Whatever changes from here on wakes.
            self.changes.mark_unchanged();
            let now = Timestamp::now();
            let answers = self.facade.backend.process.resources.chat_answers(&self.at);
            let progress = answers.chat_progress(now);
            if self.told.is_none() {
                return self.progress(progress);
            }
            let is_over = Instant::now() >= self.until;
            // At the end there is one message at least: that the answer is pending.
            if answers.count() > self.answers || is_over && self.answers == 0 {
                self.answers = answers.count();
                self.is_done = is_over || !answers.is_pending(now);
                return event("message", &ChatEvent::Message(answers.view(now)));
            }
            if is_over || !answers.is_pending(now) {
                return None;
            }
            if self.told != Some((progress.phase, progress.position)) || Instant::now() >= self.again {
                return self.progress(progress);
            }
            tokio::select! {
                changed = self.changes.changed() => {
                    changed.ok()?;
                    sleep(SETTLE).await;
                }
                () = sleep_until(self.until.min(self.again)) => {}
                () = self.session.ends() => return None,
                _ = self.verify.tick() => {
                    if !self.session.is_valid().await {
                        return None;
                    }
                }
            }
        }
        None
    }

    fn progress(&mut self, progress: ChatProgress) -> Option<Event> {
        self.told = Some((progress.phase, progress.position));
        self.again = Instant::now() + TELL;
        event("progress", &ChatEvent::Progress(progress))
    }
}

/// The data are strings and numbers, which always serialize.
fn event(name: &str, data: &ChatEvent) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
