//! Which questions of people the local model is still to answer, from the Messages alone.

use crate::api::{AuthorKind, Message};
use crate::domain::thread::answers::{Answers, ForModel};
use crate::domain::thread::authorship::is_own;
use crate::runtime::watch::{Cache, Change};
use jiff::Timestamp;
use kube::ResourceExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// The names of the questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Those to be answered, with the times at which they were created.
    pub asked: BTreeMap<String, Timestamp>,
    /// Those that were not asked in time, which is to be said.
    pub late: BTreeSet<String>,
    /// Those of which the progress is to be removed.
    pub clear: BTreeSet<String>,
}

impl Open {
    /// Takes in a change of a Message.
    pub fn changed(&mut self, change: &Change<Message>, messages: &Cache<Message>, now: Timestamp) {
        match change {
            Change::Applied(message) => {
                let question = match message.spec.author.kind {
                    AuthorKind::Person => message.metadata.name.clone(),
                    AuthorKind::Agent => message.spec.in_reply_to.clone().filter(|_| is_own(message)),
                };
                if let Some(question) = question {
                    self.consider(&question, messages, now);
                }
            }
            Change::Deleted(name, _) => self.forget(name),
            Change::Undecodable(object) => self.forget(object.metadata.name.as_deref().unwrap_or_default()),
            Change::Resynchronise => {
                *self = Open::default();
                for message in messages.objects() {
                    if message.spec.author.kind == AuthorKind::Person {
                        self.consider(&message.name_any(), messages, now);
                    }
                }
            }
        }
    }

    /// Looks at all of them again: some may be too old by now.
    pub fn refresh(&mut self, messages: &Cache<Message>, now: Timestamp) {
        let names: BTreeSet<String> = self.asked.keys().chain(&self.late).chain(&self.clear).cloned().collect();
        names.iter().for_each(|name| self.consider(name, messages, now));
    }

    fn consider(&mut self, name: &str, messages: &Cache<Message>, now: Timestamp) {
        let Some(question) = messages.get(name) else { return self.forget(name) };
        let answers = Answers::to(&question, |name| messages.get(name));
        self.forget(name);
        match answers.for_model(&question, now) {
            ForModel::Ask(made) => drop(self.asked.insert(name.to_string(), made)),
            ForModel::Late => drop(self.late.insert(name.to_string())),
            ForModel::Clear => drop(self.clear.insert(name.to_string())),
            ForModel::Nothing => {}
        }
    }

    fn forget(&mut self, name: &str) {
        self.asked.remove(name);
        self.late.remove(name);
        self.clear.remove(name);
    }
}
