//! Source text to tokens.

use super::error::{SyntaxError, SyntaxReason};
use super::text;

/// Operators and brackets, those that begin with another one first.
const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%",
];

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'s> {
    End,
    /// An identifier, a keyword or a reserved word.
    Word(&'s str),
    /// An identifier in backquotes, without them.
    QuotedWord(&'s str),
    /// Without a sign.
    Int(&'s str),
    /// Without its suffix.
    Uint(&'s str),
    Double(&'s str),
    Text(String),
    Bytes(Vec<u8>),
    Sign(&'static str),
}

/// A token, and where it begins and ends, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'s> {
    pub kind: Kind<'s>,
    pub start: usize,
    pub end: usize,
}

/// Reads tokens one after the other.
pub(super) struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    pub fn new(source: &'s str) -> Lexer<'s> {
        Lexer { source, at: 0 }
    }

    pub fn source(&self) -> &'s str {
        self.source
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or("")
    }

    pub fn error(&self, offset: usize, reason: SyntaxReason) -> SyntaxError {
        SyntaxError::at(self.source, offset, reason)
    }

    /// The next token; [`Kind::End`] from the end on.
    pub fn next(&mut self) -> Result<Token<'s>, SyntaxError> {
        self.skip_space();
        let start = self.at;
        let (kind, length) = self.kind()?;
        self.at += length;
        Ok(Token { kind, start, end: self.at })
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(['\t', ' ', '\r', '\n', '\u{c}']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// The token at the current place, and its length in bytes.
    fn kind(&self) -> Result<(Kind<'s>, usize), SyntaxError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok((Kind::End, 0)) };
        if let Some(prefix) = text::Prefix::of(rest) {
            return self.text(prefix);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let length = prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_');
            return Ok((Kind::Word(&rest[..length]), length));
        }
        let begins_fraction = || rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if first.is_ascii_digit() || (first == '.' && begins_fraction()) {
            return Ok(number(rest));
        }
        if first == '`' {
            let length = prefix(&rest[1..], |c| c.is_ascii_alphanumeric() || "_.-/ ".contains(c));
            return match rest[1 + length..].starts_with('`') {
                true if length > 0 => Ok((Kind::QuotedWord(&rest[1..=length]), length + 2)),
                _ => Err(self.error(self.at, SyntaxReason::Character('`'))),
            };
        }
        match SIGNS.into_iter().find(|sign| rest.starts_with(*sign)) {
            Some(sign) => Ok((Kind::Sign(sign), sign.len())),
            None => Err(self.error(self.at, SyntaxReason::Character(first))),
        }
    }

    fn text(&self, prefix: text::Prefix) -> Result<(Kind<'s>, usize), SyntaxError> {
        let (literal, length) =
            text::read(self.rest(), prefix).map_err(|(offset, reason)| self.error(self.at + offset, reason))?;
        let kind = match literal {
            text::Literal::Text(text) => Kind::Text(text),
            text::Literal::Bytes(bytes) => Kind::Bytes(bytes),
        };
        Ok((kind, length))
    }
}

/// The length of the longest prefix of such characters, in bytes.
fn prefix(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

/// The number that `text` begins with: it begins with a digit, or with a point and a digit.
fn number<'s>(text: &'s str) -> (Kind<'s>, usize) {
    let digits = |from: usize| from + prefix(&text[from..], |c| c.is_ascii_digit());
    let mut end = digits(0);
    let mut kind: fn(&'s str) -> Kind<'s> = Kind::Int;
    if text.starts_with("0x") && prefix(&text[2..], |c| c.is_ascii_hexdigit()) > 0 {
        end = 2 + prefix(&text[2..], |c| c.is_ascii_hexdigit());
    } else {
        if text[end..].starts_with('.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
            kind = Kind::Double;
        }
        if text[end..].starts_with(['e', 'E']) {
            let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
            if digits(end + 1 + sign) > end + 1 + sign {
                end = digits(end + 1 + sign);
                kind = Kind::Double;
            }
        }
    }
    let found = kind(&text[..end]);
    match found {
        Kind::Int(digits) if text[end..].starts_with(['u', 'U']) => (Kind::Uint(digits), end + 1),
        found => (found, end),
    }
}
