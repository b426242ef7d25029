//! Parsing of `.env` files, as Docker Compose reads them.
//!
//! Two differences: what Compose drops without a message, such as text after a closing quote, is an error, and a `#` after a
//! tab, or after nothing but white space, begins a comment, too.

use super::substitution::{Substitution, substitute};
use std::collections::BTreeMap;

/// The contents of a file. Errors and warnings begin with the file's name and the line.
#[derive(Debug, Default, PartialEq)]
pub struct EnvFile {
    pub values: BTreeMap<String, String>,
    /// Lines that can't be read.
    pub errors: Vec<String>,
    /// Variables without a value, which are replaced by nothing.
    pub warnings: Vec<String>,
}

/// Parses statements of `NAME=value`, with `export`, quotes, comments and `${NAME}`. `environment` has the values of variables
/// that take precedence over those of the file, and of names without `=`.
pub fn parse(file: &str, text: &str, environment: &BTreeMap<String, String>) -> EnvFile {
    let mut parser = Parser { file, rest: text, line: 1, environment, found: EnvFile::default() };
    while parser.skip_to_statement() {
        let line = parser.line;
        if let Err(error) = parser.statement() {
            parser.found.errors.push(format!("{file}:{line}: {error}"));
            parser.skip_line();
        }
    }
    parser.found
}

/// Parses a file that may not be text. The error names the line.
pub fn parse_bytes(file: &str, bytes: &[u8], environment: &BTreeMap<String, String>) -> EnvFile {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(file, text, environment),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            let errors = vec![format!("{file}:{line}: is not UTF-8: save the file in this encoding")];
            EnvFile { errors, ..EnvFile::default() }
        }
    }
}

struct Parser<'a> {
    file: &'a str,
    rest: &'a str,
    /// The line at which `rest` begins, from 1.
    line: usize,
    environment: &'a BTreeMap<String, String>,
    found: EnvFile,
}

impl<'a> Parser<'a> {
    /// Takes so many bytes and counts their lines.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn skip_line(&mut self) {
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        self.take(end);
    }

    /// Skips empty lines and comments. False at the end.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            // A byte order mark stands where files were joined, too.
            let blank =
                self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            self.take(blank);
            match self.rest.chars().next() {
                None => return false,
                Some('#') => self.skip_line(),
                Some(_) => return true,
            }
        }
    }

    fn statement(&mut self) -> Result<(), String> {
        if self.rest.strip_prefix("export").is_some_and(|rest| rest.starts_with(is_space)) {
            self.take("export".len());
            self.skip_space();
        }
        let end = self.rest.find(['=', ':', '\n']).unwrap_or(self.rest.len());
        let name = self.rest[..end].trim_end();
        if !is_name(name) {
            return Err("should be NAME=value, with letters, digits, '_', '.' and '-' in the name".into());
        }
        let has_value = !matches!(self.rest.as_bytes().get(end), None | Some(b'\n'));
        self.take(end);
        if !has_value {
            // A name alone: the value of the environment.
            let inherited = self.environment.get(name).map(|value| (name.to_string(), value.clone()));
            self.found.values.extend(inherited);
            return Ok(());
        }
        self.take(1);
        let value = self.value().map_err(|why| format!("{name}: {why}"))?;
        self.found.values.insert(name.to_string(), value);
        Ok(())
    }

    fn value(&mut self) -> Result<String, String> {
        let spaces = self.skip_space();
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => {
                let line = self.line;
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                let text = without_comment(self.take(end), spaces > 0);
                self.expand(text, line)
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let line = self.line;
        let inner = &self.rest[1..];
        let end = closing(inner, quote).ok_or("the quote is not closed")?;
        let text = inner[..end].replace(&format!("\\{quote}"), &quote.to_string());
        let text = if quote == '"' { unescaped(&inner[..end]) } else { text };
        self.take(end + 2);
        let after = &self.rest[..self.rest.find('\n').unwrap_or(self.rest.len())];
        let more = after.trim_start();
        if !more.is_empty() && !more.starts_with('#') {
            let at = if self.line > line { format!(", on line {}", self.line) } else { String::new() };
            return Err(format!("text after the closing quote{at}: quote the whole value"));
        }
        self.skip_line();
        if quote == '"' { self.expand(&text, line) } else { Ok(text) }
    }

    /// The value with its variables substituted.
    fn expand(&mut self, text: &str, line: usize) -> Result<String, String> {
        let lookup = |name: &str| self.environment.get(name).or_else(|| self.found.values.get(name)).cloned();
        let Substitution { text, unset } = substitute(text, &lookup)?;
        let file = self.file;
        self.found.warnings.extend(unset.into_iter().map(|name| {
            format!("{file}:{line}: ${{{name}}} has no value and is replaced by nothing; write $$ for a dollar sign")
        }));
        Ok(text)
    }

    /// Skips white space within the line. Returns how much.
    fn skip_space(&mut self) -> usize {
        let length = self.rest.len() - self.rest.trim_start_matches(is_space).len();
        self.take(length).len()
    }
}

/// The part of an unquoted value before a comment, which begins with a `#` after white space.
fn without_comment(text: &str, after_space: bool) -> &str {
    let starts = |at: usize| if at == 0 { after_space } else { text[..at].ends_with(is_space) };
    let end = text.match_indices('#').map(|(at, _)| at).find(|at| starts(*at));
    text[..end.unwrap_or(text.len())].trim_end()
}

/// Where the text that is quoted ends. A quote after a backslash belongs to it.
fn closing(inner: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            c if c == quote && !escaped => return Some(at),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// A text in double quotes, with its escape sequences replaced. `\$` becomes `$$`, which no variable begins with.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (replaced, length) = escape(&rest[at + 1..]);
        match replaced {
            Some(text) => out.push_str(&text),
            None => out.push_str(&rest[at..at + 1 + length]),
        }
        rest = &rest[at + 1 + length..];
    }
    out + rest
}

/// What the escape sequence at the start of `text`, after its backslash, stands for, and its length.
fn escape(text: &str) -> (Option<String>, usize) {
    let Some(first) = text.chars().next() else { return (None, 0) };
    let replaced = match first {
        '0' => {
            let digits = text[1..].bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
            let code = u8::from_str_radix(&text[1..=digits], 8).ok().filter(|_| digits == 3);
            return (code.map(|code| char::from(code).to_string()), 1 + digits);
        }
        'a' => "\x07",
        'b' => "\x08",
        'f' => "\x0c",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\x0b",
        '\\' => "\\",
        '"' => "\"",
        '$' => "$$",
        _ => return (None, first.len_utf8()),
    };
    (Some(replaced.to_string()), 1)
}

/// White space other than a line break.
fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// Whether this can be a key of the ConfigMap. Compose ignores names that begin with a digit.
fn is_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        && name.as_bytes().first().is_some_and(|b| !b.is_ascii_digit())
}

#[cfg(test)]
mod tests;
