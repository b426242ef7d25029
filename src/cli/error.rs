//! The error of a subcommand.

use super::settings::SettingsError;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a subcommand fails.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    ControlPlane(#[from] crate::controlplane::StartError),
    /// The simulated estate of the demo could not be started.
    #[error("{0}")]
    Estate(String),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} is in use by another agentic-ops process: stop it, or choose another --data directory", .0.display())]
    InUse(PathBuf),
    #[error("--registry {}: no such file or directory", .0.display())]
    NoRegistry(PathBuf),
    #[error("listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("kubeconfig: {0}")]
    Kubeconfig(String),
    #[error(transparent)]
    Write(#[from] crate::runtime::write::WriteError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Argument(String),
}
