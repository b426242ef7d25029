//! The shapes of severities and states, once on each page, and the marks that use them.

use crate::api::Severity;
use crate::domain::texts::Language;
use crate::domain::texts::panel::words;
use maud::{Markup, PreEscaped, html};

const SYMBOLS: &str = include_str!("assets/symbols.svg");

/// All shapes, not shown themselves.
pub fn all() -> Markup {
    PreEscaped(SYMBOLS.to_string())
}

/// A shape by its name.
pub fn shape(name: &str) -> Markup {
    html! { svg aria-hidden="true" { use href={ "#" (name) } {} } }
}

/// The shape and the word of a severity.
pub fn severity(language: Language, severity: Severity) -> Markup {
    let name = severity.as_str();
    html! { span class={ "mark mark--" (name) } { (shape(name)) (words::severity(language, severity)) } }
}
