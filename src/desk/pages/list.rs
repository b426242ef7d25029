//! What pages with a list have in common: the frame, the filters in the address, the pager, and the line that says that the list has
//! changed.

use crate::desk::layout::{Page, Place, address, say};
use crate::desk::options::Options;
use crate::desk::panel::Panel;
use crate::desk::visit::Visit;
use crate::domain::clip;
use crate::domain::printable::one_line;
use crate::domain::texts::Language;
use crate::domain::texts::panel::lists as said;
use crate::views::{Parameters, QueryError, Reader};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

/// Bytes of the mark of a list.
const MARK_BYTES: usize = 8;
/// Characters that are shown of a value that is no filter.
const VALUE_MAX: usize = 64;
/// The parameter with the mark of the list that is on the screen.
const OF: &str = "of";

/// The frame of a page of the navigation.
pub struct Frame<'a> {
    pub panel: &'a Panel,
    pub visit: &'a Visit,
    pub place: Place,
}

impl Frame<'_> {
    pub fn language(&self) -> Language {
        self.visit.language()
    }

    /// The page with this title.
    pub fn answer(&self, status: StatusCode, title: &str, content: &Markup) -> Response {
        let main = html! { main class="page" id="principal" { (content) } };
        self.answer_main(status, title, &main)
    }

    /// The page with this title, given its whole main element.
    pub fn answer_main(&self, status: StatusCode, title: &str, main: &Markup) -> Response {
        let caller = &self.visit.caller;
        let reader = Reader { name: &caller.name, roles: &caller.roles };
        let pending = self.panel.resources().pending_total(reader);
        let title = match pending {
            0 => format!("{title} · Desk"),
            _ => format!("({pending}) {title} · Desk"),
        };
        let page = Page { title, place: Some(self.place), pending, visit: self.visit };
        page.answer(status, main)
    }

    /// That the address, which asks for this, has a filter which is none, below the filters.
    pub fn wrong_filter(&self, title: &str, filters: &Markup, asked: &Parameters, error: &QueryError) -> Response {
        let language = self.language();
        let more = wrong_value(language, asked, error);
        let clear = Some((self.place.address(), said::clear(language)));
        let content = html! {
            (top(title, None, &html! {}))
            (filters)
            div role="alert" { (say(said::wrong_filter(language), &more, clear)) }
        };
        self.answer(StatusCode::BAD_REQUEST, title, &content)
    }
}

/// Which part of the address is no filter, and that it has to be chosen again.
pub fn wrong_value(language: Language, asked: &Parameters, error: &QueryError) -> String {
    let value = asked.get(&error.parameter).map_or("", String::as_str);
    said::wrong_filter_more(language, &error.parameter, &clip::chars(&one_line(value), VALUE_MAX))
}

/// The head of a page: its title, how many there are, and what can be done.
pub fn top(title: &str, count: Option<&str>, actions: &Markup) -> Markup {
    html! {
        header class="page__top" {
            h1 { (title) @if let Some(count) = count { " " span class="page__n" { (count) } } }
            (actions)
        }
    }
}

/// Those parameters that are given: a form sends empty ones, too.
pub fn given(parameters: Parameters) -> Parameters {
    let trimmed = parameters.into_iter().map(|(name, value)| (name, value.trim().to_string()));
    trimmed.filter(|(_, value)| !value.is_empty()).collect()
}

/// An address of a list with these of its parameters, and others.
pub fn address_with(path: &str, parameters: &Parameters, names: &[&str], more: &[(&str, &str)]) -> String {
    let kept = names.iter().filter_map(|name| Some((*name, parameters.get(*name)?.as_str())));
    address(path, &kept.chain(more.iter().copied()).collect::<Vec<_>>())
}

/// A choice among words, with its label above.
pub fn select(name: &str, label: &str, any: Option<&str>, chosen: &str, options: &[(String, String)]) -> Markup {
    let is_one = options.iter().any(|(value, _)| value == chosen);
    let markup = html! { @for (value, word) in options { option value=(value) selected[value == chosen] { (word) } } };
    choice(name, label, any, if is_one { "" } else { chosen }, &markup)
}

