//! The inbox: `GET /desk`, `GET /desk/arrived`, `GET /desk/pending`, and what is acknowledged from it.

mod acknowledge;
mod acknowledged;
mod piles;

pub use acknowledge::{acknowledge, undo};

use super::list::Frame;
use crate::api::{Phase, Role, Severity};
use crate::desk::client;
use crate::desk::guest::is_name;
use crate::desk::held::HELD_FOR;
use crate::desk::layout::{Page, Place, address, hidden, say};
use crate::desk::panel::{Panel, PanelState};
use crate::desk::symbols::shape;
use crate::desk::time;
use crate::desk::visit::{Look, Visit};
use crate::domain::texts::Language;
use crate::domain::texts::desk::Page as GuestPage;
use crate::domain::texts::panel::{inbox as said, lists, words};
use crate::views::{First, InboxFilter, InboxView, Parameters, PendingItem, PendingView, Reader};
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use maud::{Markup, html};

const PATH: &str = "/desk";
/// The parameter with the path of the window beside which a list is.
const WINDOW: &str = "window";
/// Messages on the page at most.
const SHOWN_MAX: usize = 300;
/// Messages that are acknowledged at once, at most: all that a page has.
const AT_ONCE_MAX: usize = SHOWN_MAX;

/// `GET /desk`.
pub async fn show(
    State(panel): State<PanelState>,
    look: Look,
    visit: Option<Visit>,
    Query(parameters): Query<Parameters>,
) -> Response {
    let Some(visit) = visit else { return panel.guest.answer(look.asked, GuestPage::Start) };
    // A form sends the fields that nothing was chosen in, too.
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
    let parameters: Parameters = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Inbox };
    let wrong = |error: &_| frame.wrong_filter(words::inbox(visit.language()), &html! {}, &parameters, error);
    let filter = match InboxFilter::parse(&parameters) {
        Ok(filter) => filter,
        Err(error) => return wrong(&error),
    };
    let done = parameters.get("done").and_then(|count| count.parse().ok()).filter(|count| *count <= AT_ONCE_MAX);
    let first = First { most: SHOWN_MAX, with: None };
    let pending = match panel.resources().pending(reader(&visit), &filter, first) {
        Ok(pending) => pending,
        Err(error) => return wrong(&error),
    };
    let all = match filter == InboxFilter::default() {
        true => pending.total,
        false => panel.resources().pending_total(reader(&visit)),
    };
    let inbox = Inbox { panel: &panel, visit: &visit, filter: &filter, pending: &pending, window: None };
    let main = html! {
        main class="frame frame--list" id="principal" { (inbox.section(done, None)) }
    };
    let title = said::window(visit.language(), all);
    let page = Page { title, place: Some(Place::Inbox), pending: all, visit: &visit };
    page.answer(StatusCode::OK, &main)
}

pub fn reader(visit: &Visit) -> Reader<'_> {
    Reader { name: &visit.caller.name, roles: &visit.caller.roles }
}

