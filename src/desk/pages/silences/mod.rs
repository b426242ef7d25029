//! Silences: `GET /desk/silences`, and the forms that make and end them.

mod form;
mod make;
mod show;

pub use make::{end, maintenance, make};
pub use show::{condition_in_words, item};

use super::list::{self, Frame, address_with, given};
use crate::desk::layout::{Place, say};
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::domain::texts::panel::silences as said;
use crate::views::{Order, PageRequest, Parameters, QueryError, SilenceStanding, StandingSilence};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use form::Draft;
use maud::{Markup, html};

const PATH: &str = "/desk/silences";
/// Silences that are active or will be, on the page at most.
const STANDING_MAX: usize = 100;
/// Those that are over, on one page.
const PAST_MAX: &str = "20";

/// `GET /desk/silences`.
pub async fn list(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let asked = given(parameters);
    let draft = Draft::of_address(&asked);
    match page(&panel, &visit, &asked, &draft) {
        Ok(content) => frame(&panel, &visit).answer(StatusCode::OK, said::title(visit.language()), &content),
        Err(error) => frame(&panel, &visit).wrong_filter(said::title(visit.language()), &html! {}, &asked, &error),
    }
}

fn frame<'a>(panel: &'a PanelState, visit: &'a Visit) -> Frame<'a> {
    Frame { panel, visit, place: Place::Silences }
}

/// The page, with the form as it is filled in.
fn page(panel: &PanelState, visit: &Visit, asked: &Parameters, draft: &Draft) -> Result<Markup, QueryError> {
    let (language, now) = (visit.language(), visit.look.now);
    let mut of_past = asked.clone();
    of_past.entry("limit".into()).or_insert_with(|| PAST_MAX.into());
    let request = PageRequest::parse(&of_past, Order::Silences)?;
    let (total, standing) = panel.resources().standing_silences(now, STANDING_MAX);
    let past = panel.resources().past_silences(now, &request);
    let (active, next): (Vec<_>, Vec<_>) = standing.iter().partition(|one| one.standing == SilenceStanding::Active);
    let is_later = asked.contains_key("cursor");
    let more = past.next.as_deref().map(|next| address_with(PATH, asked, &[], &[("cursor", next)]));
    let count = said::count(language, active.len());
    let is_empty = standing.is_empty() && past.items.is_empty() && !is_later;
    let section = |title: &str, items: &[&StandingSilence], none: &str| {
        html! {
            h2 class="page__h" { (title) }
            @if items.is_empty() { p class="quiet" { (none) } }
            ul class="sils" { @for one in items { (item(panel, visit, one, true)) } }
        }
    };
    Ok(html! {
        (list::top(said::title(language), (!active.is_empty()).then_some(&count), &html! {}))
        p class="page__lead" { (said::lead(language)) }
        (done(panel, visit, asked))
        (form::quick(panel, visit))
        (form::form(panel, visit, draft))
        @if is_empty {
            (say(said::none_active(language), "", None))
        } @else {
            @if !is_later {
                (section(said::active(language), &active, said::none_active(language)))
                @if !next.is_empty() { (section(said::next(language), &next, "")) }
                @if total > standing.len() { p class="quiet" { (said::more(language, total - standing.len())) } }
            }
            (section(said::past(language), &past.items.iter().collect::<Vec<_>>(), said::none_past(language)))
        }
        (list::pager(language, is_later.then_some(PATH), more.as_deref()))
    })
}

/// What was just done.
pub fn done(panel: &PanelState, visit: &Visit, asked: &Parameters) -> Markup {
    let language = visit.language();
    let text = match asked.get("done").map(String::as_str) {
        Some("made") => {
            let silence = asked.get("id").and_then(|id| panel.resources().silence(id));
            html! { (said::made(language)) @if let Some(silence) = silence { ": " (show::in_short(panel, visit, &silence)) } "." }
        }
        Some("ended") => html! { (said::ended(language)) },
        _ => return html! {},
    };
    html! { p class="page__done" role="status" { (text) } }
}
