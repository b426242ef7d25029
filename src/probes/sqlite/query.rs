//! Whether a text is one statement that only reads, checked without the database.

use crate::domain::probe_fields::QueryError;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthContext, Authorization};

/// Whether `sql` is a single SELECT, VALUES or WITH … SELECT without syntax errors, with so many parameters. Tables and columns
/// are not checked, since that needs the database, whose connection has an authorizer against writes besides.
pub fn check_query(sql: &str, given: usize) -> Result<(), QueryError> {
    check_statement(sql)?;
    let expected = parameters(sql, &tokens(sql)?);
    if expected == given { Ok(()) } else { Err(QueryError::ParameterCount { expected, given }) }
}

fn check_statement(sql: &str) -> Result<(), QueryError> {
    let statement = check_shape(sql)?;
    let foreign = |e: rusqlite::Error| QueryError::Syntax(e.to_string());
    let mut empty = Connection::open_in_memory().map_err(foreign)?;
    // Ends what follows the parser. Names are resolved and common table expressions copied there, at a cost that a short text can make
    // exponential.
    empty.authorizer(Some(|_: AuthContext<'_>| Authorization::Deny)).map_err(foreign)?;
    if let Some(error) = syntax_error(&empty, statement) {
        return Err(error);
    }
    // SQLite's grammar decides: only statements that read are allowed in an expression.
    if syntax_error(&empty, &format!("SELECT EXISTS ({statement}\n)")).is_some() {
        return Err(QueryError::Writes);
    }
    if has_no_tables(statement) { check_quoted_names(statement) } else { Ok(()) }
}

/// Whether a statement reads no tables, so that preparing it is cheap and needs no database.
fn has_no_tables(statement: &str) -> bool {
    let words = statement.split(|c: char| !is_word(c));
    !words.into_iter().any(|word| ["FROM", "WITH"].iter().any(|table| word.eq_ignore_ascii_case(table)))
}

/// Refuses a name in double quotes where there are no columns. Other errors of names show when the statement is run.
fn check_quoted_names(statement: &str) -> Result<(), QueryError> {
    let foreign = |e: rusqlite::Error| QueryError::Syntax(e.to_string());
    let empty = Connection::open_in_memory().map_err(foreign)?;
    for setting in [DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_DQS_DDL] {
        empty.set_db_config(setting, false).map_err(foreign)?;
    }
    match empty.prepare(statement) {
        Err(rusqlite::Error::SqlInputError { msg, .. }) if msg.contains("string literal in single-quotes") => {
            Err(QueryError::Syntax(msg))
        }
        _ => Ok(()),
    }
}

/// The error of SQLite's parser, if it is about syntax and not about missing tables or columns.
fn syntax_error(connection: &Connection, sql: &str) -> Option<QueryError> {
    match connection.prepare(sql) {
        Err(rusqlite::Error::SqlInputError { msg, .. } | rusqlite::Error::SqliteFailure(_, Some(msg))) => {
            ["syntax error", "incomplete input", "unrecognized token"]
                .iter()
                .any(|part| msg.contains(part))
                .then_some(QueryError::Syntax(msg))
        }
        Err(rusqlite::Error::MultipleStatement) => Some(QueryError::MoreThanOneStatement),
        _ => None,
    }
}

/// The part of [`check_statement`] that needs no SQLite: one statement whose first word may begin one that reads. Returns it without the
/// semicolons and comments after it.
pub(super) fn check_shape(sql: &str) -> Result<&str, QueryError> {
    let tokens = tokens(sql)?;
    let words = tokens.iter().rposition(|t| t.kind != Kind::Semicolon).map_or(0, |last| last + 1);
    let statement = &tokens[..words];
    if statement.iter().any(|t| t.kind == Kind::Semicolon) {
        return Err(QueryError::MoreThanOneStatement);
    }
    let (Some(first), Some(last)) = (statement.first(), statement.last()) else {
        return Err(QueryError::NoStatement);
    };
    let text = &sql[first.start..last.end];
    let word = sql[first.start..first.end].to_uppercase();
    match (first.kind, word.as_str()) {
        (Kind::Word, "SELECT" | "VALUES" | "WITH") => Ok(text),
        (Kind::Word, _) => Err(QueryError::NotReading { word: Some(word) }),
        _ => Err(QueryError::NotReading { word: None }),
    }
}

/// The number of parameters, as SQLite counts them: `?` is one more than the largest before it, `?2` is number two, and names are
/// numbered in their order.
fn parameters(sql: &str, tokens: &[Token]) -> usize {
    let text = |token: &Token| &sql[token.start..token.end];
    let mut names: Vec<&str> = Vec::new();
    let mut largest = 0;
    for (at, token) in tokens.iter().enumerate() {
        // What follows it directly, if it is a word.
        let next = tokens.get(at + 1).filter(|next| next.kind == Kind::Word && next.start == token.end).map(text);
        let name = match (text(token), next) {
            ("?", Some(number)) => {
                largest = largest.max(number.parse().unwrap_or_default());
                continue;
            }
            ("?", None) => {
                largest += 1;
                continue;
            }
            (":" | "@", Some(name)) => &sql[token.start..token.end + name.len()],
            (word, _) if token.kind == Kind::Word && word.starts_with('$') => word,
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
            largest += 1;
        }
    }
    largest
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Word,
    Semicolon,
    /// A string, a quoted name, a number or an operator.
    Other,
}

#[derive(Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Splits SQL into tokens, with quotes and comments as in <https://sqlite.org/draft/tokenreq.html>.
fn tokens(sql: &str) -> Result<Vec<Token>, QueryError> {
    if sql.contains('\0') {
        return Err(QueryError::NulCharacter);
    }
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = sql[start..].chars().next() {
        let rest = &sql[start..];
        let (kind, length) = match first {
            c if c.is_ascii_whitespace() => (None, 1),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                let end = rest[2..].find("*/").ok_or(QueryError::UnclosedComment)?;
                (None, end + 4)
            }
            '\'' | '"' | '`' | '[' => (Some(Kind::Other), quoted(rest, first)?),
            ';' => (Some(Kind::Semicolon), 1),
            c if is_word(c) => (Some(Kind::Word), rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            c => (Some(Kind::Other), c.len_utf8()),
        };
        tokens.extend(kind.map(|kind| Token { kind, start, end: start + length }));
        start += length;
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii()
}

/// The length of a quoted text, quotes included. A quote in it is doubled, except in brackets.
fn quoted(text: &str, quote: char) -> Result<usize, QueryError> {
    let close = if quote == '[' { ']' } else { quote };
    let mut at = 1;
    loop {
        at += text[at..].find(close).ok_or(QueryError::UnclosedQuote(quote))? + 1;
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
    fn statements_that_only_read_are_accepted() {
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
            "WITH a AS (SELECT 1 AS x) SELECT (SELECT x FROM a)",
            "WITH a AS (SELECT 1), b AS (SELECT 2) SELECT (1), (SELECT 2) FROM a, b ORDER BY 1 LIMIT 1",
            "WITH a AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (SELECT 2) SELECT * FROM a",
            "WITH \"delete\" AS (SELECT 1), replace(x) AS (SELECT 2) SELECT x FROM replace",
            "WITH a AS (VALUES (1)) SELECT * FROM a UNION ALL SELECT * FROM missing EXCEPT VALUES (3)",
            "SELECT (SELECT max(x) FROM t), CASE WHEN EXISTS (SELECT 1 FROM t) THEN 1 END",
            "SELECT 1; -- done",
            "SELECT 1 -- done",
            "SELECT 1 ; /* a */ ; -- b",
            "SELECT replace(a, 'insert', 'delete') FROM t WHERE b LIKE '%drop table%'",
            "SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t",
        ] {
            assert_eq!(check_statement(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn all_other_statements_are_rejected() {
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
            "WITH a AS (SELECT 1) DELETE FROM t WHERE x IN (SELECT (SELECT 1))",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT (SELECT 1)",
            "SELECT 1) ; DROP TABLE t; SELECT (1",
            "SELECT 1) UNION SELECT (1",
            "SELECT * FROM missing; DROP TABLE missing",
            "(SELECT 1)",
            "REPLACE INTO t VALUES (1)",
            "CREATE TABLE t AS SELECT 1",
            "SELECT * FROM pragma_table_info('t'); PRAGMA user_version = 3",
            "DETACH x",
            "REINDEX",
            "ANALYZE",
            "EXPLAIN QUERY PLAN SELECT 1",
            "SELECT 1 INTO t",
        ] {
            assert!(check_statement(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn parameters_are_counted_as_sqlite_counts_them() {
        for sql in [
            "SELECT 1",
            "SELECT ?, ?",
            "SELECT ?2",
            "SELECT ?1, ?1",
            "SELECT ?2, ?",
            "SELECT :a, :b, :a, @a, $a",
            "SELECT '?', \"?\", [?], `?` /* ? */ -- ?",
            "SELECT ?3, :x, ?1",
            "VALUES (?1 + ?2)",
        ] {
            let of_sqlite = Connection::open_in_memory()
                .unwrap()
                .prepare(&sql.replace("\"?\", [?], `?`", "1"))
                .unwrap()
                .parameter_count();
            assert_eq!(parameters(sql, &tokens(sql).unwrap()), of_sqlite, "{sql}");
        }
        assert_eq!(check_query("SELECT ?1", 1), Ok(()));
        assert_eq!(check_query("SELECT ?1", 0), Err(QueryError::ParameterCount { expected: 1, given: 0 }));
    }

    #[test]
    fn a_quoted_name_where_there_are_no_columns_is_refused() {
        for sql in ["SELECT \"open\"", "VALUES (\"open\")", "SELECT 1 WHERE 'a' = \"a\""] {
            let error = check_statement(sql).unwrap_err();
            assert!(matches!(&error, QueryError::Syntax(text) if text.contains("no such column")), "{sql} {error:?}");
        }
        for sql in ["SELECT 'open' AS \"state\"", "SELECT \"open\" FROM tickets", "SELECT absent"] {
            assert_eq!(check_statement(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn checking_takes_no_more_than_parsing() {
        let tables: Vec<String> = (1..60).map(|i| format!("a{i} AS (SELECT count(*) FROM a{}, a{0})", i - 1)).collect();
        let copied = format!("WITH a0 AS (SELECT 1), {} SELECT * FROM a59", tables.join(", "));
        let flattened =
            format!("{}SELECT rowid AS a FROM sqlite_schema{}", "SELECT a + a AS a FROM (".repeat(60), ")".repeat(60));
        for sql in [copied, flattened] {
            assert_eq!(check_statement(&sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn the_error_names_the_problem() {
        let not_reading = |word: &str| QueryError::NotReading { word: Some(word.into()) };
        for (sql, expected) in [
            ("DELETE FROM t", not_reading("DELETE")),
            ("PRAGMA journal_mode = WAL", not_reading("PRAGMA")),
            ("attach 'x' as y", not_reading("ATTACH")),
            ("(SELECT 1)", QueryError::NotReading { word: None }),
            ("WITH a AS (SELECT 1) DELETE FROM t", QueryError::Writes),
            ("SELECT 1; SELECT 2", QueryError::MoreThanOneStatement),
            ("SELECT 1 FROM FROM t", QueryError::Syntax("near \"FROM\": syntax error".into())),
            ("SELECT 'a", QueryError::UnclosedQuote('\'')),
            ("SELECT 1 /* a", QueryError::UnclosedComment),
            ("SELECT 1\0", QueryError::NulCharacter),
            ("", QueryError::NoStatement),
        ] {
            assert_eq!(check_statement(sql), Err(expected), "{sql}");
        }
    }
}