/// `GET /desk/arrived`: what changed in a list since it was made. It is announced, and nothing moves.
pub async fn arrived(
    State(panel): State<PanelState>,
    visit: Visit,
    uri: Uri,
    Query(parameters): Query<Parameters>,
) -> Response {
    let language = visit.language();
    let since = parameters.get("since").and_then(|since| since.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    let made = parameters.get("at").and_then(|at| at.parse().ok());
    let before = parameters.get("of").and_then(|of| of.parse::<usize>().ok());
    let filter = InboxFilter::parse(&parameters).unwrap_or_default();
    let resources = panel.resources();
    let new = resources.pending_since(reader(&visit), &filter, since).unwrap_or_default();
    let total = resources.pending_count(reader(&visit), &filter).unwrap_or_default();
    let text = match new {
        0 if before == Some(total) => None,
        0 => Some(said::changed(language).to_string()),
        new => Some(said::arrived(language, new)),
    };
    let window = parameters.get(WINDOW).map(String::as_str).filter(|path| is_window(path));
    let list = filter_address(window, &filter);
    // Beside a window the list alone is read again.
    let part = window.map(|_| "#caixa");
    let said = html! {
        @match (text, made) {
            (Some(text), _) => {
                span { (text) }
                a href=(list) hx-get=[part.map(|_| &list)] hx-target=[part] hx-select=[part] hx-swap=[part.map(|_| "outerHTML")] { (said::show(language)) }
            }
            (None, Some(at)) => (as_of(&visit.look, at)),
            (None, None) => {}
        }
    };
    let asked = uri.path_and_query().map_or("/desk/arrived", |asked| asked.as_str());
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    (headers, arrived_line(asked, &said).into_string()).into_response()
}

/// When the list was made, where nothing arrived since.
fn as_of(look: &Look, at: Timestamp) -> Markup {
    html! { span class="quiet" { (said::as_of(look.language)) " " (time::clock(look, at)) } }
}

/// `GET /desk/pending`: how many Messages are pending, for the navigation.
pub async fn count(State(panel): State<PanelState>, visit: Visit) -> Response {
    let pending = panel.resources().pending_total(reader(&visit));
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    (headers, client::count(visit.language(), pending).into_string()).into_response()
}

/// The line that announces what arrived.
fn arrived_line(asked: &str, text: &Markup) -> Markup {
    html! {
        p class="arrived" id="chegou" role="status" hx-get=(asked) hx-trigger="sse:inbox, sse:reset" hx-swap="outerHTML" { (text) }
    }
}

/// Whether a path is that of a window beside which the list may be.
fn is_window(path: &str) -> bool {
    ["/desk/threads/", "/desk/findings/"].iter().any(|kind| path.strip_prefix(kind).is_some_and(is_name))
}

/// The address of a list with its filter: of the inbox, or of the window beside which it is.
fn filter_address(window: Option<&str>, filter: &InboxFilter) -> String {
    let InboxFilter { role, agent, severity } = filter;
    let parameters = [
        ("role", role.map_or("", Role::as_str)),
        ("agent", agent.as_deref().unwrap_or_default()),
        ("severity", severity.map_or("", Severity::as_str)),
    ];
    address(window.unwrap_or(PATH), &parameters)
}

/// The list of a person.
pub struct Inbox<'a> {
    pub panel: &'a Panel,
    pub visit: &'a Visit,
    pub filter: &'a InboxFilter,
    pub pending: &'a PendingView,
    /// The path of the window beside which it is.
    pub window: Option<&'a str>,
}

