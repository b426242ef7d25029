//! What a misspelt command was meant to be: one typing error in its word, or a missing space after it. It is only suggested.

use super::line::{self, Line, Word};
use super::vocabulary as words;

/// The words that are looked for. None of them is one letter away from a common word but those in [`COMMON`].
const KNOWN: [&str; 17] = [
    "ack",
    "unack",
    "status",
    "rodar",
    "executar",
    "run",
    "reconhecer",
    "assumir",
    "devolver",
    "conselho",
    "silenciar",
    "silence",
    "reativar",
    "unsilence",
    "abertos",
    "runbook",
    "ajuda",
];
/// Words that tell what somebody does or did.
const COMMON: [&str; 5] = ["assumi", "assume", "assumiu", "devolve", "reconheceu"];
/// In shorter words only two letters in the wrong order are taken for an error: `back` is not `ack`.
const SHORT: usize = 4;
/// Longer lines are sentences, unless two letters are in the wrong order.
const WORDS_MAX: usize = 6;

/// The line with its first word as it was meant.
pub fn meant(line: &Line<'_>, all: &[Word]) -> Option<String> {
    let (first, rest) = all.split_first()?;
    let word = first.plain.as_str();
    if !word.chars().all(|c| c.is_ascii_alphanumeric()) || COMMON.contains(&word) {
        return None;
    }
    let rest = rest.first().map(|next| format!(" {}", line.from(next))).unwrap_or_default();
    if let Some((verb, number)) = joined(word) {
        return Some(line::value(&format!("{verb} {number}{rest}")));
    }
    let known = KNOWN.iter().find(|known| {
        let is_swapped = is_swapped(word, known);
        let is_near = known.len() > SHORT && all.len() <= WORDS_MAX && strsim::osa_distance(word, known) == 1;
        is_swapped || is_near
    })?;
    Some(line::value(&format!("{known}{rest}")))
}

/// `silenciar2h` in two.
fn joined(word: &str) -> Option<(&str, &str)> {
    let (verb, number) = word.split_at_checked(word.find(line::is_digit)?)?;
    words::SILENCE.contains(&verb).then_some((verb, number))
}

/// Whether two letters in a row are in the wrong order.
fn is_swapped(word: &str, known: &str) -> bool {
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    strsim::osa_distance(word, known) == 1 && letters(word) == letters(known)
}
