//! Commands and questions in the text of a Message, in plain Portuguese or English.
//!
//! Only the first line counts, and a command only as the whole of it, in the imperative or as what its author does: what merely contains
//! such a word, or asks, is none. The note of a command may go on in further lines. Accents, case and punctuation make no difference.

mod acknowledge;
mod free;
mod length;
mod line;
mod note;
mod ownership;
mod silence;
mod spelling;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use crate::domain::argument::ArgumentError;
pub use free::{QUESTION_MAX, free_question, is_remark};
pub use line::plain;

use crate::domain::printable::printable;
use line::{Line, Word};
use vocabulary as words;

/// Longest note, in bytes, and longest reason of a Silence, in characters.
const NOTE_MAX: usize = 1024;
/// The line before a signature.
const SIGNATURE: &str = "--";
/// Longest name of a Scenario.
const SCENARIO_MAX: usize = 63;
/// Most words of what a question about the state is about: names that people see may have spaces.
const NAME_WORDS: usize = 6;

/// What a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Understood {
    Command(Command),
    Question(Question),
    /// A command with an argument that is missing or not valid.
    Invalid(ArgumentError),
    /// A command with an error in its word: what was probably meant.
    Misspelt(String),
    Nothing,
}

/// Something that a person wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Acknowledge {
        note: Option<String>,
    },
    Unacknowledge,
    /// The person works on the Finding. The note is for those who read the Message.
    TakeOver {
        note: Option<String>,
    },
    /// Nobody works on it any more.
    Release,
    /// Asks for advice on the Finding of the conversation. The note says what was tried.
    Advise {
        note: Option<String>,
    },
    /// Of the Scenario of the conversation where none is named.
    Run {
        scenario: Option<String>,
    },
    /// `duration` is in the format of Go, of a minute to 30 days.
    Silence {
        scope: Scope,
        duration: String,
        reason: Option<String>,
    },
    /// Ends the Silences of the same scope.
    Unsilence {
        scope: Scope,
    },
}

impl Command {
    /// Whether it acts upon a Finding, whatever it says.
    pub fn is_about_finding(&self) -> bool {
        match self {
            Command::Acknowledge { .. }
            | Command::Unacknowledge
            | Command::TakeOver { .. }
            | Command::Release
            | Command::Advise { .. } => true,
            Command::Run { .. } | Command::Silence { .. } | Command::Unsilence { .. } => false,
        }
    }

    /// The Scenario that it names.
    pub fn named_scenario(&self) -> Option<&String> {
        match self {
            Command::Run { scenario: named }
            | Command::Silence { scope: Scope::Scenario(named), .. }
            | Command::Unsilence { scope: Scope::Scenario(named) } => named.as_ref(),
            _ => None,
        }
    }

    /// The same, to be replaced.
    pub fn named_scenario_mut(&mut self) -> Option<&mut String> {
        match self {
            Command::Run { scenario: named }
            | Command::Silence { scope: Scope::Scenario(named), .. }
            | Command::Unsilence { scope: Scope::Scenario(named) } => named.as_mut(),
            _ => None,
        }
    }
}

/// What a Silence is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The Finding of the conversation, or else its Scenario.
    Subject,
    /// All Findings of a Scenario: of that of the conversation where none is named.
    Scenario(Option<String>),
}

/// Something that a person wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The state of a Finding, Scenario or Agent; of what the conversation is about where none is named.
    Status {
        of: Option<String>,
    },
    /// What is open.
    Open,
    Runbook,
    /// Similar past occurrences.
    Before,
    Help,
}

/// What a text asks for. It never fails; what is not understood is [`Understood::Nothing`].
pub fn parse(text: &str) -> Understood {
    let text = printable(text);
    let mut lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    let first = lines.next().unwrap_or_default();
    // What another person wrote is quoted like this.
    if first.starts_with('>') {
        return Understood::Nothing;
    }
    let line = Line::new(first);
    let words = line.request();
    let understood =
        question(&line, &line::spelt_out(words)).or_else(|| command(&line, words).map(|of| with_lines(of, lines)));
    let meant = || spelling::meant(&line, words).map(Understood::Misspelt);
    understood.or_else(meant).unwrap_or(Understood::Nothing)
}

/// Whether an answer to a text says something about it.
pub fn is_understood(text: &str) -> bool {
    !matches!(parse(text), Understood::Misspelt(_) | Understood::Nothing)
}

/// A command whose note or reason goes on in the lines after the first, as far as they fit, without what is quoted and without a signature.
fn with_lines<'t>(understood: Understood, lines: impl Iterator<Item = &'t str>) -> Understood {
    let mut lines = lines.take_while(|line| *line != SIGNATURE).filter(|line| !line.starts_with('>'));
    let mut go_on = |text: Option<String>| {
        let mut text = text.unwrap_or_default();
        for line in lines.by_ref() {
            if text.len() + 1 + line.len() > NOTE_MAX {
                break;
            }
            text = format!("{text}\n{line}");
        }
        Some(text.trim().to_string()).filter(|text| !text.is_empty())
    };
    match understood {
        Understood::Command(Command::Acknowledge { note }) => {
            Understood::Command(Command::Acknowledge { note: go_on(note) })
        }
        Understood::Command(Command::Advise { note }) => Understood::Command(Command::Advise { note: go_on(note) }),
        Understood::Command(Command::TakeOver { note }) => Understood::Command(Command::TakeOver { note: go_on(note) }),
        Understood::Command(Command::Silence { scope, duration, reason }) => {
            Understood::Command(Command::Silence { scope, duration, reason: go_on(reason) })
        }
        other => other,
    }
}

