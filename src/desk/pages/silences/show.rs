//! A Silence in a list: why, what it holds back, until when, and the button that ends it.

use crate::api::Silence;
use crate::desk::layout::hidden;
use crate::desk::panel::PanelState;
use crate::desk::visit::Visit;
use crate::desk::{symbols, time};
use crate::domain::clip;
use crate::domain::texts::Language;
use crate::domain::texts::panel::{silences as said, times};
use crate::views::{MatcherView, SilenceStanding, StandingSilence};
use maud::{Markup, html};

/// Findings that are named at most.
const HELD_MAX: usize = 5;
/// Characters of what happened.
const HEADLINE_MAX: usize = 120;

/// A Silence, with the button that ends it where there is one to be ended.
pub fn item(panel: &PanelState, visit: &Visit, one: &StandingSilence, with_button: bool) -> Markup {
    let (language, silence) = (visit.language(), &one.silence);
    html! {
        li class={ "sil" @if one.standing == SilenceStanding::Past { " is-over" } } id=(silence.id) {
            div class="sil__w" { (when(visit, one)) }
            div class="sil__b" {
                p class="sil__r" { (silence.reason) }
                p class="sil__m" { @for matcher in &silence.matchers { span { (condition(language, matcher)) } } }
                @if let Some(recurrence) = &silence.recurrence {
                    p class="quiet" { (said::again(language)) " " span class="fact" { (recurrence.cron) " · " (recurrence.duration) @if let Some(zone) = &recurrence.timezone { " · " (zone) } } }
                }
                @if let Some(problem) = &one.problem { p { b { (said::not_valid(language)) ": " } (problem) } }
                @if one.standing == SilenceStanding::Active { (held(panel, language, one)) }
                p class="quiet" { (said::by(language)) " " (silence.author) }
            }
            @if with_button && one.standing != SilenceStanding::Past { (end(visit, one)) }
        }
    }
}

/// Until when it is active, or from when on.
fn when(visit: &Visit, one: &StandingSilence) -> Markup {
    let (language, look) = (visit.language(), &visit.look);
    let left = |at: jiff::Timestamp| times::span(language, at.duration_since(look.now));
    html! {
        @match one.standing {
            SilenceStanding::Active => {
                @if let Some(end) = one.end {
                    p { (said::until_time(language)) " " (time::clock(look, end)) }
                    p class="quiet" { (said::until_in(language, &left(end))) }
                }
            }
            SilenceStanding::Next => {
                @if let Some(start) = one.start {
                    p { (time::clock(look, start)) @if let Some(end) = one.end { " " (said::until_time(language)) " " (time::clock(look, end)) } }
                    p class="quiet" { (said::begins_in(language, &left(start))) }
                }
            }
            SilenceStanding::Past => {
                p { (time::clock(look, one.silence.starts_at)) }
                @if let Some(end) = one.end { p class="quiet" { (said::until_time(language)) " " (time::clock(look, end)) } }
            }
        }
    }
}

/// What a Silence holds back, and until when.
pub fn in_short(panel: &PanelState, visit: &Visit, silence: &Silence) -> Markup {
    let (language, look) = (visit.language(), &visit.look);
    let view = panel.resources().silence_view(silence, look.now);
    html! {
        @for (at, matcher) in view.matchers.iter().enumerate() { @if at > 0 { ", " } (condition(language, matcher)) }
        @if let Some(end) = view.ends_at { ", " (said::until_time(language)) " " (time::clock(look, end)) }
    }
}

/// A condition.
fn condition(language: Language, matcher: &MatcherView) -> Markup {
    let (about, value) = condition_in_words(language, matcher);
    html! { (about) @if !value.is_empty() { " " code { (value) } } }
}

/// A condition in words, and its value, where it has one.
pub fn condition_in_words(language: Language, matcher: &MatcherView) -> (String, &str) {
    match (matcher.name, matcher.op, matcher.value.as_str()) {
        ("key", "=", "") => return (said::without_key(language).into(), ""),
        ("key", "!=", "") => return (said::with_key(language).into(), ""),
        _ => {}
    }
    let name = match matcher.name {
        "scenario" => said::scenario(language),
        "check" => said::check(language),
        "key" => said::key(language),
        "agent" => said::agent(language),
        _ => said::severity(language),
    };
    let op = match matcher.op {
        "=" => said::is(language),
        "!=" => said::is_not(language),
        "=~" => said::matches(language),
        _ => said::matches_not(language),
    };
    match (matcher.op, matcher.value.as_str()) {
        ("=", "") => (format!("{name} {}", said::without_value(language)), ""),
        ("!=", "") => (format!("{name} {}", said::with_value(language)), ""),
        (_, "") => (format!("{name} {op}"), "\"\""),
        (_, value) => (format!("{name} {op}"), value),
    }
}

/// The Findings whose notices it holds back.
fn held(panel: &PanelState, language: Language, one: &StandingSilence) -> Markup {
    if one.holding.is_empty() {
        return html! { p class="quiet" { (said::holds_nothing(language)) } };
    }
    let total = one.silence.holding.max(u32::try_from(one.holding.len()).unwrap_or(u32::MAX));
    let shown = one.holding.iter().take(HELD_MAX).filter_map(|name| panel.resources().finding(name));
    let rest = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(HELD_MAX);
    html! {
        p { (said::holds(language, total)) }
        ul class="sil__h" {
            @for finding in shown {
                @let view = panel.resources().finding_view(&finding, "");
                li {
                    @if let Some(severity) = view.severity { (symbols::severity(language, severity)) }
                    a href={ "/desk/findings/" (view.id) } { (clip::chars(view.message.as_deref().unwrap_or(&view.id), HEADLINE_MAX)) }
                }
            }
            @if rest > 0 { li class="quiet" { (said::more(language, rest)) } }
        }
    }
}

fn end(visit: &Visit, one: &StandingSilence) -> Markup {
    let language = visit.language();
    let word = if one.standing == SilenceStanding::Active { said::end(language) } else { said::cancel(language) };
    html! {
        form class="sil__e" method="post" action={ "/desk/silences/" (one.silence.id) "/end" } {
            (hidden(&visit.csrf, super::PATH))
            button class="btn" aria-label={ (word) ": " (one.silence.reason) } { (word) }
        }
    }
}
