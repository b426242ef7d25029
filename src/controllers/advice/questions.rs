//! Asks the model a question of a person. What it answers follows in the Thread.

use super::asking::{Asking, Ended};
use super::compose::Why;
use crate::advisor::ollama::Progress;
use crate::api::{AdviceModel, AnswerPhase};
use crate::controllers::open_questions::Questions;
use crate::controllers::question::{Asked, Prepared};
use crate::domain::advice::due::{Model, ModelId};
use crate::domain::advice::questions::{is_final, is_given_up};
use crate::domain::conversation::answer::ModelOutcome;
use crate::domain::model::ModelFault;
use crate::runtime::clock;
use futures::FutureExt as _;
use jiff::Timestamp;
use std::panic::AssertUnwindSafe;

/// No question is being asked any more when it is dropped, however the work ended.
struct Running<'a>(&'a Questions);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running(None);
    }
}

impl Asking {
    /// Asks a question, and stores the Message with what came of it, also of a defect: the person is not left without an answer.
    pub async fn question(&self, name: &str) -> Ended {
        let _running = Running(&self.context.questions);
        if let Ok(ended) = AssertUnwindSafe(self.asked(name)).catch_unwind().await {
            return ended;
        }
        tracing::error!(message = name, "a question to the local model failed");
        if let Some(question) = self.context.caches.messages.get(name) {
            self.questions.answer(&question, &ModelOutcome::Failed(ModelFault::Defect)).await;
        }
        Ended::Settled
    }

    async fn asked(&self, name: &str) -> Ended {
        let asked = match self.questions.prepare(name).await {
            Prepared::Ask(asked) => asked,
            Prepared::Known(question, outcome) => {
                self.questions.answer(&question, &outcome).await;
                return Ended::Settled;
            }
            Prepared::Nothing => return Ended::Settled,
        };
        let outcome = match self.outcome(&asked).await {
            Ok(outcome) => outcome,
            Err(Ended::Later { until, fault }) => match self.given_up(fault.as_ref(), asked.made) {
                Some(fault) => ModelOutcome::Failed(fault),
                None => return Ended::Later { until, fault },
            },
            Err(ended) => return ended,
        };
        self.questions.answer(&asked.question, &outcome).await;
        Ended::Settled
    }

    /// The fault for which a question is asked no more: that of this attempt, or where none was made that of an earlier one.
    fn given_up(&self, fault: Option<&ModelFault>, made: Timestamp) -> Option<ModelFault> {
        let now = clock::now();
        match (fault, self.composer.standing.model()) {
            (Some(fault), _) => Some(fault).filter(|fault| is_final(fault, made, now)).cloned(),
            (None, Model::Faulty(fault)) => Some(fault).filter(|_| is_given_up(made, now)),
            (None, _) => None,
        }
    }

    /// Asks the model. Nothing of what it says is kept before it is checked.
    async fn outcome(&self, asked: &Asked) -> Result<ModelOutcome, Ended> {
        let mut runner = self.runner.lock().await;
        let name = asked.question.metadata.name.as_deref().unwrap_or_default();
        let ModelId { name: model, digest } = self.ready(&mut runner).await?;
        let tell = |phase| self.context.questions.running(Some((name, phase)));
        tell(AnswerPhase::Loading);
        let progress = |progress| match progress {
            Progress::Reading => tell(AnswerPhase::Reading),
            Progress::Writing { .. } => tell(AnswerPhase::Writing),
        };
        let model = AdviceModel { name: model, digest, seconds: 0 };
        match self.ask(&mut runner, &asked.prompt, model, &progress).await {
            Ok((checked, AdviceModel { seconds, .. })) => {
                let (grounded, dropped) = (checked.grounded, checked.dropped.len());
                tracing::info!(message = name, grounded, dropped, seconds, "the local model answered a question");
                Ok(asked.answered(checked))
            }
            // A person does not wait for a second attempt.
            Err(
                Ended::Failed(fault) | Ended::Unanswered { fault, .. } | Ended::Without(Why { fault: Some(fault), .. }),
            ) => Ok(ModelOutcome::Failed(fault)),
            Err(ended) => Err(ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_question_is_being_asked_after_a_panic() {
        let questions = Questions::default();
        let shared = questions.clone();
        let ended = tokio::spawn(async move {
            let _running = Running(&shared);
            shared.running(Some(("q", AnswerPhase::Reading)));
            panic!("a defect");
        });
        assert!(ended.await.is_err());
        assert!(questions.steps().is_empty());
    }
}
