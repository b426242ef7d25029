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

/// The body of a request; fails where it does not arrive in time.
pub struct Received {
    body: Incoming,
    connection: Arc<Connection>,
    timeout: Duration,
    until: Option<Pin<Box<Sleep>>>,
}

impl Received {
    pub fn new(body: Incoming, connection: Arc<Connection>, timeout: Duration) -> Received {
        Received { body, connection, timeout, until: None }
    }
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timeout = self.timeout;
        let until = self.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        if until.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        (self.connection.report())(Reached::TransferTimeout, "the body of a request did not arrive in time");
        let message = format!("the body did not arrive within {timeout:?}");
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