/// The same with its options. `other`: what was chosen and is none of them.
fn choice(name: &str, label: &str, any: Option<&str>, other: &str, options: &Markup) -> Markup {
    html! {
        label class="field" {
            span class="field__l" { (label) }
            select name=(name) {
                @if let Some(any) = any { option value="" { (any) } }
                // One that there is no more stays chosen, so that the filter shows what it does.
                @if !other.is_empty() { option value=(other) selected { (other) } }
                (options)
            }
        }
    }
}

/// A text, with its label above.
pub fn input(name: &str, label: &str, kind: &str, value: &str, hint: &str) -> Markup {
    let hint = (!hint.is_empty()).then_some(hint);
    html! {
        label class="field" {
            span class="field__l" { (label) }
            input type=(kind) name=(name) value=(value) placeholder=[hint] maxlength="200" autocomplete="off";
        }
    }
}

/// The form of the filters.
pub fn sieve(language: Language, path: &str, is_filtered: bool, fields: &Markup) -> Markup {
    html! {
        form class="sieve" method="get" action=(path) role="search" aria-label=(said::filters(language)) {
            (fields)
            div class="sieve__do" {
                button class="btn" { (said::filter(language)) }
                @if is_filtered { a class="btn btn--bare" href=(path) { (said::clear(language)) } }
            }
        }
    }
}

/// The names of all Agents, each with the name that people know it by.
pub fn agents(panel: &Panel) -> Vec<(String, String)> {
    let agents = panel.resources().agents.state();
    let name = |agent: &crate::api::Agent| Some((agent.metadata.name.clone()?, agent.spec.display_name.clone()));
    let mut agents: Vec<_> = agents.iter().filter_map(|agent| name(agent)).collect();
    agents.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    agents
}

/// All Scenarios to choose from.
pub fn scenarios(panel: &Panel) -> Arc<Options> {
    panel.scenarios.get(&panel.resources().scenarios)
}

/// A choice among all Scenarios, with its label above.
pub fn select_scenario(panel: &Panel, label: &str, any: &str, chosen: &str) -> Markup {
    let options = scenarios(panel);
    if options.named.iter().any(|(value, _)| value == chosen) {
        return select("scenario", label, Some(any), chosen, &options.named);
    }
    choice("scenario", label, Some(any), chosen, &options.markup)
}

/// A name with dots, which breaks after one of them where it has to.
pub fn dotted(name: &str) -> Markup {
    html! { @for part in name.split_inclusive('.') { (part) wbr; } }
}

/// The links to other pages of a list.
pub fn pager(language: Language, first: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav class="pager" aria-label=(said::pages(language)) {
                @if let Some(first) = first { a class="btn" href=(first) { (said::first_page(language)) } }
                @if let Some(next) = next { a class="btn" href=(next) rel="next" { (said::next_page(language)) } }
            }
        }
    }
}

/// What a list has, so that a later one can be compared with it.
pub fn mark<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
        digest.update([0]);
    }
    digest.finalize().iter().take(MARK_BYTES).fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Watches a list without moving it: asks after each of these events, and says when the list is another one.
pub struct Watched<'a> {
    pub language: Language,
    /// The address of the list.
    pub list: &'a str,
    /// Kinds of objects whose changes matter.
    pub topics: &'a [&'a str],
}

impl Watched<'_> {
    /// The line of a list that has this mark.
    pub fn line(&self, mark: &str) -> Markup {
        self.element(mark, false)
    }

    /// The answer to the line, where it asks.
    pub fn answer(&self, parameters: &Parameters, mark: &str) -> Option<Response> {
        let before = parameters.get(OF)?;
        let headers = [(CONTENT_TYPE, "text/html; charset=utf-8")];
        Some((headers, self.element(before, before != mark).into_string()).into_response())
    }

    fn element(&self, mark: &str, is_changed: bool) -> Markup {
        let separator = if self.list.contains('?') { '&' } else { '?' };
        let asked = format!("{}{separator}{OF}={}", self.list, mark.chars().take(2 * MARK_BYTES).collect::<String>());
        let mut events: Vec<String> = self.topics.iter().map(|topic| format!("sse:{topic}")).collect();
        events.push("sse:reset".into());
        html! {
            p class="arrived" role="status" hx-get=(asked) hx-trigger=(events.join(", ")) hx-swap="outerHTML" {
                @if is_changed {
                    span { (said::changed(self.language)) } a href=(self.list) { (said::show(self.language)) }
                }
            }
        }
    }
}
