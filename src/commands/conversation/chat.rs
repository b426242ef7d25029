//! Questions to Agents.

use super::say::{VERB_CHAT, say};
use super::utterance::{Place, Utterance};
use super::{Text, thread};
use crate::api::{Message, ThreadSpec};
use crate::commands::intent::THREAD;
use crate::commands::{Command, CommandError, Context, Intent, Stored};
use crate::domain::agents::MAESTRO;
use crate::domain::refusal::{InvalidInput, Refusal};
use crate::domain::thread::names::{answer_name, conversation_name};
use crate::views::{ChatAnswers, ChatRef, ChatView, Resources};
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::time::Duration;
use tokio::time::Instant;

/// Wait for the first answer: more than what was read takes to be told.
const FIRST_ANSWER_WAIT: Duration = Duration::from_secs(5);
/// Longest wait for an answer.
pub const ANSWER_WAIT_MAX: Duration = Duration::from_secs(60);
/// The cache is read this often while waiting.
const POLL_INTERVAL: Duration = Duration::from_millis(25);
/// Longest subject of a Thread, in characters.
const SUBJECT_MAX: usize = 200;

/// What a person asks, and about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatInput {
    pub text: Text,
    /// The Thread that it goes on in. Without it, that of the Finding, or else a new one.
    pub thread: Option<String>,
    pub finding: Option<String>,
    pub scenario: Option<String>,
    /// Object name of the Agent that is asked in a Thread of its own. Without it, that of the Finding or Scenario, or else Maestro.
    pub agent: Option<String>,
}

/// Stores a question in a Thread, and waits for the answers. A command in its text is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    pub input: ChatInput,
    pub wait: AnswerWait,
}

/// How long to wait for answers since the Message was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerWait {
    /// For the first one, from what was read.
    pub first: Duration,
    /// For the checked one of the local model, where it is asked.
    pub model: Duration,
}

impl AnswerWait {
    /// None.
    pub const NONE: AnswerWait = AnswerWait { first: Duration::ZERO, model: Duration::ZERO };

    /// The usual wait for the first answer, and this long for all of them.
    pub fn for_all(wait: Duration) -> AnswerWait {
        let model = wait.min(ANSWER_WAIT_MAX);
        AnswerWait { first: FIRST_ANSWER_WAIT.max(model), model }
    }
}

impl Command for Chat {
    type Output = ChatView;

    /// Invalid where the input names an object that does not exist, Conflict where the Thread is closed, and TooMany where the caller
    /// gave too many commands.
    async fn execute(
        self,
        context: &Context,
        earlier: Option<Intent>,
        stored: &Stored<ChatView>,
    ) -> Result<ChatView, CommandError> {
        let ChatInput { text, finding, scenario, .. } = &self.input;
        let text = context.secrets.redact(text.as_str()).into_owned();
        let said = Utterance {
            place: self.place(context, earlier.as_ref(), &text).await?,
            text,
            in_reply_to: None,
            finding: finding.clone(),
            scenario: scenario.clone(),
            explains: None,
        };
        // The response is stored once it is known.
        let failed = |result: &Result<Message, CommandError>| match result {
            Ok(_) => None,
            Err(error) => stored(&Err(error.clone())),
        };
        let said = Box::pin(say(context, VERB_CHAT, earlier, &said, &failed)).await?;
        let answer_id = answer_name(&said.message.name_any(), said.message.metadata.uid.as_deref().unwrap_or_default());
        let at = ChatRef::new(&said.message, answer_id);
        let answers = wait_for_answers(&context.resources, &at, self.wait).await;
        let view = answers.view(Timestamp::now());
        if let Some(mut intent) = said.intent {
            intent.answer(context, stored(&Ok(view.clone()))).await;
        }
        Ok(view)
    }
}

impl Chat {
    /// The Thread of the question: of a repeated request the one that was chosen at first.
    async fn place(&self, context: &Context, earlier: Option<&Intent>, text: &str) -> Result<Place, CommandError> {
        let ChatInput { thread: named, finding, scenario, agent: asked, .. } = &self.input;
        let new = conversation_name(context.request.action());
        if let Some(chosen) = earlier.and_then(|intent| intent.parameter(THREAD)).filter(|chosen| *chosen != new) {
            return match thread(context, chosen).await {
                Err(CommandError::NotFound(_)) => {
                    Err(CommandError::Conflict(Refusal::ThreadDeleted { thread: chosen.to_string() }))
                }
                found => Ok(Place::Thread(Box::new(found?))),
            };
        }
        let refused = |field: &str, refusal| CommandError::invalid(field, InvalidInput::Refused(refusal));
        let not_named = |field: &str, kind: &str, name: &str| refused(field, Refusal::no_such(kind, name));
        let (mut agent, mut current) = (None, None);
        if let Some(name) = scenario {
            let found = context.resources.scenario(name).ok_or_else(|| not_named("scenario_id", "Scenario", name))?;
            agent = Some(found.spec.agent.clone());
        }
        if let Some(name) = finding {
            let found = context.resources.finding(name).ok_or_else(|| not_named("finding_id", "Finding", name))?;
            let status = found.status.as_ref();
            if let Some(scenario) = scenario.as_ref().filter(|scenario| **scenario != found.spec.scenario) {
                let problem = InvalidInput::NotOfScenario { finding: name.clone(), scenario: scenario.clone() };
                return Err(CommandError::invalid("scenario_id", problem));
            }
            agent = status.and_then(|status| status.agent.clone()).or(agent);
            current = status.and_then(|status| status.thread.clone());
        }
        if let Some(name) = named {
            return match thread(context, name).await {
                Err(CommandError::NotFound(refusal)) => Err(refused("thread_id", refusal)),
                found => Ok(Place::Thread(Box::new(found?))),
            };
        }
        if let (Some(name), None, None) = (current, earlier, asked) {
            match thread(context, &name).await {
                Ok(thread) if !thread.spec.closed => return Ok(Place::Thread(Box::new(thread))),
                Ok(_) | Err(CommandError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let spec = self::conversation(context, text, asked.clone().or(agent).unwrap_or_else(|| MAESTRO.into()));
        Ok(Place::New(new, spec))
    }
}

/// A conversation that a text begins with an Agent.
fn conversation(context: &Context, text: &str, agent: String) -> ThreadSpec {
    let mut participants = vec![context.caller.name.clone()];
    if agent != context.caller.name {
        participants.push(agent.clone());
    }
    ThreadSpec {
        subject: subject(text),
        agent,
        finding: None,
        conversation: Some(context.request.action().to_string()),
        participants,
        closed: false,
    }
}

/// The first line of a text that is not blank, cut off where it is too long.
fn subject(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(text);
    if line.chars().count() <= SUBJECT_MAX {
        return line.to_string();
    }
    line.chars().take(SUBJECT_MAX - 1).chain(['…']).collect()
}

/// The answers to a Message, once they are in the cache or this time is over.
pub async fn wait_for_answers(resources: &Resources, at: &ChatRef, wait: AnswerWait) -> ChatAnswers {
    let start = Instant::now();
    loop {
        let answers = resources.chat_answers(at);
        let longest = if answers.is_answered() { wait.model } else { wait.first };
        if !answers.is_pending(Timestamp::now()) || start.elapsed() >= longest {
            return answers;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_the_first_line() {
        assert_eq!(subject("\n  o que houve?  \nmais"), "o que houve?");
        let long = subject(&"é".repeat(300));
        assert!(long.chars().count() == SUBJECT_MAX && long.ends_with("é…"), "{long}");
    }
}
