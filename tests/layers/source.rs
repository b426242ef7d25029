//! The tokens of a Rust file, without comments and literals. Each has its line and inline module, and whether it is test code: an
//! item with `#[cfg(test)]`, or a file of a module with this attribute.

use std::rc::Rc;

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An identifier or keyword; `$crate` is `crate`.
    Word(String),
    /// `::`
    Separator,
    /// Any other single character.
    Mark(char),
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
    pub is_test: bool,
    /// Names of the enclosing inline modules, outermost first.
    pub inside: Rc<Vec<String>>,
}

impl Token {
    pub fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = &self.kind { Some(word) } else { None }
    }

    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

/// All tokens of a file. `is_test`: whether the whole file is test code.
pub fn read(text: &str, is_test: bool) -> Vec<Token> {
    let mut tokens = lex(text);
    mark_tests(&mut tokens, is_test);
    mark_modules(&mut tokens);
    tokens
}

fn lex(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < characters.len() {
        let rest = &characters[at..];
        let (length, kind) = next(rest);
        let length = length.clamp(1, rest.len());
        if let Some(kind) = kind {
            tokens.push(Token { kind, line, is_test: false, inside: Rc::default() });
        }
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        at += length;
    }
    tokens
}

/// The length of the next token, comment, literal or space, and its kind if it is a token.
fn next(rest: &[char]) -> (usize, Option<Kind>) {
    let starts = |with: &str| with.chars().enumerate().all(|(i, c)| rest.get(i) == Some(&c));
    if starts("//") {
        return (rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()), None);
    }
    if starts("/*") {
        return (block_comment(rest), None);
    }
    if starts("::") {
        return (2, Some(Kind::Separator));
    }
    if starts("$crate") {
        return (6, Some(Kind::Word("crate".into())));
    }
    if let Some(length) = string(rest) {
        return (length, None);
    }
    match rest[0] {
        '\'' => (quoted(rest), None),
        c if c.is_alphabetic() || c == '_' => {
            let raw = if starts("r#") { 2 } else { 0 };
            let word: String = rest[raw..].iter().take_while(|c| is_part(**c)).collect();
            (raw + word.chars().count(), Some(Kind::Word(word)))
        }
        c if c.is_ascii_digit() => (rest.iter().take_while(|c| is_part(**c)).count(), None),
        c if c.is_whitespace() => (1, None),
        c => (1, Some(Kind::Mark(c))),
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a block comment, which can be nested.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match (rest[at], rest.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a string literal of any form; `None` if there is none.
fn string(rest: &[char]) -> Option<usize> {
    let prefix = rest.iter().take_while(|c| "bcr".contains(**c)).count();
    let is_raw = rest[..prefix].contains(&'r');
    let hashes = if is_raw { rest[prefix..].iter().take_while(|c| **c == '#').count() } else { 0 };
    let start = prefix + hashes;
    if prefix > 2 || rest.get(start) != Some(&'"') {
        return None;
    }
    let mut at = start + 1;
    while at < rest.len() {
        match rest[at] {
            '\\' if !is_raw => at += 1,
            '"' if rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes => {
                return Some(at + 1 + hashes);
            }
            _ => {}
        }
        at += 1;
    }
    Some(rest.len())
}

/// The length of a character literal or a lifetime.
fn quoted(rest: &[char]) -> usize {
    match (rest.get(1), rest.get(2)) {
        (Some('\\'), _) => 3 + rest.iter().skip(3).position(|c| *c == '\'').unwrap_or(0) + 1,
        (Some(_), Some('\'')) => 3,
        _ => 1 + rest[1..].iter().take_while(|c| is_part(**c)).count(),
    }
}

fn mark_tests(tokens: &mut [Token], is_test: bool) {
    for token in &mut *tokens {
        token.is_test = is_test;
    }
    let mut at = 0;
    while at < tokens.len() {
        let inner = tokens[at].is('#') && tokens.get(at + 1).is_some_and(|t| t.is('!'));
        let open = at + if inner { 2 } else { 1 };
        if !tokens[at].is('#') || !tokens.get(open).is_some_and(|t| t.is('[')) {
            at += 1;
            continue;
        }
        let close = end_of_group(tokens, open);
        if is_cfg_test(&tokens[open + 1..close]) {
            let end = if inner { tokens.len() } else { end_of_item(tokens, close + 1) };
            tokens[at..end].iter_mut().for_each(|t| t.is_test = true);
        }
        at = close + 1;
    }
}

/// Whether it is `cfg(test)` or another `cfg` with `test`, but not `cfg(not(test))`.
fn is_cfg_test(attribute: &[Token]) -> bool {
    let names_test = attribute.iter().any(|t| t.is_word("test"));
    attribute.first().is_some_and(|t| t.is_word("cfg")) && names_test && !attribute.iter().any(|t| t.is_word("not"))
}

/// The index of the bracket that closes the one at `open`, or the last index if there is none.
fn end_of_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

/// The index after the end of the item, field or statement that begins at `from`, including attributes.
fn end_of_item(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    while at < tokens.len() {
        match tokens[at].kind {
            Kind::Mark('{') => return end_of_group(tokens, at) + 1,
            Kind::Mark('(' | '[') => at = end_of_group(tokens, at),
            Kind::Mark(';' | ',') => return at + 1,
            Kind::Mark(')' | ']' | '}') => return at,
            _ => {}
        }
        at += 1;
    }
    tokens.len()
}

fn mark_modules(tokens: &mut [Token]) {
    let mut names: Rc<Vec<String>> = Rc::default();
    let (mut depth, mut opened) = (0, Vec::new());
    for at in 0..tokens.len() {
        match tokens[at].kind {
            Kind::Mark('{') => {
                depth += 1;
                if let Some(name) = module_opened(tokens, at) {
                    opened.push(depth);
                    names = Rc::new(names.iter().cloned().chain([name]).collect());
                }
            }
            Kind::Mark('}') => {
                if opened.last() == Some(&depth) {
                    opened.pop();
                    names = Rc::new(names[..names.len() - 1].to_vec());
                }
                depth -= 1;
            }
            _ => {}
        }
        tokens[at].inside = names.clone();
    }
}

/// The name in `mod NAME {`, if this is its brace.
fn module_opened(tokens: &[Token], brace: usize) -> Option<String> {
    let name = tokens[brace.checked_sub(1)?].word()?;
    tokens[brace.checked_sub(2)?].is_word("mod").then(|| name.to_string())
}
