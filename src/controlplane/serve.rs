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
use tokio::sync::watch as signal;

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

    /// Ends watches, waits for requests in progress, and closes the store.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        self.serving.shutdown().await;
        drop(self.api);
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || writer.join()).await;
    }
}

/// The routes for clients that connect.
pub(super) fn router(api: Arc<ServerState>) -> Router {
    Router::new().fallback(move |request: Request| routes::handle(api.clone(), request))
}
