//! The frame of every page: head, navigation, language and theme; and the pages that say that something went wrong.

use super::assets::assets;
use super::client;
use super::symbols;
use super::visit::{Look, Theme, Visit};
use super::watch;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{lists, session as said, words};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LANGUAGE, RETRY_AFTER};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};
use std::time::Duration;
use url::form_urlencoded;

/// Settings of htmx: nothing is evaluated, no page is kept, and new parts are processed in the task that inserts them (a form that is not
/// yet processed would be sent by the browser itself, which leaves the page).
const HTMX: &str = r#"{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"historyCacheSize":0,"selfRequestsOnly":true,"defaultSettleDelay":0,"scrollBehavior":"auto"}"#;

/// The pages in the navigation, each with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Inbox,
    Board,
    Findings,
    Chat,
    Threads,
    Silences,
    Handover,
    Agents,
    Actions,
    Runbooks,
    Model,
}

impl Place {
    /// Those that stand in the bar at any width.
    const ALWAYS: [Place; 4] = [Place::Inbox, Place::Board, Place::Findings, Place::Chat];
    /// Those that stand in the bar where there is room, else in its menu.
    const ROOMY: [Place; 3] = [Place::Threads, Place::Silences, Place::Handover];
    /// Those of the menu.
    const MENU: [Place; 4] = [Place::Agents, Place::Actions, Place::Runbooks, Place::Model];

    pub fn address(self) -> &'static str {
        match self {
            Place::Inbox => "/desk",
            Place::Board => "/desk/board",
            Place::Findings => "/desk/findings",
            Place::Chat => "/desk/chat",
            Place::Threads => "/desk/threads",
            Place::Silences => "/desk/silences",
            Place::Handover => "/desk/handover",
            Place::Agents => "/desk/agents",
            Place::Actions => "/desk/actions",
            Place::Runbooks => "/desk/runbooks",
            Place::Model => "/desk/model",
        }
    }

    fn word(self, language: Language) -> &'static str {
        match self {
            Place::Inbox => words::inbox(language),
            Place::Board => lists::board(language),
            Place::Findings => lists::findings(language),
            Place::Chat => lists::copilot(language),
            Place::Threads => lists::threads(language),
            Place::Silences => lists::silences(language),
            Place::Handover => lists::handover(language),
            Place::Agents => lists::agents(language),
            Place::Actions => lists::actions(language),
            Place::Runbooks => lists::runbooks(language),
            Place::Model => lists::model(language),
        }
    }
}

/// A page of a person who is signed in.
pub struct Page<'a> {
    /// Title of the window.
    pub title: String,
    /// Where it is in the navigation.
    pub place: Option<Place>,
    /// Messages that are pending for the reader.
    pub pending: usize,
    pub visit: &'a Visit,
}

/// What a question is about that is asked from a page: the Finding, Scenario or Thread of its address.
fn asked_from(page: &str) -> Vec<(&'static str, &str)> {
    let path = page.split('?').next().unwrap_or_default();
    let kinds =
        [("/desk/findings/", "finding_id"), ("/desk/scenarios/", "scenario_id"), ("/desk/threads/", "about_thread")];
    let about = kinds.into_iter().filter_map(|(prefix, parameter)| Some((parameter, path.strip_prefix(prefix)?)));
    about.filter(|(_, name)| !name.is_empty() && !name.contains('/')).collect()
}

/// An address with query parameters; those that are empty are left out.
pub fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let given: Vec<_> = parameters.iter().filter(|(_, value)| !value.is_empty()).collect();
    if given.is_empty() {
        return path.to_string();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    format!("{path}?{query}")
}

impl Page<'_> {
    /// The page, with `main` as its main element.
    pub fn answer(&self, status: StatusCode, main: &Markup) -> Response {
        let language = self.visit.language();
        let body = html! {
            (symbols::all())
            a class="skip" href="#principal" { (words::skip(language)) }
            (self.bar())
            (client::lines(language, &address("/desk/session", &[("return", &self.visit.address)])))
            (main)
            (client::sheet(&self.visit.look))
        };
        answer(status, &self.visit.look, &self.title, Some(&self.visit.caller.name), &body)
    }

    fn bar(&self) -> Markup {
        let language = self.visit.language();
        html! {
            header class="bar" {
                a class="bar__name" href="/desk" { "Desk" }
                nav aria-label=(words::main_navigation(language)) {
                    ul {
                        @for place in Place::ALWAYS { li { (self.entry(place)) } }
                        @for place in Place::ROOMY { li class="roomy" { (self.entry(place)) } }
                        li class="bar__more" { (self.more()) }
                    }
                }
                (watch::bar(&self.visit.round, &self.visit.look))
                (self.end())
            }
        }
    }

    fn entry(&self, place: Place) -> Markup {
        let language = self.visit.language();
        let to = match place {
            Place::Chat => address(place.address(), &asked_from(&self.visit.address)),
            _ => place.address().to_string(),
        };
        html! {
            a href=(to) aria-current=[(self.place == Some(place)).then_some("page")] {
                (place.word(language))
                @if place == Place::Inbox { (client::count(language, self.pending)) }
            }
        }
    }

    /// The menu of what has no room in the bar.
    fn more(&self) -> Markup {
        let is_in = |places: &[Place]| self.place.is_some_and(|place| places.contains(&place));
        let class = match (is_in(&Place::MENU), is_in(&Place::ROOMY)) {
            (true, _) => "is-here",
            (false, true) => "is-here is-roomy",
            (false, false) => "",
        };
        html! {
            details name="bar" {
                summary class=(class) { (lists::more(self.visit.language())) }
                ul class="bar__menu" {
                    @for place in Place::ROOMY { li class="tight" { (self.entry(place)) } }
                    @for place in Place::MENU { li { (self.entry(place)) } }
                }
            }
        }
    }

    /// Language, theme, and who is signed in.
    fn end(&self) -> Markup {
        let Visit { csrf, caller, address, look, .. } = self.visit;
        let language = look.language;
        let (next, word) = match look.theme {
            None => ("light", words::theme_system(language)),
            Some(Theme::Light) => ("dark", words::theme_light(language)),
            Some(Theme::Dark) => ("system", words::theme_dark(language)),
        };
        let (keys, keys_word) =
            if look.keys { ("off", words::keys_on(language)) } else { ("on", words::keys_off(language)) };
        let other = if language == Language::Portuguese { "en" } else { "pt" };
        html! {
            details class="menu" name="bar" {
                summary { span class="bar__user" { (caller.name) } }
                div class="menu__in" {
                    form method="post" action="/desk/preferences" {
                        (hidden(csrf, address))
                        button class="btn btn--bare" name="theme" value=(next) { (words::theme(language)) ": " (word) }
                        button class="btn btn--bare" name="keys" value=(keys) { (words::keys(language)) ": " (keys_word) }
                        button class="btn btn--bare" name="language" value=(other) lang=(other) { (words::other_language(language)) }
                    }
                    form method="post" action="/desk/session/out" {
                        (hidden(csrf, ""))
                        button class="btn btn--bare" { (words::sign_out(language)) }
                    }
                }
            }
        }
    }
}

