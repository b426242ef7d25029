//! The paths in a file: those in `use` declarations, one for each import, and those in code.

use super::source::{Kind, Token};
use std::rc::Rc;

/// A path as written, with its location.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub segments: Vec<String>,
    /// The name in a `use` declaration, or `*` for a glob; `None` for paths in code.
    pub alias: Option<String>,
    /// Whether it is a `pub use`.
    pub is_exported: bool,
    pub line: usize,
    pub is_test: bool,
    pub inside: Rc<Vec<String>>,
}

pub fn named(tokens: &[Token]) -> Vec<Named> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let is_capture = tokens.get(at + 1).is_some_and(|t| t.is('<'));
        if tokens[at].is_word("use") && !is_capture {
            let end = at + tokens[at..].iter().position(|t| t.is(';')).unwrap_or(tokens.len() - at);
            let mut trees = Vec::new();
            tree(&tokens[at + 1..end], &mut Vec::new(), &mut trees);
            let is_exported = is_public(&tokens[..at]);
            found.extend(
                trees.into_iter().map(|(segments, alias)| named_at(&tokens[at], segments, Some(alias), is_exported)),
            );
            at = end;
        } else if tokens[at].word().is_some() && tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Separator) {
            let (segments, end) = path(&tokens[at..]);
            found.push(named_at(&tokens[at], segments, None, false));
            at += end;
        } else {
            at += 1;
        }
    }
    found
}

fn named_at(token: &Token, segments: Vec<String>, alias: Option<String>, is_exported: bool) -> Named {
    Named { segments, alias, is_exported, line: token.line, is_test: token.is_test, inside: token.inside.clone() }
}

/// Whether the next item has any `pub` visibility.
fn is_public(before: &[Token]) -> bool {
    match before.last() {
        Some(token) if token.is(')') => before.iter().rev().take(6).any(|t| t.is_word("pub")),
        Some(token) => token.is_word("pub"),
        None => false,
    }
}

/// The segments of `a::b::c`, and the number of tokens.
fn path(tokens: &[Token]) -> (Vec<String>, usize) {
    let (mut segments, mut at) = (Vec::new(), 0);
    while let Some(word) = tokens.get(at).and_then(Token::word) {
        segments.push(word.to_string());
        at += 1;
        if tokens.get(at).is_none_or(|t| t.kind != Kind::Separator) {
            break;
        }
        at += 1;
    }
    (segments, at)
}

/// The paths of a `use` tree, each with the imported name.
fn tree(tokens: &[Token], prefix: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    let length = prefix.len();
    for part in parts(tokens) {
        let (mut segments, mut at) = path(part);
        if part.first().is_some_and(|t| t.kind == Kind::Separator) {
            (segments, at) = path(&part[1..]);
            at += 1;
        }
        if prefix.len() + segments.len() > 1 && segments.last().is_some_and(|s| s == "self") {
            segments.pop();
        }
        prefix.extend(segments);
        match part.get(at).map(|t| &t.kind) {
            Some(Kind::Mark('{')) => tree(&part[at + 1..part.len() - 1], prefix, found),
            Some(Kind::Mark('*')) => found.push((prefix.clone(), "*".into())),
            _ => {
                let alias = part.iter().rev().find_map(Token::word).filter(|word| *word != "self");
                let alias = alias.or(prefix.last().map(String::as_str)).unwrap_or_default().to_string();
                found.push((prefix.clone(), alias));
            }
        }
        prefix.truncate(length);
    }
}

/// Splits at commas outside of nested braces.
fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => depth -= 1,
            Kind::Mark(',') if depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}
