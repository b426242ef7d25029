//! What an Agent answers to a person's Message.

mod before;
mod carried_out;
mod free;
mod model;
mod state;
#[cfg(test)]
mod tests;
mod typed;

pub use carried_out::CarriedOut;
pub use free::{Free, LocalModel};
pub use model::{ModelOutcome, ModelReply, model_reply};
pub use state::{OpenItem, OpenList, ScenarioFacts};

use super::command::{Question, Understood};
use super::draft::Draft;
use super::{Facts, Said, Style, quote};
use crate::api::{FindingRunbook, Runbook};
use crate::domain::notice::wording::one_line;
use crate::domain::similar::Similar;
use crate::domain::texts::{Language, answers as texts};
use jiff::Timestamp;

/// Longest name, in characters.
const NAME_MAX: usize = 253;

/// What a Message is about.
#[derive(Clone, Debug)]
pub enum About<'a> {
    Finding(Facts<'a>),
    Scenario(ScenarioFacts<'a>),
    /// An Agent, by the name that people see.
    Agent(&'a str),
    /// Scenarios that have the words that were asked about.
    OneOf {
        asked: &'a str,
        scenarios: &'a [String],
    },
    /// Open Findings that say what was asked about.
    Findings {
        asked: &'a str,
        names: &'a [String],
    },
    /// There is nothing of this name.
    Unknown(&'a str),
    Nothing,
}

/// Where the program is reached.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Namespace of the objects.
    pub namespace: String,
    /// Base address of the REST facade, without a slash at its end.
    pub url: String,
}

/// Who asked, and where.
#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a> {
    /// Name of the person.
    pub asker: &'a str,
    /// Whether the Thread has ended.
    pub is_closed: bool,
    pub place: &'a Place,
}

/// What is known when a Message is answered.
#[derive(Clone)]
pub struct Known<'a> {
    pub understood: &'a Understood,
    /// Whether it only says what its author does, thanks, or greets.
    pub is_remark: bool,
    pub conversation: Conversation<'a>,
    pub about: About<'a>,
    /// Names of open Findings that say what was asked about, besides those that it is about.
    pub besides: &'a [String],
    /// The time of the answer.
    pub now: Timestamp,
    /// Those of the Agent that answers, and of all others; the list is made only for an answer that shows it.
    pub open: &'a dyn Fn() -> OpenList,
    /// Similar past occurrences of the Finding that it is about; looked up only for an answer that shows them.
    pub similar: &'a dyn Fn() -> Vec<Similar>,
    /// The command that the facade carried out for the Message.
    pub carried_out: Option<CarriedOut<'a>>,
    /// Of a question in the person's own words.
    pub free: Option<Free<'a>>,
}

impl Known<'_> {
    /// Whether all that the answer says follows from what was read, or is quoted. Not of the answer that the Message was not understood, or
    /// that nothing was found.
    pub fn is_grounded(&self) -> bool {
        let asks_for_nothing_known = matches!(self.understood, Understood::Question(Question::Status { .. }))
            && matches!(self.about, About::Unknown(_));
        let is_understood =
            !matches!(self.understood, Understood::Misspelt(_) | Understood::Nothing) && !asks_for_nothing_known;
        let is_found = self.free.is_some_and(|free| !free.found.is_empty());
        self.conversation.is_closed || self.carried_out.is_some() || is_understood || is_found
    }

    /// The state of what the question is about, as the answer to `status` has it: text for a prompt.
    pub fn state(&self, style: &Style) -> String {
        let mut draft = Draft::default();
        state::about(&mut draft, self, style);
        draft.said().body
    }
}

/// The answer to a Message. The same input always gives the same text.
pub fn answer(known: &Known<'_>, style: &Style) -> Said {
    let language = style.language;
    let mut draft = Draft::default();
    if known.conversation.is_closed {
        typed::new_conversation(&mut draft, known, language);
        return draft.said();
    }
    if let Some(command) = &known.carried_out {
        carried_out::result(&mut draft, command, &known.about, style);
        return draft.said();
    }
    if let Some(free) = &known.free {
        free::answer(&mut draft, free, known, style);
        return draft.said();
    }
    match known.understood {
        Understood::Command(command) => typed::command(&mut draft, command, known, language),
        Understood::Invalid(error) => draft.paragraph(texts::invalid(language, error)),
        Understood::Question(Question::Help) => help(&mut draft, language),
        Understood::Question(Question::Status { .. }) => state::about(&mut draft, known, style),
        Understood::Question(Question::Open) => state::open(&mut draft, &(known.open)(), style),
        Understood::Question(Question::Runbook) => runbook(&mut draft, &known.about, style),
        Understood::Question(Question::Before) => before::asked(&mut draft, known, style),
        Understood::Nothing if known.is_remark => draft.paragraph(texts::remark(language)),
        Understood::Misspelt(_) | Understood::Nothing => {
            draft.paragraph(texts::not_understood(language));
            if let Understood::Misspelt(meant) = known.understood {
                draft.paragraph(texts::did_you_mean(language, meant));
            }
            help(&mut draft, language);
            if matches!(known.about, About::Finding(_) | About::Scenario(_)) {
                draft.paragraph(texts::what_is_known(language));
                state::about(&mut draft, known, style);
            }
        }
    }
    draft.said()
}

/// One answer that says that so many were given to this author within a minute, and that further ones are not.
pub fn too_many(author: &str, most: usize, style: &Style) -> Said {
    let mut draft = Draft::default();
    draft.paragraph(texts::too_many(style.language, &one_line(author, NAME_MAX), most));
    draft.said()
}

fn help(draft: &mut Draft, language: Language) {
    draft.list(Some(&texts::help_heading(language)), texts::help(language));
    draft.paragraph(texts::commands_by_rest(language));
}

fn runbook(draft: &mut Draft, about: &About<'_>, style: &Style) {
    let language = style.language;
    match about {
        About::Finding(facts) => quote::runbook(draft, language, facts.status.runbook.as_ref(), facts.page),
        About::Scenario(facts) => {
            let runbook = facts.spec.runbook.as_deref().map(|Runbook { spec, section }| FindingRunbook {
                spec: spec.clone(),
                section: section.clone(),
                url: None,
            });
            quote::runbook(draft, language, runbook.as_ref(), facts.page);
        }
        About::Unknown(name) => draft.paragraph(texts::no_such(language, &one_line(name, NAME_MAX))),
        About::Agent(_) | About::OneOf { .. } | About::Findings { .. } | About::Nothing => {
            draft.paragraph(texts::no_subject(language));
        }
    }
}
