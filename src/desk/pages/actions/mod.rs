//! The action log: `GET /desk/actions`, and the same as a file, `GET /desk/actions.csv`.

mod csv;

pub use csv::download;

use super::list::{self, Frame, address_with, given};
use super::when;
use crate::desk::guest::is_name;
use crate::desk::layout::{Place, say};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::time;
use crate::desk::visit::Visit;
use crate::domain::clip;
use crate::domain::printable::{one_line, printable};
use crate::domain::refusal::Refusal;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{actions as said, lists, words};
use crate::domain::texts::refusals::refusal;
use crate::domain::thread::proof::{PARAMETER_MESSAGE, VERB_CHAT};
use crate::views::{ActionFilter, ActionView, Order, Page, PageRequest, Parameters, QueryError, Resources, happened};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};

const PATH: &str = "/desk/actions";
const FILE: &str = "/desk/actions.csv";
/// Characters of what an object is known by.
const KNOWN_MAX: usize = 160;
/// Parameters that make the list.
const NAMES: [&str; 3] = ["verb", "actor", "since"];

pub async fn show(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let asked = in_time(given(parameters), &visit.look.zone);
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Actions };
    match find(&panel, &asked) {
        Ok((total, page)) => answer(&frame, &asked, total, &page),
        Err(error) => {
            let language = visit.language();
            frame.wrong_filter(said::title(language), &filters(language, &visit.look.zone, &asked), &asked, &error)
        }
    }
}

/// The parameters, with the time as the API has it.
fn in_time(mut asked: Parameters, zone: &TimeZone) -> Parameters {
    if let Some(at) = asked.get("since").and_then(|since| when::parse(since, zone)) {
        asked.insert("since".into(), at.to_string());
    }
    asked
}

fn find(panel: &Panel, asked: &Parameters) -> Result<(usize, Page<ActionView>), QueryError> {
    let filter = ActionFilter::parse(asked)?;
    // The API has verbs of other versions; here one is chosen from a list.
    if let Some(verb) = filter.verb.as_ref().filter(|verb| said::did(Language::English, verb).is_none()) {
        return Err(QueryError::new("verb", format!("{verb:?} is not a verb")));
    }
    let request = PageRequest::parse(asked, Order::Actions)?;
    Ok(panel.resources().find_actions(&filter, &request))
}

fn answer(frame: &Frame<'_>, asked: &Parameters, total: usize, page: &Page<ActionView>) -> Response {
    let (language, shown) = (frame.language(), page.items.len());
    let here = address_with(PATH, asked, &NAMES, &[]);
    let first = asked.contains_key("cursor").then_some(here.as_str());
    let next = page.next.as_deref().map(|next| address_with(PATH, asked, &NAMES, &[("cursor", next)]));
    let all = said::count(language, total);
    let count = if shown == total { all } else { lists::of_all(language, shown, &all) };
    let file = address_with(FILE, asked, &NAMES, &[]);
    let download = html! { @if total > 0 { a class="btn" href=(file) download { (said::download(language)) } } };
    let is_filtered = NAMES.iter().any(|name| asked.contains_key(*name));
    let content = html! {
        (list::top(said::title(language), (total > 0).then_some(&count), &download))
        p class="page__lead" { (said::lead(language)) }
        (filters(language, &frame.visit.look.zone, asked))
        @match (page.items.is_empty(), is_filtered) {
            (true, true) => (say(lists::nothing_found(language), "", Some((PATH, lists::clear(language))))),
            (true, false) => (say(said::none(language), said::none_more(language), None)),
            (false, _) => (table(frame, &page.items)),
        }
        (list::pager(language, first, next.as_deref()))
    };
    frame.answer(StatusCode::OK, said::title(language), &content)
}

fn table(frame: &Frame<'_>, actions: &[ActionView]) -> Markup {
    let language = frame.language();
    html! {
        table class="tab tab--actions" {
            thead {
                tr {
                    th scope="col" { (said::at(language)) }
                    th scope="col" { (said::actor(language)) }
                    th scope="col" { (said::verb(language)) }
                    th scope="col" { (said::subject(language)) }
                    th scope="col" { (said::via(language)) }
                    th scope="col" { (said::result(language)) }
                }
            }
            tbody { @for action in actions { (row(frame, action)) } }
        }
    }
}

