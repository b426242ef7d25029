//! A notification of ntfy.

use super::{Style, clip, details, links, state};
use crate::api::{NoticeKind, Severity};
use crate::domain::notice::content::{Content, Item};
use crate::domain::outgoing::{Link, Push};
use crate::domain::texts::notices::{self, Label};

/// Most bytes of a body: ntfy turns a longer one into an attachment.
pub const PUSH_MAX: usize = 4 << 10;
/// Longest title, in characters.
const TITLE_MAX: usize = 120;
/// Findings of a group that the body names.
const LINES_MAX: usize = 10;
/// Longest line about a Finding, in characters.
const LINE_MAX: usize = 200;
/// Longest excerpt of what a check shows, in characters.
const SHOW_MAX: usize = 500;
/// Links that ntfy shows at most.
const LINKS_MAX: usize = 3;

/// Words a notification.
pub fn push(content: &Content, style: &Style) -> Push {
    let single = match content.items.as_slice() {
        [item] if content.total <= 1 => Some(item),
        _ => None,
    };
    let (title, body) = match single {
        Some(item) => (title(content, item, style), body(content, item, style)),
        None => (state::first_line(content, style), group_body(content, style)),
    };
    let links = match single {
        Some(item) => details::links(item, style),
        None => {
            let label = notices::label(style.language, Label::AllFindings).to_string();
            vec![Link { label, url: links::findings(style) }]
        }
    };
    let severity = content.items.first().and_then(|item| item.severity);
    Push {
        title: clip::chars(&title, TITLE_MAX),
        body: clip::bytes(&body, PUSH_MAX),
        priority: priority(content, severity),
        tags: tags(content, severity),
        click: links.first().map(|link| link.url.clone()),
        links: links.into_iter().take(LINKS_MAX).collect(),
    }
}

fn title(content: &Content, item: &Item, style: &Style) -> String {
    match content.kind {
        NoticeKind::Opened => format!("{} · {}", clip::chars(&state::headline(item), LINE_MAX), item.scenario),
        _ => format!("{} · {}", state::first_line(content, style), item.scenario),
    }
}

fn body(content: &Content, item: &Item, style: &Style) -> String {
    let mut lines = vec![clip::chars(&item.message, SHOW_MAX)];
    lines.extend(state::of_opening(content, style));
    if let (Some(opened), None) = (item.opened_at, item.resolved_at) {
        let label = notices::label(style.language, Label::OpenSince);
        lines.push(format!("{label}: {}", state::moment_and_span(style, opened, content.at)));
    }
    if content.kind == NoticeKind::Flapping {
        lines.push(notices::flapping_next(style.language));
    }
    let is_news = matches!(content.kind, NoticeKind::Opened | NoticeKind::Escalated);
    lines.extend(item.read.show.as_ref().filter(|_| is_news).map(|show| clip::chars(show, SHOW_MAX)));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn group_body(content: &Content, style: &Style) -> String {
    let mut lines: Vec<String> = (content.items.iter().take(LINES_MAX))
        .map(|item| {
            let badge = item.severity.map(|s| format!("[{}] ", notices::severity(style.language, s)));
            let text = clip::chars(&state::headline(item), LINE_MAX);
            format!("{}{text} · {}", badge.unwrap_or_default(), item.scenario)
        })
        .collect();
    let left_out = content.total.saturating_sub(lines.len());
    if left_out > 0 {
        lines.push(notices::not_listed(style.language, left_out));
    }
    lines.extend(state::of_opening(content, style));
    lines.join("\n")
}

fn priority(content: &Content, severity: Option<Severity>) -> u8 {
    let of_severity = match severity {
        Some(Severity::Critical) => 5,
        Some(Severity::High) => 4,
        Some(Severity::Medium) | None => 3,
        Some(Severity::Low) => 2,
        Some(Severity::Info) => 1,
    };
    match content.kind {
        // What ended makes no more noise than a usual notification.
        _ if state::has_ended(content) => of_severity.min(3),
        NoticeKind::Acknowledged | NoticeKind::Advised => of_severity.min(2),
        NoticeKind::Opened
        | NoticeKind::Flapping
        | NoticeKind::Escalated
        | NoticeKind::Reminder
        | NoticeKind::Resolved => of_severity,
    }
}

/// The first is shown as a symbol.
fn tags(content: &Content, severity: Option<Severity>) -> Vec<String> {
    let symbol = match content.kind {
        _ if state::has_ended(content) && content.items.iter().any(|item| item.is_unwatched) => "grey_question",
        _ if state::has_ended(content) => "white_check_mark",
        NoticeKind::Acknowledged => "eyes",
        NoticeKind::Advised => "bulb",
        NoticeKind::Flapping => "arrows_counterclockwise",
        NoticeKind::Opened | NoticeKind::Reminder | NoticeKind::Escalated | NoticeKind::Resolved => match severity {
            Some(Severity::Critical) => "rotating_light",
            Some(Severity::High) => "warning",
            Some(Severity::Medium | Severity::Low) => "small_orange_diamond",
            Some(Severity::Info) | None => "information_source",
        },
    };
    let mut tags = vec![symbol.to_string()];
    tags.extend(severity.map(|severity| severity.to_string()));
    tags
}
