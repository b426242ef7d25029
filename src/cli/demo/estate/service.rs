//! One listener of the estate: answers, hangs, resets, or is not there.

use super::answers::{Act, answer};
use super::desk_db::Outbox;
use super::{Broken, EstateError};
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

/// Every service, with the part that takes it off the network.
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
/// More at once are closed unanswered.
const CONNECTIONS_MAX: usize = 256;
/// However slow its client, a connection is closed after this.
const CONNECTION_TIME: Duration = Duration::from_secs(60);
/// Before listening or accepting is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// A listener.
pub struct Service {
    pub address: SocketAddr,
}

impl Service {
    /// Listens on a port of its own until `stop`, but for the times when the part `down`, if there is one, is broken.
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
                never = live(name, down, address, listener, broken, outbox) => match never {},
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

/// Listens while it is whole; while it is down nothing is bound to the port and no connection is left.
async fn live(
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

/// The old port. Another program may have taken it meanwhile: then it is waited for, until the estate ends.
async fn listen_again(name: &str, address: SocketAddr) -> TcpListener {
    let mut told = false;
    loop {
        match listen(address) {
            Ok(listener) => return listener,
            Err(error) if !told => tracing::warn!(service = name, %address, %error, "waiting for the port"),
            Err(_) => {}
        }
        told = true;
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Takes connections. When this is dropped, so are they.
async fn serve(name: &'static str, listener: &TcpListener, broken: &Broken, outbox: &Outbox) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Such as no file descriptor left: it passes, and must not be asked for in a busy loop.
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
        // How it ends is the client's business.
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
