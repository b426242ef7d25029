//! What the model is asked. The fixed text comes first, then excerpts of runbooks, then what a person wrote, then what was read.

mod evidence;
mod template;

pub use template::PROMPT_VERSION;

use super::fence::{boundary, clean, fenced};
use crate::api::{FindingSpec, FindingStatus};
use crate::domain::clip;
use crate::domain::redact::KnownSecrets;
use crate::domain::runbooks::Excerpt;
use crate::domain::texts::Language;

/// The rendered prompt has at most this many bytes, so that it fits into the context of the model.
pub const PROMPT_MAX: usize = 6 << 10;
/// Most excerpts in a prompt.
pub const EXCERPTS_MAX: usize = 6;
/// Longest persona, name of an Agent, note, question and text of a turn, in bytes.
const PERSONA_MAX: usize = 360;
const NAME_MAX: usize = 60;
const NOTE_MAX: usize = 400;
const QUESTION_MAX: usize = 800;
const TURN_MAX: usize = 240;
/// All turns together.
const TURNS_MAX: usize = 800;
/// Longest path of a runbook with its headings.
const PLACE_MAX: usize = 200;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Causes of a Finding and next steps.
    Advice,
    /// An answer to a person.
    Question,
}

/// Who asks the model.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// `displayName` of the Agent.
    pub name: &'a str,
    pub persona: Option<&'a str>,
}

/// What advice on a Finding is made from.
#[derive(Clone, Copy)]
pub struct AdviceInput<'a> {
    /// The language of the answer.
    pub language: Language,
    pub secrets: &'a KnownSecrets,
    pub agent: Voice<'a>,
    pub finding: &'a FindingSpec,
    pub status: &'a FindingStatus,
    /// What the person who asked has tried already.
    pub note: Option<&'a str>,
    /// The most relevant first.
    pub excerpts: &'a [Excerpt],
}

/// One contribution to a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    pub author: &'a str,
    pub text: &'a str,
}

/// What an answer to a person is made from.
#[derive(Clone, Copy)]
pub struct QuestionInput<'a> {
    /// The language of the answer.
    pub language: Language,
    pub secrets: &'a KnownSecrets,
    pub agent: Voice<'a>,
    pub question: &'a str,
    /// What was said before, oldest first. The last ones are used, as far as they fit.
    pub turns: &'a [Turn<'a>],
    /// What is known of the subject now, as far as the person may see it; one fact per line. It counts as evidence.
    pub state: &'a str,
    /// The most relevant first.
    pub excerpts: &'a [Excerpt],
}

/// An excerpt with the id that the model cites it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    /// `E1`, `E2` and so on.
    pub id: String,
    /// As it stands in the prompt: redacted, and without characters that hide or steer. `hash` is that of the original.
    pub excerpt: Excerpt,
}

/// A rendered prompt, and what its answer is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    pub kind: Kind,
    pub system: String,
    pub user: String,
    /// The excerpts that are in it.
    pub excerpts: Vec<Cited>,
    /// The evidence or live state that is in it. Notes and conversations are not part of it.
    pub facts: String,
}

impl Prompt {
    /// Size of what is sent, in bytes.
    pub fn size(&self) -> usize {
        self.system.len() + self.user.len()
    }
}

/// Asks for the causes of a Finding and next steps. At most [`PROMPT_MAX`] bytes.
pub fn advice_prompt(input: &AdviceInput<'_>) -> Prompt {
    let AdviceInput { secrets, finding, status, .. } = *input;
    let note = input.note.map(|note| text(secrets, note, NOTE_MAX)).filter(|note| !note.is_empty());
    let parts = Parts {
        kind: Kind::Advice,
        persona: persona(secrets, input.agent),
        excerpts: cited(secrets, input.excerpts),
        turns: Vec::new(),
        asked: note.map(|note| ("tried", note)),
        core: evidence::core(secrets, finding, status),
        details: evidence::details(secrets, status),
    };
    parts.fit(input.language)
}

/// Asks for an answer to a person. At most [`PROMPT_MAX`] bytes.
pub fn question_prompt(input: &QuestionInput<'_>) -> Prompt {
    let secrets = input.secrets;
    let mut room = TURNS_MAX;
    let mut turns = Vec::new();
    for turn in input.turns.iter().rev() {
        let said = text(secrets, turn.text, TURN_MAX).replace('\n', " ");
        let line = format!("{}: {said}", text(secrets, turn.author, NAME_MAX).replace('\n', " "));
        if line.len() > room {
            break;
        }
        room -= line.len();
        turns.insert(0, line);
    }
    let parts = Parts {
        kind: Kind::Question,
        persona: persona(secrets, input.agent),
        excerpts: cited(secrets, input.excerpts),
        turns,
        asked: Some(("question", text(secrets, input.question, QUESTION_MAX))),
        core: String::new(),
        details: clean(secrets, input.state).trim().to_string(),
    };
    parts.fit(input.language)
}

