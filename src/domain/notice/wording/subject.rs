//! The subject of a mail.

use super::{Style, clip, state};
use crate::domain::notice::content::Content;
use crate::domain::texts::notices;

/// Longest subject of an opening, in characters.
const SUBJECT_MAX: usize = 120;
/// So much of what is wrong is kept, whatever else the subject has.
const HEADLINE_MIN: usize = 20;
/// Begins the subject of a mail that follows another, in every language: mail programs compare subjects without it.
const REPLY: &str = "Re: ";

/// The subject: that of the opening, or its reply where the recipient got it.
pub fn subject(content: &Content, style: &Style) -> String {
    match &content.opening {
        Some(opening) if !opening.is_known => opening.subject.clone(),
        Some(opening) => format!("{REPLY}{}", opening.subject),
        None => of_opening(content, style),
    }
}

/// `[crítico] VM 112 não está em execução · proxmox.cluster (e mais 2)`.
fn of_opening(content: &Content, style: &Style) -> String {
    let Some(first) = content.items.first() else {
        return state::first_line(content, style);
    };
    let badge = first.severity.map(|s| format!("[{}] ", notices::severity(style.language, s))).unwrap_or_default();
    let mut end = match first.scenario.as_str() {
        "" => String::new(),
        scenario => format!(" · {scenario}"),
    };
    if content.total > 1 {
        end = format!("{end} {}", notices::and_more(style.language, content.total - 1));
    }
    let room = SUBJECT_MAX.saturating_sub(badge.chars().count() + end.chars().count()).max(HEADLINE_MIN);
    clip::chars(&format!("{badge}{}{end}", clip::chars(&state::headline(first), room)), SUBJECT_MAX)
}
