//! The options of a `Prober`.

use crate::net::guard::AddressRules;
use crate::telemetry::Metrics;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// This program, even when its file has been replaced or removed since it was started.
pub(super) const OWN_PROGRAM: &str = "/proc/self/exe";

/// The settings that all probes share.
#[derive(Clone)]
pub struct ProberOptions {
    /// PEM files of CA certificates that are trusted besides the system's.
    pub extra_ca_pem: Vec<Vec<u8>>,
    pub limits: ProbeLimits,
    /// Most memory that readings take until they are judged, in bytes.
    pub readings_bytes: usize,
    /// Which addresses may be connected to.
    pub addresses: AddressRules,
    /// `User-Agent` of http probes that set none.
    pub user_agent: String,
    pub sqlite: SqliteOptions,
    /// Where limits that are reached are counted.
    pub metrics: Arc<Metrics>,
}

/// The options of sqlite probes.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The only files that may be opened.
    pub paths: Vec<PathBuf>,
    /// Files of the program itself, which are not opened even if an offered path leads to them.
    pub own_files: Vec<PathBuf>,
    /// The program that is started as a worker process; by default the one that runs.
    pub program: PathBuf,
    /// Most queries that run at once, at least 1.
    pub workers: usize,
    /// Most of them on one file.
    pub workers_per_file: usize,
    /// Most memory that SQLite takes for one query, in MiB.
    pub memory_mib: u64,
    /// Most time that a query takes, whatever the timeout of its probe is.
    pub max_time: Duration,
}

/// How many probes are under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeLimits {
    /// Of all targets.
    pub total: usize,
    /// Of one target: a host and port, or a file.
    pub of_target: usize,
}

impl Default for ProbeLimits {
    fn default() -> Self {
        ProbeLimits { total: 1_024, of_target: 128 }
    }
}

impl Default for ProberOptions {
    fn default() -> Self {
        ProberOptions {
            extra_ca_pem: Vec::new(),
            limits: ProbeLimits::default(),
            readings_bytes: 64 << 20,
            addresses: AddressRules::default(),
            user_agent: concat!("agentic-ops/", env!("CARGO_PKG_VERSION")).to_string(),
            sqlite: SqliteOptions::default(),
            metrics: Arc::default(),
        }
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        SqliteOptions {
            paths: Vec::new(),
            own_files: Vec::new(),
            program: OWN_PROGRAM.into(),
            workers: 4,
            workers_per_file: 3,
            memory_mib: 32,
            max_time: Duration::from_secs(30),
        }
    }
}

/// Why a `Prober` cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum ProberError {
    #[error("extra CA certificates: {0}")]
    Certificates(String),
    #[error("HTTP client: {0}")]
    Client(String),
}
