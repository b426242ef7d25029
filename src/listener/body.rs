//! The bodies of requests and responses, with time-outs.

use super::Reached;
use super::connection::Connection;
use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// A request that is not answered completely.
pub struct OpenRequest {
    connection: Arc<Connection>,
    number: u64,
}

impl OpenRequest {
    pub fn new(connection: Arc<Connection>, http2: bool) -> OpenRequest {
        let number = connection.activity().began(http2);
        OpenRequest { connection, number }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.connection.activity().ended(self.number, Instant::now());
    }
}

/// The least that a client has to send of a body within the time for it, in bytes, unless that is the end.
const PROGRESS: usize = 8 << 10;

/// The body of a request; fails where too little of it arrives in time. However long it is, a client that is slow can send all of it.
pub struct Received {
    body: Incoming,
    connection: Arc<Connection>,
    timeout: Duration,
    waiting: Waiting,
}

/// A wait for the client.
#[derive(Default)]
struct Waiting {
    /// Until when [`PROGRESS`] has to arrive; `None` while the client is not waited for.
    until: Option<Pin<Box<Sleep>>>,
    /// What arrived meanwhile, in bytes.
    received: usize,
}

impl Waiting {
    fn received(&mut self, bytes: usize) {
        self.received = self.received.saturating_add(bytes);
        if self.received >= PROGRESS {
            *self = Waiting::default();
        }
    }

    /// Whether the time is over.
    fn is_over(&mut self, timeout: Duration, cx: &mut Context<'_>) -> bool {
        let until = self.until.get_or_insert_with(|| {
            self.received = 0;
            Box::pin(tokio::time::sleep(timeout))
        });
        until.as_mut().poll(cx).is_ready()
    }
}

/// The message of a body that did not arrive in time, where this is why it could not be read.
pub fn not_in_time(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::TimedOut) {
            return Some(error.to_string());
        }
        cause = error.source();
    }
    None
}

impl Received {
    pub fn new(body: Incoming, connection: Arc<Connection>, timeout: Duration) -> Received {
        Received { body, connection, timeout, waiting: Waiting::default() }
    }
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                self.waiting.received(data.len());
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timeout = self.timeout;
        if !self.waiting.is_over(timeout, cx) {
            return Poll::Pending;
        }
        (self.connection.report())(Reached::TransferTimeout, "the body of a request did not arrive in time");
        let message = format!(
            "the body did not arrive within {timeout:?}, and less than {} KiB of it in this time",
            PROGRESS >> 10
        );
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, message).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A larger part of a response is handed on in parts of this size, in bytes.
const PART: usize = 64 << 10;

/// The body of a response; notes when the client takes something of it.
pub struct Sent {
    body: Body,
    /// Of the last part of the body, what is not handed on yet.
    rest: Bytes,
    request: OpenRequest,
}

impl Sent {
    pub fn new(body: Body, request: OpenRequest) -> Sent {
        Sent { body, rest: Bytes::new(), request }
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                other => return other,
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
            }
        }
        let part = self.rest.split_to(self.rest.len().min(PART));
        Poll::Ready(Some(Ok(Frame::data(part))))
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = self.next(cx);
        let taken = matches!(frame, Poll::Ready(Some(_))).then(Instant::now);
        self.request.connection.activity().took(self.request.number, taken);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, mut hint) = (self.rest.len() as u64, self.body.size_hint());
        // The upper bound first, since it may not be below the lower one.
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn is_over(waiting: &mut Waiting) -> bool {
        waiting.is_over(TIMEOUT, &mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_progresses_may_take_long() {
        let mut waiting = Waiting::default();
        for _ in 0..100 {
            assert!(!is_over(&mut waiting));
            tokio::time::advance(TIMEOUT / 2).await;
            waiting.received(PROGRESS / 2);
            assert!(!is_over(&mut waiting));
            tokio::time::advance(TIMEOUT / 3).await;
            waiting.received(PROGRESS / 2);
            // Meanwhile the server does something else.
            tokio::time::advance(2 * TIMEOUT).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn too_little_in_the_time_is_too_late() {
        let mut waiting = Waiting::default();
        for _ in 0..3 {
            assert!(!is_over(&mut waiting));
            tokio::time::advance(TIMEOUT / 3).await;
            waiting.received(PROGRESS / 3 - 1);
        }
        assert!(is_over(&mut waiting));
    }
}
