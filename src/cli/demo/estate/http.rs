//! The services of the estate that are read by HTTP: each responds, hangs, or resets connections.

use super::answers::{Act, answer};
use super::broken::Broken;
use super::desk_db::Outbox;
use super::service::Serving;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Notify;

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
/// Maximum number of connections of a service.
const CONNECTIONS_MAX: usize = 256;
/// Maximum duration of a connection.
const CONNECTION_TIME: Duration = Duration::from_secs(60);

/// What the service of this name serves.
pub fn serving(
    name: &'static str,
    down: Option<&'static str>,
    broken: Broken,
    outbox: Outbox,
) -> Serving<impl Fn(TcpStream) -> BoxFuture<'static, ()> + Send + Sync> {
    Serving {
        name,
        down,
        connections_max: CONNECTIONS_MAX,
        connection: move |stream| connection(name, stream, broken.clone(), outbox.clone()).boxed(),
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
