//! HTTP API of the estate: `POST /break/PART`, `POST /heal/PART`, `POST /heal`, `GET /`, and the mails below `GET /mail`.

use super::broken::Broken;
use super::errors::EstateError;
use super::mail::{self, Pages};
use super::parts::{self, PartState};
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
    pages: Pages,
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
        .with_state(Control { broken, address })
        .merge(mail::router(pages));
    let task = tokio::spawn(async move {
        let until = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
            tracing::error!(%error, "control API of the estate ended");
        }
    });
    Ok((address, task))
}

async fn overview(State(control): State<Control>) -> String {
    let url = format!("http://{}", control.address);
    let mut out = format!("{:<18} {:<7} {:<24} WHAT BREAKING IT DOES\n", "PART", "STATE", "SCENARIO");
    for part in control.broken.parts() {
        let state = if part.state == PartState::Broken { "BROKEN" } else { "ok" };
        let scenario = part.scenario.unwrap_or("-");
        out.push_str(&format!("{:<18} {state:<7} {scenario:<24} {}\n", part.name, part.what));
    }
    out.push_str(&format!("\ncurl -X POST {url}/break/PART\ncurl -X POST {url}/heal/PART\n"));
    out.push_str(&format!("curl -X POST {url}/heal           # everything\n"));
    out.push_str(&format!("curl {url}/mail.txt               # the mails that were sent; {url}/mail in a browser\n"));
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
        let known: Vec<_> = parts::all().map(|(name, ..)| name).collect();
        let body = format!("no part is named {name:?}; there is {}\n", known.join(", "));
        return (StatusCode::NOT_FOUND, body).into_response();
    }
    let what = parts::all().find(|(known, ..)| *known == name).map_or("", |(.., what)| what);
    let line = if broken { format!("broken: {name}: {what}\n") } else { format!("healed: {name}\n") };
    line.into_response()
}

async fn heal_all(State(control): State<Control>) -> &'static str {
    control.broken.heal_all();
    "healed: everything\n"
}
