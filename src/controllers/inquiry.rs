//! What answers to questions of people are made with besides the resources: the index of the runbooks, and whether the local model is used.

use crate::advisor::runbooks::{Library, LibraryError, Query};
use crate::domain::runbooks::Excerpt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Pieces that an answer is made from, at most.
const FOUND_MAX: usize = 6;
/// The runbooks may still be indexed for the first time: then a search waits so long.
const READY_MAX: Duration = Duration::from_secs(10);
const READY_POLL: Duration = Duration::from_millis(50);

/// Cheap to clone.
#[derive(Clone)]
pub struct Inquiry {
    library: Option<Library>,
    /// The runbooks were indexed, or that was waited for.
    is_ready: Arc<AtomicBool>,
    /// Where T1 is off, the setting that keeps it off; `None` where it is on.
    pub off_by: Option<&'static str>,
}

impl Inquiry {
    /// Without `library` nothing is found.
    pub fn new(library: Option<Library>, off_by: Option<&'static str>) -> Inquiry {
        Inquiry { library, is_ready: Arc::default(), off_by }
    }

    /// The pieces of runbooks that fit a question, best first; none where the search fails. Those of `runbook` are preferred.
    pub async fn found(&self, question: &str, runbook: Option<&str>) -> Vec<Excerpt> {
        let (question, runbook) = (question.to_string(), runbook.map(String::from));
        self.search(move |library| {
            let query = Query { text: &question, runbook: runbook.as_deref(), limit: FOUND_MAX };
            Ok(library.find(&query)?.into_iter().map(|found| found.excerpt).collect())
        })
        .await
    }

    /// As [`Inquiry::found`]; where fewer fit than an answer is made from, other pieces of the preferred runbook follow.
    pub async fn found_and_own(&self, question: &str, runbook: Option<&str>) -> Vec<Excerpt> {
        let mut all = self.found(question, runbook).await;
        if let Some(runbook) = runbook.filter(|_| all.len() < FOUND_MAX) {
            let runbook = runbook.to_string();
            let own = self.search(move |library| library.sections(&runbook)).await;
            let is_new = |piece: &Excerpt| !all.iter().any(|other| other.hash == piece.hash);
            let own: Vec<Excerpt> = own.into_iter().filter(is_new).take(FOUND_MAX - all.len()).collect();
            all.extend(own);
        }
        all
    }

    async fn search(
        &self,
        search: impl FnOnce(&Library) -> Result<Vec<Excerpt>, LibraryError> + Send + 'static,
    ) -> Vec<Excerpt> {
        let Some(library) = self.library.clone() else { return Vec::new() };
        self.until_indexed(&library).await;
        match tokio::task::spawn_blocking(move || search(&library)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the runbooks can't be searched");
                Vec::new()
            }
            Err(error) => {
                tracing::error!(%error, "searching the runbooks failed");
                Vec::new()
            }
        }
    }

    /// Where the runbooks can't be indexed, only the first search waits.
    async fn until_indexed(&self, library: &Library) {
        let is_indexed = || {
            let library = library.clone();
            tokio::task::spawn_blocking(move || !library.revision().is_empty())
        };
        let ready = async {
            while !is_indexed().await.unwrap_or(true) {
                tokio::time::sleep(READY_POLL).await;
            }
        };
        if !self.is_ready.load(Ordering::Relaxed) {
            let _ = tokio::time::timeout(READY_MAX, ready).await;
            self.is_ready.store(true, Ordering::Relaxed);
        }
    }
}
