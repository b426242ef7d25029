//! Runs one query on a file, in a worker process.

use super::files::{has_open, openable};
use super::look::{Look, Watch, Way};
use super::protocol::{Cell, FileId, Job, QueryFailure, Table};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Statement};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// Most bytes of names and values in a result.
pub const MAX_RESULT_BYTES: usize = 1 << 20;
/// Longest time that a query waits for and holds locks that its writer needs.
pub const LOCK_TIME: Duration = Duration::from_secs(1);
/// Time between two looks at a file that changes.
const PAUSE: Duration = Duration::from_millis(10);
/// Instructions of SQLite's virtual machine between two checks of the deadline.
const STEPS_PER_CHECK: i32 = 1000;
/// The largest value or row that SQLite handles, in bytes.
const MAX_VALUE_BYTES: i32 = 2 << 20;
/// What stands for itself in the path of a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// Runs the query. `on_locking` is called before locks are taken that a writer waits for.
pub fn execute(job: &Job, mut on_locking: impl FnMut()) -> Result<Table, QueryFailure> {
    let deadline = Instant::now() + job.time;
    let (path, file) = openable(&job.allowed, &job.path)?;
    let mut watch = Watch::default();
    loop {
        let before = look(&path)?;
        if before.id() != file {
            return Err(QueryFailure::Replaced);
        }
        let is_at_rest = watch.is_at_rest(&before, Instant::now(), SystemTime::now());
        let way = before.way();
        let read = |way, until| Reading { job, path: &path, file, way, until }.read();
        let result = match way {
            Way::None if watch.has_lasted(Instant::now()) => return Err(QueryFailure::WalWithoutIndex),
            Way::Immutable if is_at_rest => Some(read(way, deadline)),
            Way::None | Way::Immutable => None,
            Way::WithIndex => Some(read(way, deadline)),
            Way::WithLocks => {
                on_locking();
                Some(under_locks(deadline, |until| read(way, until)))
            }
        };
        match result {
            Some(Err(QueryFailure::Interrupted)) => return Err(QueryFailure::Interrupted),
            // Another way may be right meanwhile.
            Some(Err(failure)) if look(&path).is_ok_and(|after| after.has_the_files_of(&before)) => {
                return Err(failure);
            }
            // Only what did not change while it was read without locks has been read.
            Some(Ok(table)) if way != Way::Immutable || look(&path)? == before => return Ok(table),
            _ => {}
        }
        if Instant::now() + PAUSE >= deadline {
            return Err(QueryFailure::Changing);
        }
        std::thread::sleep(PAUSE);
    }
}

fn look(path: &Path) -> Result<Look, QueryFailure> {
    Look::take(path).map_err(|error| QueryFailure::Unreadable(error.to_string()))
}

fn under_locks(
    deadline: Instant,
    read: impl FnOnce(Instant) -> Result<Table, QueryFailure>,
) -> Result<Table, QueryFailure> {
    let until = deadline.min(Instant::now() + LOCK_TIME);
    match read(until) {
        Err(QueryFailure::Interrupted) if until < deadline => Err(QueryFailure::LockedTooLong),
        other => other,
    }
}

/// One attempt to read the file.
struct Reading<'a> {
    job: &'a Job,
    path: &'a Path,
    file: FileId,
    way: Way,
    until: Instant,
}

impl Reading<'_> {
    fn read(&self) -> Result<Table, QueryFailure> {
        let connection = open(self.path, self.way, self.until).map_err(|e| explain(&e))?;
        let is_open = has_open(self.file).map_err(|error| QueryFailure::Unreadable(error.to_string()))?;
        if !is_open {
            return Err(QueryFailure::Replaced);
        }
        rows(&connection, self.job)
    }
}

fn rows(connection: &Connection, job: &Job) -> Result<Table, QueryFailure> {
    let failed = |error: rusqlite::Error| explain(&error);
    let mut statement = connection.prepare(&job.query).map_err(failed)?;
    bind(&mut statement, &job.parameters)?;
    let columns = columns(&statement)?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    let mut cursor = statement.raw_query();
    while let Some(row) = cursor.next().map_err(failed)? {
        if rows.len() == job.max_rows {
            return Err(QueryFailure::TooManyRows);
        }
        rows.push(read_row(row, &columns, &mut bytes)?);
    }
    Ok(Table { columns, rows })
}

