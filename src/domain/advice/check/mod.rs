//! What of an answer of the model is shown.
//!
//! A line is shown as the unit of the runbook that it quotes, as it stands there. It is dropped where it quotes nothing that stands in
//! an excerpt, or where its own words name a number, address or name that was not read, claim that something was done, or are not plain
//! text in the language of the people. The words themselves are shown only of causes and in the summary, and only where they are words of
//! the unit that say that something is possible. Without a line nothing is shown.

mod claims;
mod commands;
mod facts;
mod measures;
mod plain;
mod quote;
mod scope;
mod shown;
mod units;
mod wording;

use super::answer::{self, Answer, AnswerError, Line, Part};
use super::language::is_in;
use super::prompt::{Cited, Prompt};
use crate::api::Citation;
use crate::domain::clip;
use crate::domain::texts::Language;
use facts::Facts;
use plain::{PlainError, SUMMARY_MAX, TEXT_MAX, plain};
use quote::QuoteError;
use shown::{ShownLine, Source};
use units::{Unit, units};
use wording::Support;

/// Longest text, in bytes.
pub const CHECKED_MAX: usize = 8 << 10;
/// Most citations.
pub const CITATIONS_MAX: usize = 12;
/// Longest quotation that is kept of what was dropped, in characters.
const DROPPED_MAX: usize = 120;

/// What is left of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// Plain text in the language of the people, at most [`CHECKED_MAX`] bytes. Empty if it is not grounded.
    pub text: String,
    /// What it quotes, each once; at most [`CITATIONS_MAX`].
    pub citations: Vec<Citation>,
    /// Whether a line is left. Without one, the section of the runbook is shown instead.
    pub grounded: bool,
    pub dropped: Vec<Dropped>,
}

/// Something that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub what: What,
    pub reason: Reason,
    /// The words that were the reason, or the beginning of the text: for logs and figures, never shown to people on duty.
    pub detail: String,
}

/// What is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    Answer,
    Summary,
    Cause,
    Step,
    Command,
    Line,
    /// The model's own words: what they cite is shown alone.
    Wording,
}

/// Why something is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    Empty,
    TooLong,
    /// Not JSON of the form that was asked for.
    Malformed,
    /// More lines than are read, or than there is room for.
    Surplus,
    /// In another language.
    Language,
    /// HTML or a link.
    Markup,
    /// Letters or digits of another script.
    Characters,
    /// No such excerpt.
    NoExcerpt,
    /// The quotation is too short.
    ShortQuote,
    /// The quotation does not stand in the excerpt.
    NoQuote,
    /// A number, unit, address, path or name that was not read.
    Fact,
    /// A command that the cited section does not have.
    Command,
    /// A claim that something was done, resolved, silenced or reported, or about the severity.
    Claim,
    /// Own words that the cited unit does not have, or that state or ask for something.
    Words,
    /// What is cited only introduces something else, and no command of it is shown.
    Introduction,
    /// A line before it cites the same.
    Repeated,
    /// No line is left that supports it.
    Unsupported,
}

impl Reason {
    /// In lower case, as in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Empty => "empty",
            Reason::TooLong => "too_long",
            Reason::Malformed => "malformed",
            Reason::Surplus => "surplus",
            Reason::Language => "language",
            Reason::Markup => "markup",
            Reason::Characters => "characters",
            Reason::NoExcerpt => "no_excerpt",
            Reason::ShortQuote => "short_quote",
            Reason::NoQuote => "no_quote",
            Reason::Fact => "fact",
            Reason::Command => "command",
            Reason::Claim => "claim",
            Reason::Words => "words",
            Reason::Introduction => "introduction",
            Reason::Repeated => "repeated",
            Reason::Unsupported => "unsupported",
        }
    }
}

/// Checks an answer to `prompt`. `language` is that of the people, in which the prompt asked for the answer.
pub fn check(answer: &str, prompt: &Prompt, language: Language) -> Checked {
    let read = match answer::read(answer, prompt.kind) {
        Ok(read) => read,
        Err(error) => return Checked { dropped: vec![refused(error, answer)], ..Checked::default() },
    };
    Checker::new(prompt, language).check(&read)
}

fn refused(error: AnswerError, answer: &str) -> Dropped {
    let reason = match error {
        AnswerError::Empty => Reason::Empty,
        AnswerError::TooLong => Reason::TooLong,
        AnswerError::Malformed => Reason::Malformed,
    };
    dropped(What::Answer, reason, answer)
}

