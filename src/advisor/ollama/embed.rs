//! Vectors of texts.

use super::http::Deadline;
use super::{Ollama, wire};
use crate::domain::model::{ModelFault, Unfit};
use std::time::{Duration, Instant};

/// Most texts of one request.
pub const BATCH: usize = 16;
/// Most bytes of an answer: 16 vectors of 8192 numbers.
const ANSWER_MAX: usize = 4 << 20;
/// Most numbers of a vector.
const DIMENSIONS_MAX: usize = 8192;

/// What the vectors are for. Models named nomic are told by a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Texts that are found.
    Document,
    /// What is searched for.
    Query,
}

impl Ollama {
    /// The vectors of `texts` by the configured model, one for each and in their order, all of the same length. Each request has the time
    /// limit of a call, and all of them together have `limit`. Errors: [`ModelFault::Missing`] also if no model for embeddings is
    /// configured.
    pub async fn embed(
        &self,
        texts: &[String],
        purpose: Purpose,
        limit: Duration,
    ) -> Result<Vec<Vec<f32>>, ModelFault> {
        let Some(model) = self.inner.embed_model.as_deref() else {
            return Err(ModelFault::Missing { model: "AGENTIC_EMBED_MODEL".into() });
        };
        self.embed_by(model, texts, purpose, limit).await
    }

    /// The same by any model.
    pub async fn embed_by(
        &self,
        model: &str,
        texts: &[String],
        purpose: Purpose,
        limit: Duration,
    ) -> Result<Vec<Vec<f32>>, ModelFault> {
        let _turn = self.inner.turn.lock().await;
        let until = Instant::now() + limit;
        let prefixed: Vec<String> = texts.iter().map(|text| format!("{}{text}", prefix(model, purpose))).collect();
        let (mut vectors, mut rest, mut size) = (Vec::new(), prefixed.as_slice(), BATCH);
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(size.min(rest.len()));
            match self.embed_batch(model, batch, until).await {
                Ok(found) => {
                    vectors.extend(found);
                    rest = after;
                }
                // Some servers count the tokens of all texts.
                Err(ModelFault::Refused { status: 400, .. }) if batch.len() > 1 => size = batch.len() / 2,
                Err(fault) => return Err(fault),
            }
        }
        let length = vectors.first().map_or(0, Vec::len);
        if vectors.iter().any(|vector| vector.len() != length) {
            return Err(ModelFault::Unfit(Unfit::VectorLengths));
        }
        Ok(vectors)
    }

    async fn embed_batch(&self, model: &str, texts: &[String], until: Instant) -> Result<Vec<Vec<f32>>, ModelFault> {
        let body = wire::embed(model, self.inner.keep_alive, texts);
        let time = until.saturating_duration_since(Instant::now()).min(self.inner.timeout);
        let answer = self.inner.http.post("api/embed", &body, Deadline::after(time), model).await?;
        let body = answer.whole(ANSWER_MAX).await?;
        let parsed: Result<wire::Embedded, _> = serde_json::from_slice(&body);
        let malformed =
            |error: serde_json::Error| ModelFault::Malformed { error: self.inner.http.shown(&error.to_string()) };
        let vectors = parsed.map_err(malformed)?.embeddings;
        if vectors.len() != texts.len() {
            return Err(ModelFault::Unfit(Unfit::VectorCount));
        }
        let is_usable = |vector: &Vec<f32>| {
            !vector.is_empty() && vector.len() <= DIMENSIONS_MAX && vector.iter().all(|number| number.is_finite())
        };
        if vectors.iter().all(is_usable) { Ok(vectors) } else { Err(ModelFault::Unfit(Unfit::Vector)) }
    }
}

fn prefix(model: &str, purpose: Purpose) -> &'static str {
    match purpose {
        _ if !model.to_ascii_lowercase().contains("nomic") => "",
        Purpose::Document => "search_document: ",
        Purpose::Query => "search_query: ",
    }
}
