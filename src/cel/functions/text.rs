//! Functions of strings. Positions and sizes are counted in characters.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::limits::LIST_MAX;
use crate::cel::patterns::Patterns;
use crate::cel::values::Value;
use std::sync::Arc;

/// Longest string that `join` returns, in bytes.
const JOINED_MAX: usize = 64 << 10;

/// Calls the string function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, patterns: &mut Patterns, name: &str, args: &[Value]) -> Option<EvalResult> {
    match args {
        [Value::String(text), rest @ ..] => on_text(budget, patterns, name, text, rest),
        [Value::List(list)] if name == "join" => Some(join(budget, list, "")),
        [Value::List(list), Value::String(separator)] if name == "join" => Some(join(budget, list, separator)),
        _ => None,
    }
}

fn on_text(
    budget: &mut Budget,
    patterns: &mut Patterns,
    name: &str,
    text: &Arc<String>,
    rest: &[Value],
) -> Option<EvalResult> {
    if let Err(error) = charge(budget, name, text, rest) {
        return Some(Err(error));
    }
    Some(match (name, rest) {
        ("size", []) => Ok(Value::size(text.chars().count())),
        ("contains", [Value::String(part)]) => Ok(Value::Bool(text.contains(part.as_str()))),
        ("startsWith", [Value::String(part)]) => Ok(Value::Bool(text.starts_with(part.as_str()))),
        ("endsWith", [Value::String(part)]) => Ok(Value::Bool(text.ends_with(part.as_str()))),
        ("matches", [Value::String(pattern)]) => {
            patterns.get(budget, name, pattern).and_then(|p| p.is_match(budget, text)).map(Value::Bool)
        }
        ("find", [Value::String(pattern)]) => find(budget, patterns, text, pattern),
        ("findAll", [Value::String(pattern)]) => find_all(budget, patterns, text, pattern, None),
        ("findAll", [Value::String(pattern), Value::Int(limit)]) => {
            find_all(budget, patterns, text, pattern, Some(*limit))
        }
        ("split", [Value::String(separator)]) => split(budget, text, separator, None),
        ("split", [Value::String(separator), Value::Int(limit)]) => split(budget, text, separator, Some(*limit)),
        ("trim", []) => part(budget, text, text.trim()),
        ("lowerAscii", []) => made(budget, text.len(), || text.to_ascii_lowercase()),
        ("upperAscii", []) => made(budget, text.len(), || text.to_ascii_uppercase()),
        ("reverse", []) => made(budget, text.len(), || text.chars().rev().collect()),
        ("replace", [Value::String(old), Value::String(new)]) => replace(budget, text, old, new, None),
        ("replace", [Value::String(old), Value::String(new), Value::Int(most)]) => {
            replace(budget, text, old, new, usize::try_from(*most).ok())
        }
        ("format", [Value::List(values)]) => super::format::format(budget, text, values),
        ("charAt", [Value::Int(at)]) => char_at(budget, text, *at),
        ("substring", [Value::Int(start)]) => substring(budget, text, *start, None),
        ("substring", [Value::Int(start), Value::Int(end)]) => substring(budget, text, *start, Some(*end)),
        ("indexOf", [Value::String(part)]) => Ok(index_of(text, part)),
        ("indexOf", [Value::String(part), Value::Int(from)]) => index_from(text, part, *from),
        ("lastIndexOf", [Value::String(part)]) => Ok(last_index_of(text, part)),
        ("lastIndexOf", [Value::String(part), Value::Int(until)]) => last_index_until(text, part, *until),
        _ => return None,
    })
}

/// Charges for reading the arguments; what is built is charged where it is built.
fn charge(budget: &mut Budget, name: &str, text: &str, rest: &[Value]) -> Result<(), EvalError> {
    for other in rest {
        if let Value::String(other) = other {
            budget.search(other.len())?;
        }
    }
    match name {
        // Only as much is compared as the other argument has.
        "startsWith" | "endsWith" => Ok(()),
        // Searches charge what they read.
        "matches" | "find" | "findAll" => Ok(()),
        // Without looking at each character.
        "size" | "lowerAscii" | "upperAscii" => budget.scan(text.len()),
        _ => budget.search(text.len()),
    }
}

fn made(budget: &mut Budget, bytes: usize, make: impl FnOnce() -> String) -> EvalResult {
    budget.build_text(bytes)?;
    Ok(Value::String(Arc::new(make())))
}

/// A part of a string; the string itself, shared, where the part is all of it.
fn part(budget: &mut Budget, text: &Arc<String>, part: &str) -> EvalResult {
    if part.len() == text.len() {
        return Ok(Value::String(text.clone()));
    }
    made(budget, part.len(), || part.to_string())
}

fn find(budget: &mut Budget, patterns: &mut Patterns, text: &Arc<String>, pattern: &str) -> EvalResult {
    let found = patterns.get(budget, "find", pattern)?.find(budget, text, 1)?;
    let place = found.first().cloned().unwrap_or_default();
    part(budget, text, &text[place])
}

/// At most 1,000 matches.
fn find_all(budget: &mut Budget, patterns: &mut Patterns, text: &str, pattern: &str, limit: Option<i64>) -> EvalResult {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX).min(LIST_MAX + 1);
    let found = patterns.get(budget, "findAll", pattern)?.find(budget, text, limit)?;
    list(budget, "findAll", found.into_iter().map(|place| &text[place]))
}

