//! The database file: opening it, on a full disk too, and reading what it holds.

use super::contents::Contents;
use super::memory::Memory;
use super::presence::OpenFile;
use super::space::{self, Space};
use super::{Check, Key, Packer, rows};
use rusqlite::{Connection, ErrorCode};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Damaged objects that are logged by name at the start; further ones are counted.
const LOGGED_MAX: usize = 20;
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

/// A file that was opened.
pub(super) struct Opened {
    pub connection: Connection,
    pub memory: Memory,
    pub packer: Packer,
    pub file: OpenFile,
    pub contents: Contents,
    pub space: Space,
}

/// Opens the file, or creates it, and reads what it holds.
pub(super) fn open(options: &FileOptions, check: &Check) -> Result<Opened, OpenError> {
    let path = &options.path;
    let failed = |error: rusqlite::Error| open_error(path, &error);
    check_not_emptied(options)?;
    create(path).map_err(|source| OpenError::File { path: path.clone(), source })?;
    let connection = connect(options).map_err(failed)?;
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if found != "ok" {
        return Err(OpenError::Damaged { path: path.clone(), message: found });
    }
    let mut packer = Packer::default();
    let memory = load(&connection, check, &mut packer).map_err(failed)?;
    log_damaged(path, &memory.damaged);
    let file = OpenFile::new(path, space::content(&connection).map_err(failed)?);
    let file = file.map_err(|source| OpenError::File { path: path.clone(), source })?;
    let contents = Contents::new(&connection, path).map_err(failed)?;
    let space = Space::new(&connection, path, options.pages_max).map_err(failed)?;
    Ok(Opened { connection, memory, packer, file, contents, space })
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
    // Only the writer puts the log into the file, so that it notices when another program changes that.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

fn load(connection: &Connection, check: &Check, packer: &mut Packer) -> rusqlite::Result<Memory> {
    let counter = connection.query_row("SELECT max(version) FROM counter", [], |row| row.get::<_, Option<i64>>(0))?;
    let counter = counter.unwrap_or_default().unsigned_abs();
    let mut statement = connection.prepare("SELECT kind, namespace, name, version, json FROM objects")?;
    let mut rows = statement.query([])?;
    let (mut objects, mut damaged, mut newest) = (BTreeMap::new(), BTreeMap::new(), 0);
    while let Some(row) = rows.next()? {
        let (key, read) = rows::object(row, check, packer)?;
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

fn log_damaged(path: &Path, damaged: &BTreeMap<Key, String>) {
    let path = path.display();
    for (key, why) in damaged.iter().take(LOGGED_MAX) {
        tracing::error!(%path, object = %key, %why, "a stored object is damaged and left out: delete it, or create it anew");
    }
    if let more @ 1.. = damaged.len().saturating_sub(LOGGED_MAX) {
        tracing::error!(%path, more, "further stored objects are damaged");
    }
}
