//! `GET /desk/threads`: the list of Threads.

use super::list::{self, Frame, Watched, address_with, given};
use crate::desk::layout::{Place, say};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::visit::{Look, Visit};
use crate::desk::{symbols, time};
use crate::domain::texts::Language;
use crate::domain::texts::desk::Page as GuestPage;
use crate::domain::texts::panel::lists as said;
use crate::views::{Order, Page, PageRequest, Parameters, QueryError, Sort, ThreadFilter, ThreadState, ThreadView};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

const PATH: &str = "/desk/threads";
/// Parameters that make the list.
const NAMES: [&str; 4] = ["state", "agent", "finding_id", "sort"];

pub async fn show(
    State(panel): State<PanelState>,
    look: Look,
    visit: Option<Visit>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let Some(visit) = visit else { return panel.guest.answer(look.asked, GuestPage::Threads) };
    let asked = given(parameters);
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Threads };
    match find(&panel, &asked) {
        Ok((total, page)) => answer(&frame, &asked, total, &page),
        Err(error) => {
            let language = visit.language();
            frame.wrong_filter(said::threads(language), &filters(&panel, language, &asked), &asked, &error)
        }
    }
}

fn find(panel: &Panel, asked: &Parameters) -> Result<(usize, Page<ThreadView>), QueryError> {
    let filter = ThreadFilter::parse(asked)?;
    let request = PageRequest::parse(asked, Order::Threads(Sort::parse(asked)?))?;
    panel.resources().find_threads(&filter, &request)
}

fn answer(frame: &Frame<'_>, asked: &Parameters, total: usize, page: &Page<ThreadView>) -> Response {
    let (language, shown) = (frame.language(), page.items.len());
    let here = address_with(PATH, asked, &NAMES, &[]);
    let watched = Watched { language, list: &here, topics: &["thread"] };
    let counts: Vec<String> = page.items.iter().map(|one| format!("{} {}", one.id, one.message_count)).collect();
    let mark = list::mark(counts.iter().map(String::as_str));
    if let Some(answer) = watched.answer(asked, &mark) {
        return answer;
    }
    let all = said::count_threads(language, total);
    let count = if shown == total { all } else { said::of_all(language, shown, &all) };
    let first = asked.contains_key("cursor").then_some(here.as_str());
    let next = page.next.as_deref().map(|next| address_with(PATH, asked, &NAMES, &[("cursor", next)]));
    let begin = html! { a class="btn" href=(Place::Chat.address()) { (said::begin(language)) } };
    let is_filtered = NAMES.iter().any(|name| asked.contains_key(*name));
    let content = html! {
        (list::top(said::threads(language), (total > 0).then_some(&count), &begin))
        (filters(frame.panel, language, asked))
        @if first.is_none() { (watched.line(&mark)) }
        @match (page.items.is_empty(), is_filtered) {
            (true, true) => (say(said::nothing_found(language), "", Some((PATH, said::clear(language))))),
            (true, false) => (say(said::no_threads(language), said::no_threads_more(language), None)),
            (false, _) => (table(frame, &page.items)),
        }
        (list::pager(language, first, next.as_deref()))
    };
    frame.answer(StatusCode::OK, said::threads(language), &content)
}

fn table(frame: &Frame<'_>, threads: &[ThreadView]) -> Markup {
    let language = frame.language();
    html! {
        table class="tab tab--threads" {
            thead {
                tr {
                    th scope="col" { (said::severity(language)) }
                    th scope="col" { (said::subject(language)) }
                    th scope="col" { (said::agent(language)) }
                    th scope="col" class="tab__n" { (said::messages(language)) }
                    th scope="col" class="tab__n" { (said::pending(language)) }
                    th scope="col" { (said::last_message(language)) }
                    th scope="col" { (said::state(language)) }
                }
            }
            tbody { @for thread in threads { (row(frame, thread)) } }
        }
    }
}

fn row(frame: &Frame<'_>, thread: &ThreadView) -> Markup {
    let (language, look) = (frame.language(), &frame.visit.look);
    // What it is about may be over before it is closed.
    let resources = frame.panel.resources();
    let about = thread.finding_id.as_deref().filter(|finding| resources.finding(finding).is_some());
    let is_resolved = about.is_some_and(|finding| !resources.tells_of_now(&thread.id, finding));
    let is_over = thread.state == ThreadState::Closed || is_resolved;
    let state = match (thread.state, is_resolved) {
        (ThreadState::Closed, _) => said::closed(language),
        (ThreadState::Open, true) => said::resolved(language),
        (ThreadState::Open, false) => said::going_on(language),
    };
    html! {
        tr class=[is_over.then_some("is-over")] {
            td class="tab__m" {
                @match thread.severity {
                    Some(severity) => (symbols::severity(language, severity)),
                    None => span class="quiet" { (said::conversation(language)) },
                }
            }
            th scope="row" class="tab__t" {
                a href={ "/desk/threads/" (thread.id) } { (thread.subject) }
            }
            td class="tab__a" { (thread.agent.name) }
            td class="tab__n" data-l=(said::messages(language)) { (thread.message_count) }
            td class="tab__n" data-l=(said::pending(language)) {
                @if thread.pending_count > 0 { b { (thread.pending_count) } } @else { "0" }
            }
            td class="tab__w" {
                @if let Some(at) = thread.last_message_at.or(thread.created_at) { (time::age(look, at)) }
            }
            td class="tab__p" { (state) }
        }
    }
}

fn filters(panel: &Panel, language: Language, asked: &Parameters) -> Markup {
    let value = |name: &str| asked.get(name).map_or("", String::as_str);
    let states = [ThreadState::Open, ThreadState::Closed].map(|state| {
        let word = if state == ThreadState::Open { said::thread_open } else { said::thread_closed };
        (state.as_str().to_string(), word(language).to_string())
    });
    let orders = [("", said::newest(language)), ("severity", said::most_serious(language))];
    let orders = orders.map(|(value, word)| (value.to_string(), word.to_string()));
    let is_filtered = NAMES.iter().any(|name| asked.contains_key(*name));
    let fields = html! {
        (list::select("state", said::state(language), Some(said::any(language)), value("state"), &states))
        (list::select("agent", said::agent(language), Some(said::any_m(language)), value("agent"), &list::agents(panel)))
        (list::select("sort", said::order(language), None, value("sort"), &orders))
        @if let Some(finding) = asked.get("finding_id") { input type="hidden" name="finding_id" value=(finding); }
    };
    list::sieve(language, PATH, is_filtered, &fields)
}
