//! What a message says of the state of its Findings: the first line.

use super::Style;
use super::clip;
use crate::api::NoticeKind;
use crate::domain::notice::content::{Content, Item};
use crate::domain::texts::Language;
use crate::domain::texts::notices::{self, GroupState};
use jiff::Timestamp;
use std::time::Duration;

/// Longest first line, in characters.
const LINE_MAX: usize = 400;

/// The first line of a message.
pub fn first_line(content: &Content, style: &Style) -> String {
    let [item] = content.items.as_slice() else { return group_line(content, style) };
    if content.total > 1 {
        return group_line(content, style);
    }
    item_line(content.kind, item, content.at, style).unwrap_or_else(|| headline(item))
}

fn group_line(content: &Content, style: &Style) -> String {
    let ended = content.items.iter().filter(|item| is_end(content.kind, item)).count();
    let state = match content.kind {
        NoticeKind::Opened => GroupState::Opened,
        NoticeKind::Flapping => GroupState::Flapping,
        NoticeKind::Acknowledged => GroupState::Acknowledged,
        NoticeKind::Reminder if ended == 0 => GroupState::StillOpen,
        NoticeKind::Reminder if ended < content.total => GroupState::Mixed { ended },
        NoticeKind::Escalated => GroupState::Escalated,
        NoticeKind::Reminder | NoticeKind::Resolved => {
            match content.items.iter().filter(|item| item.is_unwatched).count() {
                0 => GroupState::Resolved,
                all if all == content.items.len() => GroupState::Unwatched,
                unwatched => GroupState::Ended { unwatched },
            }
        }
    };
    notices::group(style.language, state, content.total)
}

/// Whether a message tells the end of a Finding. After flapping, a reminder tells the state, whatever it is.
pub fn is_end(kind: NoticeKind, item: &Item) -> bool {
    kind == NoticeKind::Resolved || kind == NoticeKind::Reminder && item.resolved_at.is_some()
}

/// The state of one Finding in a message that follows its opening; `None` if the message is the opening.
pub fn item_line(kind: NoticeKind, item: &Item, at: Timestamp, style: &Style) -> Option<String> {
    let language = style.language;
    let since = item.opened_at.map(|opened| moment_and_span(style, opened, at));
    let line = match kind {
        NoticeKind::Opened => return None,
        NoticeKind::Flapping => notices::flapping(language),
        NoticeKind::Resolved | NoticeKind::Reminder if is_end(kind, item) => ended(item, at, style),
        NoticeKind::Resolved | NoticeKind::Reminder => match &item.acknowledgement {
            Some(_) => format!("{}. {}", notices::still_open(language, since.as_deref()), acknowledged(item, style)),
            None => notices::still_open(language, since.as_deref()),
        },
        NoticeKind::Acknowledged => acknowledged(item, style),
        NoticeKind::Escalated => notices::escalated(language, since.as_deref()),
    };
    Some(clip::chars(&line, LINE_MAX))
}

/// Whether all Findings of a message ended.
pub fn has_ended(content: &Content) -> bool {
    !content.items.is_empty() && content.items.iter().all(|item| is_end(content.kind, item))
}

/// Whether the state of a Finding says what its message says.
pub fn has_message(kind: NoticeKind, item: &Item) -> bool {
    is_end(kind, item) && item.is_unwatched
}

fn ended(item: &Item, at: Timestamp, style: &Style) -> String {
    if !item.is_unwatched {
        return notices::resolved_ago(style.language, item.resolved_at.map(|resolved| span(resolved, at)));
    }
    let message = headline(item);
    // The message of such a Finding may begin with these words itself, in the language of when it was written.
    match Language::ALL.iter().any(|language| message.starts_with(&notices::no_longer_watched(*language))) {
        true => message,
        false => format!("{}: {}", notices::no_longer_watched(style.language), lower_first(&message)),
    }
}

fn acknowledged(item: &Item, style: &Style) -> String {
    match &item.acknowledgement {
        Some(by) => notices::acknowledged_by(style.language, &by.by, by.proven, by.note.as_deref()),
        None => notices::acknowledged(style.language),
    }
}

/// What is wrong with a Finding, in one line.
pub fn headline(item: &Item) -> String {
    let texts = [&item.message, &item.title, &item.check, &item.finding];
    let text = texts.into_iter().find(|text| !text.is_empty()).map(String::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let is_acronym = text.chars().nth(1).is_some_and(char::is_uppercase);
    match chars.next() {
        Some(first) if !is_acronym => first.to_lowercase().chain(chars).collect(),
        _ => text.to_string(),
    }
}

/// A time with how long ago it was: `26/11/2026 10:08 (há 2 h 5 min)`.
pub fn moment_and_span(style: &Style, moment: Timestamp, at: Timestamp) -> String {
    let ago = notices::ago(style.language, span(moment, at));
    format!("{} ({ago})", notices::moment(style.language, moment, &style.zone))
}

/// From `earlier` to `later`; nothing if it is the other way round.
pub fn span(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}
