//! TLS connections, limited in number, with graceful shutdown.

use super::routes;
use super::shutdown::stopped;
use super::state::ServerState;
use super::store::StoreStatus;
use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch as signal};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Maximum number of connections.
const CONNECTIONS_MAX: usize = 512;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// Time for requests in progress to end at shutdown.
const DRAIN: Duration = Duration::from_secs(3);

/// A running server.
pub struct Running {
    /// Such as `https://127.0.0.1:8143`.
    pub url: String,
    pub address: SocketAddr,
    pub kubeconfig_path: PathBuf,
    /// The kubeconfig, also while it can't be written to its file.
    pub kubeconfig: String,
    pub ca_pem: String,
    pub token: String,
    /// State of the store.
    pub store: StoreStatus,
    pub(super) stop: signal::Sender<bool>,
    pub(super) serving: JoinHandle<()>,
    pub(super) writer: std::thread::JoinHandle<()>,
}

impl Running {
    /// Ends watches, waits for requests in progress, and closes the store.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        let _ = self.serving.await;
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || writer.join()).await;
    }
}

/// Accepts connections until shutdown.
pub(super) async fn serve(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    api: Arc<ServerState>,
    mut stop: signal::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(config);
    let router = Router::new().fallback(move |request: Request| routes::handle(api.clone(), request));
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            () = stopped(&mut stop) => break,
        };
        let Some((stream, permit)) = accepted else { continue };
        while connections.try_join_next().is_some() {}
        let (acceptor, router, stop) = (acceptor.clone(), router.clone(), stop.clone());
        connections.spawn(async move {
            connection(stream, acceptor, router, stop).await;
            drop(permit);
        });
    }
    drop(router);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(error) => {
            // Usually no file descriptors are left, which is temporary.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router, mut stop: signal::Receiver<bool>) {
    // Send small responses immediately.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await else { return };
    let service = TowerToHyperService::new(router);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(256);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        result = serving.as_mut() => {
            if let Err(error) = result {
                tracing::debug!(%error, "connection ended");
            }
        }
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}
