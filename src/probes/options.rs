//! The options of a `Prober`.

use crate::net::guard::AddressRules;
use std::path::PathBuf;

/// The settings that all probes share.
#[derive(Clone, Debug)]
pub struct ProberOptions {
    /// PEM files of CA certificates that are trusted besides the system's.
    pub extra_ca_pem: Vec<Vec<u8>>,
    pub limits: ProbeLimits,
    /// Which addresses may be connected to.
    pub addresses: AddressRules,
    /// Most SQLite files that are read concurrently; at least 1.
    pub sqlite_concurrency: usize,
    /// `User-Agent` of http probes that set none.
    pub user_agent: String,
    /// The only files that sqlite probes may open.
    pub sqlite_paths: Vec<PathBuf>,
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
            addresses: AddressRules::default(),
            sqlite_concurrency: 4,
            user_agent: concat!("agentic-ops/", env!("CARGO_PKG_VERSION")).to_string(),
            sqlite_paths: Vec::new(),
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
