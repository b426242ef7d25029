//! Who else has a context window open: `GET /desk/present/{window}`, `POST /desk/present/{window}/replying`. A window has the name of its
//! Finding, or of its Thread where that has none.

use crate::desk::admit::Sent;
use crate::desk::guest::is_name;
use crate::desk::panel::{Panel, PanelState};
use crate::desk::presence::{Other, REPLIES_FOR};
use crate::desk::visit::Visit;
use crate::domain::texts::Language;
use crate::domain::texts::panel::context as said;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use std::time::{Duration, Instant};

/// `GET /desk/present/{window}`.
pub async fn show(State(panel): State<PanelState>, visit: Visit, Path(window): Path<String>) -> Response {
    if !is_name(&window) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let text = line(&panel, &visit, &window).into_string();
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

/// `POST /desk/present/{window}/replying`: the reader writes.
pub async fn replying(State(panel): State<PanelState>, Path(window): Path<String>, sent: Sent) -> Response {
    let person = &sent.visit.caller.name;
    if panel.presence.replies(person, &window, Instant::now()) {
        let topic = format!("presence-{window}");
        panel.live.tell(&topic);
        // Others see that it ended, unless it goes on: then they are told nothing new.
        let panel = panel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(REPLIES_FOR + Duration::from_millis(100)).await;
            panel.live.tell(&topic);
        });
    }
    StatusCode::NO_CONTENT.into_response()
}

/// The line that says who else is in a window.
pub fn line(panel: &Panel, visit: &Visit, window: &str) -> Markup {
    let others = panel.presence.others(window, &visit.caller.name, Instant::now());
    html! {
        span class="present" id="present" role="status" aria-label=(said::present(visit.language()))
            hx-get={ "/desk/present/" (window) } hx-trigger={ "sse:presence-" (window) ", sse:reset" } hx-select="#present" hx-swap="outerHTML" {
            @for text in texts(visit.language(), &others) { (text) " " }
        }
    }
}

fn texts(language: Language, others: &[Other]) -> Vec<String> {
    let (writing, looking): (Vec<_>, Vec<_>) = others.iter().partition(|other| other.replies);
    let mut all: Vec<String> = writing.iter().map(|other| said::replies(language, &other.name)).collect();
    let names: Vec<&str> = looking.iter().map(|other| other.name.as_str()).collect();
    match names.as_slice() {
        [] => {}
        [one] => all.push(said::looks(language, one)),
        many => all.push(said::look(language, &many.join(", "))),
    }
    all
}
