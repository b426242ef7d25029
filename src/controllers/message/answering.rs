//! Makes the answer to one Message.

use super::surroundings::{Surroundings, acting};
use crate::api::{Action, AuthorKind, MODEL_ANSWER, MODEL_ANSWER_FOLLOWS, Message, MessageSpec, Thread, Tier};
use crate::controllers::context::Context;
use crate::controllers::making::{Made, Maker, said_by};
use crate::domain::advice::questions;
use crate::domain::cached_scenario::CachedScenario;
use crate::domain::conversation::answer::{self, CarriedOut, Free, LocalModel};
use crate::domain::conversation::command::{free_question, is_remark, parse};
use crate::domain::conversation::{Said, Style};
use crate::domain::runbooks::Excerpt;
use crate::domain::silence::ParsedSilences;
use crate::domain::thread::authorship::is_own;
use crate::domain::thread::names::{answer_name, names};
use crate::domain::thread::proof::{PARAMETER_MESSAGE, VERB_CHAT, VERB_REPLY};
use crate::domain::thread::told::at as written_at;
use crate::runtime::caches::Caches;
use crate::runtime::clock;
use crate::runtime::retry::{self, Retry};
use crate::runtime::write::{WriteError, call};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::core::DeserializeGuard;
use kube::{Api, ResourceExt as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An Action without a result is read this often, and so many times.
const RESULT_INTERVAL: Duration = Duration::from_millis(250);
const RESULT_READS: usize = 12;

/// What came of a Message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It has its answer, or can't have one.
    Done,
    /// This replica does not lead any more.
    NotLeading,
    /// Its Thread does not exist.
    NoThread,
}

/// Whether the operator answered the question: its answer has this name, or one that follows it where another client took that.
pub fn is_answered(caches: &Caches, question: &str, answer: &str) -> bool {
    let is_it = |message: &Message| is_own(message) && message.spec.in_reply_to.as_deref() == Some(question);
    names(answer).any(|name| caches.messages.get(&name).is_some_and(|message| is_it(&message)))
}

/// What is answered.
struct Answer {
    said: Said,
    is_grounded: bool,
    /// The checked answer of the local model follows.
    model_follows: bool,
}

impl Answer {
    /// That there is none, since the author got many.
    fn of_limit(said: Said) -> Answer {
        Answer { said, is_grounded: true, model_follows: false }
    }
}

/// Makes answers. Clones share everything.
#[derive(Clone)]
pub struct Answering {
    context: Context,
    maker: Maker,
    actions: Api<DeserializeGuard<Action>>,
    style: Style,
    silences: Arc<Mutex<ParsedSilences>>,
}

impl Answering {
    pub fn new(context: &Context) -> Answering {
        Answering {
            maker: Maker::new(context),
            actions: Api::namespaced(context.client.clone(), &context.namespace),
            style: Style { language: context.language, zone: context.notices.style.zone.clone() },
            silences: Arc::default(),
            context: context.clone(),
        }
    }

    /// Tries until the answer is made, this replica does not lead any more, or trying again would change nothing. `most` where the answer
    /// says that the author got so many within a minute, and that there are no more.
    pub async fn answer(&self, question: &Arc<Message>, most: Option<usize>) -> Answered {
        let name = question.name_any();
        let mut failures = 0;
        loop {
            if !self.context.fence.is_open() {
                return Answered::NotLeading;
            }
            let Some(thread) = self.context.caches.threads.get(&question.spec.thread) else {
                return Answered::NoThread;
            };
            let error = match self.once(question, &thread, most).await {
                // Made by an attempt before, or by another replica.
                Ok(()) | Err(WriteError::Exists) => return Answered::Done,
                Err(error) => error,
            };
            match retry::WRITES.decide(&error, failures) {
                Retry::Stop => {
                    tracing::warn!(message = name, %error, "Message not answered: the API server refuses the answer");
                    return Answered::Done;
                }
                Retry::WaitForLeadership => return Answered::NotLeading,
                Retry::After(interval) => {
                    tracing::warn!(message = name, %error, "Message not answered yet");
                    tokio::time::sleep(interval).await;
                }
            }
            failures += 1;
        }
    }

    async fn once(&self, question: &Message, thread: &Thread, most: Option<usize>) -> Result<(), WriteError> {
        let name = question.name_any();
        let answer = answer_name(&name, question.metadata.uid.as_deref().unwrap_or_default());
        if is_answered(&self.context.caches, &name, &answer) {
            return Ok(());
        }
        let agent = acting(&self.context.caches, &thread.spec.agent);
        let Answer { said, is_grounded, model_follows } = match most {
            Some(most) => Answer::of_limit(answer::too_many(&question.spec.author.name, most, &self.style)),
            None => {
                let action = self.carried_out(question).await?;
                self.made(question, thread, &agent, action.as_ref()).await
            }
        };
        let spec = MessageSpec {
            in_reply_to: Some(name),
            at: Some(MicroTime(after(question))),
            citations: said.citations,
            grounded: Some(is_grounded),
            ..said_by(agent, question.spec.thread.clone(), said.body, Tier::T0)
        };
        let follows: &[_] = if model_follows { &[(MODEL_ANSWER, MODEL_ANSWER_FOLLOWS)] } else { &[] };
        match self.maker.message_with(&answer, &spec, follows).await? {
            Made::New(_) => Ok(()),
            Made::Before(_) | Made::NoName => Err(WriteError::Exists),
        }
    }

