//! `silenciar 2h`, `silenciar cenário 2h`, `reativar`.

use super::length::{self, length};
use super::line::{self, Line, Word};
use super::vocabulary as words;
use super::{ArgumentError, Command, NOTE_MAX, Scope, Understood, is_scenario_name};
use crate::domain::duration;

/// What follows `silenciar`. `None` where it is a sentence.
pub fn silence(line: &Line<'_>, rest: &[Word]) -> Option<Understood> {
    let (mut scope, all) = before_duration(line, rest)?;
    let invalid = |error| Some(Understood::Invalid(error));
    let Some(first) = all.first() else { return invalid(ArgumentError::NoDuration) };
    let written = |words: &[Word]| line::value(line.written(words));
    if line.is_negative(first) {
        return invalid(ArgumentError::NotADuration(format!("-{}", written(std::slice::from_ref(first)))));
    }
    let Some((length, count)) = length(line, all) else {
        // A number with what should be its unit.
        let is_number = first.plain.chars().all(line::is_digit);
        let is_sentence = !first.is_numeric() && first.is_one_of(words::SAYS_SOMETHING);
        let named = &all[..all.len().min(1 + usize::from(is_number))];
        return (!is_sentence).then(|| Understood::Invalid(ArgumentError::NotADuration(written(named))));
    };
    if !length::RANGE.contains(&length) {
        return invalid(ArgumentError::DurationOutOfRange(written(all.get(..count)?)));
    }
    let mut rest = all.get(count..)?;
    // `2h 4h` may mean either.
    let ends = |count: usize| rest.get(count).is_none_or(|next| line.is_apart(next));
    let is_apart = rest.first().is_some_and(|next| line.is_apart(next));
    if let Some((_, more)) = length::length(line, rest).filter(|(_, more)| !is_apart && ends(*more)) {
        return invalid(ArgumentError::NotADuration(written(all.get(..count + more)?)));
    }
    if let (Scope::Subject, Some((named, after))) = (&scope, after_duration(line, rest)) {
        (scope, rest) = (Scope::Scenario(named), after);
    }
    let reason = rest.first().map(|word| line.from(word)).unwrap_or_default();
    if reason.chars().count() > NOTE_MAX {
        return invalid(ArgumentError::NoteTooLong { bytes: reason.len(), max: NOTE_MAX });
    }
    let reason = Some(reason.to_string()).filter(|reason| !reason.is_empty());
    Some(Understood::Command(Command::Silence { scope, duration: duration::show(length), reason }))
}

/// The scope that stands before the duration, and what follows it.
fn before_duration<'w>(line: &Line<'_>, rest: &'w [Word]) -> Option<(Scope, &'w [Word])> {
    let (skipped, rest) = rest.split_at_checked(before(line, rest))?;
    let is_wide = skipped.iter().any(|word| word.is_one_of(words::WIDE));
    let is_of_scenario = skipped.iter().any(|word| word.is_one_of(words::SCENARIO));
    match rest {
        // `silenciar cenário proxmox.cluster por 2h`, `silenciar proxmox.cluster 2h`.
        [name, after @ ..] if is_named(line, name, after, is_of_scenario) => {
            let named = line.written(std::slice::from_ref(name)).to_lowercase();
            Some((Scope::Scenario(Some(named)), after.get(before(line, after)..)?))
        }
        _ if is_wide || is_of_scenario => Some((Scope::Scenario(None), rest)),
        _ => Some((Scope::Subject, rest)),
    }
}

/// Whether a word before a duration is the name of a Scenario: with a point also where nothing says so.
fn is_named(line: &Line<'_>, name: &Word, after: &[Word], is_of_scenario: bool) -> bool {
    let named = line.written(std::slice::from_ref(name)).to_lowercase();
    let after = after.get(before(line, after)..).unwrap_or_default();
    let is_duration = name.is_numeric() && length(line, std::slice::from_ref(name)).is_some();
    (is_of_scenario || named.contains('.')) && is_scenario_name(&named) && !is_duration && length(line, after).is_some()
}

/// How many words stand before a duration: an `a` may begin one, as in `for a day`.
fn before(line: &Line<'_>, words: &[Word]) -> usize {
    let stands_before =
        |at: usize| words[at].is_one_of(super::vocabulary::BEFORE_DURATION) && length(line, &words[at..]).is_none();
    (0..words.len()).take_while(|at| stands_before(*at)).count()
}

/// The name after `o cenário`, if there is one, and what follows, where this is the scope and no part of a reason.
fn after_duration<'w>(line: &Line<'_>, rest: &'w [Word]) -> Option<(Option<String>, &'w [Word])> {
    let ends = |rest: &[Word]| rest.first().is_none_or(|next| line.is_apart(next));
    let wide = line::count_of(rest, words::WIDE);
    // `silenciar 2h tudo`.
    if wide > 0 && !rest.first().is_some_and(|first| line.is_apart(first)) && ends(rest.get(wide..)?) {
        return Some((None, rest.get(wide..)?));
    }
    let before = line::count_of(rest, words::BEFORE_SCOPE);
    let scenario = rest.get(before).filter(|word| word.is_one_of(words::SCENARIO))?;
    if line.is_apart(rest.first().filter(|_| before > 0).unwrap_or(scenario)) {
        return None;
    }
    let rest = rest.get(before + 1..)?;
    let wide = line::count_of(rest, words::WIDE);
    let rest = rest.get(wide..)?;
    if ends(rest) {
        return Some((None, rest));
    }
    // `silenciar 2h o cenário proxmox.cluster`; `cenário migrando` is a reason.
    let (name, after) = rest.split_first()?;
    let named = line.written(std::slice::from_ref(name)).to_lowercase();
    // After an article it is the scope also where a reason follows, unless it may be another word.
    let is_name = named.contains(['.', '-']) && (ends(after) || (before > 0 && named.contains('.')));
    let is_named = wide == 0 && is_name && is_scenario_name(&named);
    is_named.then_some((Some(named), after))
}

/// The scope of `reativar`, `fim do silêncio` or `unsilence cenário NOME`.
pub fn unsilence(line: &Line<'_>, all: &[Word]) -> Option<Scope> {
    let (first, rest) = all.split_first()?;
    let rest = match first.plain.as_str() {
        verb if words::UNSILENCE.contains(&verb) => rest,
        verb if words::END.contains(&verb) => {
            let of = line::count_of(rest, words::BEFORE_SCOPE);
            rest.get(of).filter(|word| word.is_one_of(words::A_SILENCE))?;
            rest.get(of + 1..)?
        }
        _ => return None,
    };
    let around = |word: &&Word| {
        let word = word.plain.as_str();
        words::AROUND_UNSILENCE.contains(&word) || words::SCENARIO.contains(&word) || words::WIDE.contains(&word)
    };
    let named: Vec<&Word> = rest.iter().filter(|word| !around(word)).collect();
    let has = |of: &[&str]| rest.iter().any(|word| of.contains(&word.plain.as_str()));
    let is_of_scenario = has(words::SCENARIO);
    match (named.as_slice(), is_of_scenario) {
        ([], _) if is_of_scenario || has(words::WIDE) => Some(Scope::Scenario(None)),
        ([], _) => Some(Scope::Subject),
        ([one], true) => {
            let named = line.written(std::slice::from_ref(*one)).to_lowercase();
            is_scenario_name(&named).then_some(Scope::Scenario(Some(named)))
        }
        _ => None,
    }
}
