//! Memory that the bodies of requests and large responses may use together. Clients in this process are not bounded: they have what
//! others can't use up.

use super::status::ApiError;
use super::{Limits, Reached, Report};
use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies and responses up to this size are not counted, in bytes.
pub const SMALL: usize = 64 << 10;
/// Lists that are rendered at once.
const RENDERED: usize = 4;
/// A list that waits longer than this to be rendered is reported.
const WAIT_REPORTED: Duration = Duration::from_secs(1);

/// What is left for all requests.
pub struct Budgets {
    bodies: Arc<Semaphore>,
    responses: Arc<Semaphore>,
    /// What `responses` has when nothing is being sent.
    responses_total: usize,
    rendering: Arc<Semaphore>,
    report: Report,
}

impl Budgets {
    pub fn new(limits: &Limits, report: Report) -> Budgets {
        Budgets {
            bodies: Arc::new(Semaphore::new(limits.bodies >> 10)),
            responses: Arc::new(Semaphore::new(limits.responses >> 10)),
            responses_total: limits.responses >> 10,
            rendering: Arc::new(Semaphore::new(RENDERED)),
            report,
        }
    }

    /// A turn to render a list; a wait for it is reported.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(turn) = self.rendering.clone().try_acquire_owned() {
            return Some(turn);
        }
        let mut turn = pin!(self.rendering.clone().acquire_owned());
        if let Ok(turn) = tokio::time::timeout(WAIT_REPORTED, turn.as_mut()).await {
            return turn.ok();
        }
        (self.report)(Reached::RenderedLists, "a list waits to be rendered");
        turn.await.ok()
    }

    /// A response that is counted until the client has taken it, or an error where too much is being sent.
    pub fn response(&self, response: Response) -> Result<Response, ApiError> {
        let size = HttpBody::size_hint(response.body()).exact().unwrap_or_default();
        if size <= SMALL as u64 {
            return Ok(response);
        }
        if kibibytes(size) as usize > self.responses_total {
            let (total, message) = (self.responses_total, "a response is larger than all that may be sent at once");
            (self.report)(Reached::Responses, &format!("{message}: {} of {total} KiB", kibibytes(size)));
            return Err(ApiError::response_too_large(kibibytes(size), total));
        }
        let permit = self.responses.clone().try_acquire_many_owned(kibibytes(size)).map_err(|_| {
            (self.report)(Reached::Responses, "a large response is refused");
            ApiError::too_many_requests("large responses are being sent to other clients: try again, or use limit")
        })?;
        Ok(response.map(|body| Body::new(Counted { body, _permit: permit })))
    }
}

fn kibibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX)
}

/// What the body of one request holds of the budget, until the request is answered.
#[derive(Default)]
pub struct Reservation {
    /// `None`: not bounded.
    budgets: Option<Arc<Budgets>>,
    held: Option<OwnedSemaphorePermit>,
    counted: usize,
}

impl Reservation {
    pub fn of(budgets: Arc<Budgets>) -> Reservation {
        Reservation { budgets: Some(budgets), ..Reservation::default() }
    }

    /// Reserves memory for a body that has arrived up to this size.
    pub fn reserve(&mut self, size: usize) -> Result<(), ApiError> {
        let Some(budgets) = &self.budgets else { return Ok(()) };
        if size <= SMALL.max(self.counted) {
            return Ok(());
        }
        // In steps, so that not every frame takes from the budget.
        let step = (size - self.counted).max(SMALL);
        let more = budgets.bodies.clone().try_acquire_many_owned(kibibytes(step as u64)).map_err(|_| {
            (budgets.report)(Reached::Bodies, "a large request is refused");
            ApiError::too_many_requests("large requests of other clients are being handled: try again")
        })?;
        self.counted += step;
        match &mut self.held {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

/// A body with its part of the budget.
struct Counted {
    body: Body,
    _permit: OwnedSemaphorePermit,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use http::StatusCode;
    use std::sync::{Mutex, PoisonError};

    type Seen = Arc<Mutex<Vec<(Reached, String)>>>;

    /// Budgets with 1 MiB for responses, and what they report.
    fn budgets() -> (Budgets, Seen) {
        let seen = Seen::default();
        let report: Report = {
            let seen = seen.clone();
            Arc::new(move |reached, detail: &str| {
                seen.lock().unwrap_or_else(PoisonError::into_inner).push((reached, detail.to_string()));
            })
        };
        (Budgets::new(&Limits { responses: 1 << 20, ..Limits::default() }, report), seen)
    }

    fn of_size(kibibytes: usize) -> Response {
        Response::new(Body::from(vec![b'x'; kibibytes << 10]))
    }

    #[test]
    fn a_response_that_fits_later_is_refused_for_now_and_one_that_never_fits_for_good() {
        let (budgets, seen) = budgets();
        let code = |size| budgets.response(of_size(size)).map(drop).map_err(|error| (error.code, error.message));
        let sending = budgets.response(of_size(1024)).unwrap();
        assert_eq!(code(64), Ok(()), "small ones are not counted");
        assert_eq!(code(65).unwrap_err().0, StatusCode::TOO_MANY_REQUESTS);
        let (too_large, message) = code(1025).unwrap_err();
        assert_eq!(too_large, StatusCode::PAYLOAD_TOO_LARGE);
        for says in ["1025 KiB", "1024 KiB", "limit", "--chunk-size", "AGENTIC_RESPONSES_BYTES"] {
            assert!(message.contains(says), "{says}: {message}");
        }
        drop(sending);
        assert_eq!(code(1024), Ok(()));
        assert_eq!(code(1025).unwrap_err().0, StatusCode::PAYLOAD_TOO_LARGE);
        let seen = seen.lock().unwrap();
        assert_eq!(seen.iter().map(|(reached, _)| *reached).collect::<Vec<_>>(), [Reached::Responses; 3]);
        assert!(seen[1].1.ends_with("1025 of 1024 KiB"), "{seen:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_waits_to_be_rendered_is_reported() {
        let (budgets, seen) = budgets();
        let mut turns = Vec::new();
        for _ in 0..RENDERED {
            turns.push(budgets.turn().await.unwrap());
        }
        let mut waiting = Box::pin(budgets.turn());
        assert!(waiting.as_mut().now_or_never().is_none());
        tokio::time::advance(WAIT_REPORTED).await;
        assert!(waiting.as_mut().now_or_never().is_none());
        assert_eq!(seen.lock().unwrap().first().map(|(reached, _)| *reached), Some(Reached::RenderedLists));
        turns.pop();
        assert!(waiting.await.is_some());
    }
}
