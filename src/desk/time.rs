//! Times as pages show them: short, with the exact one on hover.

use super::visit::Look;
use crate::domain::texts::panel::times;
use jiff::Timestamp;
use maud::{Markup, html};

/// How long ago, without a word: `23 min`.
pub fn age(look: &Look, at: Timestamp) -> Markup {
    element(look, at, ("age", &times::span(look.language, look.now.duration_since(at))))
}

/// How long ago, in a sentence: `há 23 min`.
pub fn ago(look: &Look, at: Timestamp) -> Markup {
    element(look, at, ("ago", &times::ago(look.language, look.now.duration_since(at))))
}

/// The time of day, with the date on another day.
pub fn clock(look: &Look, at: Timestamp) -> Markup {
    element(look, at, ("", &times::clock(look.language, at, look.now, &look.zone)))
}

/// The time of day alone.
pub fn hour(look: &Look, at: Timestamp) -> Markup {
    element(look, at, ("", &at.to_zoned(look.zone.clone()).strftime("%H:%M").to_string()))
}

/// The time of day with its second, with the date on another day.
pub fn second(look: &Look, at: Timestamp) -> Markup {
    element(look, at, ("", &times::clock_second(look.language, at, look.now, &look.zone)))
}

/// `form`: how the script keeps the text up to date while the page stays open; empty where it does not change.
fn element(look: &Look, at: Timestamp, (form, text): (&str, &str)) -> Markup {
    html! { time datetime=(at.to_string()) data-t=[(!form.is_empty()).then_some(form)] title=(times::exact(look.language, at, &look.zone)) { (text) } }
}
