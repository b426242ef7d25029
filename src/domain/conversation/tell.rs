//! What is told in the Thread of a Finding.

use super::correlation::OpenFinding;
use super::draft::Draft;
use super::finding::{self, headline};
use super::{Facts, Said, Style, quote, worded};
use crate::api::{FindingAcknowledgement, Phase, Severity};
use crate::domain::notice::wording::one_line;
use crate::domain::texts::{conversation as texts, notices};
use std::time::Duration;

/// Findings of a group that are listed.
const LISTED_MAX: usize = 20;
/// Longest headline of one in a list, in characters.
const LISTED_HEADLINE_MAX: usize = 240;
/// Longest name of a person or an object, and longest note.
const NAME_MAX: usize = 253;
const NOTE_MAX: usize = 1024;

/// Something that happened to a Finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    Opened,
    /// With the number of this occurrence.
    Reopened(u32),
    SeverityChanged {
        from: Severity,
        to: Severity,
    },
    Acknowledged(&'a FindingAcknowledgement),
    /// The acknowledgement was taken back.
    AcknowledgementRemoved,
    /// The acknowledgement of a Message was until a time that has passed, by this person.
    AcknowledgementExpired {
        by: &'a str,
    },
    /// Critical, and nobody acknowledged it for this long.
    Escalated(Duration),
    /// It is the root of others that are open ([`Facts::group`]).
    Correlated,
    /// It was opened for the third time within an hour.
    Flapping,
    /// It flapped, and has kept its phase for a while since.
    Settled,
    /// It ended after this long; `is_unwatched` where its check, item or Scenario was removed.
    Resolved {
        after: Option<Duration>,
        is_unwatched: bool,
    },
}

/// The text about an event. Its times are absolute: it is read later.
pub fn tell(event: &Event<'_>, facts: &Facts<'_>, style: &Style) -> Said {
    let language = style.language;
    let (status, headline) = (facts.status, headline(facts, language));
    let graded = format!("{}{headline}", texts::badge(language, status.severity));
    let mut draft = Draft::default();
    match event {
        Event::Opened => {
            draft.paragraph(texts::opened(language, &graded));
            in_full(&mut draft, facts, style);
        }
        Event::Reopened(occurrence) => {
            draft.paragraph(texts::reopened(language, *occurrence, &graded));
            in_full(&mut draft, facts, style);
        }
        Event::Escalated(after) => {
            draft.paragraph(texts::escalated(language, *after, &graded));
            in_full(&mut draft, facts, style);
        }
        Event::AcknowledgementExpired { by } => {
            draft.paragraph(texts::acknowledgement_expired(language, &one_line(by, NAME_MAX), &graded));
            finding::facts(&mut draft, facts, style);
            finding::silenced(&mut draft, None, true, facts.silences, style);
        }
        Event::SeverityChanged { from, to } => {
            draft.paragraph(texts::severity_changed(language, *from, *to, &headline));
        }
        Event::AcknowledgementRemoved => draft.paragraph(texts::acknowledgement_removed(language, &graded)),
        Event::Acknowledged(by) => acknowledged(&mut draft, by, facts, style),
        Event::Flapping => draft.paragraph(texts::flapping(language, &graded)),
        Event::Settled => draft.paragraph(texts::settled(language, facts.status.is_active(), &graded)),
        Event::Correlated => correlated(&mut draft, facts, style, &graded),
        Event::Resolved { after, is_unwatched } => {
            let moment = status.resolved_at.as_ref().map(|at| notices::moment(language, at.0, &style.zone));
            draft.paragraph(match is_unwatched {
                true => texts::unwatched(language, moment.as_deref(), *after),
                false => texts::resolved(language, moment.as_deref(), *after),
            });
            draft.paragraph(headline);
        }
    }
    draft.said()
}

/// All that is known of an open Finding: what to do comes before what the check read, as in mails.
fn in_full(draft: &mut Draft, facts: &Facts<'_>, style: &Style) {
    finding::facts(draft, facts, style);
    finding::silenced(draft, None, true, facts.silences, style);
    quote::runbook(draft, style.language, facts.status.runbook.as_ref(), facts.page);
    affected(draft, facts, style);
    finding::what_was_read(draft, facts, style);
}

fn acknowledged(draft: &mut Draft, by: &FindingAcknowledgement, facts: &Facts<'_>, style: &Style) {
    let language = style.language;
    let person = notices::person(language, &one_line(&by.by, NAME_MAX), by.proven);
    draft.paragraph(texts::acknowledged(language, &person, &notices::moment(language, by.at.0, &style.zone)));
    let note = by.note.as_deref().map(|note| one_line(note, NOTE_MAX)).filter(|note| !note.is_empty());
    draft.extend(note.map(|note| texts::note(language, &note)));
    // The acknowledgement of a Message leaves its Finding open.
    if facts.status.phase == Some(Phase::Acknowledged) {
        draft.paragraph(texts::quiet_until_resolved(language));
    }
}

/// The root in one line, and the others under it.
fn correlated(draft: &mut Draft, facts: &Facts<'_>, style: &Style, graded: &str) {
    let language = style.language;
    let Some(group) = facts.group else {
        draft.paragraph(graded);
        return;
    };
    let root = listed(&group.root, style);
    let others = listing(group.others.iter(), style);
    draft.paragraph(format!("{}\n{others}", texts::root(language, &root, group.others.len())));
}

/// What has the same root.
pub(super) fn affected(draft: &mut Draft, facts: &Facts<'_>, style: &Style) {
    let Some(group) = facts.group else { return };
    let heading = texts::affected(style.language);
    let others = group.others.iter().filter(|other| other.name != facts.finding);
    let list = listing(others, style);
    if group.root.name == facts.finding {
        draft.extend(Some(format!("{heading}:\n{list}")).filter(|_| !list.is_empty()));
        return;
    }
    let cause = format!("- {}", texts::cause(style.language, &listed(&group.root, style)));
    draft.paragraph(format!("{heading}:\n{cause}\n{list}").trim_end());
}

fn listing<'a>(findings: impl Iterator<Item = &'a OpenFinding>, style: &Style) -> String {
    let all: Vec<&OpenFinding> = findings.collect();
    let mut lines: Vec<String> =
        all.iter().take(LISTED_MAX).map(|finding| format!("- {}", listed(finding, style))).collect();
    let left = all.len().saturating_sub(LISTED_MAX);
    if left > 0 {
        lines.push(format!("- {}", texts::more_findings(style.language, left)));
    }
    lines.join("\n")
}

fn listed(finding: &OpenFinding, style: &Style) -> String {
    let said = if finding.message.is_empty() { &finding.name } else { &finding.message };
    let said = one_line(&worded::in_words(style.language, said), LISTED_HEADLINE_MAX);
    let said = said.trim_end_matches('.');
    let scenario = one_line(&finding.scenario, NAME_MAX);
    let of = texts::of_scenario(style.language, said, &scenario);
    format!("{}{of}", texts::badge(style.language, finding.severity))
}
