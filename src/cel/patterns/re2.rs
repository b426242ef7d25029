//! The syntax of RE2, which CEL's regular expressions have, written in the syntax of `regex-syntax`.
//!
//! The two differ in what they leave out, in what is a literal, and in what a class of characters may contain. All text is
//! translated token by token: what RE2 refuses is refused, and no character has another meaning than there.

use super::error::PatternError;
use regex_automata::util::syntax;
use std::fmt::Write as _;

/// Largest number in a repetition.
const REPEAT_MAX: u32 = 1_000;
/// What `\d`, `\s` and `\w` stand for within brackets.
const PERL: [(char, &str); 3] = [('d', "0-9"), ('s', "\\t\\n\\f\\r "), ('w', "0-9A-Za-z_")];
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// The expression in the syntax of `regex-syntax`.
pub(super) fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut translation = Translation { rest: pattern, out: String::with_capacity(2 * pattern.len()) };
    let mut repeated = false;
    while let Some(c) = translation.peek() {
        let is_repetition = translation.token(c)?;
        // `a**` is none, while `a*?` is one repetition.
        if is_repetition && repeated {
            return Err(PatternError::Invalid);
        }
        repeated = is_repetition;
    }
    Ok(translation.out)
}

struct Translation<'p> {
    rest: &'p str,
    out: String,
}

