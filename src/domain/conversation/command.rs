//! Commands and questions in the text of a Message, in plain Portuguese or English.
//!
//! Only the first line counts, and a command only as the whole of it, in the imperative or as what its author does: what merely contains
//! such a word, or asks, is none. The note of a command may go on in further lines. Accents, case and punctuation make no difference.

mod free;
mod length;
mod line;
mod silence;
mod spelling;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use crate::domain::argument::ArgumentError;
pub use free::{QUESTION_MAX, free_question};
pub use line::plain;

use crate::domain::clip;
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
    let understood = question(&line, words).or_else(|| command(&line, words).map(|of| with_lines(of, lines)));
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
    let is_after = |word: &&Word| words::AFTER_STATUS.contains(&word.plain.as_str());
    let after = all.iter().rev().take_while(is_after).count();
    let asked = all.get(..all.len() - after).filter(|asked| !asked.is_empty()).unwrap_or(all);
    let said = line::joined(asked);
    let question = match said.as_str() {
        "" if line.is_question() => Question::Help,
        said if words::OPEN.contains(&said) => Question::Open,
        said if words::RUNBOOK.contains(&said) => Question::Runbook,
        said if words::BEFORE.contains(&said) => Question::Before,
        said if words::HELP.contains(&said) => Question::Help,
        _ => status(line, all)?,
    };
    Some(Understood::Question(question))
}

