//! The daily digest.

use super::document::{Block, Document, SummaryLine, Tone};
use super::mail::MAIL_MAX;
use super::{Style, clean, clip, html, links, plain, state};
use crate::domain::notice::digest_content::{Digest, Line, LineSubject, SECTION_LINES_MAX, Section};
use crate::domain::outgoing::{Link, Mail};
use crate::domain::texts::digest::{self, Section as Name};
use crate::domain::texts::notices::{self, Label};
use jiff::Timestamp;

/// Longest subject, in characters.
const SUBJECT_MAX: usize = 120;

/// How much of each section a mail has.
struct Extent {
    lines: usize,
    /// Characters of a line.
    line: usize,
    /// Whether lines are links.
    linked: bool,
}

/// From the most to the least: the first is used that keeps the mail within its bound.
const EXTENTS: [Extent; 4] = [
    Extent { lines: SECTION_LINES_MAX, line: 200, linked: true },
    Extent { lines: SECTION_LINES_MAX, line: 100, linked: false },
    Extent { lines: 10, line: 80, linked: false },
    Extent { lines: 0, line: 0, linked: false },
];

/// Words the digest of one date. The mail replies to nothing.
pub fn word_digest(digest: &Digest, style: &Style) -> Mail {
    let subject = subject(digest, style);
    let (mut text, mut html) = (String::new(), String::new());
    for extent in EXTENTS {
        let document = document(digest, &extent, &subject, style);
        (text, html) = (plain::render(&document), html::render(&document));
        if text.len() + html.len() <= MAIL_MAX {
            break;
        }
    }
    Mail { message_id: digest.id.clone(), subject, in_reply_to: None, date: digest.at, text, html }
}

fn sections(digest: &Digest) -> impl Iterator<Item = (Name, &Section)> {
    let all = [
        (Name::Open, &digest.open),
        (Name::Acknowledged, &digest.acknowledged),
        (Name::Flapping, &digest.flapping),
        (Name::Silenced, &digest.silenced),
        (Name::Unwatched, &digest.unwatched),
    ];
    all.into_iter().filter(|(_, section)| total(section) > 0)
}

fn total(section: &Section) -> usize {
    section.total.max(section.lines.len())
}

fn title(digest: &Digest, style: &Style) -> String {
    digest::title(style.language, &notices::date(style.language, digest.date))
}

/// `Resumo de 26/11/2026: 3 em aberto, 1 em silêncio`.
fn subject(digest: &Digest, style: &Style) -> String {
    let counts: Vec<String> =
        sections(digest).map(|(name, section)| digest::count(style.language, name, total(section))).collect();
    clip::chars(&format!("{}: {}", title(digest, style), counts.join(", ")), SUBJECT_MAX)
}

fn document(digest: &Digest, extent: &Extent, subject: &str, style: &Style) -> Document {
    let language = style.language;
    let mut blocks = vec![Block::Lead { severity: None, text: title(digest, style) }];
    for (name, section) in sections(digest) {
        blocks.push(Block::Heading(digest::heading(language, name, total(section))));
        let lines: Vec<SummaryLine> = section
            .lines
            .iter()
            .take(extent.lines)
            .map(|line| summary_line(name, line, digest.at, extent, style))
            .collect();
        let left_out = total(section).saturating_sub(lines.len());
        blocks.push(Block::Summary(lines));
        if left_out > 0 {
            blocks.push(Block::Paragraph(digest::not_listed(language, left_out)));
        }
    }
    let all = notices::label(language, Label::AllFindings).to_string();
    blocks.push(Block::Links(vec![Link { label: all, url: links::findings(style) }]));
    Document {
        language,
        title: subject.to_string(),
        tone: Tone::Neutral,
        blocks,
        footer: vec![
            digest::from(language),
            notices::zone(language, &style.zone, digest.at),
            notices::not_read(language),
        ],
    }
}

fn summary_line(section: Name, line: &Line, at: Timestamp, extent: &Extent, style: &Style) -> SummaryLine {
    let one_line = |text: &str| clean::one_line(text, extent.line);
    let (scenario, url) = match &line.subject {
        LineSubject::Finding { name, scenario } => {
            (scenario, extent.linked.then(|| links::finding(style, &clean::finding(name))))
        }
        LineSubject::Scenario(scenario) => (scenario, None),
    };
    let what = match &line.subject {
        LineSubject::Scenario(_) if !line.title.is_empty() && !line.message.is_empty() => {
            one_line(&format!("{}: {}", line.title, line.message))
        }
        _ => {
            let texts = [&line.message, &line.title, scenario].into_iter().map(|text| one_line(text));
            texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
        }
    };
    let since = line.since.map(|since| digest::since(style.language, &state::moment_and_span(style, since, at)));
    let by = line.by.as_ref().map(clean::acknowledgement).map(|by| {
        let person = notices::person(style.language, &by.by, by.proven);
        digest::by(style.language, section, &person, by.note.as_deref())
    });
    let state: Vec<String> = since.into_iter().chain(by).collect();
    SummaryLine {
        severity: line.severity,
        text: format!("{what} · {}", clean::scenario(scenario)),
        state: (!state.is_empty()).then(|| one_line(&state.join("; "))),
        url,
    }
}
