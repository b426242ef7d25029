//! The panel at `/desk`: pages over [`crate::views`], forms over [`crate::commands`].
//!
//! [`session`] signs people in, [`guard`] protects what they send, [`visit`] is who reads a page, [`layout`] its frame; [`pages`] has
//! one file for each page, and [`live`] tells open pages what changed. [`client`] is what a page carries for its scripts, and [`held`] does
//! for browsers without script what those do for others. A handler that changes something takes an [`admit::Sent`], which
//! is a form of a person who is signed in, from a page of the panel.

mod admit;
mod assets;
mod attendance;
mod backend;
mod charts;
mod client;
mod guard;
mod guest;
mod held;
mod language;
mod layout;
mod live;
mod markdown;
mod options;
mod pages;
mod panel;
mod presence;
mod round;
mod seats;
mod session;
mod symbols;
#[cfg(test)]
mod tests;
mod time;
mod tools;
mod visit;
mod watch;

pub use backend::{Backend, Gate, NotVerified, Options, SignedIn};
pub use language::accepted;
pub use pages::peers::{HISTORY_PATH, HistoryRequest};
pub use session::OneTime;
pub use tools::{Meter, Shelf, Tools};

use crate::runtime::caches::Caches;
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use live::Live;
use panel::Panel;
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

/// All routes. `once` has the code of the one-time link, if one was made.
pub fn routes(backend: Backend, caches: &Caches, options: Options, once: OneTime) -> Router {
    let ended = Arc::default();
    let live = Live::start(caches, &ended);
    over(Panel::new(backend, options, once, (ended, live)))
}

fn over(panel: Panel) -> Router {
    let guard = panel.guard.clone();
    Router::new()
        .route("/desk", get(pages::inbox::show))
        .route("/desk/", get(pages::inbox::show))
        .route("/desk/arrived", get(pages::inbox::arrived))
        .route("/desk/pending", get(pages::inbox::count))
        .route("/desk/acknowledge", post(pages::inbox::acknowledge))
        .route("/desk/acknowledge/undo", post(pages::inbox::undo))
        .route("/desk/findings", get(pages::findings::show))
        .route("/desk/findings/{name}", get(pages::context::finding))
        .route("/desk/findings/{name}/acknowledge", post(pages::context::acknowledge))
        .route("/desk/findings/{name}/take-back", post(pages::context::take_back))
        .route("/desk/findings/{name}/owner", post(pages::context::take_over))
        .route("/desk/findings/{name}/release", post(pages::context::release))
        .route("/desk/findings/{name}/resolution", post(pages::context::explain))
        .route("/desk/findings/{name}/run", get(pages::context::follow_run).post(pages::context::run))
        .route("/desk/findings/{name}/silence", post(pages::context::silence))
        .route("/desk/findings/{name}/advice", post(pages::context::ask))
        .route("/desk/findings/{name}/vote", post(pages::context::vote))
        .route("/desk/threads", get(pages::threads::show))
        .route("/desk/threads/{name}", get(pages::context::thread))
        .route("/desk/threads/{name}/reply", post(pages::context::reply))
        .route("/desk/board", get(pages::board::show))
        .route(HISTORY_PATH, post(pages::peers::history))
        .route("/desk/round", get(pages::board::round))
        .route("/desk/scenarios/{name}", get(pages::scenario::show))
        .route("/desk/scenarios/{name}/run", post(pages::scenario::run))
        .route("/desk/scenarios/{name}/reclassify", post(pages::scenario::reclassify))
        .route("/desk/messages/{name}/addition", get(pages::context::download))
        .route("/desk/present/{window}", get(pages::presence::show))
        .route("/desk/present/{window}/replying", post(pages::presence::replying))
        .route("/desk/runbooks/{*spec}", get(pages::runbook::show))
        .route("/desk/actions", get(pages::actions::show))
        .route("/desk/actions.csv", get(pages::actions::download))
        .route("/desk/agents", get(pages::agents::show))
        .route("/desk/silences", get(pages::silences::list).post(pages::silences::make))
        .route("/desk/silences/maintenance", post(pages::silences::maintenance))
        .route("/desk/silences/{name}/end", post(pages::silences::end))
        .route("/desk/handover", get(pages::handover::show))
        .route("/desk/handover.txt", get(pages::handover::as_text))
        .route("/desk/chat", get(pages::chat::show).post(pages::chat::ask))
        .route("/desk/runbooks", get(pages::runbooks::show))
        .route("/desk/model", get(pages::model::show).post(pages::model::begin))
        .route("/desk/preferences", post(pages::preferences::choose))
        .route("/desk/session", get(pages::session::form).post(pages::session::begin))
        .route("/desk/session/once/{code}", get(pages::session::once_form).post(pages::session::once))
        .route("/desk/session/out", post(pages::session::end))
        .route("/desk/events", get(pages::events::follow))
        .route("/desk/changed", get(pages::events::changed))
        .route("/desk/assets/{name}", get(assets::serve))
        .route("/desk/{*rest}", get(pages::nothing::show))
        .layer(middleware::from_fn_with_state(guard, guard::headers))
        // Files are compressed already, and streams are not.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .with_state(Arc::new(panel))
}
