//! Similar past occurrences of the Finding that a Message is about.

use super::{About, Known, NAME_MAX};
use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::{Style, worded};
use crate::domain::duration::rounded;
use crate::domain::notice::wording::one_line;
use crate::domain::similar::{Closeness, Note, Similar};
use crate::domain::texts::{answers as texts, notices};

/// Longest message of an occurrence, in characters.
const MESSAGE_MAX: usize = 200;

/// The answer to whether something has happened before.
pub fn asked(draft: &mut Draft, known: &Known<'_>, style: &Style) {
    match &known.about {
        About::Finding(_) => {
            if !list(draft, known, style) {
                draft.paragraph(texts::none_before(style.language));
            }
        }
        About::Unknown(name) => draft.paragraph(texts::no_such(style.language, &one_line(name, NAME_MAX))),
        About::Scenario(_) | About::Agent(_) | About::OneOf { .. } | About::Findings { .. } | About::Nothing => {
            draft.paragraph(texts::before_of_what(style.language));
        }
    }
}

/// The list, where there is something in it; whether there is.
pub fn list(draft: &mut Draft, known: &Known<'_>, style: &Style) -> bool {
    let similar = (known.similar)();
    draft.list(Some(&texts::before_heading(style.language)), similar.iter().map(|similar| line(similar, style)));
    !similar.is_empty()
}

fn line(similar: &Similar, style: &Style) -> String {
    let language = style.language;
    let moment = notices::moment(language, similar.opened_at, &style.zone);
    let lasted = rounded(similar.lasted().unsigned_abs());
    let said = match similar.message.is_empty() {
        true => similar.scenario.clone(),
        false => one_line(&worded::in_words(language, &similar.message), MESSAGE_MAX),
    };
    let other = (similar.closeness != Closeness::SameFinding).then_some((said.as_str(), similar.finding.as_str()));
    let notes: Vec<String> = similar.notes.iter().map(|note| self::note(note, style)).collect();
    texts::before(language, &moment, &lasted, other, &notes.join("; "))
}

fn note(note: &Note, style: &Style) -> String {
    let by = notices::person(style.language, &note.by, note.is_proven != Some(false));
    format!("{by}: “{}”", note.text)
}
