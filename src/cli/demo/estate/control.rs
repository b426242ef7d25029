//! `POST /break/PART`, `POST /heal/PART`, `POST /heal`, `GET /`: one command breaks or heals a part.

use super::{Broken, EstateError, PARTS};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

#[derive(Clone)]
struct Control {
    broken: Broken,
    address: SocketAddr,
}

pub(super) async fn start(
    address: SocketAddr,
    broken: Broken,
    mut stop: signal::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), EstateError> {
    let failed = |source| EstateError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let router = Router::new()
        .route("/", get(overview))
        .route("/break/{part}", post(break_part))
        .route("/heal/{part}", post(heal_part))
        .route("/heal", post(heal_all))
        .with_state(Control { broken, address });
    let task = tokio::spawn(async move {
        let until = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
            tracing::error!(%error, "the estate's control ended");
        }
    });
    Ok((address, task))
}

async fn overview(State(control): State<Control>) -> String {
    let mut out = format!("curl -X POST http://{0}/break/PART or /heal/PART; /heal heals all\n\n", control.address);
    for part in PARTS {
        let state = if control.broken.has(part.name) { "BROKEN" } else { "ok" };
        out.push_str(&format!("{:<16} {:<7} {:<24} {}\n", part.name, state, part.scenario, part.what));
    }
    out
}

async fn break_part(State(control): State<Control>, Path(name): Path<String>) -> Response {
    change(&control, &name, true)
}

async fn heal_part(State(control): State<Control>, Path(name): Path<String>) -> Response {
    change(&control, &name, false)
}

fn change(control: &Control, name: &str, broken: bool) -> Response {
    if control.broken.set(name, broken).is_err() {
        let known: Vec<_> = PARTS.iter().map(|p| p.name).collect();
        let body = format!("no part is named {name:?}; there is {}\n", known.join(", "));
        return (StatusCode::NOT_FOUND, body).into_response();
    }
    let what = PARTS.iter().find(|p| p.name == name).map_or("", |p| p.what);
    let line = if broken { format!("broken: {what}\n") } else { format!("healed: {name}\n") };
    line.into_response()
}

async fn heal_all(State(control): State<Control>) -> String {
    for part in PARTS {
        // Every name in the list is known.
        let _ = control.broken.set(part.name, false);
    }
    "healed: everything\n".into()
}
