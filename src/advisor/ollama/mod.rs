//! The client of a model server, Ollama's HTTP API.
//!
//! Every call is bounded: in time, over connection and answer together; in the length of an answer and of each line of it; and it is
//! made once. Redirects are not followed. One call of a model is made at a time, by all clones of a client together: its time begins when the
//! one before is over.

mod embed;
mod http;
mod measure;
mod reply;
mod state;
#[cfg(test)]
pub(super) mod tests;
mod wire;

pub use embed::{BATCH, Purpose};
pub use state::ModelState;

use crate::domain::model::ModelFault;
use crate::net::client::GuardedClient;
use crate::net::guard::AddressGuard;
use crate::net::resolver::SystemResolver;
use crate::net::trust::{Trust, TrustError};
use http::{Deadline, Http};
use reply::Reply;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;

/// Which server and models are used, and how.
#[derive(Clone)]
pub struct OllamaConfig {
    /// Without the path of the API. It may have a user and password.
    pub base: Url,
    /// Model for advice and answers.
    pub model: String,
    /// Model for embeddings; without it there are none.
    pub embed_model: Option<String>,
    /// How long the server keeps a model in memory after a call.
    pub keep_alive: Duration,
    /// For one call: connection, waiting and the whole answer.
    pub timeout: Duration,
    pub guard: AddressGuard,
    /// CA certificates in PEM that are trusted besides those of the system.
    pub extra_ca_pem: Vec<Vec<u8>>,
}

/// Why a client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum OllamaError {
    #[error("CA certificates: {0}")]
    Trust(#[from] TrustError),
    #[error("OLLAMA_BASE_URL: should be an absolute URL, as http://host:port")]
    Base,
}

/// What the model is asked.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    pub system: String,
    pub user: String,
    /// JSON schema of the answer.
    pub schema: serde_json::Value,
}

/// A complete answer of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatAnswer {
    /// What the model wrote, unchecked.
    pub text: String,
    pub prompt_tokens: u64,
    pub answer_tokens: u64,
    /// Evaluating the prompt, as the server measured it.
    pub prompt_took: Duration,
    /// Writing the answer, as the server measured it.
    pub answer_took: Duration,
    /// The whole call.
    pub took: Duration,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The request is sent; the server evaluates the prompt.
    Reading,
    /// So many parts of the answer came, which are about as many tokens.
    Writing { tokens: u32 },
}

/// A client of a model server. Clones are cheap.
#[derive(Clone)]
pub struct Ollama {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    model: String,
    embed_model: Option<String>,
    keep_alive: Duration,
    timeout: Duration,
    /// Held during a call of a model: each needs the server exclusively.
    turn: Mutex<()>,
}

impl Ollama {
    /// A client; nothing is sent yet. Errors: certificates that can't be used, or a base that is not a URL with a host.
    pub fn new(config: OllamaConfig) -> Result<Ollama, OllamaError> {
        let tls = Trust::new(&config.extra_ca_pem)?.client_config(None, false)?;
        let client = GuardedClient::with_tls(config.guard, Arc::new(SystemResolver::default()), tls);
        let http = Http::new(client, config.base).ok_or(OllamaError::Base)?;
        let OllamaConfig { model, embed_model, keep_alive, timeout, .. } = config;
        let turn = Mutex::default();
        Ok(Ollama { inner: Arc::new(Inner { http, model, embed_model, keep_alive, timeout, turn }) })
    }

    /// Name of the model for advice and answers.
    pub fn model(&self) -> &str {
        &self.inner.model
    }

    /// Name of the model for embeddings, if one is configured.
    pub fn embed_model(&self) -> Option<&str> {
        self.inner.embed_model.as_deref()
    }

    /// Host and port of the server, which may be shown.
    pub fn server(&self) -> String {
        self.inner.http.server()
    }

    /// Loads the model, unless it is in memory. Returns how long it took.
    pub async fn load(&self) -> Result<Duration, ModelFault> {
        let _turn = self.inner.turn.lock().await;
        let began = Instant::now();
        let body = wire::load(&self.inner.model, self.inner.keep_alive);
        let answer = self.post("api/chat", &body, self.deadline()).await?;
        wire::loaded(&answer.whole(http::ANSWER_MAX).await?)?;
        Ok(began.elapsed())
    }

    /// Asks the model, and waits for the complete answer. `progress` is called on the way.
    pub async fn chat(
        &self,
        request: &ChatRequest,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<ChatAnswer, ModelFault> {
        let body = wire::chat(&self.inner.model, self.inner.keep_alive, request);
        let answer = self.streamed(&body, progress).await?;
        match answer.done_reason.as_str() {
            "stop" if answer.chat.text.trim().is_empty() => Err(ModelFault::Empty),
            "stop" => Ok(answer.chat),
            reason => Err(ModelFault::Cut { reason: self.inner.http.shown(reason) }),
        }
    }

    /// Asks for one token, to find out whether the server is done with a call that was cancelled. It has the time limit of other calls,
    /// since the server may have to load the model again.
    pub async fn probe(&self) -> Result<(), ModelFault> {
        let _turn = self.inner.turn.lock().await;
        let body = wire::probe(&self.inner.model, self.inner.keep_alive);
        let answer = self.post("api/chat", &body, self.deadline()).await?;
        wire::probed(&answer.whole(http::ANSWER_MAX).await?)
    }

    /// A whole answer, whatever ended it.
    async fn streamed(
        &self,
        body: &serde_json::Value,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Ended, ModelFault> {
        let _turn = self.inner.turn.lock().await;
        let began = Instant::now();
        progress(Progress::Reading);
        let mut answer = self.post("api/chat", body, self.deadline()).await?;
        let mut reply = Reply::default();
        while let Some(chunk) = answer.chunk().await? {
            let done = reply.push(&chunk, &|tokens| progress(Progress::Writing { tokens }));
            if let Some(done) = done.map_err(|fault| self.inner.http.shown_fault(fault))? {
                return Ok(done.ended(began.elapsed()));
            }
        }
        let done = reply.end().map_err(|fault| self.inner.http.shown_fault(fault))?;
        Ok(done.ended(began.elapsed()))
    }

    async fn post(
        &self,
        path: &str,
        body: &serde_json::Value,
        deadline: Deadline,
    ) -> Result<http::Answer<'_>, ModelFault> {
        self.inner.http.post(path, body, deadline, &self.inner.model).await
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.inner.timeout)
    }
}

/// An answer, and what ended it.
struct Ended {
    chat: ChatAnswer,
    done_reason: String,
}
