//! The runbooks, as advice and answers find them. What blocks is done beside the loops.

use crate::advisor::runbooks::{Library, LibraryError, Query};
use crate::advisor::vectors::Vectors;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::runbooks::{About, Excerpt};
use crate::domain::texts::RunbookProblem;
use crate::telemetry::Metrics;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Most pieces that are found.
const FOUND_MAX: usize = 6;
/// The runbooks may still be indexed for the first time: then a search waits so long.
const READY_MAX: Duration = Duration::from_secs(10);
const READY_POLL: Duration = Duration::from_millis(50);

/// The index of the runbooks, if there is one. Clones share it.
#[derive(Clone)]
pub struct RunbookSearch {
    library: Option<Library>,
    /// `None` where words alone are compared.
    vectors: Option<Vectors>,
    metrics: Arc<Metrics>,
    /// The runbooks were indexed, or that was waited for.
    is_ready: Arc<AtomicBool>,
    /// What was left out by the last refresh.
    problems: Arc<Mutex<Vec<RunbookProblem>>>,
}

impl RunbookSearch {
    /// Without `library` nothing is found.
    pub fn new(library: Option<Library>, vectors: Option<Vectors>, metrics: Arc<Metrics>) -> RunbookSearch {
        RunbookSearch { library, vectors, metrics, is_ready: Arc::default(), problems: Arc::default() }
    }

    /// Hash over the runbooks; empty where there is no index.
    pub fn revision(&self) -> Arc<str> {
        self.library.as_ref().map_or_else(|| "".into(), Library::revision)
    }

    /// The vectors, where they are compared, too.
    pub fn vectors(&self) -> Option<&Vectors> {
        self.vectors.as_ref()
    }

    /// Reads the runbooks, and indexes what changed.
    pub async fn refresh(&self, scenarios: Vec<Arc<CachedScenario>>) {
        let Some(library) = self.library.clone() else { return };
        let about = move || -> Vec<About> {
            scenarios.iter().filter_map(|scenario| About::of(&scenario.name, &scenario.spec)).collect()
        };
        match tokio::task::spawn_blocking(move || library.refresh(&about())).await {
            Ok(Ok(refreshed)) => {
                let (sections, changed) = (refreshed.sections, refreshed.changed);
                if changed > 0 {
                    tracing::info!(sections, changed, revision = refreshed.revision, "runbooks indexed");
                }
                let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
                if *problems != refreshed.problems {
                    refreshed.report(&self.metrics);
                    problems.clone_from(&refreshed.problems);
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "the runbooks are not indexed"),
            Err(error) => tracing::error!(%error, "indexing the runbooks failed"),
        }
    }

    /// The pieces that fit a text by their words, best first; none where the search fails. Those of `runbook` are preferred. T0 says
    /// what these say: the same each time, and without the model server.
    pub async fn by_words(&self, text: &str, runbook: Option<&str>) -> Vec<Excerpt> {
        self.search(text, runbook, |library, query| {
            Ok(library.find(query)?.into_iter().map(|found| found.excerpt).collect())
        })
        .await
    }

    /// The pieces for a prompt: those that fit by words and vectors, and where fewer fit, other pieces of the preferred runbook.
    pub async fn for_model(&self, text: &str, runbook: Option<&str>) -> Vec<Excerpt> {
        let Some(vectors) = &self.vectors else {
            return self.search(text, runbook, Library::find_and_fill).await;
        };
        self.until_indexed().await;
        let found = vectors.find_and_fill(&Query { text, runbook, limit: FOUND_MAX, vector: None }).await;
        found.unwrap_or_else(|error| {
            tracing::warn!(%error, "the runbooks can't be searched");
            Vec::new()
        })
    }

    async fn search(
        &self,
        text: &str,
        runbook: Option<&str>,
        search: impl FnOnce(&Library, &Query<'_>) -> Result<Vec<Excerpt>, LibraryError> + Send + 'static,
    ) -> Vec<Excerpt> {
        let Some(library) = self.library.clone() else { return Vec::new() };
        self.until_indexed().await;
        let (text, runbook) = (text.to_string(), runbook.map(String::from));
        let searched = tokio::task::spawn_blocking(move || {
            search(&library, &Query { text: &text, runbook: runbook.as_deref(), limit: FOUND_MAX, vector: None })
        });
        match searched.await {
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
    async fn until_indexed(&self) {
        let ready = async {
            while self.revision().is_empty() {
                tokio::time::sleep(READY_POLL).await;
            }
        };
        if !self.is_ready.load(Ordering::Relaxed) {
            let _ = tokio::time::timeout(READY_MAX, ready).await;
            self.is_ready.store(true, Ordering::Relaxed);
        }
    }
}
