//! The board: `GET /desk/board`, and the round, `GET /desk/round`.

mod list;
mod past;
mod print;

pub use list::{mark, small_state};
pub use past::{Pasts, availability, last_read, missing};

use super::inbox::reader;
use super::list::Frame;
use crate::desk::layout::{Page, Place, address, say};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::visit::Visit;
use crate::desk::{charts, time, watch};
use crate::domain::texts::Language;
use crate::domain::texts::panel::board::{self as said, Headline};
use crate::domain::texts::panel::{lists, words};
use crate::views::{BoardFilter, BoardView, Parameters, Standing};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

/// Scenarios on a page, and of those that are printed.
const ROWS: usize = 60;
const PRINTED: usize = 300;

/// `GET /desk/board`.
pub async fn show(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let filter = match BoardFilter::parse(&parameters) {
        Ok(filter) => filter,
        Err(error) => {
            let frame = Frame { panel: &panel, visit: &visit, place: Place::Board };
            return frame.wrong_filter(lists::board(visit.language()), &html! {}, &parameters, &error);
        }
    };
    let page = parameters.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let is_print = parameters.contains_key("print");
    let most = if is_print { PRINTED } else { ROWS };
    let view = panel.resources().board(&*panel.backend.operator, &filter, page, most);
    let names = view.groups.iter().flat_map(|group| &group.rows).map(|row| row.view.id.clone()).collect();
    let pasts = Pasts::read(&panel, names, visit.look.now, charts::STRIP).await;
    let board = Board { panel: &panel, visit: &visit, filter: &filter, view: &view, pasts: &pasts };
    match is_print {
        true => board.printed(),
        false => board.answer(),
    }
}

/// `GET /desk/round`: the part of the bar.
pub async fn round(visit: Visit) -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    (headers, watch::bar(&visit.round, &visit.look).into_string()).into_response()
}

/// The board as one reader sees it.
struct Board<'a> {
    panel: &'a Panel,
    visit: &'a Visit,
    filter: &'a BoardFilter,
    view: &'a BoardView,
    pasts: &'a Pasts,
}

