//! What the local model is asked about a question, and the Message with what came of it.

use crate::api::{FindingRunbook, Message, MessageSpec, Thread};
use crate::controllers::context::Context;
use crate::controllers::making::{Maker, said_by};
use crate::controllers::message::surroundings::{Surroundings, acting};
use crate::domain::advice::check::Checked;
use crate::domain::advice::prompt::{Prompt, QuestionInput, Turn, Voice, question_prompt};
use crate::domain::conversation::answer::{Free, LocalModel, ModelOutcome, model_reply};
use crate::domain::conversation::command::{free_question, parse};
use crate::domain::conversation::{Said, Style};
use crate::domain::runbooks::Excerpt;
use crate::domain::silence::ParsedSilences;
use crate::domain::thread::answers::{Answers, ForModel};
use crate::domain::thread::names::model_answer_name;
use crate::domain::thread::told::place;
use crate::runtime::clock;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::WriteError;
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Messages before a question that are in a prompt at most.
const TURNS_MAX: usize = 8;
/// Attempts to store an answer, over some minutes: the model is not called meanwhile.
const ATTEMPTS_MAX: u32 = 20;

/// A question as it is put to the model.
#[derive(Clone, Debug)]
pub struct Asked {
    pub question: Arc<Message>,
    /// When it was created.
    pub made: Timestamp,
    pub prompt: Prompt,
    /// The best piece of a runbook, unless the first answer quotes one.
    section: Option<Excerpt>,
}

impl Asked {
    /// The outcome of an answer that was checked.
    pub fn answered(&self, checked: Checked) -> ModelOutcome {
        match checked {
            Checked { text, citations, grounded: true, .. } => ModelOutcome::Answered(Said { body: text, citations }),
            _ => ModelOutcome::NotGrounded { section: self.section.clone() },
        }
    }
}

/// What is to be done with a question whose turn has come.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// It is answered or gone, or too old.
    Nothing,
    Ask(Box<Asked>),
    /// There is nothing to ask with: this is what is said about the question.
    Known(Arc<Message>, ModelOutcome),
}

/// Clones share everything.
#[derive(Clone)]
pub struct Asking {
    context: Context,
    maker: Maker,
    style: Style,
    silences: Arc<Mutex<ParsedSilences>>,
}

impl Asking {
    pub fn new(context: &Context) -> Asking {
        Asking {
            maker: Maker::new(context),
            style: Style { language: context.language, zone: context.notices.style.zone.clone() },
            silences: Arc::default(),
            context: context.clone(),
        }
    }

    /// What the model is asked: the question, what was said before in the Thread, the state of what it is about, and pieces of runbooks.
    pub async fn prepare(&self, name: &str) -> Prepared {
        let caches = &self.context.caches;
        let Some(question) = caches.messages.get(name) else { return Prepared::Nothing };
        let Some(thread) = caches.threads.get(&question.spec.thread) else { return Prepared::Nothing };
        let answers = Answers::to(&question, |name| caches.messages.get(name));
        let ForModel::Ask(made) = answers.for_model(&question, clock::now()) else { return Prepared::Nothing };
        let Some(asked) = free_question(&question.spec.body) else { return Prepared::Nothing };
        let (state, runbook) = self.state(&question, &thread);
        let runbook = runbook.as_ref().map(|runbook| runbook.spec.as_str());
        let excerpts = self.context.search.for_model(&asked, runbook).await;
        if excerpts.is_empty() {
            return Prepared::Known(question, ModelOutcome::NothingFound);
        }
        let is_quoted = answers.first.as_ref().is_some_and(|first| !first.spec.citations.is_empty());
        let section = excerpts.first().filter(|_| !is_quoted).cloned();
        let before = self.before(&question, answers.first.as_deref());
        let turns: Vec<Turn<'_>> =
            before.iter().map(|message| Turn { author: &message.spec.author.name, text: &message.spec.body }).collect();
        let agent = acting(caches, &thread.spec.agent);
        let agent = caches.agents.get(&agent);
        let voice = Voice {
            name: agent.as_deref().map_or("", |agent| &agent.spec.display_name),
            persona: agent.as_deref().and_then(|agent| agent.spec.persona.as_deref()),
        };
        let prompt = question_prompt(&QuestionInput {
            language: self.context.language,
            secrets: &self.context.secrets,
            agent: voice,
            question: &asked,
            turns: &turns,
            state: &state,
            excerpts: &excerpts,
        });
        Prepared::Ask(Box::new(Asked { question, made, prompt, section }))
    }

