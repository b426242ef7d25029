//! Notes of commands.

use super::line::{Line, Word};
use super::vocabulary as words;
use super::{ArgumentError, Command, NOTE_MAX, Understood};

/// A command that after its `spoken` words has a note; one of the words `no_notes` that make a sentence of it begins one only where it is
/// set apart, as in `ack: não volta hoje`.
pub fn noted(
    line: &Line<'_>,
    (all, spoken): (&[Word], usize),
    no_notes: &[&[&str]],
    command: impl Fn(Option<String>) -> Command,
) -> Option<Understood> {
    let (said, rest) = all.split_at_checked(spoken)?;
    let Some(first) = rest.first() else {
        return Some(Understood::Command(command(None)));
    };
    let is_adverb = matches!(rest, [de, word, ..] if de.plain == "de" && word.is_one_of(words::ADVERB_WITH_DE));
    let makes_sentence = no_notes.iter().any(|words| words.contains(&first.plain.as_str()));
    if makes_sentence && !line.is_apart(first) && !is_adverb && !begins_note(line, rest) {
        return None;
    }
    let note = said.last().map(|last| line.after(last)).unwrap_or_default();
    if note.len() > NOTE_MAX {
        return Some(Understood::Invalid(ArgumentError::NoteTooLong { bytes: note.len(), max: NOTE_MAX }));
    }
    Some(Understood::Command(command(Some(note.to_string()).filter(|note| !note.is_empty()))))
}

/// `ack e já olhando`, `reconheço esta ocorrência`: without their accents, `é` and `está` would make sentences.
fn begins_note(line: &Line<'_>, rest: &[Word]) -> bool {
    match rest {
        [and, _, ..] if and.plain == "e" => line.raw(and).eq_ignore_ascii_case("e"),
        [this, what, ..] if this.plain == "esta" => what.is_one_of(words::ACKNOWLEDGED_THING),
        _ => false,
    }
}
