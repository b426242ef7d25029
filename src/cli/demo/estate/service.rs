//! One service of the estate: responds, hangs, resets connections, or is down.

use super::answers::{Act, answer};
use super::broken::Broken;
use super::desk_db::Outbox;
use super::errors::EstateError;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch as signal};
use tokio::task::{JoinHandle, JoinSet};

/// All services, with the part that takes each down.
pub const SERVICES: &[(&str, Option<&str>)] = &[
    ("desk", Some("desk-down")),
    ("wizard-api", Some("wizard-down")),
    ("wizard-portal", Some("portal-down")),
    ("pfsense", Some("pfsense-down")),
    ("proxmox", Some("proxmox-down")),
    ("ollama", Some("ollama-down")),
    ("foss", Some("foss-down")),
    ("odoo", Some("odoo-down")),
    ("bridge", None),
];
/// Maximum number of connections; further ones are closed.
const CONNECTIONS_MAX: usize = 256;
/// Maximum duration of a connection.
const CONNECTION_TIME: Duration = Duration::from_secs(60);
/// Retry interval for listening and accepting.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// A running service.
pub struct Service {
    pub address: SocketAddr,
}

impl Service {
    /// Listens on a free port until `stop`, except while the part `down` is broken.
    pub async fn start(
        name: &'static str,
        down: Option<&'static str>,
        broken: Broken,
        outbox: Outbox,
        mut stop: signal::Receiver<bool>,
    ) -> Result<(Service, JoinHandle<()>), EstateError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = listen(address).map_err(|source| EstateError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| EstateError::Listen { address, source })?;
        let task = tokio::spawn(async move {
            tokio::select! {
                never = run(name, down, address, listener, broken, outbox) => match never {},
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
        Ok((Service { address }, task))
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(128)
}

/// Listens while the service is up. While it is down, its port is free and its connections are closed.
async fn run(
    name: &'static str,
    down: Option<&'static str>,
    address: SocketAddr,
    mut listener: TcpListener,
    broken: Broken,
    outbox: Outbox,
) -> Infallible {
    let Some(down) = down else { return serve(name, &listener, &broken, &outbox).await };
    loop {
        tokio::select! {
            never = serve(name, &listener, &broken, &outbox) => match never {},
            () = broken.until(down, true) => {}
        }
        drop(listener);
        broken.until(down, false).await;
        listener = listen_again(name, address).await;
    }
}

/// Listens on the old port. Retries while another program uses it.
async fn listen_again(name: &str, address: SocketAddr) -> TcpListener {
    let mut logged = false;
    loop {
        match listen(address) {
            Ok(listener) => return listener,
            Err(error) if !logged => tracing::warn!(service = name, %address, %error, "waiting for the port"),
            Err(_) => {}
        }
        logged = true;
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Accepts connections. Dropping the future closes them.
async fn serve(name: &'static str, listener: &TcpListener, broken: &Broken, outbox: &Outbox) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No file descriptor is left, for instance: wait, instead of retrying in a busy loop.
            tokio::time::sleep(RETRY_PAUSE).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        if connections.len() < CONNECTIONS_MAX {
            connections.spawn(connection(name, stream, broken.clone(), outbox.clone()));
        }
    }
}

async fn connection(name: &'static str, stream: TcpStream, broken: Broken, outbox: Outbox) {
    let close = Arc::new(Notify::new());
    let on_close = close.clone();
    let router = Router::new().fallback(move |request: Request| {
        let act = answer(name, request.uri(), request.headers(), &broken, &outbox);
        respond(act, broken.clone(), close.clone())
    });
    let builder = Builder::new(TokioExecutor::new());
    tokio::select! {
        // Errors of the connection concern only the client.
        _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)) => {}
        () = on_close.notified() => {}
        () = tokio::time::sleep(CONNECTION_TIME) => {}
    }
}

async fn respond(act: Act, broken: Broken, close: Arc<Notify>) -> Response {
    match act {
        Act::Answer(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return (status, [("content-type", answer.media_type)], answer.body).into_response();
        }
        Act::Hang(part) => broken.until(part, false).await,
        Act::Reset => {}
    }
    close.notify_one();
    std::future::pending().await
}
