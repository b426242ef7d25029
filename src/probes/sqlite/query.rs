//! Whether a text is one statement that reads, seen before any database is.

use rusqlite::Connection;

/// Whether `sql` is a single SELECT, VALUES or WITH … SELECT without syntax errors. Errors say what is wrong with it. Tables and
/// columns are not looked at: that needs the database, whose connection guards itself against writes besides.
pub fn check_query(sql: &str) -> Result<(), String> {
    check_shape(sql)?;
    let empty = Connection::open_in_memory().map_err(|e| e.to_string())?;
    match empty.prepare(sql) {
        Err(rusqlite::Error::SqlInputError { msg, .. } | rusqlite::Error::SqliteFailure(_, Some(msg)))
            if is_syntax(&msg) =>
        {
            Err(msg)
        }
        Err(rusqlite::Error::MultipleStatement) => Err("more than one statement".to_string()),
        _ => Ok(()),
    }
}

fn is_syntax(message: &str) -> bool {
    ["syntax error", "incomplete input", "unrecognized token"].iter().any(|part| message.contains(part))
}

/// The part of [`check_query`] that needs no SQLite: one statement, which reads.
pub(super) fn check_shape(sql: &str) -> Result<(), String> {
    let tokens = tokens(sql)?;
    let body: Vec<&Token> = tokens.iter().rev().skip_while(|t| matches!(t, Token::Semicolon)).collect();
    let tokens: Vec<&Token> = body.into_iter().rev().collect();
    if tokens.iter().any(|t| matches!(t, Token::Semicolon)) {
        return Err("more than one statement".to_string());
    }
    match tokens.first() {
        None => Err("no statement".to_string()),
        Some(Token::Word(word)) if word == "SELECT" || word == "VALUES" => Ok(()),
        Some(Token::Word(word)) if word == "WITH" => check_with(&tokens),
        Some(Token::Word(word)) => Err(format!("{word}: only SELECT, VALUES and WITH … SELECT may be used")),
        Some(_) => Err("only SELECT, VALUES and WITH … SELECT may be used".to_string()),
    }
}

/// The statement after the common table expressions of a WITH must be a SELECT.
fn check_with(tokens: &[&Token]) -> Result<(), String> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Word(word) if depth == 0 => {
                let is_name = match tokens.get(at + 1) {
                    Some(Token::Open) => word != "VALUES",
                    Some(Token::Word(next)) => next == "AS",
                    _ => false,
                };
                match word.as_str() {
                    "SELECT" | "VALUES" if !is_name => return Ok(()),
                    "INSERT" | "UPDATE" | "DELETE" | "REPLACE" if !is_name => {
                        return Err(format!("WITH … {word} writes: only reading is allowed"));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Err("WITH is not followed by a SELECT".to_string())
}

#[derive(Debug, PartialEq)]
enum Token {
    /// In upper case.
    Word(String),
    Open,
    Close,
    Semicolon,
    /// A string, a quoted name, a number or an operator.
    Other,
}

/// Splits SQL into what matters here, as <https://sqlite.org/draft/tokenreq.html> tells quotes and comments.
fn tokens(sql: &str) -> Result<Vec<Token>, String> {
    if sql.contains('\0') {
        return Err("a NUL character".to_string());
    }
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            c if c.is_ascii_whitespace() => (None, 1),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                let end = rest[2..].find("*/").ok_or("a comment that does not end")?;
                (None, end + 4)
            }
            '\'' | '"' | '`' | '[' => (Some(Token::Other), quoted(rest, first)?),
            '(' => (Some(Token::Open), 1),
            ')' => (Some(Token::Close), 1),
            ';' => (Some(Token::Semicolon), 1),
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Some(Token::Word(rest[..end].to_uppercase())), end)
            }
            c => (Some(Token::Other), c.len_utf8()),
        };
        tokens.extend(token);
        rest = &rest[length..];
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii()
}

/// The length of a quoted text, quotes included. A quote in it is doubled, except in brackets.
fn quoted(text: &str, quote: char) -> Result<usize, String> {
    let close = if quote == '[' { ']' } else { quote };
    let mut at = 1;
    loop {
        at += text[at..].find(close).ok_or_else(|| format!("{quote} is not closed"))? + 1;
        if quote == '[' || !text[at..].starts_with(close) {
            return Ok(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_statements_pass() {
        for sql in [
            "SELECT 1",
            "select count(*) as n from tickets where state = ?1;",
            "  -- a comment; with a semicolon\n SELECT 'a;b', \"c;d\", [e;f], `g;h` FROM t /* ; */ ; ",
            "VALUES (1), (2)",
            "WITH a AS (SELECT 1), b(x) AS (SELECT 2) SELECT replace(x, 'a', 'b') FROM b",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
            "WITH v AS (SELECT 1) VALUES (1)",
            "SELECT 'it''s'",
            "SELECT id FROM \"update\" WHERE x IN (SELECT y FROM z)",
            "SELECT à FROM ção",
        ] {
            assert_eq!(check_query(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for sql in [
            "",
            ";",
            "-- only a comment",
            "DELETE FROM t",
            "INSERT INTO t VALUES (1)",
            "PRAGMA journal_mode = DELETE",
            "ATTACH 'x' AS y",
            "EXPLAIN SELECT 1",
            "SELECT 1; DROP TABLE t",
            "SELECT 1; SELECT 2",
            "WITH a AS (SELECT 1) DELETE FROM t",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
            "WITH a AS (SELECT 1) REPLACE INTO t SELECT * FROM a",
            "WITH a AS (SELECT 1) UPDATE t SET x = 1",
            "WITH a AS (SELECT 1)",
            "SELECT 'open",
            "SELECT 1 /* open",
            "SELEC 1",
            "SELECT 1 FROM FROM t",
            "SELECT (1",
            "SELECT 1\0; DROP TABLE t",
            "BEGIN",
            "VACUUM INTO 'x'",
        ] {
            assert!(check_query(sql).is_err(), "{sql}");
        }
    }
}
