//! What a conversation is about, as far as a command in its text needs it.

use super::utterance::{Place, Utterance};
use crate::api::{AuthorKind, Message, Subject};
use crate::commands::{CommandError, Context};
use crate::domain::conversation::command::{Command, Scope};
use crate::domain::refusal::Refusal;
use kube::ResourceExt as _;
use std::sync::Arc;

/// What a conversation is about.
pub(super) struct About {
    finding: Option<String>,
    scenario: Option<String>,
    /// The Message names the Scenario, and no Finding.
    is_scenario_named: bool,
}

impl About {
    pub fn of(context: &Context, said: &Utterance) -> About {
        let named = said.finding.clone().or_else(|| said.place.finding().map(String::from));
        let last = last_subject(context, &said.place);
        // A Scenario that the Message names is not that of an earlier Message.
        let of_last = last.as_ref().filter(|_| said.scenario.is_none());
        let finding = named.or_else(|| of_last?.spec.finding.clone());
        let of_finding = |finding: &String| context.resources.finding(finding).map(|found| found.spec.scenario.clone());
        let scenario = said.scenario.clone().or_else(|| finding.as_ref().and_then(of_finding));
        let scenario = scenario.or_else(|| last?.spec.scenario.clone());
        let is_scenario_named = said.scenario.is_some() && said.finding.is_none();
        About { finding, scenario, is_scenario_named }
    }

    /// The object that a command acts upon: the one that it names, else the one that the conversation is about.
    pub fn subject(&self, instruction: &Command) -> Option<Subject> {
        let of = |kind: &str, name: Option<&String>| Some(Subject { kind: kind.into(), name: name?.clone() });
        let is_of_subject = matches!(
            instruction,
            Command::Silence { scope: Scope::Subject, .. } | Command::Unsilence { scope: Scope::Subject }
        );
        if instruction.is_about_finding() || is_of_subject && self.silenced_finding().is_some() {
            return of("Finding", self.finding.as_ref());
        }
        of("Scenario", instruction.named_scenario().or(self.scenario.as_ref()))
    }

    pub fn finding(&self) -> Result<&str, CommandError> {
        let none = || CommandError::Conflict(Refusal::NotAboutFinding);
        self.finding.as_deref().ok_or_else(none)
    }

    /// The Finding that a Silence is about, unless the Message names a Scenario.
    pub fn silenced_finding(&self) -> Option<&str> {
        self.finding.as_deref().filter(|_| !self.is_scenario_named)
    }

    pub fn scenario(&self) -> Result<&str, CommandError> {
        let none = || CommandError::Conflict(Refusal::NotAboutScenario);
        self.scenario.as_deref().ok_or_else(none)
    }
}

/// The last Message of the caller in a conversation that says what it is about. What others wrote, or may have written in their name,
/// must not choose what a command of theirs acts upon.
fn last_subject(context: &Context, place: &Place) -> Option<Arc<Message>> {
    let Place::Thread(thread) = place else { return None };
    let name = thread.name_any();
    let is_of_caller = |message: &Message| {
        let (spec, author) = (&message.spec, &message.spec.author);
        let is_proven = message.status.as_ref().is_some_and(|status| status.proven);
        spec.thread == name
            && (spec.finding.is_some() || spec.scenario.is_some())
            && author.kind == AuthorKind::Person
            && author.name == context.caller.name
            && is_proven
    };
    let sequence = |message: &Arc<Message>| message.status.as_ref().and_then(|status| status.sequence);
    context.resources.messages.state().into_iter().filter(|message| is_of_caller(message)).max_by_key(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_about_what_it_names_whether_that_exists_or_not() {
        let about = About { finding: Some("f".into()), scenario: Some("here".into()), is_scenario_named: false };
        let named = || Some("there".to_string());
        let silence = |scope| Command::Silence { scope, duration: "2h".into(), reason: None };
        for (command, expected) in [
            (Command::TakeOver { note: None }, ("Finding", "f")),
            (Command::Release, ("Finding", "f")),
            (Command::Run { scenario: named() }, ("Scenario", "there")),
            (Command::Run { scenario: None }, ("Scenario", "here")),
            (silence(Scope::Scenario(named())), ("Scenario", "there")),
            (silence(Scope::Scenario(None)), ("Scenario", "here")),
            (silence(Scope::Subject), ("Finding", "f")),
            (Command::Unsilence { scope: Scope::Scenario(named()) }, ("Scenario", "there")),
        ] {
            let subject = about.subject(&command).unwrap();
            assert_eq!((subject.kind.as_str(), subject.name.as_str()), expected, "{command:?}");
        }
    }
}
