//! `GET /desk/runbooks`: the search of the runbooks, with what was found and why.

use super::list::{self, Frame, given};
use crate::advisor::runbooks::Found;
use crate::desk::layout::{Place, address, say};
use crate::desk::markdown;
use crate::desk::panel::{Panel, PanelState};
use crate::desk::visit::Visit;
use crate::domain::clip;
use crate::domain::runbooks::About;
use crate::domain::sought::SOUGHT_MAX;
use crate::domain::texts;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{lists, runbooks as said};
use crate::views::Parameters;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Sections that are shown at most.
const FOUND_MAX: usize = 8;
/// Runbooks of Scenarios that are listed at most.
const LISTED_MAX: usize = 200;

/// What came of a search.
enum Outcome {
    NotAsked,
    NoLibrary,
    Failed(String),
    Found(Vec<Found>),
}

pub async fn show(State(panel): State<PanelState>, visit: Visit, Query(parameters): Query<Parameters>) -> Response {
    let asked = given(parameters);
    let question = asked.get("q").map(|question| question.chars().take(SOUGHT_MAX).collect::<String>());
    let outcome = search(&panel, question.clone()).await;
    let frame = Frame { panel: &panel, visit: &visit, place: Place::Runbooks };
    let language = visit.language();
    let content = html! {
        (list::top(said::title(language), None, &html! {}))
        form class="seek" method="get" action="/desk/runbooks" role="search" {
            label class="field" {
                span class="field__l" { (said::question(language)) }
                input type="search" name="q" value=(question.unwrap_or_default()) placeholder=(said::placeholder(language)) maxlength=(SOUGHT_MAX) autocomplete="off";
            }
            button class="btn btn--go" { (said::search(language)) }
        }
        (shown(&panel, language, &outcome))
    };
    frame.answer(StatusCode::OK, said::title(language), &content)
}

async fn search(panel: &Panel, question: Option<String>) -> Outcome {
    let Some(question) = question else { return Outcome::NotAsked };
    let Some(shelf) = panel.backend.tools.shelf.clone() else { return Outcome::NoLibrary };
    let scenarios = panel.resources().scenarios.state();
    let about: Vec<_> = scenarios.iter().filter_map(|one| About::of(&one.name, &one.spec)).collect();
    let found = tokio::task::spawn_blocking(move || shelf.find(&question, &about, FOUND_MAX)).await;
    match found {
        Ok(Ok(found)) => Outcome::Found(found),
        Ok(Err(error)) => Outcome::Failed(error.to_string()),
        Err(_) => Outcome::Failed(String::new()),
    }
}

fn shown(panel: &Panel, language: Language, outcome: &Outcome) -> Markup {
    match outcome {
        Outcome::NotAsked => listed(panel, language),
        Outcome::NoLibrary => say(said::no_library(language), said::no_library_more(language), None),
        Outcome::Failed(error) => html! { div role="alert" { (say(said::failed(language), error, None)) } },
        Outcome::Found(found) if found.is_empty() => html! {
            (say(said::none(language), said::none_more(language), None))
            (listed(panel, language))
        },
        Outcome::Found(found) => html! {
            p class="page__lead" role="status" { (said::found(language, found.len())) }
            ol class="finds" { @for one in found { (section(language, one)) } }
        },
    }
}

/// A section that was found, and why.
fn section(language: Language, found: &Found) -> Markup {
    let (excerpt, why) = (&found.excerpt, &found.why);
    let matched: Vec<_> =
        why.matched.iter().map(|word| texts::word_matched(language, &word.word, &word.stem, word.by)).collect();
    let section = excerpt.section().unwrap_or_default();
    let page = address(&format!("/desk/runbooks/{}", excerpt.spec), &[("section", section)]);
    html! {
        li class="find" {
            div class="find__b" {
                h2 { a href=(page) { @if section.is_empty() { (excerpt.spec) } @else { (section) } } }
                p class="quiet" { span class="fact" { (excerpt.spec) } " › " (excerpt.headings.join(" › ")) }
                div class="book" { (markdown::of_person(&excerpt.text)) }
            }
            div class="find__w" {
                h3 class="field__l" { (said::why(language)) }
                ul { @for word in &matched { li { (word) } } }
                @if !why.missing.is_empty() { p class="quiet" { (texts::missing_words(language, &why.missing)) } }
                p class="quiet" { (texts::shares(language, percent(why.piece_share), percent(why.runbook_share))) }
                p { a href=(page) { (said::open(language)) } }
            }
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares are between 0 and 1")]
fn percent(share: f64) -> u32 {
    (share * 100.0).round() as u32
}

/// The runbooks that Scenarios name, each with these Scenarios.
fn listed(panel: &Panel, language: Language) -> Markup {
    let scenarios = panel.resources().scenarios.state();
    let mut runbooks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for scenario in &scenarios {
        if let Some(runbook) = &scenario.spec.runbook {
            runbooks.entry(runbook.spec.clone()).or_default().push(scenario.name.to_string());
        }
    }
    html! {
        h2 class="page__h" { (said::all(language)) " " span class="n" { (runbooks.len()) } }
        @if runbooks.is_empty() { p class="quiet" { (said::all_none(language)) } }
        ul class="lines" {
            @for (spec, names) in runbooks.iter().take(LISTED_MAX) {
                li {
                    span class="lines__k" { a class="fact" href={ "/desk/runbooks/" (spec) } { (clip::chars(spec, 80)) } }
                    div class="quiet" { (lists::scenario(language)) ": " span class="fact" { (names.join(", ")) } }
                }
            }
        }
    }
}
