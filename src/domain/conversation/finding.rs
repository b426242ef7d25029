//! What Messages say of a Finding.

use super::draft::Draft;
use super::{Facts, Style, shown, worded};
use crate::api::Phase;
use crate::domain::clip;
use crate::domain::notice::content::{AcknowledgedBy, Item, ReadFacts};
use crate::domain::notice::wording::{self, cleaned};
use crate::domain::texts::Language;
use crate::domain::texts::notices::{self, Label};

/// Longest headline, in characters.
const HEADLINE_MAX: usize = 1200;

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