/// `status`, `qual é o status de X?`, `como está X`.
fn status(line: &Line<'_>, all: &[Word]) -> Option<Question> {
    let rest = all.iter().position(|word| !words::BEFORE_STATUS.contains(&word.plain.as_str()))?;
    let all = all.get(rest..)?;
    let (first, second) = (all.first()?.plain.as_str(), all.get(1).map_or("", |word| word.plain.as_str()));
    let of = match first {
        first if words::STATUS.contains(&first) => all.get(1..)?,
        first if words::HOW.contains(&(first, second)) => all.get(2..)?,
        _ => return None,
    };
    let skipped = of.iter().take_while(|word| words::OF.contains(&word.plain.as_str())).count();
    let of = of.get(skipped..)?;
    let is_after = |word: &&Word| words::AFTER_STATUS.contains(&word.plain.as_str());
    let of = of.get(..of.len() - of.iter().rev().take_while(is_after).count())?;
    match of {
        [] => Some(Question::Status { of: None }),
        [first, ..] if of.len() <= NAME_WORDS && !words::SAYS_SOMETHING.contains(&first.plain.as_str()) => {
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
    if let Some(command) = ownership(line, all) {
        return Some(Understood::Command(command));
    }
    let acknowledge = |note| Command::Acknowledge { note };
    if words::ACKNOWLEDGED.contains(&first) && rest.first().is_none_or(|next| line.is_apart(next)) {
        return noted(line, rest, 1, &[], acknowledge);
    }
    let acknowledged = match rest {
        [second, rest @ ..] if words::I_AM_AWARE == (first, second.plain.as_str()) => Some(rest),
        rest => (words::ACKNOWLEDGE.contains(&first) || words::AWARE == first).then_some(rest),
    };
    if let Some(error) = acknowledged.and_then(|rest| not_one(line, rest)) {
        return Some(Understood::Invalid(error));
    }
    if words::ACKNOWLEDGE.contains(&first) {
        let is_clause = match rest {
            [clause, ..] if line.is_apart(clause) => false,
            [clause, ..] if clause.plain == words::CLAUSE => true,
            [clause, next, _, ..] => clause.plain == words::CLAUSE_WITH_MORE && !line.is_apart(next),
            _ => false,
        };
        if is_clause {
            return None;
        }
        return noted(line, rest, 1, &[words::SAYS_SOMETHING, words::OF_SOMETHING], acknowledge);
    }
    if words::AWARE == first {
        return noted(line, rest, 1, &[words::SAYS_SOMETHING], acknowledge);
    }
    if words::I_AM_AWARE == (first, rest.first().map_or("", |word| word.plain.as_str())) {
        return noted(line, rest.get(1..)?, 2, &[words::SAYS_SOMETHING], acknowledge);
    }
    if words::ADVISE.contains(&first) {
        return noted(line, rest, 1, &[words::SAYS_SOMETHING, words::OF_SOMETHING], |note| Command::Advise { note });
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

/// `assumir`, `eu assumo o caso: vou olhar`, `take it over`; `devolver`, `release it`. To another person they are a request.
fn ownership(line: &Line<'_>, all: &[Word]) -> Option<Command> {
    if line.names_somebody() {
        return None;
    }
    let before = all.iter().take_while(|word| words::BEFORE_OWN.contains(&word.plain.as_str())).count();
    let all = all.get(before..)?;
    let plain: Vec<&str> = all.iter().map(|word| word.plain.as_str()).collect();
    let (takes_over, verb) = match plain.as_slice() {
        [verb, ..] if words::TAKE_OVER.contains(verb) => (true, 1),
        ["take", "over", ..] => (true, 2),
        ["take", what, "over", ..] if words::OWNED.contains(what) => (true, 3),
        [verb, ..] if words::RELEASE.contains(verb) => (false, 1),
        // Alone, it is also a noun.
        ["release", what, ..] if words::OWNED.contains(what) => (false, 2),
        _ => return None,
    };
    let is_of_it = |word: &&Word| words::OWNED.contains(&word.plain.as_str()) && !line.is_apart(word);
    let rest = all.get(verb..)?;
    let rest = rest.get(rest.iter().take_while(is_of_it).count()..)?;
    match (takes_over, rest.first()) {
        (true, None) => Some(Command::TakeOver { note: None }),
        (true, Some(next)) if line.is_apart(next) => {
            let note = clip::bytes(line.from(next), NOTE_MAX);
            Some(Command::TakeOver { note: Some(note).filter(|note| !note.is_empty()) })
        }
        (false, None) => Some(Command::Release),
        _ => None,
    }
}

/// What an acknowledgement can't be: for a time, or of several Findings.
fn not_one(line: &Line<'_>, rest: &[Word]) -> Option<ArgumentError> {
    // What is set apart is a note.
    let end = rest.iter().position(|word| line.is_apart(word)).unwrap_or(rest.len());
    let rest = rest.get(..end)?;
    if has_end(line, rest) {
        return Some(ArgumentError::NoEnd);
    }
    let of = rest.iter().take_while(|word| words::OF_SOMETHING.contains(&word.plain.as_str())).count();
    let (first, more) = rest.get(of..)?.split_first()?;
    let are_findings = more.iter().all(|word| words::FINDINGS.contains(&word.plain.as_str()));
    (words::EACH.contains(&first.plain.as_str()) && are_findings).then_some(ArgumentError::OneAtATime)
}

/// Whether it says until when, or for how long: `até as 6h`, `até amanhã`, `por 2 horas`, `2h`.
fn has_end(line: &Line<'_>, rest: &[Word]) -> bool {
    let Some((first, after)) = rest.split_first() else { return false };
    let is_length = |words: &[Word]| length::length(line, words).is_some();
    if words::FOR.contains(&first.plain.as_str()) {
        return is_length(after);
    }
    if !words::UNTIL.contains(&first.plain.as_str()) {
        return length::length(line, rest).is_some_and(|(_, count)| count == rest.len());
    }
    let is_day = |word: &Word| words::DAY.contains(&word.plain.as_str());
    let before = |word: &&Word| is_day(word) || words::BEFORE_TIME.contains(&word.plain.as_str());
    let skipped = after.iter().take_while(before).count();
    let is_time = |word: &Word| word.plain.chars().all(|c| c.is_ascii_digit() || matches!(c, 'h' | ':'));
    match after.get(skipped..).unwrap_or_default() {
        [] => after.iter().any(is_day),
        [time, ..] => {
            time.plain.starts_with(|c: char| c.is_ascii_digit()) && is_time(time) || is_length(&after[skipped..])
        }
    }
}

/// A command that after its `spoken` words has a note; one of the words `no_notes` that make a sentence of it begins one only where it is set apart, as in
/// `ack: não volta hoje`.
fn noted(
    line: &Line<'_>,
    rest: &[Word],
    spoken: usize,
    no_notes: &[&[&str]],
    command: impl Fn(Option<String>) -> Command,
) -> Option<Understood> {
    let Some(first) = rest.first() else {
        return Some(Understood::Command(command(None)));
    };
    let is_adverb =
        matches!(rest, [de, word, ..] if de.plain == "de" && words::ADVERB_WITH_DE.contains(&word.plain.as_str()));
    let makes_sentence = no_notes.iter().any(|words| words.contains(&first.plain.as_str()));
    if makes_sentence && !line.is_apart(first) && !is_adverb && !begins_note(line, rest) {
        return None;
    }
    let note = line.rest(spoken);
    if note.len() > NOTE_MAX {
        return Some(Understood::Invalid(ArgumentError::NoteTooLong { bytes: note.len(), max: NOTE_MAX }));
    }
    Some(Understood::Command(command(Some(note.to_string()).filter(|note| !note.is_empty()))))
}

/// `ack e já olhando`, `reconheço esta ocorrência`: without their accents, `é` and `está` would make sentences.
fn begins_note(line: &Line<'_>, rest: &[Word]) -> bool {
    match rest {
        [and, _, ..] if and.plain == "e" => line.raw(and).eq_ignore_ascii_case("e"),
        [this, what, ..] if this.plain == "esta" => words::ACKNOWLEDGED_THING.contains(&what.plain.as_str()),
        _ => false,
    }
}

fn run(line: &Line<'_>, rest: &[Word]) -> Option<Understood> {
    let named: Vec<&Word> = rest.iter().filter(|word| !words::AROUND_SCENARIO.contains(&word.plain.as_str())).collect();
    match named.as_slice() {
        [] => Some(Understood::Command(Command::Run { scenario: None })),
        [one] if words::SAYS_SOMETHING.contains(&one.plain.as_str()) => None,
        [one] => {
            let written = line.written(std::slice::from_ref(*one));
            let scenario = written.to_lowercase();
            Some(match is_scenario_name(&scenario) {
                true => Understood::Command(Command::Run { scenario: Some(scenario) }),
                false => Understood::Invalid(ArgumentError::NotAScenario(line::value(written))),
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
