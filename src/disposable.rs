//! SQLite files that can be deleted at any time: what is in them can be made again, or the program can do without it.
//!
//! A file that is damaged, of another version or of another program is renamed, and a new one is made: a path by mistake destroys
//! nothing. Errors that pass, such as a full disk, leave a file as it is.

use rusqlite::{Connection, ErrorCode};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is put after the name of a file that can't be used.
const ASIDE: &str = ".unusable";
/// What SQLite puts after the name of a database for files beside it.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// What a file is for.
pub struct Kind {
    /// For the log.
    pub name: &'static str,
    /// Marks a file as one of this kind.
    pub application: i32,
    /// Of tables and what is in them; a file of another version is not used.
    pub version: i32,
    pub schema: &'static str,
    /// How long another connection may keep the file locked.
    pub busy: Duration,
    /// Memory for pages of each connection, in KiB.
    pub cache_kib: i64,
    /// Whether the whole content is sound, when a file is opened. Damage that this does not find is found where it is read.
    pub is_sound: fn(&Connection) -> Result<bool, rusqlite::Error>,
}

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
}

impl FileError {
    /// Whether the file is damaged, or no database at all.
    pub fn is_damage(&self) -> bool {
        match self {
            FileError::Sqlite(error) => is_damage(error),
            FileError::File { .. } => false,
        }
    }
}

/// Whether an error says that the file is damaged: also where a table or column is missing in a file of the right kind, or a value has
/// another type.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => true,
        Some(ErrorCode::Unknown) => error.to_string().contains("no such"),
        _ => matches!(error, rusqlite::Error::InvalidColumnType(..)),
    }
}

/// The names of all files that there may be for a database of this name.
pub fn names(name: &str) -> impl Iterator<Item = String> {
    ["", ASIDE].into_iter().flat_map(move |aside| BESIDE.map(|end| format!("{name}{aside}{end}")))
}

/// A file, open; or the same in memory.
pub struct DisposableFile {
    connection: Connection,
    kind: &'static Kind,
    /// `None`: in memory.
    path: Option<PathBuf>,
}

impl DisposableFile {
    /// Opens the file, or makes it; without a path, it is in memory.
    pub fn open(kind: &'static Kind, path: Option<&Path>) -> Result<DisposableFile, FileError> {
        let Some(at) = path else { return DisposableFile::new(kind, None) };
        match DisposableFile::of_file(kind, at) {
            Ok(Some(file)) => return Ok(file),
            Ok(None) => tracing::warn!(path = %at.display(), "no {} of this version: a new one is made", kind.name),
            Err(error) if error.is_damage() => {
                tracing::error!(%error, path = %at.display(), "the {} is damaged: a new one is made", kind.name);
            }
            Err(error) => return Err(error),
        }
        put_aside(at)?;
        DisposableFile::new(kind, path)
    }

    /// Renames the file and makes a new one.
    pub fn begin_anew(&mut self) -> Result<(), FileError> {
        // It is closed first, so that nothing more is written to what is renamed.
        self.connection = Connection::open_in_memory()?;
        if let Some(path) = &self.path {
            put_aside(path)?;
        }
        *self = DisposableFile::new(self.kind, self.path.as_deref())?;
        Ok(())
    }

    /// Another connection to the file, to read while this one writes.
    pub fn reader(&self) -> Result<DisposableFile, FileError> {
        let connection = connect(self.kind, self.path.as_deref())?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(DisposableFile { connection, kind: self.kind, path: self.path.clone() })
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Whether there is no file.
    pub fn is_in_memory(&self) -> bool {
        self.path.is_none()
    }

    fn new(kind: &'static Kind, path: Option<&Path>) -> Result<DisposableFile, FileError> {
        let connection = connect(kind, path)?;
        connection.execute_batch(kind.schema)?;
        connection.pragma_update(None, "application_id", kind.application)?;
        connection.pragma_update(None, "user_version", kind.version)?;
        Ok(DisposableFile { connection, kind, path: path.map(Path::to_path_buf) })
    }

    /// `None` if there is something else in the file.
    fn of_file(kind: &'static Kind, path: &Path) -> Result<Option<DisposableFile>, FileError> {
        let exists = path.try_exists().map_err(|source| FileError::File { path: path.into(), source })?;
        if !exists {
            return DisposableFile::new(kind, Some(path)).map(Some);
        }
        let connection = opened(kind, path)?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        if number("application_id")? != kind.application || number("user_version")? != kind.version {
            return Ok(None);
        }
        set_up(kind, &connection)?;
        let is_sound = (kind.is_sound)(&connection)?;
        Ok(is_sound.then(|| DisposableFile { connection, kind, path: Some(path.into()) }))
    }
}

fn put_aside(path: &Path) -> Result<(), FileError> {
    for end in BESIDE {
        let file = |more: &str| PathBuf::from(format!("{}{more}{end}", path.display()));
        match std::fs::rename(file(""), file(ASIDE)) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(FileError::File { path: path.into(), source });
            }
            _ => {}
        }
    }
    Ok(())
}

fn connect(kind: &Kind, path: Option<&Path>) -> Result<Connection, FileError> {
    let Some(path) = path else { return Ok(Connection::open_in_memory()?) };
    let connection = opened(kind, path)?;
    set_up(kind, &connection)?;
    Ok(connection)
}

fn opened(kind: &Kind, path: &Path) -> Result<Connection, FileError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(kind.busy)?;
    Ok(connection)
}

/// Changes the file: only for one that is of this kind.
fn set_up(kind: &Kind, connection: &Connection) -> Result<(), FileError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A power failure may cost what was written last, never the file.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -kind.cache_kib)?;
    Ok(())
}

#[cfg(test)]
mod tests;
