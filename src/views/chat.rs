//! What became of a Message in a chat: its answers, or how far they have come.

use super::{CitationView, Resources};
use crate::api::{AnswerPhase, AnswerProgress, Message, Tier};
use crate::domain::conversation::command::is_understood;
use crate::domain::thread::answers::{Answers, ForModel};
use crate::domain::thread::told;
use jiff::Timestamp;
use kube::ResourceExt as _;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The answer of an Agent, or that it is not there yet.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChatView {
    /// Object name of the Thread.
    #[schema(example = "conversation-0f1e2d3c4b5a69788796")]
    pub thread_id: String,
    /// Text of the answer: the checked one of the local model once it is there, until then that from what was read; null before both.
    #[schema(required, example = "Aberto desde 02/01 03:04: VM 112 não está em execução.")]
    pub message: Option<String>,
    /// How the answer came about: `T0` from what was read and the runbooks, `T1` by the local model; null while there is none.
    #[schema(required, example = "T0")]
    pub tier: Option<&'static str>,
    /// Whether all that the answer says follows from what was read, or is quoted. False while there is none, and of the answer that the
    /// question was not understood, or that nothing was found.
    #[schema(example = true)]
    pub grounded: bool,
    /// Sections of runbooks that the answer quotes.
    pub citations: Vec<CitationView>,
    /// Whether an answer is still to come: the first one, or the checked one of the local model. It will be in the Thread, under
    /// `answer_id` or `model_answer_id`.
    #[schema(example = false)]
    pub pending: bool,
    /// Object name of the Message that was sent.
    #[schema(example = "message-0f1e2d3c4b5a69788796")]
    pub question_id: String,
    /// Object name that the Message of the first answer has, or will have.
    #[schema(example = "answer-0f1e2d3c4b5a69788796")]
    pub answer_id: String,
    /// Object name that the Message with the checked answer of the local model has, or will have; null where it is not asked, and before
    /// the first answer.
    #[schema(required, example = json!(null))]
    pub model_answer_id: Option<String>,
}

/// The data of the events about a question: of `progress` ChatProgress, of `message` ChatView.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ChatEvent {
    Progress(ChatProgress),
    Message(ChatView),
}

/// Where a Message is, and where its answer will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRef {
    /// Object name of the Thread.
    pub thread_id: String,
    /// Object name of the Message that was sent.
    pub question_id: String,
    /// Object name that the Message of the answer has, or will have.
    pub answer_id: String,
}

/// The data of the event `progress`: how far the answers to a Message have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChatProgress {
    /// Object name of the Thread.
    #[schema(example = "conversation-0f1e2d3c4b5a69788796")]
    pub thread_id: String,
    /// Object name of the Message that was sent.
    #[schema(example = "message-0f1e2d3c4b5a69788796")]
    pub question_id: String,
    /// Object name that the Message of the first answer has, or will have.
    #[schema(example = "answer-0f1e2d3c4b5a69788796")]
    pub answer_id: String,
    /// `stored` until the local model has the question; then `queued`, `loading`, `reading` and `writing`.
    #[schema(example = "queued")]
    pub phase: ProgressPhase,
    /// Place in the queue of the local model, 1 for the next one; null unless it is queued.
    #[schema(required, example = 1)]
    pub position: Option<u32>,
    /// Whole seconds since the Message was written.
    #[schema(example = 12)]
    pub elapsed_seconds: u64,
}

/// What is being done for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProgressPhase {
    Stored,
    Queued,
    Loading,
    Reading,
    Writing,
}

/// How far the answer of the local model to a Message has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnswerProgressView {
    /// `queued`, `loading`, `reading` or `writing`.
    #[schema(example = "queued")]
    pub phase: ProgressPhase,
    /// Place in the queue, 1 for the next one; null unless it is queued.
    #[schema(required, example = 1)]
    pub position: Option<u32>,
    /// Time since which it is in this phase.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub since: Timestamp,
}

impl From<&AnswerProgress> for AnswerProgressView {
    fn from(progress: &AnswerProgress) -> AnswerProgressView {
        AnswerProgressView { phase: progress.phase.into(), position: progress.position, since: progress.since.0 }
    }
}

impl From<AnswerPhase> for ProgressPhase {
    fn from(phase: AnswerPhase) -> ProgressPhase {
        match phase {
            AnswerPhase::Queued => ProgressPhase::Queued,
            AnswerPhase::Loading => ProgressPhase::Loading,
            AnswerPhase::Reading => ProgressPhase::Reading,
            AnswerPhase::Writing => ProgressPhase::Writing,
        }
    }
}

