//! sqlite probes with worker processes, beside writers in another process: this one.

mod files;
mod limits;

use crate::kit::scratch::Scratch;
use agentic_ops::domain::reading::{ErrorKind, Reading};
use agentic_ops::domain::target::{Request, SqliteRequest, Target};
use agentic_ops::domain::texts::{self, Language};
use agentic_ops::probes::{Prober, ProberOptions, SqliteOptions};
use agentic_ops::telemetry::Metrics;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A directory with a database, and a prober whose workers are known by the path of their program.
struct Reader {
    scratch: Scratch,
    metrics: Arc<Metrics>,
    program: PathBuf,
    prober: Prober,
}

/// A row in a table, in rollback or WAL mode.
const ONE_ROW: &str =
    "CREATE TABLE ticket (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO ticket (title) VALUES ('a')";
const COUNT: &str = "SELECT count(*) AS n FROM ticket";

impl Reader {
    fn new(change: impl FnOnce(&mut SqliteOptions, &Path)) -> Reader {
        let scratch = Scratch::new("sqlite");
        let program = scratch.0.join("worker");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_agentic-ops"), &program).unwrap();
        std::fs::create_dir(scratch.0.join("desk")).unwrap();
        let metrics = Arc::new(Metrics::default());
        let mut sqlite = SqliteOptions { program: program.clone(), ..SqliteOptions::default() };
        sqlite.paths.push(scratch.0.join("desk/desk.db"));
        change(&mut sqlite, &scratch.0);
        let options = ProberOptions { sqlite, metrics: metrics.clone(), ..ProberOptions::default() };
        let prober = Prober::new(options).unwrap();
        Reader { scratch, metrics, program, prober }
    }

    fn path(&self) -> PathBuf {
        self.scratch.0.join("desk/desk.db")
    }

    /// Another connection to the database.
    fn writer(&self, mode: &str) -> Connection {
        let writer = Connection::open(self.path()).unwrap();
        writer.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).unwrap();
        writer.busy_timeout(Duration::ZERO).unwrap();
        writer
    }

    fn target(&self, scenario: &str, query: &str, timeout: Duration) -> Target {
        let request = SqliteRequest { path: self.path(), query: query.into(), parameters: Vec::new(), max_rows: 100 };
        Target { scenario: scenario.into(), name: "db".into(), timeout, request: Request::Sqlite(request) }
    }

    async fn read(&self, query: &str, timeout: Duration) -> Reading {
        self.prober.read(&self.target("shop", query, timeout)).await.into_parts().0
    }

    async fn count(&self) -> Reading {
        self.read(COUNT, Duration::from_secs(20)).await
    }

    /// The names of the files beside the database.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.scratch.0.join("desk")).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The ids of the workers that run.
    fn workers(&self) -> Vec<u32> {
        let is_worker = |id: &u32| {
            std::fs::read(format!("/proc/{id}/cmdline"))
                .is_ok_and(|line| line.starts_with(self.program.as_os_str().as_encoded_bytes()))
        };
        processes().filter(is_worker).collect()
    }

    fn is_counted(&self, limit: &str) -> bool {
        self.metrics.encode().contains(&format!("agentic_ops_limit_reached_total{{limit=\"{limit}\"}}"))
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// The processes that this one has started.
fn children(parent: u32) -> Vec<u32> {
    let is_child = |id: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()))
    };
    processes().filter(is_child).collect()
}

fn is_running(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

fn kind(reading: &Reading) -> Option<ErrorKind> {
    reading.error.as_ref().map(|error| error.kind)
}

fn detail(reading: &Reading) -> String {
    reading.error.as_ref().map(|error| texts::detail(Language::English, &error.detail)).unwrap_or_default()
}

fn number(reading: &Reading) -> i64 {
    assert!(reading.ok(), "{reading:?}");
    reading.fields["rows"][0]["n"].as_i64().unwrap()
}
