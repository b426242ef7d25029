//! Advice on a Finding.

use super::shown::{line, text};
use super::{CitationView, VotesView};
use crate::api::{Advice, AdviceModel, Tier};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What the runbooks, and the local model where there is one, say about a Finding. Plain text; it changes no phase, severity or recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdviceView {
    /// `T1` for an answer of the local model that was checked; `T0` for the section of the runbook alone.
    pub tier: Tier,
    /// The text.
    #[schema(example = "Rode `qm start 112` no nó e confira o estado com `qm status 112`.")]
    pub text: String,
    /// Whether each line is backed by one of the citations.
    #[schema(example = true)]
    pub grounded: bool,
    /// Sections of runbooks that it quotes.
    pub citations: Vec<CitationView>,
    /// Why it is not of tier T1, in CamelCase; null for T1, and while the model is still asked.
    #[schema(required, example = json!(null))]
    pub reason: Option<String>,
    /// Whether the evidence of the Finding changed since.
    #[schema(example = false)]
    pub stale: bool,
    /// The model that was asked; null for T0.
    #[schema(required)]
    pub model: Option<AdviceModelView>,
    /// Version of the template of the prompt.
    #[schema(example = 1)]
    pub prompt_version: u32,
    /// Hash of the evidence that it was made from.
    #[schema(example = "0f1e2d3c4b5a6978")]
    pub evidence_hash: String,
    /// Hash of the runbooks that it was made from.
    #[schema(example = "8796a5b4c3d2e1f0")]
    pub runbooks_revision: String,
    /// When it was written.
    #[schema(example = "2026-01-02T03:06:05Z")]
    pub created_at: Timestamp,
    /// Time of the request of a person that it answers; null where nobody asked.
    #[schema(required, example = json!(null))]
    pub requested_at: Option<String>,
    /// The votes on it.
    pub votes: VotesView,
    /// Object name of the Message that has it, in the Thread of the Finding; null where the Thread has none.
    #[schema(required, example = "advice-0f1e2d3c4b5a69788796")]
    pub message_id: Option<String>,
}

/// A model that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdviceModelView {
    /// Name and tag.
    #[schema(example = "qwen2.5:7b-instruct")]
    pub name: String,
    /// Digest, as the server lists it.
    #[schema(example = "845dbda0ea48")]
    pub digest: String,
    /// How long it took to answer, in seconds.
    #[schema(example = 95)]
    pub seconds: u32,
}

impl AdviceView {
    /// The view of advice with the votes on it.
    pub fn new(advice: Advice, votes: VotesView) -> AdviceView {
        let basis = advice.basis;
        AdviceView {
            tier: advice.tier,
            text: text(&advice.text),
            grounded: advice.grounded,
            citations: advice.citations.iter().map(CitationView::new).collect(),
            reason: advice.reason.as_deref().map(line),
            stale: advice.stale,
            model: basis.model.map(AdviceModelView::from),
            prompt_version: basis.prompt,
            evidence_hash: line(&basis.evidence),
            runbooks_revision: line(&basis.runbooks),
            created_at: advice.at.0,
            requested_at: advice.requested_at.as_deref().map(line),
            votes,
            message_id: advice.message,
        }
    }
}

impl From<AdviceModel> for AdviceModelView {
    fn from(AdviceModel { name, digest, seconds }: AdviceModel) -> AdviceModelView {
        AdviceModelView { name: line(&name), digest: line(&digest), seconds }
    }
}