impl Board<'_> {
    fn language(&self) -> Language {
        self.visit.language()
    }

    /// The address of the board with this filter, changed.
    fn address(&self, standing: Option<Standing>, agent: Option<&str>, more: (&str, &str)) -> String {
        let parameters = [
            ("state", standing.map_or("", Standing::as_str)),
            ("agent", agent.unwrap_or_default()),
            ("q", self.filter.text.as_deref().unwrap_or_default()),
            more,
        ];
        address("/desk/board", &parameters)
    }

    fn here(&self, more: (&str, &str)) -> String {
        self.address(self.filter.standing, self.filter.agent.as_deref(), more)
    }

    fn headline(&self) -> String {
        let count = |standing| self.view.count(standing);
        let of = Headline {
            total: self.view.total(),
            failing: count(Standing::Failing),
            unseen: count(Standing::Unknown) + count(Standing::Late) + count(Standing::Invalid),
            suspended: count(Standing::Suspended),
        };
        said::headline(self.language(), of)
    }

    fn answer(&self) -> Response {
        let language = self.language();
        let pending = self.panel.resources().pending_total(reader(self.visit));
        let page = match self.view.page.0 {
            1 => String::new(),
            page => page.to_string(),
        };
        let main = html! {
            main class="board" id="principal" {
                (self.head())
                (self.filters())
                div id="quadro" hx-get=(self.here(("page", &page)))
                    hx-trigger="sse:scenario throttle:5s, sse:finding throttle:5s, sse:reset, every 60s"
                    hx-select="#quadro" hx-select-oob="#quadro-topo" hx-swap="outerHTML" {
                    (missing(language, self.pasts))
                    (self.groups())
                }
            }
        };
        let title = said::window(language, self.view.count(Standing::Failing), self.view.total());
        let page = Page { title, place: Some(Place::Board), pending, visit: self.visit };
        page.answer(StatusCode::OK, &main)
    }

    fn head(&self) -> Markup {
        let (language, look, round) = (self.language(), &self.visit.look, &self.visit.round);
        html! {
            header id="quadro-topo" {
                h1 { (self.headline()) }
                (self.tally(true))
                @if let (Some(at), true) = (round.last_at, round.has_stopped) {
                    p class="board__off" role="alert" {
                        b { (said::round_stopped(language)) ": " (watch::nothing_since(look, at)) ". " }
                        (said::round_stopped_more(language))
                    }
                } @else if let Some(at) = round.last_at {
                    p class="board__round" {
                        (words::round(language)) " " (time::second(look, at))
                        " · " (words::up_to_date(language, round.fresh, round.expected))
                        @if let Some(at) = round.next_at { " · " (said::next(language).to_lowercase()) " " (time::second(look, at)) }
                    }
                }
                @for (channel, since) in &round.down {
                    p class="board__off" role="alert" {
                        b { (watch::not_leaving(look, *channel, *since)) ". " }
                        (said::not_leaving_more(language))
                    }
                }
                div class="acts no-print" { a class="btn" href=(self.here(("print", "1"))) { (said::print(language)) } }
            }
        }
    }

    /// How many stand how; each count leads to those.
    fn tally(&self, has_links: bool) -> Markup {
        let language = self.language();
        html! {
            ul class="tally" {
                @for standing in Standing::ALL {
                    @let count = self.view.count(standing);
                    @let is_current = self.filter.standing == Some(standing);
                    @let class = if count == 0 { "zero" } else { "" };
                    @let to = (!is_current).then_some(standing);
                    @let inside = html! { (mark(language, standing, None)) " " b { (count) } };
                    li class=(class) {
                        @if has_links && (count > 0 || is_current) {
                            a href=(self.address(to, self.filter.agent.as_deref(), ("", ""))) aria-current=[is_current.then_some("true")] { (inside) }
                        } @else { span { (inside) } }
                    }
                }
            }
        }
    }

    fn filters(&self) -> Markup {
        let language = self.language();
        let mut agents: Vec<(String, String)> = self
            .panel
            .resources()
            .agents
            .state()
            .iter()
            .filter_map(|agent| Some((agent.spec.display_name.clone(), agent.metadata.name.clone()?)))
            .collect();
        agents.sort_unstable();
        let is_filtered = *self.filter != BoardFilter::default();
        html! {
            form class="filters board__filters no-print" method="get" action="/desk/board" aria-label=(said::filter(language)) {
                label {
                    span class="vh" { (said::state(language)) }
                    select name="state" {
                        option value="" { (said::state(language)) }
                        @for standing in Standing::ALL {
                            option value=(standing.as_str()) selected[self.filter.standing == Some(standing)] { (small_state(language, standing)) }
                        }
                    }
                }
                label {
                    span class="vh" { (said::agent(language)) }
                    select name="agent" {
                        option value="" { (said::agent(language)) }
                        @for (name, agent) in &agents {
                            option value=(agent) selected[self.filter.agent.as_deref() == Some(agent)] { (name) }
                        }
                    }
                }
                label {
                    span class="vh" { (said::search(language)) }
                    input type="search" name="q" maxlength="100" placeholder=(said::search(language)) value=[self.filter.text.as_deref()];
                }
                button class="btn btn--bare" { (said::apply(language)) }
                @if is_filtered {
                    span { (said::selected(language, self.view.selected, self.view.total())) }
                    a href="/desk/board" { (said::all(language)) }
                }
            }
        }
    }

    fn groups(&self) -> Markup {
        let language = self.language();
        html! {
            @if self.view.selected == 0 && self.view.undecodable.is_empty() {
                @match *self.filter == BoardFilter::default() {
                    true => (say(said::empty(language), said::empty_more(language), None)),
                    false => (say(said::empty_filtered(language), "", Some(("/desk/board", said::all(language))))),
                }
            } @else {
                @if self.view.selected > 0 { (list::columns(language)) }
                @for group in &self.view.groups { (self.group(group)) }
                (self.undecodable())
                (self.pages())
            }
        }
    }

    fn undecodable(&self) -> Markup {
        let language = self.language();
        html! {
            @if !self.view.undecodable.is_empty() {
                section class="agent" aria-labelledby="ilegiveis" {
                    div class="agent__h" { h2 id="ilegiveis" { (said::undecodable(language)) } }
                    ol {
                        @for (name, problem) in &self.view.undecodable {
                            li {
                                div class="scn scn--odd" {
                                    (mark(language, Standing::Invalid, None))
                                    span class="scn__t" { span class="fact" { (name) } small class="scn__m" { (problem) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn pages(&self) -> Markup {
        let (language, (page, pages)) = (self.language(), self.view.page);
        let to = |page: usize| self.here(("page", &page.to_string()));
        html! {
            @if pages > 1 {
                nav class="pages no-print" aria-label=(said::pages(language)) {
                    @if page > 1 { a href=(to(page - 1)) rel="prev" { (said::previous(language)) } }
                    span { (said::page(language, page, pages)) }
                    @if page < pages { a href=(to(page + 1)) rel="next" { (said::next(language)) } }
                }
            }
        }
    }
}
