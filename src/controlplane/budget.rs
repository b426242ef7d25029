//! Memory that the bodies of requests and large responses may use together. Clients in this process are not bounded: they have what
//! others can't use up.

use super::status::ApiError;
use super::{Limits, Reached, Report};
use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies and responses up to this size are not counted, in bytes.
pub const SMALL: usize = 64 << 10;
/// Lists that are rendered at once.
const RENDERED: usize = 4;

/// What is left for all requests.
pub struct Budgets {
    bodies: Arc<Semaphore>,
    responses: Arc<Semaphore>,
    rendering: Arc<Semaphore>,
    report: Report,
}

impl Budgets {
    pub fn new(limits: &Limits, report: Report) -> Budgets {
        Budgets {
            bodies: Arc::new(Semaphore::new(limits.bodies >> 10)),
            responses: Arc::new(Semaphore::new(limits.responses >> 10)),
            rendering: Arc::new(Semaphore::new(RENDERED)),
            report,
        }
    }

    /// A turn to render a list.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        self.rendering.clone().acquire_owned().await.ok()
    }

    /// A response that is counted until the client has taken it, or an error where too much is being sent.
    pub fn response(&self, response: Response) -> Result<Response, ApiError> {
        let size = HttpBody::size_hint(response.body()).exact().unwrap_or_default();
        if size <= SMALL as u64 {
            return Ok(response);
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