fn dropped(what: What, reason: Reason, detail: &str) -> Dropped {
    let shown: String = detail.chars().take(2 * DROPPED_MAX).collect();
    Dropped { what, reason, detail: clip::chars(&crate::domain::printable::one_line(&shown), DROPPED_MAX) }
}

/// What an answer is checked against.
struct Checker<'p> {
    excerpts: Vec<(&'p Cited, Vec<Unit>)>,
    facts: Facts,
    /// What the evidence denies.
    denied: Vec<String>,
    language: Language,
}

/// Why a text is dropped, with the words.
type Fault = (Reason, String);

impl<'p> Checker<'p> {
    fn new(prompt: &'p Prompt, language: Language) -> Checker<'p> {
        let excerpts: Vec<_> = prompt.excerpts.iter().map(|cited| (cited, units(&cited.excerpt.text))).collect();
        let mut facts = Facts::default();
        facts.add_evidence(&prompt.facts);
        for (Cited { excerpt, .. }, units) in &excerpts {
            excerpt.headings.iter().chain([&excerpt.spec]).for_each(|name| facts.add_evidence(name));
            // What HTML hides is no source.
            units.iter().for_each(|unit| facts.add_excerpt(&unit.text));
        }
        Checker { excerpts, facts, denied: scope::denied(&prompt.facts), language }
    }

    fn check(&self, answer: &Answer) -> Checked {
        let own: Vec<&str> = std::iter::once(answer.summary.as_str())
            .chain(answer.lines.iter().map(|line| line.text.as_str()))
            .collect();
        let own = own.join("\n");
        if !is_in(&own, self.language) {
            return Checked { dropped: vec![dropped(What::Answer, Reason::Language, &own)], ..Checked::default() };
        }
        let mut drops = Vec::new();
        let mut lines: Vec<ShownLine<'_>> = Vec::new();
        for line in &answer.lines {
            match self.line(line, &mut drops) {
                Ok(shown) => match lines.iter_mut().find(|other| shown.repeats(other)) {
                    Some(other) => {
                        other.join(shown);
                        drops.push(dropped(what(&line.part), Reason::Repeated, &line.quote));
                    }
                    None => lines.push(shown),
                },
                Err((reason, detail)) => drops.push(dropped(what(&line.part), reason, &detail)),
            }
        }
        drops.extend(
            (0..answer.surplus.min(1)).map(|_| dropped(What::Line, Reason::Surplus, &answer.surplus.to_string())),
        );
        let summary = self.summary(&answer.summary, &lines).unwrap_or_else(|(reason, detail)| {
            drops.push(dropped(What::Summary, reason, &detail));
            None
        });
        let (text, citations, left_out) = shown::render(summary.as_deref(), &lines, self.language);
        drops.extend((0..left_out.min(1)).map(|_| dropped(What::Line, Reason::Surplus, &left_out.to_string())));
        Checked { grounded: !citations.is_empty(), text, citations, dropped: drops }
    }

    fn line<'a>(&'a self, line: &'a Line, drops: &mut Vec<Dropped>) -> Result<ShownLine<'a>, Fault> {
        let (cited, units) = self.cited(&line.excerpt).ok_or((Reason::NoExcerpt, line.excerpt.clone()))?;
        let unit = quote::find(&line.quote, units).map_err(|error| match error {
            QuoteError::TooShort => (Reason::ShortQuote, line.quote.clone()),
            QuoteError::NotFound => (Reason::NoQuote, line.quote.clone()),
        })?;
        let section: Vec<&(&Cited, Vec<Unit>)> = self.section(cited).collect();
        let in_section = || section.iter().flat_map(|(_, units)| units);
        let has_own = !line.text.trim().is_empty() && !quote::is_whole(&line.text, unit);
        let own = if has_own { Some(self.own(&line.text, TEXT_MAX, in_section())?) } else { None };
        let is_cause = matches!(line.part, Part::Cause(_));
        let wording = own.filter(|own| {
            let is_shown = is_cause && self.supports([unit].into_iter(), own);
            drops.extend((!is_shown).then(|| dropped(What::Wording, Reason::Words, own)));
            is_shown
        });
        let mut shown = ShownLine {
            part: &line.part,
            wording,
            commands: Vec::new(),
            cited: Source { excerpt: &cited.excerpt, unit },
            apart: Vec::new(),
        };
        if let Part::Step(Some(command)) = &line.part {
            match commands::find(command, in_section()) {
                Some(found) => {
                    let lead = found.unit.lead.as_ref();
                    let is_below = lead.is_none_or(|lead| *lead == unit.text || unit.lead.as_ref() == Some(lead));
                    // Of another command it is said when it may be used.
                    match found.unit == unit || found.unit.is_code && is_below {
                        true => shown.commands.push(found.command),
                        false => {
                            shown.apart.push((Source { excerpt: &cited.excerpt, unit: found.unit }, found.command))
                        }
                    }
                }
                None => drops.push(dropped(What::Command, Reason::Command, command)),
            }
        }
        // What introduces something says nothing without it.
        if unit.introduces() && shown.commands.is_empty() {
            return Err((Reason::Introduction, unit.text.clone()));
        }
        Ok(shown)
    }

    /// Whether own words are of what is cited alone.
    fn supports<'u>(&self, cited: impl Iterator<Item = &'u Unit>, own: &str) -> bool {
        let prose = cited.filter(|unit| !unit.is_code);
        let clauses: Vec<_> = prose.flat_map(|unit| scope::plain_clauses(&unit.text, &unit.codes)).collect();
        Support { clauses: &clauses, denied: &self.denied, language: self.language }.holds(own)
    }

