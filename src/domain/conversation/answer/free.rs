//! The answer to a question in a person's own words: what the runbooks say about it, and the state of what it is about.

use super::{About, Known, help, state};
use crate::domain::conversation::draft::Draft;
use crate::domain::conversation::{Style, quote};
use crate::domain::runbooks::Excerpt;
use crate::domain::texts::answers as texts;

/// Sections that an answer quotes at most.
const QUOTED_MAX: usize = 2;

/// What is known about a question in a person's own words.
#[derive(Clone, Copy, Debug)]
pub struct Free<'a> {
    /// Pieces of the runbooks that fit, the best first.
    pub found: &'a [Excerpt],
    pub model: LocalModel,
}

/// What the local model does about a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalModel {
    /// T1 is off.
    Off,
    /// It is not asked: the Agent is not of tier T1, or nothing supports an answer.
    NotAsked,
    /// Its checked answer follows in a Message of its own.
    Follows,
}

/// The best sections, or that there are none; then the state of what it is about.
pub fn answer(draft: &mut Draft, free: &Free<'_>, known: &Known<'_>, style: &Style) {
    let language = style.language;
    // Without words that the runbooks have, the one of the subject is what there is to say.
    let is_quoted = free.found.is_empty() && has_page(&known.about);
    match free.found {
        [] if is_quoted => {
            draft.paragraph(texts::only_the_runbook(language));
            super::runbook(draft, &known.about, style);
        }
        [] => {
            draft.paragraph(texts::nothing_found(language));
            if free.model == LocalModel::Off {
                draft.paragraph(texts::without_the_model(language));
            }
        }
        found => {
            draft.paragraph(texts::found_in_runbooks(language));
            found.iter().take(QUOTED_MAX).for_each(|excerpt| quote::excerpt(draft, language, excerpt));
        }
    }
    if free.model == LocalModel::Follows {
        draft.paragraph(texts::the_model_answers(language));
    }
    if free.found.is_empty() && !is_quoted && free.model != LocalModel::Follows {
        help(draft, language);
    }
    if matches!(known.about, About::Finding(_) | About::Scenario(_)) {
        draft.paragraph(texts::what_is_known(language));
        state::about(draft, known, style);
    }
}

/// Whether there is a runbook of the subject to be quoted.
fn has_page(about: &About<'_>) -> bool {
    match about {
        About::Finding(facts) => facts.page.is_some() && facts.status.runbook.is_some(),
        About::Scenario(facts) => facts.page.is_some() && facts.spec.runbook.is_some(),
        About::Agent(_) | About::OneOf { .. } | About::Findings { .. } | About::Unknown(_) | About::Nothing => false,
    }
}
