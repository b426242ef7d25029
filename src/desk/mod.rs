//! The panel. Until it exists, its addresses, to which notices link, answer with the commands that show the same: pages without any
//! data, so that they need no token.

mod commands;
mod language;
mod page;
#[cfg(test)]
mod tests;

pub use language::accepted;

use crate::domain::texts::Language;
use crate::domain::texts::desk::Page;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

/// What the pages need.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Address of the facade as people reach it, without a slash at its end.
    pub url: String,
    /// Namespace of the objects.
    pub namespace: String,
    /// Language of a reader whose browser asks for none of the catalogue.
    pub language: Language,
}

/// `/desk`, `/desk/findings`, `/desk/findings/{name}`, `/desk/threads` and `/desk/threads/{name}`.
pub fn routes(desk: Desk) -> Router {
    Router::new()
        .route("/desk", get(start))
        .route("/desk/", get(start))
        .route("/desk/findings", get(findings))
        .route("/desk/threads", get(threads))
        .route("/desk/findings/{name}", get(finding))
        .route("/desk/threads/{name}", get(thread))
        .with_state(Arc::new(desk))
}

async fn start(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    page::answer(&desk, &headers, Some(Page::Start))
}

async fn threads(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    page::answer(&desk, &headers, Some(Page::Threads))
}

async fn findings(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    page::answer(&desk, &headers, Some(Page::Findings))
}

async fn finding(State(desk): State<Arc<Desk>>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    page::answer(&desk, &headers, commands::is_name(&name).then_some(Page::Finding(&name)))
}

async fn thread(State(desk): State<Arc<Desk>>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    page::answer(&desk, &headers, commands::is_name(&name).then_some(Page::Thread(&name)))
}
