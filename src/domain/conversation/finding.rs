//! What Messages say of a Finding.

use super::draft::Draft;
use super::{Facts, Style, shown, worded};
use crate::api::Phase;
use crate::domain::clip;
use crate::domain::notice::content::{AcknowledgedBy, Item, ReadFacts};
use crate::domain::notice::wording::{self, cleaned, one_line};
use crate::domain::silence::SilencedBy;
use crate::domain::texts::notices::{self, Label};
use crate::domain::texts::{Language, answers};

/// Longest headline, in characters.
const HEADLINE_MAX: usize = 1200;
/// Silences that are listed at most.
const SILENCES_MAX: usize = 5;
/// Longest text of one, in characters.
const SILENCE_TEXT_MAX: usize = 240;

/// The Finding as messages of every kind describe it.
fn item(facts: &Facts<'_>) -> Item {
    let (spec, status) = (facts.spec, facts.status);
    let acknowledgement = status.acknowledgement.as_ref().filter(|_| status.phase == Some(Phase::Acknowledged));
    cleaned(&Item {
        finding: facts.finding.to_string(),
        scenario: spec.scenario.clone(),
        check: spec.check.clone(),
        key: spec.key.clone(),
        title: status.title.clone().unwrap_or_default(),
        message: status.message.clone().unwrap_or_default(),
        severity: status.severity,
        occurrence: status.occurrences.unwrap_or(1),
        opened_at: status.opened_at.as_ref().map(|at| at.0),
        resolved_at: status.resolved_at.as_ref().map(|at| at.0),
        acknowledgement: acknowledgement.map(|of| AcknowledgedBy {
            by: of.by.clone(),
            note: of.note.clone(),
            at: Some(of.at.0),
            proven: of.proven,
        }),
        read: ReadFacts::of(status),
        ..Item::default()
    })
}

/// What is wrong, in one line.
pub fn headline(facts: &Facts<'_>, language: Language) -> String {
    clip::chars(&worded::in_words(language, &wording::headline(&item(facts))), HEADLINE_MAX)
}

/// Name and value of what is known.
pub fn facts(draft: &mut Draft, facts: &Facts<'_>, style: &Style) {
    let moment = |at| notices::moment(style.language, at, &style.zone);
    let known = wording::facts(&item(facts), style.language, &style.zone, &moment);
    draft.list(None, known.into_iter().map(|(name, value)| format!("{name}: {value}")));
}

/// The Silences that hold back notices about something; nothing where there is none.
pub fn silenced(draft: &mut Draft, heading: Option<&str>, is_finding: bool, silences: &[SilencedBy], style: &Style) {
    let language = style.language;
    let line = |by: &SilencedBy| {
        let until = by.until.map(|until| notices::moment(language, until, &style.zone));
        let text = |text: &str| one_line(text, SILENCE_TEXT_MAX);
        let (author, reason, name) = (text(&by.author), text(&by.reason), text(&by.name));
        answers::silenced(language, is_finding, until.as_deref(), &author, &reason, &name)
    };
    draft.list(heading, silences.iter().take(SILENCES_MAX).map(line));
}

/// What the check read.
pub fn what_was_read(draft: &mut Draft, facts: &Facts<'_>, style: &Style) {
    let language = style.language;
    let read = item(facts).read;
    let label = |label| notices::label(language, label);
    if let Some(show) = &read.show {
        draft.list(Some(label(Label::Shown)), shown::lines(style, show, read.expression.as_deref()));
    }
    if let Some(expression) = read.expression.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let expression = expression.split_whitespace().collect::<Vec<_>>().join(" ");
        draft.paragraph(format!("{}: {expression}", label(Label::Expression)));
    }
    let value = |(path, value): &(String, String)| {
        shown::in_zone(style, &format!("{path}: {}", worded::value(language, value)))
    };
    let values = read.values.iter().map(value);
    draft.list(Some(label(Label::Values)), values);
}
