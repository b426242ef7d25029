//! What objects and targets say, made safe to show: printable and of bounded length.

use super::clip;
use crate::domain::notice::content::{
    AcknowledgedBy, Content, ITEMS_MAX, Item, ModelAdvice, Opening, ReadFacts, RunbookSection,
};
use crate::domain::printable::printable;
use url::Url;

/// Longest name of a Finding, a Thread, a runbook or a person, in characters.
const NAME_MAX: usize = 253;
/// Longest name of a Scenario, a check or an Agent.
const SHORT_MAX: usize = 63;
/// Longest key, title and heading.
const TITLE_MAX: usize = 256;
/// Longest message and note.
const MESSAGE_MAX: usize = 1024;
/// Longest text of what a check shows.
const SHOW_MAX: usize = 2048;
const EXPRESSION_MAX: usize = 1024;
/// Most values, and the longest one.
const VALUES_MAX: usize = 16;
const VALUE_MAX: usize = 256;
/// Longest text of a runbook, in bytes.
const RUNBOOK_MAX: usize = 4 << 10;
/// Longest advice, in bytes.
const ADVICE_MAX: usize = 8 << 10;
const URL_MAX: usize = 2048;

/// The content with nothing in it that hides, moves or breaks text.
pub fn content(content: &Content) -> Content {
    Content {
        kind: content.kind,
        items: content.items.iter().take(ITEMS_MAX).map(item).collect(),
        total: content.total.max(content.items.len()),
        at: content.at,
        id: content.id.clone(),
        opening: content
            .opening
            .as_ref()
            .map(|opening| Opening { subject: one_line(&opening.subject, MESSAGE_MAX), ..opening.clone() }),
    }
}

/// A Finding of it, likewise.
pub fn item(item: &Item) -> Item {
    Item {
        finding: one_line(&item.finding, NAME_MAX),
        scenario: one_line(&item.scenario, SHORT_MAX),
        check: one_line(&item.check, SHORT_MAX),
        key: one_line(&item.key, TITLE_MAX),
        agent: one_line(&item.agent, SHORT_MAX),
        title: one_line(&item.title, TITLE_MAX),
        message: lines(&item.message, MESSAGE_MAX),
        severity: item.severity,
        occurrence: item.occurrence,
        opened_at: item.opened_at,
        resolved_at: item.resolved_at,
        is_unwatched: item.is_unwatched,
        acknowledgement: item.acknowledgement.as_ref().map(acknowledgement),
        read: ReadFacts {
            show: item.read.show.as_deref().map(|show| lines(show, SHOW_MAX)).filter(|show| !show.is_empty()),
            expression: item.read.expression.as_deref().map(|text| lines(text, EXPRESSION_MAX)),
            values: (item.read.values.iter().take(VALUES_MAX))
                .map(|(path, value)| (one_line(path, VALUE_MAX), one_line(value, VALUE_MAX)))
                .collect(),
            last_good_at: item.read.last_good_at,
        },
        runbook: item.runbook.as_ref().map(runbook),
        thread: item.thread.as_deref().map(|thread| one_line(thread, NAME_MAX)).filter(|thread| !thread.is_empty()),
        advice: item.advice.as_ref().map(advice),
    }
}

/// An acknowledgement, likewise.
pub fn acknowledgement(acknowledgement: &AcknowledgedBy) -> AcknowledgedBy {
    let note = acknowledgement.note.as_deref().map(|note| one_line(note, MESSAGE_MAX));
    AcknowledgedBy {
        by: one_line(&acknowledgement.by, NAME_MAX),
        note: note.filter(|note| !note.is_empty()),
        at: acknowledgement.at,
        proven: acknowledgement.proven,
    }
}

/// White space at the end of a line could make it the mark that begins the signature of a mail.
fn advice(advice: &ModelAdvice) -> ModelAdvice {
    let text = printable(&advice.text);
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    ModelAdvice { text: clip::bytes(&lines.join("\n"), ADVICE_MAX), is_stale: advice.is_stale }
}

fn runbook(runbook: &RunbookSection) -> RunbookSection {
    let text = runbook.text.as_deref().map(|text| clip::bytes(printable(text).trim_end(), RUNBOOK_MAX));
    RunbookSection {
        spec: one_line(&runbook.spec, NAME_MAX),
        heading: runbook.heading.as_deref().map(|heading| one_line(heading, TITLE_MAX)),
        url: runbook.url.as_deref().and_then(web_address),
        text: text.filter(|text| !text.trim().is_empty()),
    }
}

/// An absolute http or https URL, as a URL is written.
pub fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let text = String::from(url);
    (text.len() <= URL_MAX).then_some(text)
}

/// The name of a Finding.
pub fn finding(text: &str) -> String {
    one_line(text, NAME_MAX)
}

/// The name of a Scenario.
pub fn scenario(text: &str) -> String {
    one_line(text, SHORT_MAX)
}

/// One line: each run of white space is a space.
pub fn one_line(text: &str, max: usize) -> String {
    let text = printable(text);
    clip::chars(&text.split_whitespace().collect::<Vec<_>>().join(" "), max)
}

fn lines(text: &str, max: usize) -> String {
    clip::chars(printable(text).trim(), max)
}

/// A `mailto:` URL with an address alone.
pub fn mail_address(text: &str) -> Option<String> {
    let text = if text.contains(':') { text.to_string() } else { format!("mailto:{text}") };
    let url = Url::parse(&text).ok().filter(|url| url.scheme() == "mailto" && url.query().is_none())?;
    url.path().contains('@').then(|| url.to_string())
}
