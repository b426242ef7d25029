//! sqlite: a query on a file, concurrently with its writer.
//!
//! A function such as `instr` can't be interrupted inside a process, and SQLite's heap limit is the whole process's. So queries run
//! in worker processes (the program itself, with another argument), under limits on memory, files and time. Only offered files are
//! opened, read-only, with an authorizer that allows reading only. The program itself opens none of them: closing a file drops the
//! locks that a process has on it.
//!
//! - `turns`: whose query runs next.
//! - `pool`: the worker processes.
//! - `protocol`: what is said to a worker and back.
//! - `worker`, `sandbox`: a worker, and its limits.
//! - `execute`, `look`, `files`: one query in a worker: which file, how it is opened, what is read.
//! - `query`: whether a text is a statement that reads, without a database.

mod execute;
mod files;
mod look;
mod pool;
mod protocol;
mod query;
mod sandbox;
#[cfg(test)]
mod tests;
mod turns;
mod worker;

pub use query::check_query;
pub use worker::{WorkerError, serve as serve_sqlite_worker};

use super::failure::{ReadResult, failure};
use super::options::SqliteOptions;
use super::stage::{Stage, in_stage};
use crate::domain::detail::{Cause, SqliteCause};
use crate::domain::reading::{ErrorKind, ReadError};
use crate::domain::target::{SqliteRequest, Target};
use crate::telemetry::{Limit, Metrics};
use pool::{Ended, Pool, WorkerOptions};
use protocol::{Allowed, Cell, Job, QueryFailure, Table};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use turns::{Asker, Shares, Turns};

/// Time that a worker has, after the end of a query's time, to say that it interrupted the query.
const RESERVE: Duration = Duration::from_millis(100);

/// The files that may be opened, and the workers that open them.
pub(super) struct Databases {
    allowed: Allowed,
    turns: Turns,
    pool: Arc<Pool>,
    memory_mib: u64,
    max_time: Duration,
    metrics: Arc<Metrics>,
}

/// Workers have another working directory.
fn absolute(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.iter().map(|path| absolute_path(path)).collect()
}

