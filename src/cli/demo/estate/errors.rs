//! Errors of the estate.

use crate::cli::settings::SettingsError;
use std::net::SocketAddr;

/// Why the estate does not start.
#[derive(Debug, thiserror::Error)]
pub enum EstateError {
    #[error("{path}: {message}")]
    Database { path: String, message: String },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// No part has this name.
#[derive(Debug, thiserror::Error)]
#[error("no part is named {0:?}")]
pub struct UnknownPart(pub String);