    async fn made(&self, question: &Message, thread: &Thread, agent: &str, action: Option<&Action>) -> Answer {
        let understood = parse(&question.spec.body);
        let surroundings = {
            let mut silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
            self.refresh(&mut silences);
            Surroundings::of(&self.context, (question, thread), &understood, action, &silences)
        };
        // In a Thread that is closed nothing is dealt with any more, and a command is answered with what came of it.
        let asked = if thread.spec.closed || action.is_some() { None } else { free_question(&question.spec.body) };
        let found = match &asked {
            Some(asked) => self.found(asked, &surroundings).await,
            None => Vec::new(),
        };
        let case = questions::Asked {
            is_model_on: self.context.advice.off.is_none(),
            tier: self.context.caches.agents.get(agent).map_or(Tier::T0, |agent| agent.spec.tier),
            is_free: asked.is_some(),
            is_found: !found.is_empty(),
            has_runbook: surroundings.runbook().is_some(),
        };
        let model_follows = questions::follows(&case);
        let model = match (case.is_model_on, model_follows) {
            (_, true) => LocalModel::Follows,
            (true, false) => LocalModel::NotAsked,
            (false, false) => LocalModel::Off,
        };
        let scenario = action.and_then(|action| self.scenario_of(action));
        let carried_out = action.map(|action| CarriedOut {
            action: action.metadata.name.as_deref().unwrap_or_default(),
            spec: &action.spec,
            status: action.status.as_ref(),
            run: scenario.as_ref().and_then(|of| of.status.as_ref()?.last_requested_run.as_deref()),
        });
        let (open, similar) = (|| surroundings.open(), || surroundings.similar());
        let free = asked.as_ref().map(|_| Free { found: &found, model });
        let known =
            surroundings.known((&understood, is_remark(&question.spec.body)), carried_out, free, &open, &similar);
        Answer { said: answer::answer(&known, &self.style), is_grounded: known.is_grounded(), model_follows }
    }

    async fn found(&self, asked: &str, surroundings: &Surroundings) -> Vec<Excerpt> {
        let runbook = surroundings.runbook();
        self.context.search.by_words(asked, runbook.as_ref().map(|runbook| runbook.spec.as_str())).await
    }

    fn refresh(&self, silences: &mut ParsedSilences) {
        let all = self.context.caches.silences.objects();
        let named: Vec<_> = all.iter().map(|silence| (silence.name_any(), silence)).collect();
        silences.refresh(named.iter().map(|(name, silence)| (name.as_str(), &***silence)), &self.context.time_zone);
    }

    fn scenario_of(&self, action: &Action) -> Option<Arc<CachedScenario>> {
        let subject = Some(&action.spec.subject).filter(|subject| subject.kind == "Scenario")?;
        self.context.caches.scenarios.get(&subject.name)
    }

    /// The Action of the command that the facade carried out for this Message, if there is one that proves it. It is waited for a little
    /// where it has no result.
    async fn carried_out(&self, question: &Message) -> Result<Option<Action>, WriteError> {
        let Some(name) = question.spec.action.as_deref() else { return Ok(None) };
        let mut reads = 1;
        loop {
            // One that cannot be decoded, as of a later version of the program, proves nothing.
            let action = call(self.actions.get_opt(name)).await?.and_then(|action| action.0.ok());
            let action = action.filter(|action| is_of(action, question));
            let has_result = |action: &Action| action.status.as_ref().is_some_and(|status| status.result.is_some());
            match action {
                Some(action) if !has_result(&action) && reads < RESULT_READS => {
                    reads += 1;
                    tokio::time::sleep(RESULT_INTERVAL).await;
                }
                action => return Ok(action),
            }
        }
    }
}

/// Whether an Action is of the facade, of a command, of the author of the Message, and for this one.
fn is_of(action: &Action, question: &Message) -> bool {
    let name = question.metadata.name.as_ref();
    action.is_of_facade()
        && ![VERB_REPLY, VERB_CHAT].contains(&action.spec.verb.as_str())
        && question.spec.author.kind == AuthorKind::Person
        && action.spec.actor.name == question.spec.author.name
        && name.is_some()
        && action.spec.parameters.get(PARAMETER_MESSAGE) == name
}

/// Now, and later than the question was written, so that the answer follows it.
fn after(question: &Message) -> Timestamp {
    let written = written_at(question).checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
    clock::now_in_micros().max(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn action(change: impl Fn(&mut Value)) -> Action {
        let mut action = json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Action",
            "metadata": {"name": "a"},
            "spec": {"verb": "acknowledge", "subject": {"kind": "Finding", "name": "f"},
                "actor": {"name": "ana", "roles": [], "via": "rest"}, "parameters": {"message": "m"}},
        });
        action["metadata"]["annotations"] = json!({(crate::api::RECORDED_BY): (crate::api::RECORDED_BY_FACADE)});
        change(&mut action);
        serde_json::from_value(action).unwrap()
    }

    #[test]
    fn only_an_action_of_the_facade_for_this_message_tells_what_was_done() {
        let message: Message = serde_json::from_value(json!({
            "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message", "metadata": {"name": "m"},
            "spec": {"thread": "t", "author": {"kind": "person", "name": "ana"}, "body": "ack", "action": "a"},
        }))
        .unwrap();
        assert!(is_of(&action(|_| {}), &message));
        for (what, other) in [
            ("of another client", action(|action| action["metadata"]["annotations"] = json!({}))),
            ("of another person", action(|action| action["spec"]["actor"]["name"] = json!("rui"))),
            ("of no Message", action(|action| action["spec"]["parameters"] = json!({}))),
            ("of another Message", action(|action| action["spec"]["parameters"]["message"] = json!("n"))),
            ("that stores a reply", action(|action| action["spec"]["verb"] = json!("reply"))),
            ("that stores a question", action(|action| action["spec"]["verb"] = json!("chat"))),
        ] {
            assert!(!is_of(&other, &message), "{what}");
        }
    }
}
