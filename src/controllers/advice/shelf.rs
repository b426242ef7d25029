//! The runbooks, as advice finds them. What blocks is done beside the loop.

use crate::advisor::runbooks::{Library, Query};
use crate::api::Scenario;
use crate::domain::runbooks::{About, Excerpt};
use crate::domain::texts::RunbookProblem;
use crate::telemetry::Metrics;
use kube::ResourceExt as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Most excerpts that the search gives.
const EXCERPTS_MAX: usize = 6;

/// The index of the runbooks, if there is one. Clones share it.
#[derive(Clone)]
pub struct Shelf {
    library: Option<Library>,
    metrics: Arc<Metrics>,
    /// What was left out by the last refresh.
    problems: Arc<Mutex<Vec<RunbookProblem>>>,
}

impl Shelf {
    pub fn new(library: Option<Library>, metrics: Arc<Metrics>) -> Shelf {
        Shelf { library, metrics, problems: Arc::default() }
    }

    /// Hash over the runbooks; empty where there is no index.
    pub fn revision(&self) -> Arc<str> {
        self.library.as_ref().map_or_else(|| "".into(), Library::revision)
    }

    /// Reads the runbooks, and indexes what changed.
    pub async fn refresh(&self, scenarios: Vec<Arc<Scenario>>) {
        let Some(library) = self.library.clone() else { return };
        let about = move || -> Vec<About> {
            scenarios.iter().filter_map(|scenario| About::of(&scenario.name_any(), &scenario.spec)).collect()
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

    /// The excerpts that fit a text, best first; those of `runbook` are preferred. None where the index fails.
    pub async fn find(&self, text: String, runbook: Option<String>) -> Vec<Excerpt> {
        let Some(library) = self.library.clone() else { return Vec::new() };
        let find = move || library.find(&Query { text: &text, runbook: runbook.as_deref(), limit: EXCERPTS_MAX });
        match tokio::task::spawn_blocking(find).await {
            Ok(Ok(found)) => found.into_iter().map(|found| found.excerpt).collect(),
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
}
