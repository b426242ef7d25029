//! The database file: opening it, on a full disk too, and reading what it holds.

use super::memory::Memory;
use super::presence::OpenFile;
use super::{Check, Key, StoredObject};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Row};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Damaged objects that are logged by name at the start; further ones are counted.
const LOGGED_MAX: usize = 20;
/// How much of the file the database uses, in bytes.
const CONTENT: &str = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
const HOW_TO_GO_ON: &str = "restore the file from a backup, or move the directory away to begin with an empty store";

/// Why the file can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    /// The store of a directory that was in use is gone. It must not be taken for a new one: resource versions would
    /// start again, and all objects would be lost silently.
    #[error(
        "{path} is {what}, but {evidence} shows that a store was in use: {HOW_TO_GO_ON} (or remove {evidence}, if losing all objects is intended)"
    )]
    Emptied { path: PathBuf, what: &'static str, evidence: PathBuf },
    #[error("{path} is damaged ({message}): {HOW_TO_GO_ON}; `sqlite3 {path} .recover` may save a part of it")]
    Damaged { path: PathBuf, message: String },
    #[error("{path} can't be opened: {message}")]
    Sqlite { path: PathBuf, message: String },
}

/// How the file is opened.
#[derive(Clone, Debug, Default)]
pub struct FileOptions {
    pub path: PathBuf,
    /// Files that exist only if the store was in use.
    pub evidence: Vec<PathBuf>,
    /// Maximum size of the file in pages of 4 KiB.
    pub pages_max: Option<u32>,
}

/// Opens the file, or creates it, and reads what it holds.
pub(super) fn open(options: &FileOptions, check: &Check) -> Result<(Connection, Memory, OpenFile), OpenError> {
    let path = &options.path;
    let failed = |error: rusqlite::Error| open_error(path, &error);
    check_not_emptied(options)?;
    create(path).map_err(|source| OpenError::File { path: path.clone(), source })?;
    let connection = connect(options).map_err(failed)?;
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if found != "ok" {
        return Err(OpenError::Damaged { path: path.clone(), message: found });
    }
    let memory = load(&connection, check).map_err(failed)?;
    log_damaged(path, &memory.damaged);
    let content = connection.query_row(CONTENT, [], |row| row.get::<_, i64>(0)).map_err(failed)?;
    let file = OpenFile::new(path, content.unsigned_abs());
    let file = file.map_err(|source| OpenError::File { path: path.clone(), source })?;
    Ok((connection, memory, file))
}

fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, message) = (path.to_path_buf(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => OpenError::Damaged { path, message },
        _ => OpenError::Sqlite { path, message },
    }
}

fn check_not_emptied(options: &FileOptions) -> Result<(), OpenError> {
    let what = match std::fs::metadata(&options.path) {
        Ok(metadata) if metadata.len() > 0 => return Ok(()),
        Ok(_) => "empty",
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "missing",
        Err(source) => return Err(OpenError::File { path: options.path.clone(), source }),
    };
    match options.evidence.iter().find(|path| path.exists()) {
        Some(evidence) => Err(OpenError::Emptied { path: options.path.clone(), what, evidence: evidence.clone() }),
        None => Ok(()),
    }
}

fn create(path: &Path) -> std::io::Result<()> {
    // The file contains Secrets. SQLite gives its mode to the files that it creates next to it.
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Connects. Nothing is written to a file that is complete, so that this succeeds on a full disk.
fn connect(options: &FileOptions) -> rusqlite::Result<Connection> {
    match connect_with(options, false) {
        // SQLite can't create its `-shm` file. It needs none if no other process may read the database.
        Err(error) if is_full(&error) => connect_with(options, true),
        result => result,
    }
}

/// What a full disk looks like while the file is opened.
fn is_full(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen))
}

fn connect_with(options: &FileOptions, exclusive: bool) -> rusqlite::Result<Connection> {
    let connection = Connection::open(&options.path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    if exclusive {
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    if let Some(pages) = options.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('objects', 'counter')";
    if connection.query_row(tables, [], |row| row.get::<_, i64>(0))? < 2 {
        connection.execute_batch(
            "BEGIN;
            CREATE TABLE IF NOT EXISTS objects (
                kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
                version INTEGER NOT NULL, json TEXT NOT NULL,
                PRIMARY KEY (kind, namespace, name)
            ) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);
            INSERT OR IGNORE INTO counter VALUES (1, 1);
            COMMIT;",
        )?;
    }
    // The WAL must not stay large after a long-running reader.
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    Ok(connection)
}

fn load(connection: &Connection, check: &Check) -> rusqlite::Result<Memory> {
    let counter = connection.query_row("SELECT max(version) FROM counter", [], |row| row.get::<_, Option<i64>>(0))?;
    let counter = counter.unwrap_or_default().unsigned_abs();
    let mut statement = connection.prepare("SELECT kind, namespace, name, version, json FROM objects")?;
    let mut rows = statement.query([])?;
    let (mut objects, mut damaged, mut newest) = (BTreeMap::new(), BTreeMap::new(), 0);
    while let Some(row) = rows.next()? {
        let (key, read) = object(row, check)?;
        match read {
            Ok(stored) => {
                newest = newest.max(stored.version);
                objects.insert(key, stored);
            }
            Err(why) => drop(damaged.insert(key, why)),
        }
    }
    if newest > counter {
        tracing::warn!(
            counter,
            newest,
            "the counter of resource versions is behind the objects; continuing from the newest object"
        );
    }
    Ok(Memory::loaded(objects, damaged, counter.max(newest)))
}

/// The key of a row, and its object or why it can't be read.
fn object(row: &Row<'_>, check: &Check) -> rusqlite::Result<(Key, Result<StoredObject, String>)> {
    let key = Key {
        kind: text(row, 0)?.into_owned(),
        namespace: text(row, 1)?.into_owned(),
        name: text(row, 2)?.into_owned(),
    };
    let (ValueRef::Integer(version), ValueRef::Text(json)) = (row.get_ref(3)?, row.get_ref(4)?) else {
        return Ok((key, Err("the row has values of other types".into())));
    };
    let version = version.unsigned_abs();
    let read = parse(&key, version, json).and_then(|(text, object)| {
        check(&key, &object)?;
        Ok(StoredObject { version, json: text.into() })
    });
    Ok((key, read))
}

/// A column of a key. Damaged text stays recognisable.
fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Cow<'a, str>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes),
        other => Cow::Owned(format!("{other:?}")),
    })
}

/// The text of an object and the object, if it is JSON with the identity of its row.
fn parse<'a>(key: &Key, version: u64, json: &'a [u8]) -> Result<(&'a str, Value), String> {
    let text = std::str::from_utf8(json).map_err(|error| format!("the stored text is not UTF-8: {error}"))?;
    let object: Value =
        serde_json::from_str(text).map_err(|error| format!("the stored text is not an object in JSON: {error}"))?;
    let field = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
    let is_same = field("name") == key.name
        && field("namespace") == key.namespace
        && field("resourceVersion") == version.to_string();
    if is_same {
        Ok((text, object))
    } else {
        Err("the stored object has another name, namespace or resource version".into())
    }
}

fn log_damaged(path: &Path, damaged: &BTreeMap<Key, String>) {
    let path = path.display();
    for (key, why) in damaged.iter().take(LOGGED_MAX) {
        tracing::error!(%path, object = %key, %why, "a stored object is damaged and left out: delete it, or create it anew");
    }
    if let more @ 1.. = damaged.len().saturating_sub(LOGGED_MAX) {
        tracing::error!(%path, more, "further stored objects are damaged");
    }
}
