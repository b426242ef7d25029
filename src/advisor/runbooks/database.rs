//! The SQLite database of the index: the pieces, and their words in an FTS5 table.

mod vectors;

pub use vectors::{Due, VectorModel};

use super::words::Words;
use crate::disposable::{DisposableFile, FileError, Kind};
use crate::domain::runbooks::{About, Excerpt, short_hash};
use rusqlite::{Connection, Row, params};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

static INDEX: Kind = Kind {
    name: "index of the runbooks",
    application: 0x4147_5242,
    // Increase this when the tables, or how words are made of texts, change: the index is then made anew.
    version: 2,
    schema: "
    CREATE TABLE pieces (
        id INTEGER PRIMARY KEY, spec TEXT NOT NULL, position INTEGER NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL,
        hash TEXT NOT NULL, about TEXT NOT NULL) STRICT;
    CREATE INDEX pieces_of_spec ON pieces (spec, position);
    CREATE INDEX pieces_by_hash ON pieces (hash);
    CREATE VIRTUAL TABLE words USING fts5 (text, heading, title, about, tokenize = 'unicode61 remove_diacritics 0');
    CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
    CREATE TABLE vector_sets (id INTEGER PRIMARY KEY, model TEXT NOT NULL, digest TEXT NOT NULL, serves INTEGER NOT NULL,
        UNIQUE (model, digest)) STRICT;
    CREATE TABLE vectors (vector_set INTEGER NOT NULL, hash TEXT NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (vector_set, hash)) STRICT, WITHOUT ROWID;",
    busy: Duration::from_secs(5),
    cache_kib: 2048,
    is_sound,
};

fn is_sound(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let state: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if state != "ok" {
        return Ok(false);
    }
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')", [])?;
    Ok(true)
}

/// Weights of the columns of `words`.
const BM25: &str = "bm25(words, 1.0, 2.0, 1.5, 0.5)";

