//! One Finding in a mail.

use super::document::Block;
use super::{Style, links, state};
use crate::api::NoticeKind;
use crate::domain::notice::content::{Item, RunbookSection};
use crate::domain::outgoing::Link;
use crate::domain::texts::notices::{self, Label};
use crate::domain::texts::{Language, advice_lines};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What a message has besides the facts.
struct Parts {
    read: bool,
    runbook: bool,
}

/// Recipients of an escalation may not have the opening; the others have what the check read and the runbook.
fn parts(kind: NoticeKind, item: &Item) -> Parts {
    match kind {
        NoticeKind::Opened | NoticeKind::Escalated => Parts { read: true, runbook: true },
        NoticeKind::Reminder if item.resolved_at.is_none() => Parts { read: true, runbook: true },
        NoticeKind::Flapping => Parts { read: true, runbook: false },
        NoticeKind::Reminder | NoticeKind::Acknowledged | NoticeKind::Advised | NoticeKind::Resolved => {
            Parts { read: false, runbook: false }
        }
    }
}

/// Whether a Finding is described in full where a message has a line for each.
pub fn is_full(kind: NoticeKind, item: &Item) -> bool {
    parts(kind, item).read || kind == NoticeKind::Advised
}

/// All about one Finding but its headline: advice, since when, what to do, and last what the check read.
pub fn blocks(kind: NoticeKind, item: &Item, at: Timestamp, style: &Style) -> Vec<Block> {
    let Parts { read, runbook } = parts(kind, item);
    let shown = |moment| state::moment_and_span(style, moment, at);
    let facts = facts(item, style.language, &style.zone, &shown);
    let mut blocks = advice(item, style.language);
    blocks.extend([Block::Facts(facts), Block::Links(links(item, style))]);
    if runbook {
        blocks.extend(what_to_do(item, style));
    }
    if read {
        blocks.extend(what_was_read(item, style));
    }
    blocks
}

/// Name and value of what is known of a Finding besides its headline and what was read; `shown` words a time.
pub fn facts(
    item: &Item,
    language: Language,
    zone: &TimeZone,
    shown: &dyn Fn(Timestamp) -> String,
) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |label: Label, value: Option<String>| {
        facts.extend(value.filter(|value| !value.is_empty()).map(|value| (notices::label(language, label), value)));
    };
    let moment = |moment: Option<Timestamp>| moment.map(shown);
    let scenario = if item.title.is_empty() || item.title == state::headline(item) {
        item.scenario.clone()
    } else {
        format!("{} ({})", item.title, item.scenario)
    };
    let has_ended = item.resolved_at.is_some() || item.is_unwatched;
    add(if has_ended { Label::OpenedAt } else { Label::OpenSince }, moment(item.opened_at));
    add(
        Label::ResolvedAt,
        item.resolved_at.filter(|_| !item.is_unwatched).map(|at| notices::moment(language, at, zone)),
    );
    add(Label::LastGood, moment(item.read.last_good_at));
    let by = item.acknowledgement.as_ref().map(|by| {
        let person = notices::person(language, &by.by, by.proven);
        let when = by.at.map(|at| format!(", {}", notices::moment(language, at, zone))).unwrap_or_default();
        format!("{person}{when}{}", by.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default())
    });
    add(Label::Acknowledged, by);
    add(Label::Scenario, Some(scenario));
    add(Label::Check, Some(item.check.clone()));
    add(Label::Item, Some(item.key.clone()));
    add(Label::Agent, Some(item.agent.clone()));
    add(Label::Times, (item.occurrence > 1).then(|| item.occurrence.to_string()));
    facts
}

fn advice(item: &Item, language: Language) -> Vec<Block> {
    let Some(advice) = &item.advice else { return Vec::new() };
    let remark = advice.is_stale.then(|| Block::Paragraph(advice_lines::evidence_changed(language)));
    remark.into_iter().chain([Block::Lines(advice.text.clone())]).collect()
}

fn what_was_read(item: &Item, style: &Style) -> Vec<Block> {
    let heading = |label| Block::Heading(notices::label(style.language, label).to_string());
    let mut blocks = Vec::new();
    if let Some(show) = &item.read.show {
        blocks.extend([heading(Label::Shown), Block::Code(show.clone())]);
    }
    if let Some(expression) = item.read.expression.as_ref().filter(|text| !text.is_empty()) {
        blocks.extend([heading(Label::Expression), Block::Code(expression.clone())]);
    }
    if !item.read.values.is_empty() {
        let values: Vec<String> = item.read.values.iter().map(|(path, value)| format!("{path} = {value}")).collect();
        blocks.extend([heading(Label::Values), Block::Code(values.join("\n"))]);
    }
    blocks
}

fn what_to_do(item: &Item, style: &Style) -> Vec<Block> {
    let language = style.language;
    let mut blocks = vec![Block::Heading(notices::label(language, Label::WhatToDo).to_string())];
    if item.acknowledgement.is_none() {
        blocks.push(Block::Paragraph(notices::acknowledge_it(language)));
    }
    match &item.runbook {
        None => blocks.push(Block::Paragraph(notices::no_runbook(language))),
        Some(RunbookSection { spec, heading, text, .. }) => {
            blocks.push(Block::Paragraph(notices::runbook(language, spec, heading.as_deref())));
            blocks.extend(text.clone().map(Block::Markdown));
        }
    }
    blocks
}

/// The pages of a Finding: itself, its Thread, its runbook.
pub fn links(item: &Item, style: &Style) -> Vec<Link> {
    let link = |label: Label, url: String| Link { label: notices::label(style.language, label).to_string(), url };
    let finding = link(Label::OpenFinding, links::finding(style, &item.finding));
    let thread = item.thread.as_ref().map(|thread| link(Label::OpenThread, links::thread(style, thread)));
    let runbook = item.runbook.as_ref().and_then(|runbook| runbook.url.clone());
    let runbook = runbook.map(|url| link(Label::OpenRunbook, url));
    [Some(finding), thread, runbook].into_iter().flatten().collect()
}
