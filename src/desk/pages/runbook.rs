//! A runbook, open at a section or at what is quoted: `GET /desk/runbooks/{spec}?section=…&quote=…`.

use crate::desk::layout::{self, Page, address, say};
use crate::desk::markdown;
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::domain::runbooks::quoted;
use crate::domain::runbooks::section;
use crate::domain::texts::panel::context as said;
use crate::domain::texts::panel::words;
use crate::views::Parameters;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

/// Longest quotation in an address, in characters.
const QUOTE_MAX: usize = 240;

/// The address of a runbook at a section, and at a quotation.
pub fn address_of(spec: &str, section: Option<&str>, quote: Option<&str>) -> String {
    // Of several lines, the section is enough: a part of them would be taken for what matters.
    let quote = quote.filter(|quote| !quote.contains('\n')).unwrap_or_default();
    let quote: String = quote.chars().take(QUOTE_MAX).collect();
    let path = format!("/desk/runbooks/{spec}");
    let place = if quote.is_empty() && section.is_none() { "" } else { "#here" };
    address(&path, &[("section", section.unwrap_or_default()), ("quote", &quote)]) + place
}

/// `GET /desk/runbooks/{*spec}`.
pub async fn show(
    State(panel): State<PanelState>,
    visit: Visit,
    Path(spec): Path<String>,
    Query(asked): Query<Parameters>,
) -> Response {
    let language = visit.language();
    let pending = panel.resources().pending_total(super::inbox::reader(&visit));
    let page = |title: String| Page { title, place: None, pending, visit: &visit };
    let Some(text) = panel.runbook(&spec) else {
        if !spec.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c)) {
            return layout::not_found(&visit.look);
        }
        let back = Some(("/desk", words::back_to_inbox(language)));
        let title = said::runbook_missing(language);
        let main =
            html! { main id="principal" class="plain" { (say(title, said::runbook_missing_more(language), back)) } };
        return page(format!("{title} · Desk")).answer(StatusCode::NOT_FOUND, &main);
    };
    let given = |name: &str| asked.get(name).map(String::as_str).filter(|value| !value.trim().is_empty());
    let section = given("section").and_then(|heading| section::place(&text, heading));
    let quote = given("quote").map(|quote| quoted::place(&text, quote, section.clone()));
    let is_lost = quote == Some(None);
    let marks = markdown::Marks { quote: quote.flatten(), heading: section.map(|section| section.start) };
    let main = html! {
        main id="principal" class="page page--book" {
            p class="book-src" { span class="fact quiet" { "specs/" (spec) ".md" } }
            @if is_lost { p class="quiet" role="status" { (said::quote_missing(language)) } }
            article class="book book--whole" { (markdown::of_runbook(&text, &marks)) }
        }
    };
    page(format!("{spec} · Runbook · Desk")).answer(StatusCode::OK, &main)
}
