//! sqlite: a query on a file, concurrently with its writer.
//!
//! Only offered files are opened, read-only, with an authorizer that allows reading only, and limits on time, rows and bytes. In WAL
//! mode a reader takes no lock that a writer waits for, and sees what was committed when its query began.

mod query;
#[cfg(test)]
mod tests;

pub use query::check_query;

use super::failure::{ReadResult, failure};
use super::stage::{Stage, in_stage};
use crate::domain::detail::{Cause, SqliteCause};
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::SqliteRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Statement};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Most bytes of values in a result.
const MAX_RESULT_BYTES: usize = 1 << 20;
/// Instructions of SQLite's virtual machine between two checks of the deadline.
const STEPS_PER_CHECK: i32 = 1000;
/// The largest value or row that SQLite handles, in bytes.
const MAX_VALUE_BYTES: i32 = 2 << 20;

/// The files that may be opened, and the limits on concurrent reads.
pub(super) struct Databases {
    offered: Arc<[Offered]>,
    permits: Arc<Semaphore>,
    /// For other paths of offered files.
    unnamed: Arc<Semaphore>,
}

struct Offered {
    path: PathBuf,
    /// Fewer than all permits, so that a file on a failed disk leaves some to the others.
    permits: Arc<Semaphore>,
}

impl Databases {
    pub fn new(paths: Vec<PathBuf>, concurrency: usize) -> Databases {
        let concurrency = concurrency.clamp(1, 1024);
        let share = || Arc::new(Semaphore::new((concurrency - 1).max(1)));
        let offered = paths.into_iter().map(|path| Offered { path, permits: share() }).collect();
        Databases { offered, permits: Arc::new(Semaphore::new(concurrency)), unnamed: share() }
    }

    /// Fields: `rows`, a list of maps (integers and reals as numbers, blobs in base64), and `rowCount`.
    pub async fn read(&self, request: &SqliteRequest, deadline: Instant) -> ReadResult {
        let named = self.offered.iter().find(|o| o.path == request.path);
        let share = named.map_or(&self.unnamed, |o| &o.permits).clone();
        let queue = async { (share.acquire_owned().await, self.permits.clone().acquire_owned().await) };
        let permits = in_stage(Stage::Queued, queue).await;
        let offered = self.offered.clone();
        let request = request.clone();
        let shown = request.path.display().to_string();
        let work = tokio::task::spawn_blocking(move || {
            let _held_until_done = permits;
            let path = openable(&offered, &request.path)?;
            run(&path, &request, deadline)
        });
        let done = work.await.map_err(|_| failure(ErrorKind::Unreadable, shown, Cause::Internal))?;
        Ok(done?)
    }
}

/// The real path of `path`, where that is offered.
fn openable(offered: &[Offered], path: &Path) -> Result<PathBuf, ReadError> {
    let shown = || path.display().to_string();
    let forbidden = || failure(ErrorKind::Forbidden, shown(), SqliteCause::NotOffered);
    let unreadable = |error: std::io::Error| failure(ErrorKind::Unreadable, shown(), Cause::Foreign(error.to_string()));
    let named = offered.iter().any(|o| o.path == path);
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if named => return Err(unreadable(error)),
        Err(_) => return Err(forbidden()),
    };
    if !named && !offered.iter().any(|o| o.path.canonicalize().is_ok_and(|p| p == real)) {
        return Err(forbidden());
    }
    match real.metadata() {
        Ok(meta) if meta.is_file() => Ok(real),
        Ok(_) => Err(failure(ErrorKind::Unreadable, shown(), SqliteCause::NotAFile)),
        Err(error) => Err(unreadable(error)),
    }
}