impl<'p> Translation<'p> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn take_if(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || !c.is_ascii() {
            self.out.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(self.out, "\\x{{{:X}}}", u32::from(c));
        }
    }

    /// Translates the token that begins with `c`; whether it is a repetition.
    fn token(&mut self, c: char) -> Result<bool, PatternError> {
        match c {
            '(' => self.group()?,
            '[' => self.class()?,
            '\\' => self.escape()?,
            '*' | '+' | '?' => {
                self.take();
                self.out.push(c);
                return Ok(self.laziness());
            }
            '{' => match self.repetition()? {
                Some(written) => {
                    self.out.push_str(&written);
                    return Ok(self.laziness());
                }
                None => {
                    self.take();
                    self.literal('{');
                }
            },
            ')' | '|' | '^' | '$' | '.' => {
                self.take();
                self.out.push(c);
            }
            _ => {
                self.take();
                self.literal(c);
            }
        }
        Ok(false)
    }

    /// A question mark after a repetition. Returns true.
    fn laziness(&mut self) -> bool {
        if self.take_if("?") {
            self.out.push('?');
        }
        true
    }

    /// `{2}`, `{2,}` or `{2,3}`; `None` where the bracket is a literal.
    fn repetition(&mut self) -> Result<Option<String>, PatternError> {
        let Some((inner, rest)) = self.rest[1..].split_once('}') else { return Ok(None) };
        let (min, max) = inner.split_once(',').map_or((inner, None), |(min, max)| (min, Some(max)));
        let is_number = |text: &str| {
            text.chars().all(|c| c.is_ascii_digit()) && !text.is_empty() && (text.len() == 1 || !text.starts_with('0'))
        };
        if !is_number(min) || max.is_some_and(|max| !max.is_empty() && !is_number(max)) {
            return Ok(None);
        }
        let number = |text: &str| text.parse().ok().filter(|n: &u32| *n <= REPEAT_MAX).ok_or(PatternError::Invalid);
        let least = number(min)?;
        if let Some(max) = max.filter(|max| !max.is_empty())
            && number(max)? < least
        {
            return Err(PatternError::Invalid);
        }
        self.rest = rest;
        Ok(Some(format!("{{{inner}}}")))
    }

    /// What begins with a round bracket.
    fn group(&mut self) -> Result<(), PatternError> {
        self.take();
        if !self.take_if("?") {
            self.out.push('(');
            return Ok(());
        }
        if self.take_if("P<") || self.take_if("<") {
            let (name, rest) = self.rest.split_once('>').ok_or(PatternError::Invalid)?;
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !is_name {
                return Err(PatternError::Invalid);
            }
            self.rest = rest;
            self.out.push('(');
            return Ok(());
        }
        let end = self.rest.find([':', ')']).ok_or(PatternError::Invalid)?;
        let flags = &self.rest[..end];
        let (on, off) = flags.split_once('-').unwrap_or((flags, "i"));
        let are_flags = |flags: &str| flags.chars().all(|c| matches!(c, 'i' | 'm' | 's' | 'U'));
        if !are_flags(on) || !are_flags(off) || off.is_empty() {
            return Err(PatternError::Invalid);
        }
        let opens = self.rest[end..].starts_with(':');
        self.rest = &self.rest[end + 1..];
        if opens || !flags.is_empty() {
            self.out.push_str("(?");
            self.flags(flags);
            self.out.push(if opens { ':' } else { ')' });
        }
        Ok(())
    }

    /// Each flag once: the library refuses repeated ones.
    fn flags(&mut self, flags: &str) {
        let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
        let of = |text: &str| ['i', 'm', 's', 'U'].into_iter().filter(|c| text.contains(*c)).collect::<String>();
        let on: String = of(on).chars().filter(|c| !off.contains(*c)).collect();
        self.out.push_str(&on);
        if !off.is_empty() {
            self.out.push('-');
            let off = of(off);
            self.out.push_str(&off);
        }
    }

    /// What begins with a backslash, outside of brackets.
    fn escape(&mut self) -> Result<(), PatternError> {
        let next = self.rest[1..].chars().next().ok_or(PatternError::Invalid)?;
        let boundary = match next {
            'A' | 'z' => next.to_string(),
            'b' | 'B' => format!("(?-u:\\{next})"),
            'Q' => {
                let (quoted, rest) = self.rest[2..].split_once("\\E").unwrap_or((&self.rest[2..], ""));
                self.rest = rest;
                quoted.chars().for_each(|c| self.literal(c));
                return Ok(());
            }
            _ => {
                if let Some(class) = self.named_class()? {
                    self.out.push_str(&class);
                } else {
                    let c = self.character()?;
                    self.literal(c);
                }
                return Ok(());
            }
        };
        self.rest = &self.rest[2..];
        if boundary.len() == 1 {
            self.out.push('\\');
        }
        self.out.push_str(&boundary);
        Ok(())
    }

    /// `\d`, `\PL`, `\p{Greek}` and the like, in brackets of its own; `None` where there is none.
    fn named_class(&mut self) -> Result<Option<String>, PatternError> {
        let Some(kind) = self.rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) else { return Ok(None) };
        if let Some((_, class)) = PERL.iter().find(|(name, _)| *name == kind.to_ascii_lowercase()) {
            self.rest = &self.rest[2..];
            let sign = if kind.is_ascii_uppercase() { "^" } else { "" };
            return Ok(Some(format!("[{sign}{class}]")));
        }
        if !matches!(kind, 'p' | 'P') {
            return Ok(None);
        }
        self.rest = &self.rest[2..];
        let name = match self.take().ok_or(PatternError::Invalid)? {
            '{' => {
                let (name, rest) = self.rest.split_once('}').ok_or(PatternError::Invalid)?;
                self.rest = rest;
                name.to_string()
            }
            letter => letter.to_string(),
        };
        let (name, is_negated) = name.strip_prefix('^').map_or((name.as_str(), false), |name| (name, true));
        let sign = if (kind == 'P') != is_negated { 'P' } else { 'p' };
        property(name, sign).map(Some)
    }

    /// A single character, which may be escaped.
    fn character(&mut self) -> Result<char, PatternError> {
        let first = self.take().ok_or(PatternError::Invalid)?;
        if first != '\\' {
            return Ok(first);
        }
        let c = self.take().ok_or(PatternError::Invalid)?;
        let code = match c {
            'a' => 7,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            'x' => self.hexadecimal()?,
            // A single digit would refer to a group.
            '1'..='7' if !self.rest.starts_with(|c: char| c.is_digit(8)) => return Err(PatternError::Invalid),
            '0'..='7' => {
                let more = self.rest.chars().take(2).take_while(|c| c.is_digit(8)).count();
                let digits: String = [c].into_iter().chain(self.rest.chars().take(more)).collect();
                self.rest = &self.rest[more..];
                u32::from_str_radix(&digits, 8).map_err(|_| PatternError::Invalid)?
            }
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => u32::from(other),
            _ => return Err(PatternError::Invalid),
        };
        char::from_u32(code).ok_or(PatternError::Invalid)
    }

    /// `41` or `{1F600}`.
    fn hexadecimal(&mut self) -> Result<u32, PatternError> {
        let digits = if self.take_if("{") {
            let (digits, rest) = self.rest.split_once('}').ok_or(PatternError::Invalid)?;
            self.rest = rest;
            digits
        } else {
            let digits = self.rest.get(..2).ok_or(PatternError::Invalid)?;
            self.rest = &self.rest[2..];
            digits
        };
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
        let number = digits.trim_start_matches('0');
        let number = if number.is_empty() { "0" } else { number };
        u32::from_str_radix(number, 16).ok().filter(|_| is_number).ok_or(PatternError::Invalid)
    }

    /// What is in square brackets.
    fn class(&mut self) -> Result<(), PatternError> {
        self.take();
        self.out.push('[');
        if self.take_if("^") {
            self.out.push('^');
        }
        let mut is_first = true;
        // A closing bracket that comes first is a character.
        while is_first || !self.take_if("]") {
            is_first = false;
            if let Some(class) = self.posix_class()? {
                self.out.push_str(&class);
            } else if let Some(class) = self.named_class()? {
                self.out.push_str(&class);
            } else {
                self.range()?;
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]`, within brackets.
    fn posix_class(&mut self) -> Result<Option<String>, PatternError> {
        let Some((inner, rest)) = self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) else {
            return Ok(None);
        };
        if !POSIX.contains(&inner.strip_prefix('^').unwrap_or(inner)) {
            return Err(PatternError::Invalid);
        }
        self.rest = rest;
        Ok(Some(format!("[:{inner}:]")))
    }

    /// `a`, or `a-z`.
    fn range(&mut self) -> Result<(), PatternError> {
        let low = self.character()?;
        let high = if self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1 {
            self.take();
            self.character()?
        } else {
            low
        };
        if high < low {
            return Err(PatternError::Invalid);
        }
        self.literal(low);
        if high > low {
            self.out.push('-');
            self.literal(high);
        }
        Ok(())
    }
}

/// A class by property. RE2 knows general categories and scripts.
fn property(name: &str, sign: char) -> Result<String, PatternError> {
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' '));
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if !is_name || plain.is_empty() {
        return Err(PatternError::Invalid);
    }
    if matches!(plain.as_str(), "any" | "ascii" | "assigned") {
        return Ok(format!("[\\{sign}{{{plain}}}]"));
    }
    let kinds = ["gc", "sc"].map(|kind| format!("[\\{sign}{{{kind}={plain}}}]"));
    kinds.into_iter().find(|class| syntax::parse(class).is_ok()).ok_or(PatternError::Invalid)
}
