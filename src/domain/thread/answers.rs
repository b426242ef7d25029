//! The answers to a person's Message: the first one, from what was read, and the checked one of the local model where that is asked.

use super::authorship::is_own;
use super::names::{answer_name, model_answer_name, names};
use crate::api::{AuthorKind, MODEL_ANSWER, MODEL_ANSWER_FOLLOWS, Message};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// The local model is not asked a question that is older: what it asks about has moved on.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// That a question was not asked in time is said until it is so old.
const LATE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// The answers that there are. By kubectl anybody can write a Message in the name of an Agent: it is none.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub first: Option<Arc<Message>>,
    /// Where the local model is asked: the name of its answer, and that answer.
    pub model: Option<ModelAnswer>,
}

/// The checked answer of the local model.
#[derive(Clone, Debug)]
pub struct ModelAnswer {
    /// The name that it has or will have.
    pub name: String,
    pub message: Option<Arc<Message>>,
}

/// What is to be done about a question for the local model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForModel {
    Nothing,
    /// It is to be asked; the question was created at this time.
    Ask(Timestamp),
    /// It was not asked in time, which is to be said.
    Late,
    /// It is answered, or not asked any more, and its progress is to be removed.
    Clear,
}

impl Answers {
    /// The answers to the Message `question`, of which `first` is the name of the first answer; `uid` is that of the Message. `get` gives
    /// the Message of a name.
    pub fn find(question: &str, uid: Option<&str>, first: &str, get: impl Fn(&str) -> Option<Arc<Message>>) -> Answers {
        let answer = |first: &str| {
            let is_answer =
                |message: &Arc<Message>| is_own(message) && message.spec.in_reply_to.as_deref() == Some(question);
            names(first).find_map(|name| get(&name).filter(is_answer))
        };
        let first = answer(first);
        let uid = uid.filter(|_| first.as_deref().is_some_and(is_followed));
        let model = uid.map(|uid| {
            let name = model_answer_name(question, uid);
            let message = answer(&name);
            let name = message.as_ref().and_then(|message| message.metadata.name.clone()).unwrap_or(name);
            ModelAnswer { name, message }
        });
        Answers { first, model }
    }

    /// Those to a stored Message.
    pub fn to(question: &Message, get: impl Fn(&str) -> Option<Arc<Message>>) -> Answers {
        let name = question.metadata.name.as_deref().unwrap_or_default();
        let uid = question.metadata.uid.as_deref();
        Answers::find(name, uid, &answer_name(name, uid.unwrap_or_default()), get)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let model = self.model.iter().filter(|model| model.message.is_some());
        usize::from(self.first.is_some()) + model.count()
    }

    /// What is to be done about the question for the local model at `now`.
    pub fn for_model(&self, question: &Message, now: Timestamp) -> ForModel {
        let has_progress = question.status.as_ref().is_some_and(|status| status.answer.is_some());
        let clear = || if has_progress { ForModel::Clear } else { ForModel::Nothing };
        let made = question.metadata.creation_timestamp.as_ref().map(|made| made.0);
        match (&self.model, made) {
            (Some(ModelAnswer { message: None, .. }), Some(made))
                if question.spec.author.kind == AuthorKind::Person && is_within(LATE_MAX, made, now) =>
            {
                if is_within(AGE_MAX, made, now) { ForModel::Ask(made) } else { ForModel::Late }
            }
            _ => clear(),
        }
    }
}

fn is_within(longest: SignedDuration, made: Timestamp, now: Timestamp) -> bool {
    now.duration_since(made) <= longest
}