fn question(line: &Line<'_>, all: &[Word]) -> Option<Understood> {
    // `o que fazer agora?`
    let is_after = |word: &&Word| word.is_one_of(words::AFTER_STATUS);
    let after = all.iter().rev().take_while(is_after).count();
    let asked = all.get(..all.len() - after).filter(|asked| !asked.is_empty()).unwrap_or(all);
    let said = line::joined(asked);
    let question = match said.as_str() {
        "" if line.is_question() => Question::Help,
        said if words::IS_IT.contains(&said) && line.is_question() => Question::Status { of: None },
        said if words::OPEN.contains(&said) => Question::Open,
        said if words::RUNBOOK.contains(&said) || words::WHAT_NOW == line::joined(all) => Question::Runbook,
        said if words::BEFORE.contains(&said) => Question::Before,
        said if words::HELP.contains(&said) => Question::Help,
        _ => status(line, all)?,
    };
    Some(Understood::Question(question))
}

/// `status`, `qual é o status de X?`, `como está X`.
fn status(line: &Line<'_>, all: &[Word]) -> Option<Question> {
    let rest = all.iter().position(|word| !word.is_one_of(words::BEFORE_STATUS))?;
    let all = all.get(rest..)?;
    let (first, second) = (all.first()?.plain.as_str(), all.get(1).map_or("", |word| word.plain.as_str()));
    let of = match first {
        first if words::STATUS.contains(&first) => all.get(1..)?,
        first if words::HOW.contains(&(first, second)) => all.get(2..)?,
        _ => return None,
    };
    let skipped = line::count_of(of, words::OF);
    let of = of.get(skipped..)?;
    let is_after = |word: &&Word| word.is_one_of(words::AFTER_STATUS);
    let of = of.get(..of.len() - of.iter().rev().take_while(is_after).count())?;
    match of {
        [] => Some(Question::Status { of: None }),
        [first, ..] if of.len() <= NAME_WORDS && !first.is_one_of(words::SAYS_SOMETHING) => {
            Some(Question::Status { of: Some(line.written(of).to_string()) })
        }
        _ => None,
    }
}

fn command(line: &Line<'_>, all: &[Word]) -> Option<Understood> {
    // A person who asks wants nothing done.
    if line.is_question() {
        return None;
    }
    let (first, rest) = all.split_first()?;
    let first = first.plain.as_str();
    if is_unacknowledge(all) {
        return Some(Understood::Command(Command::Unacknowledge));
    }
    // `ok, ciente`.
    let agreed = all.get(line::count_of(all, words::AGREED)..)?;
    if let Some(command) = ownership::ownership(line, agreed) {
        return Some(Understood::Command(command));
    }
    if let Some(spoken) = acknowledge::spoken(line, agreed) {
        return acknowledge::acknowledge(line, agreed, spoken);
    }
    if words::ADVISE.contains(&first) {
        return note::noted(line, (all, 1), &[words::SAYS_SOMETHING, words::OF_SOMETHING], |note| Command::Advise {
            note,
        });
    }
    if words::RUN.contains(&first) {
        return run(line, rest);
    }
    if words::SILENCE.contains(&first) {
        return silence::silence(line, rest);
    }
    silence::unsilence(line, all).map(|scope| Understood::Command(Command::Unsilence { scope }))
}

/// `unack`, or `desfazer o ack`.
fn is_unacknowledge(all: &[Word]) -> bool {
    let all: Vec<&str> =
        all.iter().map(|word| word.plain.as_str()).filter(|word| !words::ARTICLES.contains(word)).collect();
    match all.as_slice() {
        [one] => words::UNACKNOWLEDGE.contains(one),
        [verb, what] => words::UNDO.contains(verb) && words::ACKNOWLEDGEMENT.contains(what),
        _ => false,
    }
}

fn run(line: &Line<'_>, rest: &[Word]) -> Option<Understood> {
    let named: Vec<&Word> = rest.iter().filter(|word| !word.is_one_of(words::AROUND_SCENARIO)).collect();
    match named.as_slice() {
        [] => Some(Understood::Command(Command::Run { scenario: None })),
        [one] if one.is_one_of(words::SAYS_SOMETHING) => None,
        [one] => {
            let written = line.written(std::slice::from_ref(*one));
            // A word of a title may have accents.
            let named = [written.to_lowercase(), one.plain.clone()].into_iter().find(|name| is_scenario_name(name));
            Some(match named {
                Some(scenario) => Understood::Command(Command::Run { scenario: Some(scenario) }),
                None => Understood::Invalid(ArgumentError::NotAScenario(line::value(written))),
            })
        }
        _ => None,
    }
}

fn is_scenario_name(name: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.len() <= SCENARIO_MAX
        && is_end(name.chars().next())
        && is_end(name.chars().next_back())
        && name.chars().all(is_part)
}