/// The answers to a Message, as far as they are there.
#[derive(Clone, Debug)]
pub struct ChatAnswers {
    at: ChatRef,
    question: Option<Arc<Message>>,
    answers: Answers,
}

impl ChatAnswers {
    /// Whether the first answer is there.
    pub fn is_answered(&self) -> bool {
        self.answers.first.is_some()
    }

    /// How many answers there are.
    pub fn count(&self) -> usize {
        self.answers.count()
    }

    /// Whether one is still to come at `now`: the local model is asked within an hour, or that it was not is said.
    pub fn is_pending(&self, now: Timestamp) -> bool {
        let Some(question) = &self.question else { return self.answers.first.is_none() };
        let is_asked = || {
            self.progress().is_some()
                || matches!(self.answers.for_model(question, now), ForModel::Ask(_) | ForModel::Late)
        };
        match &self.answers.model {
            Some(model) => model.message.is_none() && is_asked(),
            None => self.answers.first.is_none(),
        }
    }

    /// The view of them.
    pub fn view(&self, now: Timestamp) -> ChatView {
        let ChatRef { thread_id, question_id, answer_id } = self.at.clone();
        let Answers { first, model } = &self.answers;
        let of_model = model.as_ref().and_then(|model| model.message.as_deref());
        let by_the_model = of_model.filter(|answer| answer.spec.tier == Some(Tier::T1));
        // Where the model did not answer, that is said besides.
        let besides = of_model.filter(|_| by_the_model.is_none()).map(|answer| answer.spec.body.as_str());
        let answer = by_the_model.or(first.as_deref());
        let message = answer.map(|answer| match besides {
            Some(besides) => format!("{}\n\n{besides}", answer.spec.body),
            None => answer.spec.body.clone(),
        });
        let citations = answer.map(|answer| answer.spec.citations.as_slice()).unwrap_or_default();
        ChatView {
            thread_id,
            message,
            tier: answer.map(|answer| if answer.spec.tier == Some(Tier::T1) { "T1" } else { "T0" }),
            grounded: answer.is_some_and(|answer| self.is_grounded(answer)),
            citations: citations.iter().map(CitationView::new).collect(),
            pending: self.is_pending(now),
            question_id,
            answer_id: first.as_ref().map_or(answer_id, |first| first.name_any()),
            model_answer_id: model.as_ref().map(|model| model.name.clone()),
        }
    }

    /// How far they have come at `now`.
    pub fn chat_progress(&self, now: Timestamp) -> ChatProgress {
        let progress = self.progress();
        let written = self.question.as_deref().map_or(now, told::at);
        let ChatRef { thread_id, question_id, answer_id } = self.at.clone();
        ChatProgress {
            thread_id,
            question_id,
            answer_id,
            phase: progress.map_or(ProgressPhase::Stored, |progress| progress.phase.into()),
            position: progress.and_then(|progress| progress.position),
            elapsed_seconds: u64::try_from(now.duration_since(written).as_secs()).unwrap_or_default(),
        }
    }

    fn progress(&self) -> Option<&AnswerProgress> {
        self.question.as_ref()?.status.as_ref()?.answer.as_ref()
    }

    /// Of an answer that does not say it, from before there was such a field, what follows from the question.
    fn is_grounded(&self, answer: &Message) -> bool {
        let is_understood = || self.question.as_ref().is_some_and(|question| is_understood(&question.spec.body));
        let of_old = || answer.spec.tier != Some(Tier::T1) && is_understood() || !answer.spec.citations.is_empty();
        answer.spec.grounded.unwrap_or_else(of_old)
    }
}

impl ChatRef {
    /// Of a stored Message, and the name of its answer.
    pub fn new(message: &Message, answer_id: String) -> ChatRef {
        ChatRef { thread_id: message.spec.thread.clone(), question_id: message.name_any(), answer_id }
    }
}

impl Resources {
    /// The answers to a Message.
    pub fn chat_answers(&self, at: &ChatRef) -> ChatAnswers {
        let question = self.message(&at.question_id);
        let uid = question.as_ref().and_then(|question| question.metadata.uid.as_deref());
        let answers = Answers::find(&at.question_id, uid, &at.answer_id, |name| self.message(name));
        ChatAnswers { at: at.clone(), question, answers }
    }
}
