//! `silenciar 2h`, `silenciar cenário 2h`, `reativar`.

use super::acknowledge::end;
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
        let is_sentence = !first.is_numeric() && first.is_one_of(words::SAYS_SOMETHING);
        let error = || match no_duration(line, all, scope != Scope::Subject) {
            [] => ArgumentError::NoDuration,
            words => ArgumentError::NotADuration(written(words)),
        };
        return (!is_sentence).then(|| Understood::Invalid(error()));
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
    // `2h até amanhã` has two ends.
    if let Some(more) = end(line, rest) {
        return invalid(ArgumentError::NotADuration(written(all.get(..count + more)?)));
    }
    match (&scope, named_alone(line, rest), after_duration(line, rest)) {
        (Scope::Subject | Scope::Scenario(None), Some(named), _) => (scope, rest) = (Scope::Scenario(Some(named)), &[]),
        (Scope::Subject, None, Some((named, after))) => (scope, rest) = (Scope::Scenario(named), after),
        _ => {}
    }
    let reason = rest.first().map(|word| line.from(word)).unwrap_or_default();
    if reason.chars().count() > NOTE_MAX {
        return invalid(ArgumentError::NoteTooLong { bytes: reason.len(), max: NOTE_MAX });
    }
    let reason = Some(reason.to_string()).filter(|reason| !reason.is_empty());
    Some(Understood::Command(Command::Silence { scope, duration: duration::show(length), reason }))
}

/// The words that should be a duration.
fn no_duration<'w>(line: &Line<'_>, all: &'w [Word], is_of_scenario: bool) -> &'w [Word] {
    let is_name = |word: &Word| {
        let name = line.written(std::slice::from_ref(word)).to_lowercase();
        let is_other = word.is_numeric() || word.is_one_of(words::DAY) || word.is_one_of(words::UNTIL);
        (is_of_scenario || name.contains('.')) && is_scenario_name(&name) && !is_other
    };
    match all {
        [until, ..] if until.is_one_of(words::UNTIL) => end(line, all).map_or(all, |count| &all[..count]),
        // `cenário proxmox.cluster até as 8h`.
        [name, rest @ ..] if is_name(name) => {
            let rest = rest.get(before(line, rest)..).unwrap_or_default();
            if rest.is_empty() { rest } else { no_duration(line, rest, false) }
        }
        // A number with what should be its unit.
        [number, _, ..] if number.plain.chars().all(line::is_digit) => &all[..2],
        _ => &all[..1],
    }
}

/// The scope that stands before the duration, and what follows it.
fn before_duration<'w>(line: &Line<'_>, rest: &'w [Word]) -> Option<(Scope, &'w [Word])> {
    let (skipped, rest) = rest.split_at_checked(before(line, rest))?;
    let is_wide = skipped.iter().any(|word| word.is_one_of(words::WIDE));
    let is_of_scenario = skipped.iter().any(|word| word.is_one_of(words::SCENARIO));
    if let Some((name, after)) = named_before(line, rest, is_of_scenario) {
        return Some((Scope::Scenario(Some(name)), after));
    }
    Some((if is_wide || is_of_scenario { Scope::Scenario(None) } else { Scope::Subject }, rest))
}

/// The name of a Scenario before a duration, and the words from the duration on: `cenário proxmox.cluster por 2h`, and with a point also
/// where nothing says that it is a Scenario, as in `proxmox.cluster 2h`.
fn named_before<'w>(line: &Line<'_>, rest: &'w [Word], is_of_scenario: bool) -> Option<(String, &'w [Word])> {
    let (word, after) = rest.split_first()?;
    let name = line.written(std::slice::from_ref(word)).to_lowercase();
    let after = after.get(before(line, after)..)?;
    let is_duration = word.is_numeric() && length(line, std::slice::from_ref(word)).is_some();
    let is_name = (is_of_scenario || name.contains('.')) && is_scenario_name(&name) && !is_duration;
    (is_name && length(line, after).is_some()).then_some((name, after))
}

/// How many words stand before a duration: an `a` may begin one, as in `for a day`.
fn before(line: &Line<'_>, words: &[Word]) -> usize {
    let stands_before =
        |at: usize| words[at].is_one_of(super::vocabulary::BEFORE_DURATION) && length(line, &words[at..]).is_none();
    (0..words.len()).take_while(|at| stands_before(*at)).count()
}

/// The name of a Scenario with a point, if nothing else is there: `2h o proxmox.cluster`. A number or an address is a reason.
fn named_alone(line: &Line<'_>, rest: &[Word]) -> Option<String> {
    let [name] = rest.get(line::count_of(rest, words::BEFORE_SCOPE)..)? else { return None };
    if rest.iter().any(|word| line.is_apart(word)) {
        return None;
    }
    dotted(line, name)
}

/// A word that is the name of a Scenario with a point, and no number or address.
fn dotted(line: &Line<'_>, word: &Word) -> Option<String> {
    let name = line.written(std::slice::from_ref(word)).to_lowercase();
    let is_word = name.starts_with(|c: char| c.is_ascii_lowercase());
    (is_word && name.contains('.') && is_scenario_name(&name)).then_some(name)
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
        // With a point also where nothing says that it is a Scenario, as before a duration.
        ([one], false) => dotted(line, one).map(|named| Scope::Scenario(Some(named))),
        _ => None,
    }
}