impl Inbox<'_> {
    fn language(&self) -> Language {
        self.visit.language()
    }

    /// Where to ask what arrived since this list was made.
    fn arrived_address(&self) -> String {
        let InboxFilter { role, agent, severity } = self.filter;
        let since = self.pending.newest.unwrap_or(Timestamp::UNIX_EPOCH).to_string();
        let parameters = [
            ("since", since.as_str()),
            ("of", &self.pending.total.to_string()),
            ("at", &self.visit.look.now.to_string()),
            ("role", role.map_or("", Role::as_str)),
            ("agent", agent.as_deref().unwrap_or_default()),
            ("severity", severity.map_or("", Severity::as_str)),
            (WINDOW, self.window.unwrap_or_default()),
        ];
        address("/desk/arrived", &parameters)
    }

    /// Where the list is.
    fn address(&self) -> String {
        filter_address(self.window, self.filter)
    }

    /// The list. `done`: so many were just acknowledged; `current`: the Thread that is open beside it.
    pub fn section(&self, done: Option<usize>, current: Option<&str>) -> Markup {
        let language = self.language();
        let unowned = self.pending.by_severity.values().map(|count| count.unowned).sum();
        html! {
            section class="inbox" id="caixa" aria-labelledby="caixa-t" {
                div class="inbox__top" {
                    h1 id="caixa-t" { (said::title(language)) " " span { (said::counts(language, self.pending.total, unowned)) } }
                    (self.filters())
                }
                (arrived_line(&self.arrived_address(), &as_of(&self.visit.look, self.visit.look.now)))
                @if let Some(done) = done {
                    p class="arrived" role="status" {
                        (if done == 0 { said::taken_back(language).to_string() } else { said::acknowledged(language, done) })
                    }
                }
                @if self.pending.items.is_empty() { (self.empty()) } @else { (self.list(current)) }
                (self.undo())
                div class="inbox__foot" {
                    (self.acknowledged())
                    @if !self.pending.items.is_empty() { (client::hints(&self.visit.look)) }
                }
            }
        }
    }

    fn empty(&self) -> Markup {
        let language = self.language();
        match *self.filter == InboxFilter::default() {
            true => say(
                said::empty(language),
                said::empty_more(language),
                Some(("/desk/findings?phase=resolved", lists::see_resolved(language))),
            ),
            false => say(said::empty_filtered(language), "", Some((self.window.unwrap_or(PATH), said::all(language)))),
        }
    }

    fn filters(&self) -> Markup {
        let language = self.language();
        let agents = self.panel.resources().agents.state();
        let mut agents: Vec<_> = agents
            .iter()
            .filter_map(|agent| Some((agent.metadata.name.clone()?, agent.spec.display_name.clone())))
            .collect();
        agents.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        let roles = Role::ALL.map(|role| (role.as_str().to_string(), role.as_str().to_string()));
        let severities =
            Severity::ALL.map(|one| (one.as_str().to_string(), words::severity(language, one).to_string()));
        let select = |name: &str, label: &str, chosen: &str, options: &[(String, String)]| {
            html! {
                label {
                    span class="vh" { (label) }
                    select name=(name) id={ "filtro-" (name) } {
                        option value="" { (label) }
                        @for (value, word) in options { option value=(value) selected[value == chosen] { (word) } }
                    }
                }
            }
        };
        let part = self.window.map(|_| "#caixa");
        html! {
            form class="filters" method="get" action=(self.window.unwrap_or(PATH)) aria-label=(said::filter(language))
                hx-get=[self.window] hx-target=[part] hx-select=[part] hx-swap=[part.map(|_| "outerHTML")] {
                (select("role", said::role(language), self.filter.role.map_or("", Role::as_str), &roles))
                (select("agent", said::agent(language), self.filter.agent.as_deref().unwrap_or_default(), &agents))
                (select("severity", said::severity(language), self.filter.severity.map_or("", Severity::as_str), &severities))
                button class="btn btn--bare" { (said::apply(language)) }
            }
        }
    }

    fn list(&self, current: Option<&str>) -> Markup {
        let language = self.language();
        let held = self.panel.held.of(&self.visit.caller.name);
        let severities = Severity::ALL.map(Some).into_iter().chain([None]);
        let groups = severities
            .map(|of| (of, self.pending.items.iter().filter(|item| item.message.severity == of).collect::<Vec<_>>()));
        html! {
            form class="inbox__form" method="post" action="/desk/acknowledge" {
                (hidden(&self.visit.csrf, &self.address()))
                div class="list" tabindex="0" role="region" aria-label=(said::list(language)) data-unread=(said::unread(language)) {
                    @for (of, items) in groups.filter(|(_, items)| !items.is_empty()) {
                        @let id = format!("g-{}", of.map_or("none", Severity::as_str));
                        section aria-labelledby=(id) {
                            h2 class="group__h" id=(id) {
                                @match of {
                                    Some(of) => span class={ "mark mark--" (of.as_str()) } { (words::severity(language, of)) },
                                    None => span class="mark" { (said::no_severity(language)) },
                                }
                                span class="n" { (self.pending.by_severity.get(&of).map_or(items.len(), |count| count.all)) }
                            }
                            (self.items(&items, &held, current))
                        }
                    }
                    @if self.pending.items.len() < self.pending.total {
                        p class="more-of" { (said::first_of(language, self.pending.items.len(), self.pending.total)) }
                    }
                }
                (self.bulk())
            }
        }
    }

    /// What is done with those that are ticked.
    fn bulk(&self) -> Markup {
        let (language, look) = (self.language(), &self.visit.look);
        html! {
            div class="bulk" {
                span class="bulk__n" data-said=(said::ticked(language)) {}
                button class="btn btn--bare" type="button" data-all hidden { (said::select_all(language)) }
                label {
                    span class="vh" { (said::until(language)) }
                    select name="until" {
                        @for (value, word) in acknowledge::choices(look) { option value=(value) { (word) } }
                    }
                }
                button class="btn btn--go" data-said=(said::acknowledging(language))
                    data-said-many=(said::acknowledging_many(language)) { (said::acknowledge(language)) }
            }
        }
    }

    /// The line by which what was just acknowledged is taken back. The script has one of its own.
    fn undo(&self) -> Markup {
        let language = self.language();
        let held = self.panel.held.of(&self.visit.caller.name).len();
        html! {
            div class="undo" id="desfazer" hidden data-taken-back=(said::taken_back(language)) data-failed=(words::not_done(language)) {
                span role="status" {}
                button class="btn btn--bare" type="button" { (said::undo(language)) span aria-hidden="true" {} }
            }
            @if held > 0 {
                form class="undo" method="post" action="/desk/acknowledge/undo" {
                    (hidden(&self.visit.csrf, &self.address()))
                    span role="status" { (said::held(language, held, HELD_FOR.as_secs())) }
                    button class="btn btn--bare" { (said::undo(language)) }
                }
            }
        }
    }

    fn item(&self, pending: &PendingItem, held: &[String], is_current: bool) -> Markup {
        let item = &pending.message;
        let (language, headline) = (self.language(), self.headline(item));
        let of = item.severity.map_or("info", Severity::as_str);
        let (is_grave, is_held) = (item.severity.is_some_and(|of| of <= Severity::High), held.contains(&item.id));
        let agent = item.agent.as_ref().map_or("", |agent| agent.name.as_str());
        let about = self.about(item);
        html! {
            li class={ "item" @if is_grave { " item--wide" } @if is_held { " item--going" } } data-thread=(item.thread_id)
                data-at=[item.created_at] {
                @if !is_held { input type="checkbox" name="message" value=(item.id) aria-label=(said::select(language, &headline)); }
                a class="item__a" href={ "/desk/threads/" (item.thread_id) } aria-current=[is_current.then_some("true")] {
                    span class={ "item__g mark--" (of) } { (shape(of)) }
                    span class="item__l" {
                        span class="item__t" { (headline) } " "
                        @if let Some(at) = pending.began_at { (time::age(&self.visit.look, at)) }
                    }
                    " "
                    span class="item__l item__l--2" {
                        span class="item__m" { (agent) @if !about.is_empty() { " · " (about) } } " "
                        span class="item__o" {
                            @match self.owner(item) {
                                _ if is_held => (said::being_acknowledged(language)),
                                Some(owner) => (owner),
                                None => b { (said::nobody(language)) },
                            }
                        }
                    }
                }
            }
        }
    }

    /// What happened: the message of the Finding, else the first line of the Message.
    fn headline(&self, item: &InboxView) -> String {
        let finding = item.finding_id.as_ref().and_then(|name| self.panel.resources().finding(name));
        let of_finding = finding.and_then(|finding| finding.status.as_ref()?.message.clone());
        let first = || item.body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_string();
        of_finding.filter(|message| !message.trim().is_empty()).unwrap_or_else(first)
    }

    /// The title of the Scenario, or that it is a conversation.
    fn about(&self, item: &InboxView) -> String {
        let finding = item.finding_id.as_ref().and_then(|name| self.panel.resources().finding(name));
        let title = finding.and_then(|finding| finding.status.as_ref()?.title.clone());
        title.unwrap_or_else(|| said::conversation(self.language()).to_string())
    }

    /// Who has taken it.
    fn owner(&self, item: &InboxView) -> Option<String> {
        if let Some(owner) = &item.owner {
            return Some(owner.by.clone());
        }
        let finding = self.panel.resources().finding(item.finding_id.as_ref()?)?;
        let status = finding.status.as_ref()?;
        (status.phase == Some(Phase::Acknowledged))
            .then(|| status.acknowledgement.as_ref().map(|ack| ack.by.clone()))?
    }
}