pub(super) fn open(path: &Path, way: Way, until: Instant) -> rusqlite::Result<Connection> {
    let options = if way == Way::Immutable { "immutable=1" } else { "mode=ro&readonly_shm=1" };
    let uri = format!("file:{}?{options}", percent_encode(path.as_os_str().as_bytes(), PATH));
    // The path is canonical, and a link that was created since is not followed.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = Connection::open_with_flags(uri, flags)?;
    connection.busy_timeout(until.saturating_duration_since(Instant::now()))?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true),
        // A name in double quotes that is no column is an error, not a text.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 65536),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    // Sorting and temporary tables use the memory of the worker, which is limited, and no files.
    connection.execute_batch("PRAGMA temp_store = MEMORY")?;
    connection.authorizer(Some(authorize))?;
    connection.progress_handler(STEPS_PER_CHECK, Some(move || Instant::now() >= until))?;
    Ok(connection)
}

/// Allows what reading needs, and denies everything else.
fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Allow
        }
        // Used internally by full-text search.
        AuthAction::Pragma { pragma_name: "data_version", pragma_value: None } => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

fn bind(statement: &mut Statement<'_>, parameters: &[String]) -> Result<(), QueryFailure> {
    let expected = statement.parameter_count();
    if expected != parameters.len() {
        return Err(QueryFailure::ParameterCount { expected, given: parameters.len() });
    }
    for (at, value) in parameters.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value).map_err(|e| explain(&e))?;
    }
    Ok(())
}

fn columns(statement: &Statement<'_>) -> Result<Vec<String>, QueryFailure> {
    let names: Vec<String> = statement.column_names().map(str::to_string).collect();
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(QueryFailure::DuplicateColumn(twice.1.clone()));
    }
    Ok(names)
}

/// The cells of a row; `bytes` counts the bytes of all rows.
fn read_row(row: &Row<'_>, columns: &[String], bytes: &mut usize) -> Result<Vec<Cell>, QueryFailure> {
    let mut cells = Vec::with_capacity(columns.len());
    for (at, name) in columns.iter().enumerate() {
        let (cell, length) = match row.get_ref(at).map_err(|e| explain(&e))? {
            ValueRef::Null => (Cell::Null, 8),
            ValueRef::Integer(integer) => (Cell::Integer(integer), 8),
            ValueRef::Real(real) => (Cell::Real(real.to_bits()), 8),
            ValueRef::Text(text) => {
                let text = String::from_utf8_lossy(text).into_owned();
                let length = text.len();
                (Cell::Text(text), length)
            }
            ValueRef::Blob(blob) => {
                let text = BASE64.encode(blob);
                let length = text.len();
                (Cell::Blob(text), length)
            }
        };
        *bytes += name.len() + length;
        if *bytes > MAX_RESULT_BYTES {
            return Err(QueryFailure::TooManyBytes);
        }
        cells.push(cell);
    }
    Ok(cells)
}

/// An error of SQLite: of the query, of the file, or a timeout.
fn explain(error: &rusqlite::Error) -> QueryFailure {
    let (code, text) = match error {
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.code, msg.clone()),
        rusqlite::Error::SqliteFailure(error, Some(message)) => (error.code, message.clone()),
        rusqlite::Error::SqliteFailure(error, None) => (error.code, error.to_string()),
        other => return QueryFailure::Query(other.to_string()),
    };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => QueryFailure::Locked,
        ErrorCode::OperationInterrupted => QueryFailure::Interrupted,
        ErrorCode::OutOfMemory => QueryFailure::OutOfMemory,
        ErrorCode::TooBig => QueryFailure::TooLarge(text),
        ErrorCode::CannotOpen | ErrorCode::ReadOnly => QueryFailure::CannotOpen(text),
        ErrorCode::AuthorizationForStatementDenied => QueryFailure::NotAuthorized(text),
        ErrorCode::PermissionDenied
        | ErrorCode::SystemIoFailure
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::DiskFull
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::NoLargeFileSupport => QueryFailure::Unreadable(text),
        _ => QueryFailure::Query(text),
    }
}
