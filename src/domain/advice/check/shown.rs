//! Checked lines as text.

use super::units::{Unit, without_comment};
use super::{CHECKED_MAX, CITATIONS_MAX};
use crate::api::Citation;
use crate::domain::advice::answer::Part;
use crate::domain::clip;
use crate::domain::runbooks::Excerpt;
use crate::domain::texts::{Language, advice_lines};

/// Longest quotation, path of a runbook and heading in a citation, in characters.
const QUOTE_MAX: usize = 1024;
const SPEC_MAX: usize = 128;
const SECTION_MAX: usize = 200;

/// A line that is shown.
pub struct ShownLine<'a> {
    pub part: &'a Part,
    /// The model's own words, where they may be shown. Otherwise what is cited stands alone.
    pub wording: Option<String>,
    /// As they stand in the runbook.
    pub commands: Vec<&'a str>,
    pub cited: Source<'a>,
    /// Commands that stand elsewhere in the section, with what says when they may be used.
    pub apart: Vec<(Source<'a>, &'a str)>,
}

impl<'a> ShownLine<'a> {
    fn sources(&self) -> impl Iterator<Item = &Source<'a>> {
        std::iter::once(&self.cited).chain(self.apart.iter().map(|(source, _)| source))
    }

    /// Whether it is the same part and cites the same.
    pub fn repeats(&self, other: &ShownLine<'_>) -> bool {
        std::mem::discriminant(self.part) == std::mem::discriminant(other.part)
            && std::ptr::eq(self.cited.unit, other.cited.unit)
    }

    /// Takes the commands of a line that cites the same.
    pub fn join(&mut self, other: ShownLine<'a>) {
        for command in other.commands {
            if !self.commands.contains(&command) {
                self.commands.push(command);
            }
        }
        for (source, command) in other.apart {
            if !self.apart.iter().any(|(_, known)| *known == command) {
                self.apart.push((source, command));
            }
        }
    }
}

/// Where something stands in a runbook.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub excerpt: &'a Excerpt,
    pub unit: &'a Unit,
}

impl Source<'_> {
    fn citation(self) -> Citation {
        Citation {
            spec: clip::chars(&self.excerpt.spec, SPEC_MAX),
            section: self
                .excerpt
                .section()
                .map(|section| clip::chars(section, SECTION_MAX))
                .filter(|section| !section.is_empty()),
            quote: clip::chars(&self.unit.text, QUOTE_MAX),
        }
    }
}

/// The text with its citations, and how many lines were left out since there is no room for them. Without a line both are empty.
pub fn render(summary: Option<&str>, lines: &[ShownLine<'_>], language: Language) -> (String, Vec<Citation>, usize) {
    let mut text = Text {
        language,
        citations: Vec::new(),
        paragraphs: summary.map(str::to_string).into_iter().collect(),
        left_out: 0,
    };
    let of = |is_part: fn(&Part) -> bool| lines.iter().filter(move |line| is_part(line.part)).collect::<Vec<_>>();
    text.list(Some(advice_lines::causes(language)), &of(|part| matches!(part, Part::Cause(_))));
    text.list(Some(advice_lines::steps(language)), &of(|part| matches!(part, Part::Step(_))));
    text.list(None, &of(|part| matches!(part, Part::Line)));
    if text.citations.is_empty() {
        return (String::new(), Vec::new(), text.left_out);
    }
    (text.paragraphs.join("\n\n"), text.citations, text.left_out)
}

struct Text {
    language: Language,
    paragraphs: Vec<String>,
    citations: Vec<Citation>,
    left_out: usize,
}

impl Text {
    fn list(&mut self, heading: Option<String>, lines: &[&ShownLine<'_>]) {
        let mut paragraph = heading.unwrap_or_default();
        let mut number = 0;
        let used: usize = self.paragraphs.iter().map(|paragraph| paragraph.len() + 2).sum();
        for line in lines {
            let shown = self.line(line, number + 1);
            let new: Vec<Citation> = line
                .sources()
                .map(|source| source.citation())
                .filter(|citation| !self.citations.contains(citation))
                .collect();
            let fits =
                used + paragraph.len() + shown.len() < CHECKED_MAX && self.citations.len() + new.len() <= CITATIONS_MAX;
            if !fits {
                self.left_out += 1;
                continue;
            }
            number += 1;
            self.citations.extend(new);
            if !paragraph.is_empty() {
                paragraph.push('\n');
            }
            paragraph.push_str(&shown);
        }
        if number > 0 {
            self.paragraphs.push(paragraph);
        }
    }

    fn line(&self, line: &ShownLine<'_>, number: usize) -> String {
        let unit = line.cited.unit;
        let lead = unit.lead.as_deref().filter(|_| line.wording.is_none());
        let text = line.wording.as_deref().or(lead).unwrap_or(&unit.text);
        let mut shown = match line.part {
            Part::Cause(sure) => format!("- {text} ({})", advice_lines::how_sure(self.language, *sure)),
            Part::Step(_) => format!("{number}. {text}"),
            Part::Line => format!("- {text}"),
        };
        let indent = if matches!(line.part, Part::Step(_)) { "   " } else { "  " };
        let mut add = |text: &str| shown.push_str(&format!("\n{indent}{text}"));
        // A line of code stands below what says what it is for.
        lead.iter().for_each(|_| add(&unit.text));
        let is_said = |command: &str| unit.is_code && without_comment(&unit.text) == command;
        line.commands.iter().filter(|command| !is_said(command)).for_each(|command| add(command));
        let Citation { spec, section, quote } = line.cited.citation();
        add(&match line.wording {
            Some(_) => advice_lines::quoted_source(self.language, &spec, section.as_deref(), &quote),
            None => advice_lines::source(self.language, &spec, section.as_deref()),
        });
        for (source, command) in &line.apart {
            let Citation { spec, section, quote } = source.citation();
            let said = if source.unit.is_code { source.unit.lead.as_deref() } else { Some(quote.as_str()) };
            add(&match said {
                Some(said) => advice_lines::quoted_source(self.language, &spec, section.as_deref(), said),
                None => advice_lines::source(self.language, &spec, section.as_deref()),
            });
            add(command);
        }
        shown
    }
}
