//! One listener of the estate: answers, hangs, resets, or is not there.

use super::answers::{Act, answer};
use super::desk_db::Outbox;
use super::{Broken, EstateError};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch as signal;
use tokio::task::{JoinHandle, JoinSet};

/// Every service.
pub const NAMES: &[&str] =
    &["desk", "wizard-api", "wizard-portal", "pfsense", "proxmox", "ollama", "foss", "odoo", "bridge"];
const CONNECTIONS_MAX: usize = 256;
const REBIND_PAUSE: Duration = Duration::from_millis(50);

/// The part that takes a service off the network.
fn down_part(service: &str) -> Option<&'static str> {
    match service {
        "desk" => Some("desk-down"),
        "wizard-api" => Some("wizard-down"),
        "proxmox" => Some("proxmox-down"),
        "ollama" => Some("ollama-down"),
        _ => None,
    }
}

/// A listener.
pub struct Service {
    pub address: SocketAddr,
}

impl Service {
    /// Listens on a port of its own, until `stop`.
    pub async fn start(
        name: &'static str,
        broken: Broken,
        outbox: Outbox,
        mut stop: signal::Receiver<bool>,
    ) -> Result<(Service, JoinHandle<()>), EstateError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = listen(address).map_err(|source| EstateError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| EstateError::Listen { address, source })?;
        let task = tokio::spawn(async move {
            let working = live(name, address, listener, broken, outbox);
            tokio::select! {
                () = working => {}
                () = async { let _ = stop.wait_for(|stop| *stop).await; } => {}
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
async fn live(name: &'static str, address: SocketAddr, listener: TcpListener, broken: Broken, outbox: Outbox) {
    let is_down = || down_part(name).is_some_and(|part| broken.has(part));
    let mut listener = Some(listener);
    loop {
        let changed = broken.changed.notified();
        match (is_down(), listener.take()) {
            (true, bound) => {
                drop(bound);
                changed.await;
            }
            (false, None) => match listen(address) {
                Ok(bound) => listener = Some(bound),
                Err(_) => tokio::time::sleep(REBIND_PAUSE).await,
            },
            (false, Some(bound)) => {
                let serving = serve(name, &bound, &broken, &outbox);
                tokio::select! {
                    () = serving => {}
                    () = changed => {}
                }
                listener = Some(bound);
            }
        }
    }
}

async fn serve(name: &'static str, listener: &TcpListener, broken: &Broken, outbox: &Outbox) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        if connections.len() >= CONNECTIONS_MAX {
            continue;
        }
        connections.spawn(connection(name, stream, broken.clone(), outbox.clone()));
    }
}

async fn connection(name: &'static str, stream: TcpStream, broken: Broken, outbox: Outbox) {
    let reset = std::sync::Arc::new(tokio::sync::Notify::new());
    let on_reset = reset.clone();
    let router = Router::new().fallback(move |request: Request| {
        let act = answer(name, request.uri().path(), request.headers(), &broken, &outbox);
        respond(act, reset.clone())
    });
    let service = hyper_util::service::TowerToHyperService::new(router);
    let io = hyper_util::rt::TokioIo::new(stream);
    let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
    let serving = builder.serve_connection(io, service);
    tokio::select! {
        _ = serving => {}
        () = on_reset.notified() => {}
    }
}

async fn respond(act: Act, reset: std::sync::Arc<tokio::sync::Notify>) -> Response {
    match act {
        Act::Answer(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [("content-type", answer.media_type)], answer.body).into_response()
        }
        Act::Hang => std::future::pending().await,
        Act::Reset => {
            reset.notify_one();
            std::future::pending().await
        }
    }
}
