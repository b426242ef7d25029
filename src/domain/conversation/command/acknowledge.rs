//! `ack`, `reconhecer: vou olhar`, `ciente`, `estou ciente`, `reconhecido, vou olhar`.

use super::line::{Line, Word};
use super::note::noted;
use super::vocabulary as words;
use super::{ArgumentError, Command, Understood, length, line};

/// How many words say it; `None` where the line begins with another.
pub fn spoken(line: &Line<'_>, all: &[Word]) -> Option<usize> {
    match all {
        [first, second, ..] if words::I_AM_AWARE == (first.plain.as_str(), second.plain.as_str()) => Some(2),
        [first, rest @ ..] if first.is_one_of(words::ACKNOWLEDGED) => {
            rest.first().is_none_or(|next| line.is_apart(next)).then_some(1)
        }
        [first, ..] => (first.is_one_of(words::ACKNOWLEDGE) || first.plain == words::AWARE).then_some(1),
        [] => None,
    }
}

/// What it says with the words after the first `spoken`. `None` where it is a sentence.
pub fn acknowledge(line: &Line<'_>, all: &[Word], spoken: usize) -> Option<Understood> {
    let (first, rest) = (all.first()?, all.get(spoken..)?);
    if let Some(error) = unsupported(line, rest) {
        return Some(Understood::Invalid(error));
    }
    let is_verb = first.is_one_of(words::ACKNOWLEDGE);
    if is_verb && is_clause(line, rest) {
        return None;
    }
    let no_notes: &[&[&str]] = match is_verb {
        true => &[words::SAYS_SOMETHING, words::OF_SOMETHING],
        false => &[words::SAYS_SOMETHING],
    };
    noted(line, (all, spoken), no_notes, |note| Command::Acknowledge { note })
}

/// Whether the verb goes on as in `reconheço que não sei`.
fn is_clause(line: &Line<'_>, rest: &[Word]) -> bool {
    match rest {
        [clause, ..] if line.is_apart(clause) => false,
        [clause, ..] if clause.plain == words::CLAUSE => true,
        [clause, next, _, ..] => clause.plain == words::CLAUSE_WITH_MORE && !line.is_apart(next),
        _ => false,
    }
}

/// What an acknowledgement can't be: for a time, or of several Findings.
fn unsupported(line: &Line<'_>, rest: &[Word]) -> Option<ArgumentError> {
    // What is set apart is a note.
    let end = rest.iter().position(|word| line.is_apart(word)).unwrap_or(rest.len());
    let rest = rest.get(..end)?;
    if has_end(line, rest) {
        return Some(ArgumentError::NoEnd);
    }
    let of = line::count_of(rest, words::OF_SOMETHING);
    let (first, more) = rest.get(of..)?.split_first()?;
    let are_findings = more.iter().all(|word| word.is_one_of(words::FINDINGS));
    (first.is_one_of(words::EACH) && are_findings).then_some(ArgumentError::OneAtATime)
}

/// Whether it says until when, or for how long: `até as 6h`, `até amanhã`, `por 2 horas`, `2h`.
fn has_end(line: &Line<'_>, rest: &[Word]) -> bool {
    let Some((first, after)) = rest.split_first() else { return false };
    let is_length = |words: &[Word]| length::length(line, words).is_some();
    if first.is_one_of(words::FOR) {
        return is_length(after);
    }
    if !first.is_one_of(words::UNTIL) {
        return first.is_numeric() && length::is_whole(line, rest);
    }
    let is_day = |word: &Word| word.is_one_of(words::DAY);
    let before = |word: &&Word| is_day(word) || word.is_one_of(words::BEFORE_TIME);
    let skipped = after.iter().take_while(before).count();
    match after.get(skipped..).unwrap_or_default() {
        [] => after.iter().any(is_day),
        [time, ..] => is_time(time) || is_length(&after[skipped..]),
    }
}

/// `8h`, `18:30`, `8am`, or a number alone.
fn is_time(word: &Word) -> bool {
    let time = word.plain.strip_suffix("am").or_else(|| word.plain.strip_suffix("pm")).unwrap_or(&word.plain);
    word.is_numeric() && time.chars().all(|c| c.is_ascii_digit() || matches!(c, 'h' | ':'))
}

/// Of how many words an end is that the words begin with, and that nothing follows but what is set apart: `até amanhã às 8h`, and not `até
/// as 10 máquinas voltarem`.
pub fn end(line: &Line<'_>, all: &[Word]) -> Option<usize> {
    let count = all.iter().position(|word| line.is_apart(word)).unwrap_or(all.len());
    let (until, after) = all.get(..count)?.split_first()?;
    let says_when = |word: &Word| word.is_one_of(words::DAY) || is_time(word);
    let is_end = until.is_one_of(words::UNTIL)
        && after.iter().any(says_when)
        && after.iter().all(|word| says_when(word) || word.is_one_of(words::BEFORE_TIME));
    is_end.then_some(count)
}
