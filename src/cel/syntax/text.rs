//! String and bytes literals.

use super::error::SyntaxReason;

/// How a literal begins.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    bytes: bool,
    raw: bool,
    quote: char,
    triple: bool,
    /// Up to the first character of the text, in bytes.
    length: usize,
}

impl Prefix {
    /// `None` where `source` does not begin with a literal.
    pub fn of(source: &str) -> Option<Prefix> {
        let after_b = source.strip_prefix(['b', 'B']).unwrap_or(source);
        let after_r = after_b.strip_prefix(['r', 'R']).unwrap_or(after_b);
        let quote = after_r.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let triple = after_r.starts_with(if quote == '"' { "\"\"\"" } else { "'''" });
        let letters = source.len() - after_r.len();
        Some(Prefix {
            bytes: after_b.len() < source.len(),
            raw: after_r.len() < after_b.len(),
            quote,
            triple,
            length: letters + if triple { 3 } else { 1 },
        })
    }

    fn closes(self, rest: &str) -> bool {
        match (self.triple, self.quote) {
            (false, quote) => rest.starts_with(quote),
            (true, '"') => rest.starts_with("\"\"\""),
            (true, _) => rest.starts_with("'''"),
        }
    }
}

/// The value of a literal.
pub(super) enum Literal {
    Text(String),
    Bytes(Vec<u8>),
}

impl Literal {
    fn push(&mut self, c: char) {
        match self {
            Literal::Text(text) => text.push(c),
            Literal::Bytes(bytes) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The literal that `source` begins with, and its length in bytes; or the byte at which it is wrong, and why.
pub(super) fn read(source: &str, prefix: Prefix) -> Result<(Literal, usize), (usize, SyntaxReason)> {
    let mut literal = if prefix.bytes { Literal::Bytes(Vec::new()) } else { Literal::Text(String::new()) };
    let mut at = prefix.length;
    while let Some(c) = source[at..].chars().next() {
        if prefix.closes(&source[at..]) {
            return Ok((literal, at + if prefix.triple { 3 } else { 1 }));
        }
        match c {
            '\\' if !prefix.raw => at += escape(&mut literal, &source[at..]).map_err(|reason| (at, reason))?,
            '\n' | '\r' if !prefix.triple => break,
            other => {
                literal.push(other);
                at += other.len_utf8();
            }
        }
    }
    Err((0, SyntaxReason::UnclosedText))
}

/// Appends what the escape sequence at the beginning of `rest` stands for; returns its length in bytes.
fn escape(literal: &mut Literal, rest: &str) -> Result<usize, SyntaxReason> {
    let invalid = |length: usize| SyntaxReason::Escape(rest.chars().take(length).collect());
    let kind = rest[1..].chars().next().ok_or_else(|| invalid(1))?;
    let simple = match kind {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '?' | '"' | '\'' | '`' => kind,
        'x' | 'X' => return code(literal, rest, 2, 2, 16),
        '0'..='3' => return code(literal, rest, 1, 3, 8),
        // These name characters, not bytes.
        'u' if matches!(literal, Literal::Text(_)) => return code(literal, rest, 2, 4, 16),
        'U' if matches!(literal, Literal::Text(_)) => return code(literal, rest, 2, 8, 16),
        _ => return Err(invalid(2)),
    };
    literal.push(simple);
    Ok(2)
}

/// An escape sequence with a number of that many digits: a character in a string, a byte in bytes.
fn code(literal: &mut Literal, rest: &str, start: usize, digits: usize, radix: u32) -> Result<usize, SyntaxReason> {
    let end = start + digits;
    let written = rest.get(start..end).filter(|text| text.chars().all(|c| c.is_digit(radix)));
    let number = written.and_then(|text| u32::from_str_radix(text, radix).ok());
    let added = match (literal, number) {
        (Literal::Text(text), Some(number)) => char::from_u32(number).map(|c| text.push(c)),
        (Literal::Bytes(bytes), Some(number)) => u8::try_from(number).ok().map(|byte| bytes.push(byte)),
        (_, None) => None,
    };
    added.map(|()| end).ok_or_else(|| SyntaxReason::Escape(rest.chars().take(end).collect()))
}