    /// The state of what a question is about, and its runbook.
    fn state(&self, question: &Message, thread: &Thread) -> (String, Option<FindingRunbook>) {
        let understood = parse(&question.spec.body);
        let surroundings = {
            let mut silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
            let all = self.context.caches.silences.objects();
            let named: Vec<_> = all.iter().map(|silence| (silence.name_any(), silence)).collect();
            let named = named.iter().map(|(name, silence)| (name.as_str(), &***silence));
            silences.refresh(named, &self.context.time_zone);
            Surroundings::of(&self.context, (question, thread), &understood, None, &silences)
        };
        let open = || surroundings.open();
        let free = Free { found: &[], model: LocalModel::Follows };
        // What people wrote about past occurrences is no evidence.
        let state = surroundings.known((&understood, false), None, Some(free), &open, &Vec::new).state(&self.style);
        (state, surroundings.runbook())
    }

    /// The last Messages of the Thread before the question, oldest first.
    fn before(&self, question: &Message, first: Option<&Message>) -> Vec<Arc<Message>> {
        let mut before = self.context.caches.messages.objects();
        let at = place(question);
        before.retain(|message| {
            message.spec.thread == question.spec.thread
                && place(message) < at
                && message.metadata.name != first.and_then(|first| first.metadata.name.clone())
        });
        before.sort_by(|a, b| place(a).cmp(&place(b)));
        before.drain(..before.len().saturating_sub(TURNS_MAX));
        before
    }

    /// Stores the Message that follows the question. It tries until that is stored, this replica does not lead any more, trying again would
    /// change nothing, or it failed so often that others should not wait longer.
    pub async fn answer(&self, question: &Message, outcome: &ModelOutcome) {
        for failures in 0..ATTEMPTS_MAX {
            match self.try_answer(question, outcome, failures).await {
                Ok(()) | Err(Retry::Stop | Retry::WaitForLeadership) => return,
                Err(Retry::After(interval)) => tokio::time::sleep(interval).await,
            }
        }
        tracing::error!(message = question.name_any(), "answer of the model not stored: every attempt failed");
    }

    /// One attempt to store the Message that follows the question, after so many that failed. Error: what to do then.
    pub async fn try_answer(&self, question: &Message, outcome: &ModelOutcome, failures: u32) -> Result<(), Retry> {
        if !self.context.fence.is_open() {
            return Err(Retry::WaitForLeadership);
        }
        let name = question.name_any();
        let reply = model_reply(outcome, self.context.language);
        let agent = self.context.caches.threads.get(&question.spec.thread).map(|thread| thread.spec.agent.clone());
        let agent = acting(&self.context.caches, agent.as_deref().unwrap_or_default());
        let spec = MessageSpec {
            in_reply_to: Some(name.clone()),
            citations: reply.said.citations,
            grounded: Some(reply.is_grounded),
            ..said_by(agent, question.spec.thread.clone(), reply.said.body, reply.tier)
        };
        let answer = model_answer_name(&name, question.metadata.uid.as_deref().unwrap_or_default());
        let error = match self.maker.message(&answer, &spec).await {
            Ok(_) | Err(WriteError::Exists) => return Ok(()),
            Err(error) => error,
        };
        let next = after(&error, failures);
        match next {
            Retry::Stop => {
                tracing::error!(message = name, %error, "answer of the model dropped: the API server refuses it")
            }
            Retry::After(_) => tracing::warn!(message = name, %error, "answer of the model not stored yet"),
            Retry::WaitForLeadership => {}
        }
        Err(next)
    }
}

/// What to do after an error. An answer that is forbidden, by an admission policy or for lack of rights, is dropped: other questions wait.
fn after(error: &WriteError, failures: u32) -> Retry {
    if error.is_forbidden() { Retry::Stop } else { retry::WRITES.decide(error, failures) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::response::Status;

    #[test]
    fn an_answer_that_is_refused_for_good_is_dropped_and_others_are_tried_again() {
        let api = |code| WriteError::from(kube::Error::Api(Box::new(Status { code, ..Status::default() })));
        for code in [400, 403, 413, 422] {
            assert_eq!(after(&api(code), 0), Retry::Stop, "{code}");
        }
        for code in [401, 429, 500, 503] {
            assert!(matches!(after(&api(code), 3), Retry::After(interval) if !interval.is_zero()), "{code}");
        }
        assert!(matches!(after(&WriteError::Timeout, 0), Retry::After(_)));
        assert_eq!(after(&WriteError::NotLeading, 0), Retry::WaitForLeadership);
    }
}
