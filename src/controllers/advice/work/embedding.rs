//! Embeds the runbooks while nothing else is asked of the model server.

use super::Controller;
use crate::advisor::vectors::{Step, VectorsError};
use crate::runtime::clock;
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};

/// After an error of the index.
const AGAIN: Duration = Duration::from_secs(60);

/// A step, and how long it took.
pub type Stepped = (Result<Step, VectorsError>, Duration);

/// One batch at a time.
#[derive(Default)]
pub struct Embedding {
    pub steps: JoinSet<Stepped>,
    /// When the next one may begin; `None` while nothing is to be embedded.
    pub next: Option<Instant>,
}

impl Embedding {
    /// When the next batch may begin, if one may.
    pub fn due(&self) -> Option<Instant> {
        self.next.filter(|_| self.steps.is_empty())
    }
}

impl Controller {
    /// Begins a batch, where nothing is asked of the server.
    pub(super) fn begin_embedding(&mut self, now: Instant) {
        let Some(vectors) = self.context.search.vectors().cloned() else { return };
        let embedding = &mut self.jobs.embedding;
        if embedding.due().is_some_and(|next| next <= now) {
            embedding.next = None;
            embedding.steps.spawn(async move {
                let began = Instant::now();
                (vectors.step().await, began.elapsed())
            });
        }
    }

    /// The runbooks, or what is known of the models, may have changed.
    pub(super) fn may_embed(&mut self) {
        if self.context.search.vectors().is_some() && self.jobs.asking.is_some() {
            self.jobs.embedding.next.get_or_insert_with(Instant::now);
        }
    }

    pub(super) fn embedded(&mut self, ended: Result<Stepped, JoinError>) {
        let now = Instant::now();
        self.jobs.embedding.next = match ended {
            // The machine has as much time for others.
            Ok((Ok(Step::Stored(_)), took)) => Some(now + took),
            Ok((Ok(Step::Failed { until, .. }), _)) => {
                let wait = Duration::try_from(until.duration_since(clock::now())).unwrap_or(Duration::ZERO);
                Some(now + wait)
            }
            Ok((Ok(Step::Settled | Step::Missing), _)) => self.jobs.embedding.next,
            Ok((Err(error), _)) => {
                tracing::warn!(%error, "the runbooks can't be embedded");
                Some(now + AGAIN)
            }
            Err(error) if error.is_cancelled() => None,
            Err(error) => {
                tracing::error!(%error, "embedding the runbooks failed");
                Some(now + AGAIN)
            }
        };
    }
}