/// At most 1,000 parts. With a `limit` the last part holds the rest; a negative limit is none.
fn split(budget: &mut Budget, text: &str, separator: &str, limit: Option<i64>) -> EvalResult {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    if limit == Some(0) {
        return list(budget, "split", std::iter::empty());
    }
    if separator.is_empty() {
        // The last part is the rest.
        let last = limit.and_then(|limit| text.char_indices().nth(limit - 1)).map_or(text.len(), |(at, _)| at);
        let letters = text[..last].char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]);
        return list(budget, "split", letters.chain(Some(&text[last..]).filter(|rest| !rest.is_empty())));
    }
    match limit {
        Some(limit) => list(budget, "split", text.splitn(limit, separator)),
        None => list(budget, "split", text.split(separator)),
    }
}

/// At most `most` occurrences, from the left.
fn replace(budget: &mut Budget, text: &str, old: &str, new: &str, most: Option<usize>) -> EvalResult {
    let found = text.matches(old).take(most.unwrap_or(usize::MAX)).count();
    let length = (text.len() - found * old.len()).saturating_add(found.saturating_mul(new.len()));
    budget.build_text(length)?;
    budget.search(text.len())?;
    // A step for each piece that is appended.
    budget.step(found)?;
    Ok(Value::text(text.replacen(old, new, found)))
}

fn list<'t>(budget: &mut Budget, function: &str, parts: impl Iterator<Item = &'t str>) -> EvalResult {
    budget.build_list(0)?;
    let mut values = Vec::new();
    for part in parts {
        if values.len() == LIST_MAX {
            return Err(EvalError::function(function));
        }
        budget.push()?;
        budget.build_text(part.len())?;
        values.push(Value::String(Arc::new(part.to_string())));
    }
    Ok(Value::List(Arc::new(values)))
}

/// Items must be strings; the result has at most 64 KiB.
fn join(budget: &mut Budget, list: &[Value], separator: &str) -> EvalResult {
    budget.build_text(0)?;
    let mut joined = String::new();
    for (i, item) in list.iter().enumerate() {
        let Value::String(text) = item else { return Err(EvalError::function("join")) };
        let separator = if i > 0 { separator } else { "" };
        if joined.len() + separator.len() + text.len() > JOINED_MAX {
            return Err(EvalError::function("join"));
        }
        // Twice, since it grows by doubling.
        budget.build(2 * (separator.len() + text.len()))?;
        budget.step(1)?;
        joined.push_str(separator);
        joined.push_str(text);
    }
    Ok(Value::String(Arc::new(joined)))
}

/// The byte offset of the character at `position`; the position after the last character is allowed.
fn offset(text: &str, position: i64) -> Option<usize> {
    let position = usize::try_from(position).ok()?;
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(position)
}

fn char_at(budget: &mut Budget, text: &Arc<String>, at: i64) -> EvalResult {
    let start = offset(text, at).ok_or_else(|| EvalError::function("charAt"))?;
    let end = text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    part(budget, text, &text[start..end])
}

fn substring(budget: &mut Budget, text: &Arc<String>, start: i64, end: Option<i64>) -> EvalResult {
    let from = offset(text, start);
    let to = end.map_or(Some(text.len()), |end| offset(text, end));
    match (from, to) {
        (Some(from), Some(to)) if from <= to => part(budget, text, &text[from..to]),
        _ => Err(EvalError::function("substring")),
    }
}

/// The position of the first `part`, or -1.
fn index_of(text: &str, part: &str) -> Value {
    text.find(part).map_or(Value::Int(-1), |at| Value::size(text[..at].chars().count()))
}

/// At or after `from`.
fn index_from(text: &str, part: &str, from: i64) -> EvalResult {
    if part.is_empty() {
        return Ok(Value::Int(from));
    }
    let start = offset(text, from).ok_or_else(|| EvalError::function("indexOf"))?;
    let found = text[start..].find(part).map(|at| text[..start + at].chars().count());
    Ok(found.map_or(Value::Int(-1), Value::size))
}

/// The position of the last `part`, or -1.
fn last_index_of(text: &str, part: &str) -> Value {
    text.rfind(part).map_or(Value::Int(-1), |at| Value::size(text[..at].chars().count()))
}

/// At or before `until`, which is a position of the string.
fn last_index_until(text: &str, part: &str, until: i64) -> EvalResult {
    if part.is_empty() {
        return Ok(Value::Int(until));
    }
    let start = offset(text, until).ok_or_else(|| EvalError::function("lastIndexOf"))?;
    if start == text.len() {
        return Ok(Value::Int(-1));
    }
    // A match that begins at `start` ends here, and never within a character.
    let mut end = start.saturating_add(part.len()).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Ok(last_index_of(&text[..end], part))
}

/// In double quotes, with escape sequences.
pub(super) fn quote(budget: &mut Budget, text: &str) -> EvalResult {
    budget.search(2 * text.len())?;
    budget.build_text(2 * text.len() + 2)?;
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        let escaped = match c {
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{b}' => 'v',
            '\\' | '"' => c,
            _ => {
                quoted.push(c);
                continue;
            }
        };
        quoted.extend(['\\', escaped]);
    }
    quoted.push('"');
    Ok(Value::text(quoted))
}