/// What every form carries.
pub fn hidden(csrf: &str, return_path: &str) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(csrf);
        @if !return_path.is_empty() { input type="hidden" name="return" value=(return_path); }
    }
}

/// A whole document. With scripts for a person who is signed in, named `reader`.
pub fn answer(status: StatusCode, look: &Look, title: &str, reader: Option<&str>, body: &Markup) -> Response {
    let (tag, files, is_live) = (look.language.tag(), assets(), reader.is_some());
    let document = html! {
        (DOCTYPE)
        html lang=(tag) data-theme=[look.theme.map(Theme::as_str)] data-keys=[(is_live && look.keys).then_some("on")] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX);
                (client::head())
                title { (title) }
                link rel="icon" href=(files.icons[0]) type="image/svg+xml";
                link rel="stylesheet" href=(files.style);
                @if is_live { script src=(files.script) defer {} }
            }
            body hx-ext=[is_live.then_some("sse")] sse-connect=[is_live.then_some("/desk/events")] data-now=(look.now.as_millisecond()) data-reader=[reader] { (body) }
        }
    };
    let headers = [(axum::http::header::CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_LANGUAGE, tag)];
    (status, headers, document.into_string()).into_response()
}

/// What is so, and what to do: for empty lists, and for everything that went wrong.
pub fn say(title: &str, more: &str, link: Option<(&str, &str)>) -> Markup {
    said_under(&html! { p class="say__t" { (title) } }, more, link)
}

/// The same as all that a page says.
pub fn say_alone(title: &str, more: &str, link: Option<(&str, &str)>) -> Markup {
    said_under(&html! { h1 class="say__t" { (title) } }, more, link)
}

fn said_under(title: &Markup, more: &str, link: Option<(&str, &str)>) -> Markup {
    html! {
        div class="say" {
            (title)
            @if !more.is_empty() { p { (more) } }
            @if let Some((address, word)) = link {
                p class="say__do" { a class="btn" href=(address) { (word) } }
            }
        }
    }
}

/// A page that only says something, for anybody.
pub fn plain(status: StatusCode, look: &Look, title: &str, body: &Markup) -> Response {
    let language = look.language;
    let body = html! {
        (symbols::all())
        a class="skip" href="#principal" { (words::skip(language)) }
        header class="bar" { a class="bar__name" href="/desk" { "Desk" } }
        main id="principal" class="plain" { (body) }
    };
    answer(status, look, &format!("{title} · Desk"), None, &body)
}

/// There is nothing at this address.
pub fn not_found(look: &Look) -> Response {
    let language = look.language;
    let back = Some(("/desk", words::back_to_inbox(language)));
    let title = words::nothing_here(language);
    plain(StatusCode::NOT_FOUND, look, title, &say_alone(title, words::nothing_here_more(language), back))
}

/// The form is none that this page gave to this person.
pub fn refused(look: &Look) -> Response {
    let language = look.language;
    let title = words::not_accepted(language);
    let back = Some(("/desk", words::back_to_inbox(language)));
    plain(StatusCode::FORBIDDEN, look, title, &say_alone(title, words::not_accepted_more(language), back))
}

pub fn too_many(look: &Look, wait: Duration) -> Response {
    let (language, seconds) = (look.language, wait.as_secs().max(1));
    let title = words::too_many(language);
    let body =
        say_alone(title, &words::wait_seconds(language, seconds), Some(("/desk", words::back_to_inbox(language))));
    let response = plain(StatusCode::TOO_MANY_REQUESTS, look, title, &body);
    ([(RETRY_AFTER, seconds.to_string())], response).into_response()
}

/// For a page that stays open: the session has ended.
pub fn session_ended(language: Language, target: &str) -> Response {
    let body = html! {
        p class="ended" role="alert" {
            b { (said::ended(language)) } " " (said::ended_more(language)) " "
            a href=(target) { (words::sign_in(language)) }
        }
    };
    let headers = [(axum::http::header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::UNAUTHORIZED, headers, body.into_string()).into_response()
}
