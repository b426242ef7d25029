//! What became of a Message in a chat: its answer, or that there is none yet.

use super::CitationView;
use crate::api::{Citation, Message, Tier};
use kube::ResourceExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer of an Agent, or that it is not there yet.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChatView {
    /// Object name of the Thread.
    #[schema(example = "conversation-0f1e2d3c4b5a69788796")]
    pub thread_id: String,
    /// Text of the answer; null while it is pending.
    #[schema(required, example = "Aberto desde 02/01 03:04: VM 112 não está em execução.")]
    pub message: Option<String>,
    /// How the answer came about: `T0` from what was read, `T1` by the local model; null while it is pending.
    #[schema(required, example = "T0")]
    pub tier: Option<&'static str>,
    /// Whether all that the answer says follows from what was read, or is quoted. False while it is pending, and of the answer that the
    /// question was not understood.
    #[schema(example = true)]
    pub grounded: bool,
    /// Sections of runbooks that the answer quotes.
    pub citations: Vec<CitationView>,
    /// Whether the answer is not there yet. It will be in the Thread, under `answer_id`.
    #[schema(example = false)]
    pub pending: bool,
    /// Object name of the Message that was sent.
    #[schema(example = "message-0f1e2d3c4b5a69788796")]
    pub question_id: String,
    /// Object name that the Message of the answer has, or will have.
    #[schema(example = "answer-0f1e2d3c4b5a69788796")]
    pub answer_id: String,
}

/// Where a Message is, and where its answer will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChatRef {
    /// Object name of the Thread.
    pub thread_id: String,
    /// Object name of the Message that was sent.
    pub question_id: String,
    /// Object name that the Message of the answer has, or will have.
    pub answer_id: String,
}

impl ChatView {
    /// With the answer, where there is one. `is_understood` is whether it says something about the question.
    pub fn new(at: ChatRef, is_understood: bool, answer: Option<&Message>) -> ChatView {
        let ChatRef { thread_id, question_id, answer_id } = at;
        let citations = answer.map(|answer| answer.spec.citations.clone()).unwrap_or_default();
        let tier = answer.map(|answer| answer.spec.tier.unwrap_or(Tier::T0));
        ChatView {
            thread_id,
            message: answer.map(|answer| answer.spec.body.clone()),
            tier: tier.map(|tier| if tier == Tier::T0 { "T0" } else { "T1" }),
            // What the model says is grounded in what it quotes.
            grounded: tier.is_some_and(|tier| tier == Tier::T0 && is_understood || !citations.is_empty()),
            citations: citations.into_iter().map(quoted).collect(),
            pending: answer.is_none(),
            question_id,
            answer_id,
        }
    }
}

fn quoted(Citation { spec, section, quote }: Citation) -> CitationView {
    CitationView { spec, section, quote }
}

impl ChatRef {
    /// Of a stored Message, and the name of its answer.
    pub fn new(message: &Message, answer_id: String) -> ChatRef {
        ChatRef { thread_id: message.spec.thread.clone(), question_id: message.name_any(), answer_id }
    }
}
