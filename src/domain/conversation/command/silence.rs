//! `silenciar 2h`, `silenciar cenário 2h`, `reativar`.

use super::length::{self, length};
use super::line::{self, Line, Word};
use super::vocabulary as words;
use super::{ArgumentError, Command, NOTE_MAX, Scope, Understood, is_scenario_name};
use crate::domain::duration;

/// What follows `silenciar`. `None` where it is a sentence.
pub fn silence(line: &Line<'_>, rest: &[Word]) -> Option<Understood> {
    let (mut scope, rest) = before_duration(line, rest)?;
    let invalid = |error| Some(Understood::Invalid(error));
    let Some(first) = rest.first() else { return invalid(ArgumentError::NoDuration) };
    let written = |words: &[Word]| line::value(line.written(words));
    if !first.plain.starts_with(|c: char| c.is_ascii_digit()) {
        let is_sentence = words::SAYS_SOMETHING.contains(&first.plain.as_str());
        return (!is_sentence)
            .then(|| Understood::Invalid(ArgumentError::NotADuration(written(std::slice::from_ref(first)))));
    }
    if line.is_negative(first) {
        return invalid(ArgumentError::NotADuration(format!("-{}", written(std::slice::from_ref(first)))));
    }
    let Some((length, count)) = length(line, rest) else {
        // The number with what should be its unit.
        let is_number = first.plain.chars().all(|c| c.is_ascii_digit());
        return invalid(ArgumentError::NotADuration(written(&rest[..rest.len().min(1 + usize::from(is_number))])));
    };
    if !length::RANGE.contains(&length) {
        return invalid(ArgumentError::DurationOutOfRange(written(rest.get(..count)?)));
    }
    let mut rest = rest.get(count..)?;
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
    let skipped = rest.iter().take_while(|word| words::BEFORE_DURATION.contains(&word.plain.as_str())).count();
    let (before, rest) = rest.split_at_checked(skipped)?;
    let is_wide = before.iter().any(|word| words::WIDE.contains(&word.plain.as_str()));
    let is_of_scenario = before.iter().any(|word| words::SCENARIO.contains(&word.plain.as_str()));
    match rest {
        // `silenciar cenário proxmox.cluster por 2h`.
        [name, after @ ..] if is_of_scenario => {
            let named = line.written(std::slice::from_ref(name)).to_lowercase();
            let more = after.iter().take_while(|word| words::BEFORE_DURATION.contains(&word.plain.as_str())).count();
            let after = after.get(more..)?;
            let is_named = is_scenario_name(&named) && length(line, rest).is_none() && length(line, after).is_some();
            Some(if is_named { (Scope::Scenario(Some(named)), after) } else { (Scope::Scenario(None), rest) })
        }
        _ if is_wide => Some((Scope::Scenario(None), rest)),
        _ => Some((Scope::Subject, rest)),
    }
}

/// The name after `o cenário`, if there is one, and what follows, where this is the scope and no part of a reason.
fn after_duration<'w>(line: &Line<'_>, rest: &'w [Word]) -> Option<(Option<String>, &'w [Word])> {
    let ends = |rest: &[Word]| rest.first().is_none_or(|next| line.is_apart(next));
    let wide = rest.iter().take_while(|word| words::WIDE.contains(&word.plain.as_str())).count();
    // `silenciar 2h tudo`.
    if wide > 0 && !rest.first().is_some_and(|first| line.is_apart(first)) && ends(rest.get(wide..)?) {
        return Some((None, rest.get(wide..)?));
    }
    let before = rest.iter().take_while(|word| words::BEFORE_SCOPE.contains(&word.plain.as_str())).count();
    let scenario = rest.get(before).filter(|word| words::SCENARIO.contains(&word.plain.as_str()))?;
    if line.is_apart(rest.first().filter(|_| before > 0).unwrap_or(scenario)) {
        return None;
    }
    let rest = rest.get(before + 1..)?;
    let wide = rest.iter().take_while(|word| words::WIDE.contains(&word.plain.as_str())).count();
    let rest = rest.get(wide..)?;
    if ends(rest) {
        return Some((None, rest));
    }
    // `silenciar 2h o cenário proxmox.cluster`; `cenário migrando` is a reason.
    let (name, after) = rest.split_first()?;
    let named = line.written(std::slice::from_ref(name)).to_lowercase();
    let is_named = wide == 0 && named.contains(['.', '-']) && is_scenario_name(&named) && ends(after);
    is_named.then_some((Some(named), after))
}

/// The scope of `reativar`, `fim do silêncio` or `unsilence cenário NOME`.
pub fn unsilence(line: &Line<'_>, all: &[Word]) -> Option<Scope> {
    let (first, rest) = all.split_first()?;
    let rest = match first.plain.as_str() {
        verb if words::UNSILENCE.contains(&verb) => rest,
        verb if words::END.contains(&verb) => {
            let of = rest.iter().take_while(|word| words::BEFORE_SCOPE.contains(&word.plain.as_str())).count();
            rest.get(of).filter(|word| words::A_SILENCE.contains(&word.plain.as_str()))?;
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
