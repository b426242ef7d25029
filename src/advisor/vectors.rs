//! Vectors of the index, made by the model server: those of pieces a batch at a time, while nothing else is asked of it, and that of a
//! question when it is searched for.

use super::ollama::{BATCH, Ollama, Purpose};
use super::runbooks::{Due, Library, LibraryError, Query, QueryVector, VectorModel};
use crate::domain::advice::{Breaker, May};
use crate::domain::model::ModelFault;
use crate::domain::runbooks::Excerpt;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Time of a batch. Another call waits so long at most.
const BATCH_TIME: Duration = Duration::from_secs(60);
/// Time of the vector of a question, with what it waits for another call. Without it, words alone are compared.
const QUESTION_TIME: Duration = Duration::from_secs(5);
/// Longest question, in bytes; the rest is left out.
const QUESTION_MAX: usize = 2048;

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Every piece has its vector, as far as there is room: nothing is to be done before the runbooks or the model change.
    Settled,
    /// So many pieces were embedded, or found to be not embeddable; there may be more.
    Stored(usize),
    /// The server does not have the model, or that is not known yet.
    Missing,
    /// A call failed, now or before: nothing is asked before this time.
    Failed { until: Timestamp, fault: Option<ModelFault> },
}

/// Why no vectors can be made.
#[derive(Debug, thiserror::Error)]
pub enum VectorsError {
    #[error(transparent)]
    Library(#[from] LibraryError),
    #[error("a task of the index failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// The vectors of an index. Clones share everything.
#[derive(Clone)]
pub struct Vectors {
    client: Ollama,
    library: Library,
    now: fn() -> Timestamp,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Digest of the model for embeddings, as the server listed it last; `None` if it does not have it.
    digest: Option<String>,
    /// Whether the log says that the server has the model.
    told: Option<bool>,
    /// The revision of the runbooks of which everything is embedded, and by which model.
    settled: Option<(Arc<str>, VectorModel)>,
    /// Texts of the next request, and of the largest one that the server does in time.
    size: usize,
    largest: usize,
    breaker: Breaker,
}

impl Vectors {
    /// `now` is the clock.
    pub fn new(client: Ollama, library: Library, now: fn() -> Timestamp) -> Vectors {
        let state =
            State { digest: None, told: None, settled: None, size: BATCH, largest: BATCH, breaker: Breaker::default() };
        Vectors { client, library, now, state: Arc::new(Mutex::new(state)) }
    }

    /// Takes note of the digest of the model for embeddings, as the server lists it; `None` if it does not have it.
    pub fn seen(&self, digest: Option<&str>) {
        let mut state = self.state();
        state.digest = digest.map(String::from);
        if state.told.replace(digest.is_some()) != Some(digest.is_some()) {
            let model = self.client.embed_model().unwrap_or("AGENTIC_EMBED_MODEL");
            match digest {
                Some(_) => tracing::info!(model, "runbooks are searched by words and vectors once they are embedded"),
                None => tracing::warn!(
                    model,
                    "the server does not have the model for embeddings: runbooks are searched by words alone; ollama pull {model}"
                ),
            }
        }
    }

    /// Embeds a batch of pieces that have no vector of the model, if there are any. The server is asked for nothing else.
    pub async fn step(&self) -> Result<Step, VectorsError> {
        let (model, revision) = {
            let state = self.state();
            let (Some(digest), Some(name)) = (&state.digest, self.client.embed_model()) else {
                return Ok(Step::Missing);
            };
            let (model, revision) =
                (VectorModel { name: name.into(), digest: digest.clone() }, self.library.revision());
            if state.settled.as_ref().is_some_and(|of| of.0 == revision && of.1 == model) || revision.is_empty() {
                return Ok(Step::Settled);
            }
            if let May::Wait(until) = state.breaker.may_call((self.now)()) {
                return Ok(Step::Failed { until, fault: None });
            }
            (model, revision)
        };
        let (of, size) = (model.clone(), self.state().size);
        match self.blocking(move |library| library.unembedded(&of, size)).await? {
            Due::Texts(texts) => self.embed(model, texts).await,
            due => {
                if due == Due::Full {
                    tracing::warn!("there is no room for the vectors of all runbooks: others are found by words alone");
                }
                let of = model.clone();
                if self.blocking(move |library| library.settle_vectors(&of)).await? {
                    tracing::info!(model = model.name, digest = model.digest, "the runbooks are embedded");
                }
                self.state().settled = Some((revision, model));
                Ok(Step::Settled)
            }
        }
    }

    async fn embed(&self, model: VectorModel, texts: Vec<(String, String)>) -> Result<Step, VectorsError> {
        let (hashes, texts): (Vec<String>, Vec<String>) = texts.into_iter().unzip();
        let vectors = match self.client.embed(&texts, Purpose::Document, BATCH_TIME).await {
            Ok(vectors) => vectors,
            // One of them can't be embedded: each is tried by itself.
            Err(ModelFault::Refused { status: 400, .. }) if texts.len() > 1 => {
                self.state().size = 1;
                return Ok(Step::Stored(0));
            }
            // Whether it is this text, or any, is told by another one.
            Err(fault @ ModelFault::Refused { status: 400, .. }) => match self.control().await {
                Ok(_) => vec![Vec::new()],
                Err(_) => return Ok(self.failed(fault, 1)),
            },
            Err(fault) => return Ok(self.failed(fault, texts.len())),
        };
        {
            let mut state = self.state();
            state.breaker.succeeded();
            state.size = (state.size * 2).min(state.largest);
        }
        let count = hashes.len();
        let stored: Vec<_> = hashes.into_iter().zip(vectors).collect();
        self.blocking(move |library| library.store_vectors(&model, &stored)).await?;
        Ok(Step::Stored(count))
    }

    async fn control(&self) -> Result<Vec<Vec<f32>>, ModelFault> {
        self.client.embed(&["ok".into()], Purpose::Document, BATCH_TIME).await
    }

    fn failed(&self, fault: ModelFault, texts: usize) -> Step {
        let (now, mut state) = ((self.now)(), self.state());
        if matches!(fault, ModelFault::Timeout { .. }) {
            state.largest = (texts / 2).max(1);
            state.size = state.largest;
        }
        let is_first = state.breaker == Breaker::default();
        state.breaker.failed(now);
        let until = state.breaker.next(now);
        if is_first {
            tracing::warn!(?fault, "the runbooks can't be embedded now: it is tried again less and less often");
        }
        Step::Failed { until, fault: Some(fault) }
    }

    /// The excerpts for a prompt, by words and, where there are vectors and the server is in time, by these too; then others of the
    /// preferred runbook.
    pub async fn find_and_fill(&self, query: &Query<'_>) -> Result<Vec<Excerpt>, VectorsError> {
        let vector = self.of_question(query.text).await;
        let (text, runbook, limit) = (query.text.to_string(), query.runbook.map(String::from), query.limit);
        let found = move |library: &Library| {
            let query = Query { text: &text, runbook: runbook.as_deref(), limit, vector: vector.as_ref() };
            library.find_and_fill(&query)
        };
        self.blocking(found).await
    }

    /// The vector of a question by the model whose vectors serve; `None` if there are none, or the server does not give it in time.
    pub async fn of_question(&self, text: &str) -> Option<QueryVector> {
        let vector = tokio::time::timeout(QUESTION_TIME, self.made_of(text, QUESTION_TIME)).await;
        match vector {
            Ok(Ok(vector)) => return vector,
            Ok(Err(error)) => tracing::warn!(error, "words alone are searched for"),
            Err(_) => tracing::warn!("the vector of a question took too long: words alone are searched for"),
        }
        None
    }

    /// The same, with a time limit of the request alone, and why there is none.
    pub async fn made_of(&self, text: &str, limit: Duration) -> Result<Option<QueryVector>, String> {
        let serving = self.blocking(Library::serving_vectors).await.map_err(|error| error.to_string())?;
        let Some(model) = serving else { return Ok(None) };
        let shown = |fault: ModelFault| format!("{fault:?}");
        // While the vectors of another model are made, those of the one before serve, if the server still has it.
        if self.client.digest(&model.name).await.map_err(shown)?.as_ref() != Some(&model.digest) {
            return Ok(None);
        }
        let text = text.get(..text.floor_char_boundary(QUESTION_MAX)).unwrap_or_default().to_string();
        let vectors = self.client.embed_by(&model.name, &[text], Purpose::Query, limit).await.map_err(shown)?;
        Ok(vectors.into_iter().next().map(|numbers| QueryVector { model, numbers }))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Library) -> Result<T, LibraryError> + Send + 'static,
    ) -> Result<T, VectorsError> {
        let library = self.library.clone();
        Ok(tokio::task::spawn_blocking(move || work(&library)).await??)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