    /// The excerpt with this id, which models also write as `[E1]` or `e1`.
    fn cited(&self, id: &str) -> Option<&(&'p Cited, Vec<Unit>)> {
        let id = id.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        self.excerpts.iter().find(|(cited, _)| cited.id.eq_ignore_ascii_case(id))
    }

    /// The pieces of the section of an excerpt, itself included.
    fn section<'c>(&'c self, cited: &'c Cited) -> impl Iterator<Item = &'c (&'p Cited, Vec<Unit>)> {
        let place = |cited: &'c Cited| (&cited.excerpt.spec, &cited.excerpt.headings);
        self.excerpts.iter().filter(move |(other, _)| place(other) == place(cited))
    }

    /// A summary stands only on lines that are shown.
    fn summary(&self, summary: &str, lines: &[ShownLine<'_>]) -> Result<Option<String>, Fault> {
        if summary.trim().is_empty() {
            return Ok(None);
        }
        if lines.is_empty() {
            return Err((Reason::Unsupported, summary.to_string()));
        }
        let units = || lines.iter().map(|line| line.cited.unit);
        let own = self.own(summary, SUMMARY_MAX, units())?;
        if self.supports(units(), &own) { Ok(Some(own)) } else { Err((Reason::Words, own)) }
    }

    /// A text of the model as plain text. `section` are the units that may have its commands.
    fn own<'u>(
        &self,
        text: &str,
        max: usize,
        section: impl Iterator<Item = &'u Unit> + Clone,
    ) -> Result<String, Fault> {
        let own = plain(without_label(text), max).map_err(|error| {
            let reason = match error {
                PlainError::Empty => Reason::Empty,
                PlainError::TooLong => Reason::TooLong,
                PlainError::Markup => Reason::Markup,
                PlainError::Characters => Reason::Characters,
            };
            (reason, text.to_string())
        })?;
        let shown = own.text();
        if !is_in(&shown, self.language) {
            return Err((Reason::Language, shown));
        }
        let prose = own.prose(|code| commands::find(code, section.clone()).is_some());
        if let Some(claim) = claims::claim(&prose) {
            return Err((Reason::Claim, claim));
        }
        if let Some(fact) = self.facts.missing(&prose) {
            return Err((Reason::Fact, fact));
        }
        Ok(shown)
    }
}

/// Models like to number their steps in words.
fn without_label(text: &str) -> &str {
    let rest = ["Passo ", "Step ", "passo ", "step "].iter().find_map(|label| text.trim_start().strip_prefix(label));
    let Some((number, rest)) = rest.and_then(|rest| rest.split_once(':')) else { return text };
    if number.len() <= 2 && number.chars().all(|c| c.is_ascii_digit()) { rest } else { text }
}

fn what(part: &Part) -> What {
    match part {
        Part::Cause(_) => What::Cause,
        Part::Step(_) => What::Step,
        Part::Line => What::Line,
    }
}

#[cfg(test)]
mod tests;
