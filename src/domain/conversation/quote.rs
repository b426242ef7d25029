//! Sections of runbooks, as Messages quote them.

use super::draft::Draft;
use crate::api::{Citation, FindingRunbook};
use crate::domain::clip;
use crate::domain::notice::wording::one_line;
use crate::domain::printable::printable;
use crate::domain::runbooks::Excerpt;
use crate::domain::runbooks::section::section;
use crate::domain::texts::{Language, conversation, notices};

/// Longest quotation of a citation, in characters.
const QUOTE_MAX: usize = 1024;
/// Longest names of a runbook and its section.
const SPEC_MAX: usize = 128;
const SECTION_MAX: usize = 200;

/// Quotes what a runbook says: what the failure means, the section that the Scenario names, and how to repair it.
pub fn runbook(draft: &mut Draft, language: Language, runbook: Option<&FindingRunbook>, page: Option<&str>) {
    let Some(runbook) = runbook else {
        draft.paragraph(notices::no_runbook(language));
        return;
    };
    let Some(page) = page else {
        draft.paragraph(conversation::runbook_unread(language, &one_line(&runbook.spec, SPEC_MAX)));
        draft.extend(address(language, runbook));
        return;
    };
    let first =
        |headings: &[&'static str]| headings.iter().find(|heading| section(page, Some(heading)).is_some()).copied();
    let named = runbook.section.as_deref();
    let meaning = first(&conversation::MEANING_HEADINGS).filter(|heading| Some(*heading) != named);
    let repair = first(&conversation::REPAIR_HEADINGS).filter(|heading| Some(*heading) != named);
    let mut is_quoted = false;
    for heading in [meaning, named, repair].into_iter().flatten() {
        is_quoted |= quote(draft, language, &runbook.spec, Some(heading), page);
    }
    if !is_quoted {
        is_quoted = quote(draft, language, &runbook.spec, None, page);
    }
    if !is_quoted {
        draft.paragraph(conversation::runbook_unread(language, &one_line(&runbook.spec, SPEC_MAX)));
    }
    draft.extend(address(language, runbook));
}

fn address(language: Language, runbook: &FindingRunbook) -> Option<String> {
    let url = runbook.url.as_deref().and_then(crate::domain::notice::wording::web_address)?;
    Some(format!("{}: {url}", notices::label(language, notices::Label::OpenRunbook)))
}

/// Quotes a piece of a runbook.
pub fn excerpt(draft: &mut Draft, language: Language, excerpt: &Excerpt) {
    quotation(draft, language, &excerpt.spec, excerpt.section(), &printable(&excerpt.text));
}

/// Quotes one section, or the beginning of the page; false if there is none.
fn quote(draft: &mut Draft, language: Language, spec: &str, heading: Option<&str>, page: &str) -> bool {
    let Some(text) = section(page, heading) else { return false };
    quotation(draft, language, spec, heading, &text);
    true
}

fn quotation(draft: &mut Draft, language: Language, spec: &str, heading: Option<&str>, text: &str) {
    let spec = one_line(spec, SPEC_MAX);
    let heading = heading.map(|heading| one_line(heading, SECTION_MAX));
    draft.paragraph(format!("{}:", notices::runbook(language, &spec, heading.as_deref())));
    let quoted = text.trim_end().lines().map(|line| if line.is_empty() { ">".into() } else { format!("> {line}") });
    draft.paragraph(quoted.collect::<Vec<_>>().join("\n"));
    draft.cite(Citation { spec, section: heading, quote: clip::chars(text.trim(), QUOTE_MAX) });
}