/// Cleaned, then cut.
fn text(secrets: &KnownSecrets, text: &str, max: usize) -> String {
    clip::bytes(clean(secrets, text).trim(), max)
}

fn persona(secrets: &KnownSecrets, agent: Voice<'_>) -> String {
    let name = text(secrets, agent.name, NAME_MAX).replace('\n', " ");
    match agent.persona {
        Some(persona) => format!("{name}: {}", text(secrets, persona, PERSONA_MAX)),
        None => name,
    }
}

fn cited(secrets: &KnownSecrets, excerpts: &[Excerpt]) -> Vec<Cited> {
    let cleaned = |excerpt: &Excerpt| Excerpt {
        spec: clean(secrets, &excerpt.spec).replace('\n', " "),
        headings: excerpt.headings.iter().map(|heading| clean(secrets, heading).replace('\n', " ")).collect(),
        text: clean(secrets, &excerpt.text),
        hash: excerpt.hash.clone(),
    };
    let numbered = excerpts.iter().take(EXCERPTS_MAX).map(cleaned).enumerate();
    numbered.map(|(at, excerpt)| Cited { id: format!("E{}", at + 1), excerpt }).collect()
}

/// The parts of a prompt, cleaned.
struct Parts {
    kind: Kind,
    persona: String,
    excerpts: Vec<Cited>,
    turns: Vec<String>,
    /// What a person wrote, with its label.
    asked: Option<(&'static str, String)>,
    /// What stays of the evidence in any case.
    core: String,
    /// Cut first, at the end.
    details: String,
}

impl Parts {
    /// Cuts the evidence, then leaves out the oldest turns, then the least relevant excerpts.
    fn fit(mut self, language: Language) -> Prompt {
        loop {
            let prompt = self.render(language);
            let Some(excess) = prompt.size().checked_sub(PROMPT_MAX).filter(|excess| *excess > 0) else {
                return prompt;
            };
            if !self.details.is_empty() {
                let room = self.details.len().saturating_sub(excess);
                // A line that is cut could show a part of a number.
                let kept = self.details.get(..self.details.floor_char_boundary(room)).unwrap_or_default();
                self.details = kept.rsplit_once('\n').map(|(lines, _)| lines.to_string()).unwrap_or_default();
            } else if !self.turns.is_empty() {
                self.turns.remove(0);
            } else if self.excerpts.pop().is_none() {
                // Bounded parts fit without excerpts; otherwise nothing is asked that could be cut wrongly.
                self.core.clear();
                self.asked = None;
            }
        }
    }

    fn render(&self, language: Language) -> Prompt {
        let facts = [self.core.as_str(), self.details.as_str()].into_iter().filter(|part| !part.is_empty());
        let facts = facts.collect::<Vec<_>>().join("\n");
        let mut blocks: Vec<(&str, String)> = Vec::new();
        for Cited { id, excerpt } in &self.excerpts {
            let place: Vec<&str> =
                std::iter::once(excerpt.spec.as_str()).chain(excerpt.headings.iter().map(String::as_str)).collect();
            let place = clip::bytes(&place.join(" / ").replace('\n', " "), PLACE_MAX);
            blocks.push((id, format!("{place}\n\n{}", excerpt.text.trim_matches('\n'))));
        }
        if !self.turns.is_empty() {
            blocks.push(("conversation", self.turns.join("\n")));
        }
        blocks.extend(self.asked.clone());
        blocks.push((if self.kind == Kind::Advice { "alert" } else { "state" }, facts.clone()));
        let contents = std::iter::once(self.persona.as_str()).chain(blocks.iter().map(|(_, text)| text.as_str()));
        let boundary = boundary(contents);
        let system = [
            template::fixed(self.kind, language),
            template::about_data(&boundary),
            fenced(&boundary, "persona", &self.persona),
        ];
        let user: String = blocks.iter().map(|(label, text)| fenced(&boundary, label, text)).collect();
        Prompt { kind: self.kind, system: system.concat(), user, excerpts: self.excerpts.clone(), facts }
    }
}

#[cfg(test)]
mod tests;
