//! Where the characters of a value are written in its YAML.

use std::ops::Range;

/// Where in the YAML of a scalar the character is that begins at a byte of its value. The end of the value is what follows the last
/// character that is no white space.
///
/// Folding and escapes change white space, so all other characters are counted.
pub(super) fn raw_offset(raw: &str, value: &str, target: usize) -> usize {
    let (before, after) = value.split_at_checked(target).unwrap_or((value, ""));
    let preceding = before.trim_end();
    let quote = quote(raw, value);
    let mut written = Written::new(raw, quote);
    let mut end = written.next;
    for _ in characters(preceding) {
        end = written.next().map_or(end, |(_, range)| range.end);
    }
    if after.trim_start().is_empty() {
        return end;
    }
    if !after.starts_with(char::is_whitespace) {
        return written.next().map_or(end, |(_, range)| range.start);
    }
    // White space is found where it stands on the same line as it is.
    let spaces = before[preceding.len()..].chars().count();
    let is_space = |c: &char| c.is_whitespace() && !matches!(c, '\n' | '\r');
    let following = raw.get(end..).unwrap_or_default().chars();
    end + following.take(spaces).take_while(is_space).map(char::len_utf8).sum::<usize>()
}

fn characters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace())
}

/// The quote of a scalar. The content of a block can begin with one, too, which is then part of its value.
fn quote(raw: &str, value: &str) -> Option<char> {
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''));
    quote.filter(|_| Written::new(raw, quote).map(|(c, _)| c).eq(characters(value)))
}

/// Where the characters of a scalar's value are written in its YAML, white space left out.
struct Written<'a> {
    raw: &'a str,
    quote: Option<char>,
    next: usize,
}

impl<'a> Written<'a> {
    fn new(raw: &'a str, quote: Option<char>) -> Written<'a> {
        Written { raw, quote, next: quote.map_or(0, char::len_utf8) }
    }
}

impl Iterator for Written<'_> {
    type Item = (char, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.raw.get(self.next..)?;
            let c = rest.chars().next()?;
            let (length, means) = match (self.quote, c) {
                (Some('\''), '\'') if rest.starts_with("''") => (2, Some(c)),
                (Some(quote), c) if quote == c => return None,
                (Some('"'), '\\') => escape(rest),
                _ => (c.len_utf8(), Some(c)),
            };
            let from = self.next;
            self.next += length;
            if let Some(c) = means.filter(|c| !c.is_whitespace()) {
                return Some((c, from..self.next));
            }
        }
    }
}

/// The length of the escape at the beginning of a text, in bytes, and the character that it means; `None` for white space and for a
/// line that continues.
fn escape(text: &str) -> (usize, Option<char>) {
    let Some(c) = text.chars().nth(1) else { return (text.len(), None) };
    let digits = match c {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        't' | 'n' | 'r' | 'v' | 'f' | '_' | 'N' | 'L' | 'P' | '\n' | '\r' => return (2, None),
        '0' => return (2, Some('\0')),
        'a' => return (2, Some('\x07')),
        'b' => return (2, Some('\x08')),
        'e' => return (2, Some('\x1b')),
        c => return (1 + c.len_utf8(), Some(c)),
    };
    let code = |at: usize| text.get(at..at + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let length = 2 + digits;
    match code(2) {
        // One character in two escapes, as in JSON.
        Some(high @ 0xd800..0xdc00) if text.get(length..length + 2) == Some("\\u") => {
            let low = code(length + 2).filter(|low| (0xdc00..0xe000).contains(low)).unwrap_or(0xdc00);
            (2 * length, char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)))
        }
        Some(code) => (length, char::from_u32(code)),
        None => (2, Some(c)),
    }
}
