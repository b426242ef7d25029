//! What a message says of the state of its Findings: the first line.

use super::Style;
use super::clip;
use crate::api::NoticeKind;
use crate::domain::notice::content::{Content, Item, OfOpening};
use crate::domain::texts::Language;
use crate::domain::texts::notices::{self, GroupState, PartOfNotice};
use jiff::Timestamp;
use std::time::Duration;

/// Longest first line, in characters.
const LINE_MAX: usize = 400;
/// Shortest time between a moment and a message that is said besides the moment.
const SPAN_MIN: Duration = Duration::from_secs(60);

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
        NoticeKind::Advised => GroupState::Advised,
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

/// What has become of the opening that a message follows about some of its Findings; `None` where it is about all of them, or nothing is
/// known of the others.
pub fn of_opening(content: &Content, style: &Style) -> Option<String> {
    let OfOpening { told, open, acknowledged } = content.opening.as_ref()?.findings;
    let not_ended = if has_ended(content) { 0 } else { content.total };
    let is_about_all = told.map_or(open <= not_ended, |told| told <= content.total);
    let of = PartOfNotice { told: told.filter(|told| open <= *told), open, acknowledged };
    (!is_about_all).then(|| notices::of_same_notice(style.language, &of))
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
        NoticeKind::Resolved | NoticeKind::Reminder if is_end(kind, item) => ended(item, style),
        NoticeKind::Resolved | NoticeKind::Reminder => match &item.acknowledgement {
            Some(_) => format!("{}. {}", notices::still_open(language, since.as_deref()), acknowledged(item, style)),
            None => notices::still_open(language, since.as_deref()),
        },
        NoticeKind::Acknowledged => acknowledged(item, style),
        NoticeKind::Escalated => notices::escalated(language, since.as_deref()),
        NoticeKind::Advised => notices::advised(language),
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

fn ended(item: &Item, style: &Style) -> String {
    if !item.is_unwatched {
        return notices::resolved_at(style.language, item.resolved_at.map(|at| moment(style, at)).as_deref());
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

/// A time, to the minute: `26/11/2026 10:08`. Messages are read later, so that no time is said only by how long ago it was.
pub fn moment(style: &Style, at: Timestamp) -> String {
    notices::moment(style.language, at, &style.zone)
}

/// A time with how long before `at` it was, from a minute on: `26/11/2026 10:08 (há 2 h 5 min)`.
pub fn moment_and_span(style: &Style, earlier: Timestamp, at: Timestamp) -> String {
    let span = Duration::try_from(at.duration_since(earlier)).unwrap_or_default();
    let moment = moment(style, earlier);
    match span >= SPAN_MIN {
        true => format!("{moment} ({})", notices::ago(style.language, span)),
        false => moment,
    }
}