fn absolute_path(path: &Path) -> PathBuf {
    // Fails only for an empty path and without a working directory: then the file is not found.
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

impl Databases {
    pub fn new(options: SqliteOptions, metrics: Arc<Metrics>) -> Databases {
        let SqliteOptions { paths, own_files, program, workers, workers_per_file, memory_mib, max_time } = options;
        let databases = own_files.iter().filter(|path| path.extension().is_some_and(|name| name == "db"));
        let own_ids = databases.filter_map(|path| files::id(path).ok()).collect();
        let all = workers.clamp(1, 1024);
        Databases {
            allowed: Allowed { offered: absolute(paths), own: absolute(own_files), own_ids },
            turns: Turns::new(Shares { all, file: workers_per_file.clamp(1, all) }, metrics.clone()),
            pool: Pool::new(WorkerOptions { program, memory_mib }),
            memory_mib,
            max_time,
            metrics,
        }
    }

    /// Fields: `rows`, a list of maps (integers and reals as numbers, blobs in base64), and `rowCount`. When this is dropped, the
    /// query ends. The Scenario of `target` is who asks.
    pub async fn read(&self, target: &Target, request: &SqliteRequest, deadline: Instant) -> ReadResult {
        let (path, shown) = (absolute_path(&request.path), request.path.display().to_string());
        if let Err(error) = query::check_shape(&request.query) {
            return Err(failure(ErrorKind::Query, shown, SqliteCause::Query(error)).into());
        }
        // Other paths of offered files share one share.
        let is_named = self.allowed.offered.contains(&path);
        let file = if is_named { path.clone() } else { PathBuf::new() };
        let asker = Asker { scenario: target.scenario.clone(), file };
        let turn = in_stage(Stage::Queued, self.turns.take(asker, deadline)).await;
        let Some(turn) = turn else { return Err(failure(ErrorKind::Unreadable, shown, Cause::Internal).into()) };
        let now = Instant::now();
        let until = deadline.min(now + self.max_time);
        let time = until.saturating_duration_since(now);
        let job = Job {
            path,
            allowed: self.allowed.clone(),
            query: request.query.clone(),
            parameters: request.parameters.clone(),
            max_rows: request.max_rows,
            time: time.saturating_sub(RESERVE.min(time / 10)),
        };
        let lock_time = execute::LOCK_TIME + RESERVE;
        let ended = self.pool.run(&job, until, lock_time, turn).await;
        let is_at_limit = until < deadline;
        if is_at_limit && matches!(ended, Ended::TimedOut | Ended::Failed(QueryFailure::Interrupted)) {
            self.metrics.limit_reached(Limit::SqliteTime, &shown);
            return Err(failure(ErrorKind::Timeout, shown, SqliteCause::TimeLimit(self.max_time)).into());
        }
        match ended {
            Ended::Read(table) => Ok(fields(table)),
            Ended::TimedOut | Ended::Failed(QueryFailure::Interrupted) => {
                Err(failure(ErrorKind::Timeout, shown, SqliteCause::QueryTooSlow(target.timeout)).into())
            }
            Ended::Failed(QueryFailure::Locked) => {
                let waited = target.timeout.min(self.max_time);
                Err(failure(ErrorKind::Timeout, shown, SqliteCause::Locked(waited)).into())
            }
            other => Err(self.explain(other, shown, request.max_rows).into()),
        }
    }

    /// The error for a query that gave no rows.
    fn explain(&self, ended: Ended, shown: String, max_rows: usize) -> ReadError {
        let (kind, cause) = match ended {
            Ended::Read(_) | Ended::TimedOut => (ErrorKind::Unreadable, Cause::Internal),
            Ended::LockedTooLong => (ErrorKind::Timeout, SqliteCause::LockedTooLong.into()),
            Ended::WorkerDied(status) => (ErrorKind::Unreadable, SqliteCause::WorkerDied(status).into()),
            Ended::NotStarted(error) => (ErrorKind::Unreadable, SqliteCause::NoWorker(error.to_string()).into()),
            Ended::Failed(QueryFailure::OutOfMemory) => {
                self.metrics.limit_reached(Limit::SqliteMemory, &shown);
                (ErrorKind::Unreadable, SqliteCause::OutOfMemory { mib: self.memory_mib }.into())
            }
            Ended::Failed(failure) => cause_of(failure, max_rows),
        };
        failure(kind, shown, cause)
    }
}

fn cause_of(failure: QueryFailure, max_rows: usize) -> (ErrorKind, Cause) {
    match failure {
        QueryFailure::NotOffered => (ErrorKind::Forbidden, SqliteCause::NotOffered.into()),
        QueryFailure::OwnFile => (ErrorKind::Forbidden, SqliteCause::OwnFile.into()),
        QueryFailure::NotAFile => (ErrorKind::Unreadable, SqliteCause::NotAFile.into()),
        QueryFailure::Replaced => (ErrorKind::Unreadable, SqliteCause::Replaced.into()),
        QueryFailure::Unreadable(text) => (ErrorKind::Unreadable, Cause::Foreign(text)),
        QueryFailure::CannotOpen(text) => (ErrorKind::Unreadable, SqliteCause::CannotOpen(text).into()),
        QueryFailure::WalWithoutIndex => (ErrorKind::Unreadable, SqliteCause::WalWithoutIndex.into()),
        QueryFailure::Changing => (ErrorKind::Unreadable, SqliteCause::Changing.into()),
        QueryFailure::LockedTooLong => (ErrorKind::Timeout, SqliteCause::LockedTooLong.into()),
        QueryFailure::Locked | QueryFailure::Interrupted | QueryFailure::OutOfMemory => {
            (ErrorKind::Unreadable, Cause::Internal)
        }
        QueryFailure::TooLarge(text) => (ErrorKind::TooLarge, Cause::Foreign(text)),
        QueryFailure::TooManyRows => (ErrorKind::TooLarge, SqliteCause::TooManyRows { max: max_rows }.into()),
        QueryFailure::TooManyBytes => {
            (ErrorKind::TooLarge, SqliteCause::TooManyBytes { max: execute::MAX_RESULT_BYTES }.into())
        }
        QueryFailure::ParameterCount { expected, given } => {
            (ErrorKind::Query, SqliteCause::ParameterCount { expected, given }.into())
        }
        QueryFailure::DuplicateColumn(name) => (ErrorKind::Query, SqliteCause::DuplicateColumn(name).into()),
        QueryFailure::NotAuthorized(text) => (ErrorKind::Query, SqliteCause::NotAuthorized(text).into()),
        QueryFailure::Query(text) => (ErrorKind::Query, Cause::Foreign(text)),
    }
}

/// The fields of a reading.
fn fields(table: Table) -> Map<String, Value> {
    let Table { columns, rows } = table;
    let count = rows.len().into();
    let rows = rows.into_iter().map(|cells| {
        let values = cells.into_iter().map(|cell| match cell {
            Cell::Null => Value::Null,
            Cell::Integer(integer) => integer.into(),
            Cell::Real(bits) => f64::from_bits(bits).into(),
            Cell::Text(text) | Cell::Blob(text) => text.into(),
        });
        Value::Object(columns.iter().cloned().zip(values).collect())
    });
    Map::from_iter([("rows".to_string(), Value::Array(rows.collect())), ("rowCount".to_string(), count)])
}