fn row(frame: &Frame<'_>, action: &ActionView) -> Markup {
    let (language, look) = (frame.language(), &frame.visit.look);
    html! {
        tr {
            td class="tab__w" { @if let Some(at) = action.at { (time::clock(look, at)) } }
            th scope="row" class="tab__t" {
                b { (action.actor.name) }
                @if !action.proven { small { (words::not_proven(language)) } }
            }
            td class="tab__v" { (did(language, &action.verb)) }
            td class="tab__s" { (subject(frame.panel, action)) }
            td class="tab__a" { (said::by(language, &action.actor.via).unwrap_or(&action.actor.via)) }
            td class="tab__p" {
                (came(language, action.result.as_deref()))
                @if let Some(why) = why(frame, action) { small { (why) } }
            }
        }
    }
}

/// Details of the result: why it was refused in the reader's language, where this version knows the reason.
fn why(frame: &Frame<'_>, action: &ActionView) -> Option<String> {
    let recorded = frame.panel.resources().actions.get(&action.id);
    let status = recorded.as_ref().and_then(|recorded| recorded.status.as_ref());
    let reason = status.and_then(|status| Refusal::parse(status.reason.as_deref()?, &status.values));
    let said = |reason| printable(&refusal(frame.language(), &reason)).into_owned();
    reason.map(said).or_else(|| action.message.clone())
}

/// What was done, in words.
pub fn did(language: Language, verb: &str) -> &str {
    said::did(language, verb).unwrap_or(verb)
}

/// What came of it, in words.
pub fn came(language: Language, result: Option<&str>) -> &str {
    said::came(language, result).or(result).unwrap_or_default()
}

/// The object that was acted upon, with a link to its page where it has one.
pub fn subject(panel: &Panel, action: &ActionView) -> Markup {
    let name = action.subject.name.as_str();
    let page = match action.subject.kind.as_str() {
        _ if !is_name(name) => None,
        "Finding" => Some(format!("/desk/findings/{name}")),
        "Scenario" => Some(format!("/desk/scenarios/{name}")),
        "Thread" => Some(format!("/desk/threads/{name}")),
        "Message" => panel.resources().message(name).map(|message| format!("/desk/threads/{}", message.spec.thread)),
        "Silence" => Some(format!("/desk/silences#{name}")),
        _ => None,
    };
    let known = known_by(panel, action);
    html! {
        @match (page, &known) {
            (Some(page), Some(known)) => a href=(page) { (known) },
            (Some(page), None) => a class="fact" href=(page) { (name) },
            (None, _) => span class="fact" { (name) },
        }
    }
}

/// What people know an object by: what happened, what a conversation is about, what a Silence is for. `None` where it has no other name,
/// or is there no more.
pub fn known_by(panel: &Panel, action: &ActionView) -> Option<String> {
    let (resources, name) = (panel.resources(), action.subject.name.as_str());
    let of_thread = |name: &str| resources.thread(name).map(|thread| thread.spec.subject.clone());
    let known = match action.subject.kind.as_str() {
        "Finding" => happened(&*resources.finding(name)?)?,
        "Thread" => question(resources, action).or_else(|| of_thread(name))?,
        "Message" => of_thread(&resources.message(name)?.spec.thread)?,
        "Silence" => {
            let matchers = resources.silence(name)?.spec.matchers.clone();
            matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        _ => return None,
    };
    let line = known.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(clip::chars(&one_line(&line), KNOWN_MAX)).filter(|known| !known.is_empty())
}

/// The question that a person asked, of which a conversation may have several.
fn question(resources: &Resources, action: &ActionView) -> Option<String> {
    let recorded = resources.actions.get(&action.id)?;
    let name = recorded.spec.parameters.get(PARAMETER_MESSAGE).filter(|_| action.verb == VERB_CHAT)?;
    let message = resources.message(name)?;
    message.spec.body.lines().find(|line| !line.trim().is_empty()).map(String::from)
}

fn filters(language: Language, zone: &TimeZone, asked: &Parameters) -> Markup {
    let value = |name: &str| asked.get(name).map_or("", String::as_str);
    let verbs: Vec<_> = said::VERBS.iter().map(|(verb, word)| (verb.to_string(), word(language).to_string())).collect();
    let since = asked.get("since").and_then(|since| when::parse(since, zone)).map(|at| when::field(at, zone));
    let is_filtered = NAMES.iter().any(|name| asked.contains_key(*name));
    let fields = html! {
        (list::select("verb", said::verb(language), Some(lists::any(language)), value("verb"), &verbs))
        (list::input("actor", said::actor(language), "text", value("actor"), said::name_of_person(language)))
        (list::input("since", said::since(language), "datetime-local", &since.unwrap_or_default(), ""))
    };
    list::sieve(language, PATH, is_filtered, &fields)
}
