//! A mail about Findings.

use super::document::{Block, Document, SummaryLine, Tone};
use super::{Style, clip, details, html, links, plain, state, subject};
use crate::api::NoticeKind;
use crate::domain::notice::content::{Content, Item, Opening};
use crate::domain::outgoing::{Link, Mail};
use crate::domain::texts::notices::{self, Label};

/// Most bytes of a mail's text and HTML together. Common mail programs hide what a longer HTML has at its end.
pub const MAIL_MAX: usize = 100 << 10;
/// Most characters of what is wrong in a first line that says more; the line after it has all.
const LEAD_HEADLINE_MAX: usize = 200;

/// How much of a group a mail has.
struct Extent {
    /// Findings with a line of their own.
    lines: usize,
    /// Characters of a line.
    line: usize,
    /// Whether lines are links.
    linked: bool,
    /// Findings that are described in full.
    details: usize,
    /// Whether the text of runbooks is among that.
    runbook: bool,
}

/// From the most to the least: the first is used that keeps the mail within its bound.
const EXTENTS: [Extent; 6] = [
    Extent { lines: usize::MAX, line: 200, linked: true, details: 3, runbook: true },
    Extent { lines: usize::MAX, line: 120, linked: true, details: 1, runbook: true },
    Extent { lines: usize::MAX, line: 120, linked: true, details: 1, runbook: false },
    Extent { lines: usize::MAX, line: 80, linked: false, details: 0, runbook: false },
    Extent { lines: 20, line: 80, linked: false, details: 0, runbook: false },
    Extent { lines: 0, line: 0, linked: false, details: 0, runbook: false },
];

/// Words a mail.
pub fn mail(content: &Content, style: &Style) -> Mail {
    let subject = subject::subject(content, style);
    let (mut text, mut html) = (String::new(), String::new());
    for extent in EXTENTS {
        let document = document(content, &extent, &subject, style);
        (text, html) = (plain::render(&document), html::render(&document));
        if text.len() + html.len() <= MAIL_MAX {
            break;
        }
    }
    Mail {
        message_id: content.id.clone(),
        subject,
        in_reply_to: content.opening.as_ref().map(|opening| opening.id.clone()),
        date: content.at,
        text,
        html,
    }
}

fn document(content: &Content, extent: &Extent, subject: &str, style: &Style) -> Document {
    let blocks = match content.items.as_slice() {
        [item] if content.total <= 1 => single(content, item, extent, style),
        _ => group(content, extent, style),
    };
    Document {
        language: style.language,
        title: subject.to_string(),
        tone: tone(content),
        blocks,
        footer: vec![notices::zone(style.language, &style.zone, content.at), notices::not_read(style.language)],
    }
}

fn tone(content: &Content) -> Tone {
    let first = content.items.first();
    match content.kind {
        NoticeKind::Acknowledged => Tone::Known,
        _ if !state::has_ended(content) => Tone::Failing(first.and_then(|item| item.severity)),
        _ if content.items.iter().any(|item| item.is_unwatched) => Tone::Neutral,
        _ => Tone::Good,
    }
}

fn single(content: &Content, item: &Item, extent: &Extent, style: &Style) -> Vec<Block> {
    let headline = state::headline(item);
    let mut blocks = match content.kind {
        NoticeKind::Opened => vec![Block::Lead { severity: item.severity, text: headline }],
        _ => vec![
            Block::Lead { severity: None, text: lead(content, item, style) },
            Block::Headline { severity: item.severity, text: headline },
        ],
    };
    if state::has_message(content.kind, item) {
        blocks.truncate(1);
    }
    if content.kind == NoticeKind::Flapping {
        blocks.push(Block::Paragraph(notices::flapping_next(style.language)));
    }
    if extent.details > 0 {
        blocks.extend(details_of(content, item, extent, style));
    } else {
        blocks.push(Block::Links(details::links(item, style)));
    }
    blocks
}

/// The state; where the opening was about several Findings, so that its subject may name another one, also of which Finding, and how
/// many of them are still open.
fn lead(content: &Content, item: &Item, style: &Style) -> String {
    let state = state::first_line(content, style);
    let names_it = |opening: &Opening| opening.subject.ends_with(&format!("· {}", item.scenario));
    let is_named = content.opening.as_ref().is_none_or(names_it) || state::has_message(content.kind, item);
    let headline = (!is_named).then(|| clip::chars(&state::headline(item), LEAD_HEADLINE_MAX));
    joined([Some(state), headline, state::of_opening(content, style)])
}

fn joined(parts: [Option<String>; 3]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn group(content: &Content, extent: &Extent, style: &Style) -> Vec<Block> {
    let lead = joined([Some(state::first_line(content, style)), state::of_opening(content, style), None]);
    let mut blocks = vec![Block::Lead { severity: None, text: lead }];
    if content.kind == NoticeKind::Flapping {
        blocks.push(Block::Paragraph(notices::flapping_next(style.language)));
    }
    let lines: Vec<SummaryLine> =
        content.items.iter().take(extent.lines).map(|item| summary_line(content, item, extent, style)).collect();
    let left_out = content.total.saturating_sub(lines.len());
    blocks.push(Block::Summary(lines));
    if left_out > 0 {
        blocks.push(Block::Paragraph(notices::not_listed(style.language, left_out)));
    }
    blocks.push(Block::Links(vec![Link {
        label: notices::label(style.language, Label::AllFindings).to_string(),
        url: links::findings(style),
    }]));
    blocks.extend(first_details(content, extent, style));
    blocks
}

/// The first Findings in full, unless their lines say all. A runbook is quoted once.
fn first_details(content: &Content, extent: &Extent, style: &Style) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut quoted = Vec::new();
    for item in content.items.iter().filter(|item| details::is_full(content.kind, item)).take(extent.details) {
        let section = item.runbook.as_ref().map(|runbook| (&runbook.spec, &runbook.heading));
        let is_quoted = quoted.contains(&section);
        quoted.push(section);
        blocks.push(Block::Rule);
        blocks.push(Block::Headline { severity: item.severity, text: state::headline(item) });
        let of_item = details_of(content, item, extent, style).into_iter();
        blocks.extend(of_item.filter(|block| !(is_quoted && matches!(block, Block::Markdown(_)))));
    }
    blocks
}

fn details_of(content: &Content, item: &Item, extent: &Extent, style: &Style) -> Vec<Block> {
    let mut blocks = details::blocks(content.kind, item, content.at, style);
    blocks.retain(|block| extent.runbook || !matches!(block, Block::Markdown(_)));
    blocks
}

fn summary_line(content: &Content, item: &Item, extent: &Extent, style: &Style) -> SummaryLine {
    let scenario = if item.scenario.is_empty() { String::new() } else { format!(" · {}", item.scenario) };
    let says_state = match content.kind {
        NoticeKind::Opened | NoticeKind::Flapping => false,
        NoticeKind::Acknowledged
        | NoticeKind::Reminder
        | NoticeKind::Escalated
        | NoticeKind::Advised
        | NoticeKind::Resolved => true,
    };
    let line = state::item_line(content.kind, item, content.at, style).filter(|_| says_state);
    let (text, line) = match line {
        Some(line) if state::has_message(content.kind, item) => (line, None),
        line => (state::headline(item), line),
    };
    SummaryLine {
        severity: item.severity,
        text: format!("{}{scenario}", clip::chars(&text, extent.line)),
        state: line.map(|line| clip::chars(&line, extent.line)),
        url: extent.linked.then(|| links::finding(style, &item.finding)),
    }
}