fn run(path: &Path, request: &SqliteRequest, deadline: Instant) -> Result<Map<String, Value>, ReadError> {
    let shown = request.path.display().to_string();
    query::check_shape(&request.query).map_err(|e| failure(ErrorKind::Query, &shown, SqliteCause::Query(e)))?;
    let explain = |error: rusqlite::Error| explain(&shown, &error);
    let connection = open(path, deadline).map_err(explain)?;
    let mut statement = connection.prepare(&request.query).map_err(explain)?;
    bind(&shown, &mut statement, &request.parameters)?;
    let columns = columns(&shown, &statement)?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    let mut cursor = statement.raw_query();
    while let Some(row) = cursor.next().map_err(explain)? {
        if rows.len() == request.max_rows {
            let cause = SqliteCause::TooManyRows { max: request.max_rows };
            return Err(failure(ErrorKind::TooLarge, &shown, cause));
        }
        rows.push(Value::Object(read_row(row, &columns, &mut bytes).map_err(explain)?));
        if bytes > MAX_RESULT_BYTES {
            let cause = SqliteCause::TooManyBytes { max: MAX_RESULT_BYTES };
            return Err(failure(ErrorKind::TooLarge, &shown, cause));
        }
    }
    let count = rows.len().into();
    Ok(Map::from_iter([("rows".to_string(), Value::Array(rows)), ("rowCount".to_string(), count)]))
}

fn open(path: &Path, deadline: Instant) -> rusqlite::Result<Connection> {
    // The path is absolute and canonical, so SQLite does not parse it as a URI, and does not follow a link created since.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(deadline.saturating_duration_since(Instant::now()))?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true),
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
    connection.authorizer(Some(authorize))?;
    connection.progress_handler(STEPS_PER_CHECK, Some(move || Instant::now() >= deadline))?;
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

fn bind(shown: &str, statement: &mut Statement<'_>, parameters: &[String]) -> Result<(), ReadError> {
    let expected = statement.parameter_count();
    if expected != parameters.len() {
        let cause = SqliteCause::ParameterCount { expected, given: parameters.len() };
        return Err(failure(ErrorKind::Query, shown, cause));
    }
    for (at, value) in parameters.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value).map_err(|e| explain(shown, &e))?;
    }
    Ok(())
}

fn columns(shown: &str, statement: &Statement<'_>) -> Result<Vec<String>, ReadError> {
    let names: Vec<String> = statement.column_names().map(str::to_string).collect();
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(failure(ErrorKind::Query, shown, SqliteCause::DuplicateColumn(twice.1.clone())));
    }
    Ok(names)
}

/// A row as a map; `bytes` counts the bytes of all rows.
fn read_row(row: &Row<'_>, columns: &[String], bytes: &mut usize) -> rusqlite::Result<Map<String, Value>> {
    let mut map = Map::new();
    for (at, name) in columns.iter().enumerate() {
        let value = match row.get_ref(at)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(integer) => integer.into(),
            ValueRef::Real(real) => real.into(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
            ValueRef::Blob(blob) => BASE64.encode(blob).into(),
        };
        *bytes += name.len() + value.as_str().map_or(8, str::len);
        map.insert(name.clone(), value);
    }
    Ok(map)
}

/// Maps an error of SQLite: of the query, of the file, or a timeout.
fn explain(shown: &str, error: &rusqlite::Error) -> ReadError {
    let (code, text) = match error {
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.code, msg.clone()),
        rusqlite::Error::SqliteFailure(error, Some(message)) => (error.code, message.clone()),
        rusqlite::Error::SqliteFailure(error, None) => (error.code, error.to_string()),
        other => return failure(ErrorKind::Query, shown, Cause::Foreign(other.to_string())),
    };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => failure(ErrorKind::Timeout, shown, SqliteCause::Locked),
        ErrorCode::OperationInterrupted => failure(ErrorKind::Timeout, shown, SqliteCause::QueryTooSlow),
        ErrorCode::TooBig => failure(ErrorKind::TooLarge, shown, Cause::Foreign(text)),
        ErrorCode::CannotOpen | ErrorCode::ReadOnly => {
            failure(ErrorKind::Unreadable, shown, SqliteCause::CannotOpen(text))
        }
        ErrorCode::AuthorizationForStatementDenied => {
            failure(ErrorKind::Query, shown, SqliteCause::NotAuthorized(text))
        }
        ErrorCode::PermissionDenied
        | ErrorCode::SystemIoFailure
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::NotADatabase
        | ErrorCode::OutOfMemory
        | ErrorCode::DiskFull
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::NoLargeFileSupport => failure(ErrorKind::Unreadable, shown, Cause::Foreign(text)),
        _ => failure(ErrorKind::Query, shown, Cause::Foreign(text)),
    }
}