/// Whether the checked answer of the local model follows this answer of an Agent.
fn is_followed(answer: &Message) -> bool {
    let annotations = answer.metadata.annotations.as_ref();
    annotations.and_then(|all| all.get(MODEL_ANSWER)).is_some_and(|value| value == MODEL_ANSWER_FOLLOWS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::HashMap;

    const ASKED_AT: &str = "2026-01-02T03:00:00Z";

    fn message(name: &str, change: Value) -> Arc<Message> {
        let mut object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Message",
            "metadata": {"name": name, "uid": format!("uid-of-{name}"), "creationTimestamp": ASKED_AT},
            "spec": {"thread": "t", "author": {"kind": "person", "name": "ana"}, "body": "por que caiu?"}});
        json_patch::merge(&mut object, &change);
        Arc::new(serde_json::from_value(object).unwrap())
    }

    fn answer(name: &str, is_followed: bool, change: Value) -> Arc<Message> {
        let mut answer = json!({"metadata": {"annotations": {"agentic.ligbox.io/recorded-by": "operator"}},
            "spec": {"author": {"kind": "agent", "name": "pulso"}, "inReplyTo": "q"}});
        if is_followed {
            answer["metadata"]["annotations"]["agentic.ligbox.io/model-answer"] = json!("follows");
        }
        json_patch::merge(&mut answer, &change);
        message(name, answer)
    }

    fn found(question: &Message, all: &[Arc<Message>]) -> Answers {
        let all: HashMap<String, Arc<Message>> =
            all.iter().map(|message| (message.metadata.name.clone().unwrap(), message.clone())).collect();
        Answers::to(question, |name| all.get(name).cloned())
    }

    #[test]
    fn a_question_is_asked_from_its_first_answer_until_that_of_the_model_or_for_an_hour() {
        let question = message("q", json!({}));
        let (first, model) = (answer_name("q", "uid-of-q"), model_answer_name("q", "uid-of-q"));
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (soon, late) = (at("2026-01-02T03:59:00Z"), at("2026-01-02T04:00:01Z"));
        let too_late = at("2026-01-03T03:00:01Z");
        let none = found(&question, &[]);
        assert_eq!((none.for_model(&question, soon), none.count()), (ForModel::Nothing, 0));
        let alone = found(&question, &[answer(&first, false, json!({}))]);
        assert_eq!((alone.for_model(&question, soon), alone.count()), (ForModel::Nothing, 1));
        let waits = found(&question, &[answer(&first, true, json!({}))]);
        assert_eq!(waits.for_model(&question, soon), ForModel::Ask(at(ASKED_AT)));
        assert_eq!(waits.for_model(&question, late), ForModel::Late, "the person is told");
        assert_eq!(waits.for_model(&question, too_late), ForModel::Nothing);
        assert_eq!(waits.model.as_ref().map(|model| model.name.clone()), Some(model.clone()));
        let answered = found(&question, &[answer(&first, true, json!({})), answer(&model, false, json!({}))]);
        assert_eq!((answered.for_model(&question, soon), answered.count()), (ForModel::Nothing, 2));
        let told = json!({"status": {"answer": {"phase": "Reading", "since": ASKED_AT}}});
        let told = message("q", told);
        assert_eq!(waits.for_model(&told, soon), ForModel::Ask(at(ASKED_AT)));
        assert_eq!(
            (waits.for_model(&told, too_late), answered.for_model(&told, late)),
            (ForModel::Clear, ForModel::Clear)
        );
    }

    #[test]
    fn what_a_person_wrote_in_the_name_of_an_agent_is_no_answer() {
        let question = message("q", json!({}));
        let first = answer_name("q", "uid-of-q");
        let by_hand = json!({"metadata": {"annotations": {"agentic.ligbox.io/recorded-by": null}}});
        for other in [by_hand, json!({"spec": {"inReplyTo": "other"}}), json!({"spec": {"inReplyTo": null}})] {
            assert_eq!(found(&question, &[answer(&first, true, other)]).count(), 0);
        }
        let second = format!("{first}.2");
        let answers = found(&question, &[message(&first, json!({})), answer(&second, true, json!({}))]);
        assert_eq!(answers.first.unwrap().metadata.name.as_deref(), Some(second.as_str()), "the first name was taken");
    }
}
