//! A running server.

use super::in_process::InProcess;
use super::routes;
use super::state::ServerState;
use super::store::StoreStatus;
use crate::listener::Serving;
use axum::Router;
use axum::extract::Request;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch as signal;

/// The default time of a stop.
const STOP: Duration = Duration::from_secs(5);
/// Of the time of a stop, for closing the store.
const CLOSE: Duration = Duration::from_millis(500);

/// A running server.
pub struct Running {
    /// Such as `https://127.0.0.1:8143`.
    pub url: String,
    pub address: SocketAddr,
    pub kubeconfig_path: PathBuf,
    pub ca_pem: String,
    pub token: String,
    /// State of the store.
    pub store: StoreStatus,
    pub(super) api: Arc<ServerState>,
    /// Ends watches.
    pub(super) stop: signal::Sender<bool>,
    pub(super) serving: Serving,
    pub(super) writer: std::thread::JoinHandle<()>,
}

impl Running {
    /// The API for clients in this process.
    pub fn in_process(&self) -> InProcess {
        InProcess { api: Arc::downgrade(&self.api) }
    }

    /// Stops as [`Running::shutdown_by`] does, in [`STOP`].
    pub async fn shutdown(self) {
        self.shutdown_by(Instant::now() + STOP).await;
    }

    /// Ends watches, waits for requests in progress, and closes the store; all of it before `until`.
    pub async fn shutdown_by(self, until: Instant) {
        let _ = self.stop.send(true);
        // Writes that were begun go on until the store is closed.
        let _threads = self.serving.threads();
        self.serving.shutdown(until.checked_sub(CLOSE).unwrap_or(until)).await;
        drop(self.api);
        let writer = self.writer;
        let closed = tokio::task::spawn_blocking(move || writer.join());
        if tokio::time::timeout_at(until.into(), closed).await.is_err() {
            tracing::warn!("the store is not closed in time; what was answered is stored");
        }
    }
}

/// The routes for clients that connect.
pub(super) fn router(api: Arc<ServerState>) -> Router {
    Router::new().fallback(move |request: Request| routes::handle(api.clone(), request))
}