/// Why the index can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("index of the runbooks: {0}")]
    File(#[from] FileError),
    #[error("index of the runbooks: headings of a piece: {0}")]
    Headings(#[from] serde_json::Error),
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> DatabaseError {
        DatabaseError::File(error.into())
    }
}

impl DatabaseError {
    /// Whether the file is damaged, or no database at all.
    pub fn is_damage(&self) -> bool {
        match self {
            DatabaseError::File(error) => error.is_damage(),
            DatabaseError::Headings(_) => true,
        }
    }
}

/// A piece with its words.
#[derive(Clone, Debug)]
pub struct Piece {
    pub id: i64,
    pub excerpt: Excerpt,
    /// The stems of its text, headings, title, and of what Scenarios say about the runbook, separated by spaces.
    pub words: [String; 4],
}

/// The database.
pub struct Database(DisposableFile);

impl Database {
    /// Opens the database, or makes it; `None`: in memory. What is no usable index of this version is put aside, and made anew.
    pub fn open(path: Option<&Path>) -> Result<Database, DatabaseError> {
        Ok(Database(DisposableFile::open(&INDEX, path)?))
    }

    /// Puts the file aside and makes it anew.
    pub fn begin_anew(&mut self) -> Result<(), DatabaseError> {
        Ok(self.0.begin_anew()?)
    }

    /// Makes the index hold these pieces and no others; each with what Scenarios say about its runbook. Only pieces that differ are
    /// written. The number of pieces that were added or removed.
    pub fn replace(
        &mut self,
        pages: &[(String, Vec<Excerpt>)],
        about: &[About],
        words: &Words,
    ) -> Result<usize, DatabaseError> {
        let mut said: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for about in about {
            said.entry(&about.spec).or_default().push(&about.text);
        }
        let transaction = self.0.connection_mut().transaction()?;
        // The pieces that there are, by what is in them.
        let mut stored: HashMap<(String, String), Vec<(i64, i64)>> = HashMap::new();
        {
            let mut query = transaction.prepare("SELECT hash, about, id, position FROM pieces")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                stored.entry((row.get(0)?, row.get(1)?)).or_default().push((row.get(2)?, row.get(3)?));
            }
        }
        let mut changed = 0;
        for (spec, pieces) in pages {
            let said = said.get(spec.as_str()).map(|texts| texts.join("\n")).unwrap_or_default();
            let about_hash = short_hash([said.as_str()]);
            for (position, piece) in pieces.iter().enumerate() {
                let position = i64::try_from(position).unwrap_or(i64::MAX);
                let same = stored.get_mut(&(piece.hash.clone(), about_hash.clone())).and_then(Vec::pop);
                match same {
                    Some((_, at)) if at == position => {}
                    Some((id, _)) => {
                        transaction.execute("UPDATE pieces SET position = ?2 WHERE id = ?1", params![id, position])?;
                    }
                    None => {
                        insert(&transaction, piece, position, (&said, &about_hash), words)?;
                        changed += 1;
                    }
                }
            }
            debug_assert!(pieces.iter().all(|piece| piece.spec == *spec));
        }
        for (id, _) in stored.into_values().flatten() {
            transaction.execute("DELETE FROM words WHERE rowid = ?1", [id])?;
            transaction.execute("DELETE FROM pieces WHERE id = ?1", [id])?;
            changed += 1;
        }
        transaction.commit()?;
        Ok(changed)
    }

    /// Each stem of the index, and in how many pieces it stands.
    pub fn stems(&self) -> Result<Vec<(String, u32)>, DatabaseError> {
        let mut query = self.0.connection().prepare("SELECT term, doc FROM vocabulary")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The number of pieces.
    pub fn count(&self) -> Result<u32, DatabaseError> {
        Ok(self.0.connection().query_row("SELECT count(*) FROM pieces", [], |row| row.get(0))?)
    }

    /// The pieces that have one of these stems, best first by bm25, at most `limit`.
    pub fn with_any<'a>(
        &self,
        stems: impl Iterator<Item = &'a str>,
        limit: usize,
    ) -> Result<Vec<Piece>, DatabaseError> {
        // Quoted, so that a word such as OR or NEAR is a word.
        let any: Vec<_> = stems.map(|stem| format!("\"{}\"", stem.replace('"', ""))).collect();
        if any.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{PIECE} WHERE words MATCH ?1 ORDER BY {BM25}, id LIMIT ?2");
        self.pieces(&sql, params![any.join(" OR "), i64::try_from(limit).unwrap_or(i64::MAX)])
    }

    /// The pieces of a runbook, in its order.
    pub fn of_spec(&self, spec: &str) -> Result<Vec<Piece>, DatabaseError> {
        self.pieces(&format!("{PIECE} WHERE spec = ?1 ORDER BY position"), params![spec])
    }

    /// The pieces with one of these hashes.
    pub fn with_hashes(&self, hashes: &[&str]) -> Result<Vec<Piece>, DatabaseError> {
        let hashes = serde_json::to_string(hashes)?;
        self.pieces(&format!("{PIECE} WHERE hash IN (SELECT value FROM json_each(?1)) ORDER BY id"), params![hashes])
    }

    fn pieces(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Piece>, DatabaseError> {
        let mut query = self.0.connection().prepare_cached(sql)?;
        let mut rows = query.query(params)?;
        let mut pieces = Vec::new();
        while let Some(row) = rows.next()? {
            pieces.push(piece(row)?);
        }
        Ok(pieces)
    }
}

const PIECE: &str = "SELECT pieces.id, pieces.spec, pieces.headings, pieces.text, pieces.hash, words.text, words.heading, words.title, \
    words.about FROM words JOIN pieces ON pieces.id = words.rowid";

fn piece(row: &Row<'_>) -> Result<Piece, DatabaseError> {
    let headings: String = row.get(2)?;
    let excerpt =
        Excerpt { spec: row.get(1)?, headings: serde_json::from_str(&headings)?, text: row.get(3)?, hash: row.get(4)? };
    Ok(Piece { id: row.get(0)?, excerpt, words: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?] })
}

fn insert(
    connection: &Connection,
    piece: &Excerpt,
    position: i64,
    (about, about_hash): (&str, &str),
    words: &Words,
) -> Result<(), DatabaseError> {
    let headings = serde_json::to_string(&piece.headings)?;
    let sql = "INSERT INTO pieces (spec, position, headings, text, hash, about) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection
        .prepare_cached(sql)?
        .execute(params![piece.spec, position, headings, piece.text, piece.hash, about_hash])?;
    let (title, under) = piece.headings.split_first().map_or(("", &[][..]), |(title, under)| (title.as_str(), under));
    connection
        .prepare_cached("INSERT INTO words (rowid, text, heading, title, about) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            connection.last_insert_rowid(),
            words.stems(&piece.text),
            words.stems(&under.join(" ")),
            // The name of the file says what the page is about, as its title does.
            words.stems(&format!("{title} {}", piece.spec)),
            words.stems(about),
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests;
