//! What people wrote about an occurrence.

use crate::api::conditions::REASON_ACKNOWLEDGED;
use crate::api::{AuthorKind, FindingStatus, Message};
use crate::domain::explained::is_explanation;
use crate::domain::notice::wording::one_line;
use crate::domain::written_at::written_at;
use jiff::Timestamp;

/// Notes of one occurrence that are shown at most: the last ones, which tell how it ended.
const NOTES_MAX: usize = 3;
/// Longest note, in characters.
const TEXT_MAX: usize = 240;
/// Longest name of a person, in characters.
const NAME_MAX: usize = 253;

/// What a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub by: String,
    /// One line.
    pub text: String,
    pub at: Timestamp,
    /// Whether the name was authenticated; `None` where that is not known any more.
    pub is_proven: Option<bool>,
    /// Whether it says what fixed the Finding.
    pub explains: bool,
}

impl Note {
    fn new(by: &str, text: &str, at: Timestamp, is_proven: Option<bool>) -> Option<Note> {
        let text = one_line(text, TEXT_MAX);
        (!text.is_empty()).then(|| Note { by: one_line(by, NAME_MAX), text, at, is_proven, explains: false })
    }
}

/// A note in a Thread of a Finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub finding: String,
    pub note: Note,
}

/// What a Message in a Thread of `finding` says of it; `None` of Agents. `said` gives what a text says to other people, which is
/// `None` of questions and of commands without a note.
pub fn written(finding: &str, message: &Message, said: impl Fn(&str) -> Option<String>) -> Option<Written> {
    let spec = &message.spec;
    if spec.author.kind != AuthorKind::Person || spec.finding.as_deref().is_some_and(|other| other != finding) {
        return None;
    }
    let explains = is_explanation(message);
    let text = if explains { spec.body.clone() } else { said(&spec.body)? };
    let is_proven = message.status.as_ref().is_some_and(|status| status.proven);
    let note = Note::new(&spec.author.name, &text, written_at(message), Some(is_proven))?;
    Some(Written { finding: finding.to_string(), note: Note { explains, ..note } })
}

/// The notes of the acknowledgements of the occurrence from `opened` until the next one.
pub fn acknowledgements(status: &FindingStatus, opened: Timestamp, until: Option<Timestamp>) -> Vec<Note> {
    let is_within = |at: Timestamp| at >= opened && until.is_none_or(|until| at < until);
    let current = status.acknowledgement.as_ref().filter(|of| until.is_none() && is_within(of.at.0));
    let current = current.and_then(|of| Note::new(&of.by, of.note.as_deref()?, of.at.0, Some(of.proven)));
    let transitions = status.transitions.iter().filter(|of| of.reason == REASON_ACKNOWLEDGED && is_within(of.at.0));
    let earlier = transitions.filter_map(|of| {
        let (by, note) = of.message.split_once(": ")?;
        Note::new(by, note, of.at.0, None)
    });
    current.into_iter().chain(earlier).collect()
}

/// The last notes, oldest first, each text of a person once. The last one that says what fixed the Finding is always among them.
pub fn chosen(notes: impl IntoIterator<Item = Note>) -> Vec<Note> {
    let mut chosen: Vec<Note> = Vec::new();
    for note in notes {
        if !chosen.iter().any(|other| (&other.by, &other.text) == (&note.by, &note.text)) {
            chosen.push(note);
        }
    }
    chosen.sort_by_key(|note| note.at);
    let explanation = chosen.iter().rposition(|note| note.explains).map(|at| chosen.remove(at));
    let others = NOTES_MAX - usize::from(explanation.is_some());
    chosen.drain(..chosen.len().saturating_sub(others));
    chosen.extend(explanation);
    chosen.sort_by_key(|note| note.at);
    chosen
}
