//! What pages use besides the resources: the index of the runbooks, and the self-test of the local model.

use crate::advisor::ollama::Ollama;
use crate::advisor::runbooks::{Found, Library, LibraryError, Query};
use crate::advisor::self_test::{Tested, self_test};
use crate::domain::model::ModelFault;
use crate::domain::runbooks::About;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the index is taken to be up to date.
const FRESH: Duration = Duration::from_secs(60);

/// What pages use besides the resources. Cheap to clone.
#[derive(Clone, Default)]
pub struct Tools {
    pub shelf: Option<Shelf>,
    pub meter: Meter,
}

/// The index of the runbooks, which is read again when it is old.
#[derive(Clone)]
pub struct Shelf {
    library: Library,
    read: Arc<Mutex<Option<Instant>>>,
}

impl Shelf {
    pub fn new(library: Library) -> Shelf {
        Shelf { library, read: Arc::default() }
    }

    /// The sections that fit a question, best first, with what Scenarios say about their runbooks. Blocks.
    pub fn find(&self, text: &str, about: &[About], limit: usize) -> Result<Vec<Found>, LibraryError> {
        {
            // Those who ask at the same time wait for one reading.
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            if read.is_none_or(|at| at.elapsed() >= FRESH) {
                self.library.refresh(about)?;
                *read = Some(Instant::now());
            }
        }
        self.library.find(&Query { text, runbook: None, limit, vector: None })
    }
}

/// Measures the local model, once at a time. It is of one process, and so is what it found.
#[derive(Clone, Default)]
pub struct Meter(Arc<Shared>);

#[derive(Default)]
struct Shared {
    client: Option<Ollama>,
    timeout: Duration,
    reading: Mutex<Reading>,
}

/// How far the self-test is.
#[derive(Clone, Debug, Default)]
pub enum Reading {
    #[default]
    None,
    Running {
        since: Timestamp,
        by: String,
    },
    Done {
        at: Timestamp,
        by: String,
        tested: Box<Result<Tested, ModelFault>>,
    },
}

impl Meter {
    /// Of a client that has the time for it; `timeout` is the limit of production.
    pub fn new(client: Ollama, timeout: Duration) -> Meter {
        Meter(Arc::new(Shared { client: Some(client), timeout, reading: Mutex::default() }))
    }

    /// Name of the model and of its server; `None` where the local model is not used.
    pub fn model(&self) -> Option<(String, String)> {
        self.0.client.as_ref().map(|client| (client.model().to_string(), client.server()))
    }

    /// The time limit of production.
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    pub fn reading(&self) -> Reading {
        self.lock().clone()
    }

    /// Begins, unless one is under way.
    pub fn begin(&self, by: &str, now: Timestamp) {
        let Some(client) = self.0.client.clone() else { return };
        {
            let mut reading = self.lock();
            if matches!(*reading, Reading::Running { .. }) {
                return;
            }
            *reading = Reading::Running { since: now, by: by.to_string() };
        }
        let (meter, by) = (self.clone(), by.to_string());
        tracing::info!(by, "the self-test of the local model begins");
        tokio::spawn(async move {
            let tested = match tokio::spawn(async move { Box::pin(self_test(&client)).await }).await {
                Ok(tested) => tested,
                Err(_) => Err(ModelFault::Defect),
            };
            *meter.lock() = Reading::Done { at: Timestamp::now(), by, tested: Box::new(tested) };
        });
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
