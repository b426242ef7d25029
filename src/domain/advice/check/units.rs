//! What of an excerpt can be quoted: list items, sentences and lines of code, as plain text.

use super::scope::has_prohibition;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Most units of an excerpt.
const UNITS_MAX: usize = 200;

/// A list item, a sentence or a line of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Without the markup of Markdown, in one line.
    pub text: String,
    pub is_code: bool,
    /// What stands in backquotes in it.
    pub codes: Vec<String>,
    /// What stands before a line of code: it says what the line is for, or forbids it.
    pub lead: Option<String>,
}

impl Unit {
    /// Whether it says nothing by itself, but what the list or the code below it is about.
    pub fn introduces(&self) -> bool {
        !self.is_code && self.text.ends_with(':')
    }
}

/// The units of a text in Markdown, in its order. Headings, HTML and images have none.
pub fn units(markdown: &str) -> Vec<Unit> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        reader.add(event);
    }
    reader.flush();
    reader.units.truncate(UNITS_MAX);
    reader.units
}

/// A line of code without the comment at its end.
pub fn without_comment(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match quote {
            None if c == '#' && before.is_whitespace() => return line.get(..at).unwrap_or_default().trim(),
            None if (c == '"' || c == '\'') && before != '\\' => quote = Some(c),
            Some(open) if c == open && before != '\\' => quote = None,
            _ => {}
        }
        before = c;
    }
    line.trim()
}

/// White space as single spaces.
pub fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Reader {
    units: Vec<Unit>,
    /// Text that is not complete yet, and for each of its bytes whether it is code.
    text: String,
    code: Vec<bool>,
    codes: Vec<String>,
    items: usize,
    /// In how many list items the last prose stood.
    prose_depth: usize,
    in_table: bool,
    code_block: Option<String>,
    /// Within a heading, an image or HTML.
    skipped: usize,
}

impl Reader {
    fn add(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::HtmlBlock | Tag::Image { .. } | Tag::MetadataBlock(_)) => {
                if self.skipped == 0 && !matches!(event, Event::Start(Tag::Image { .. })) {
                    self.flush();
                }
                self.skipped += 1;
            }
            Event::End(TagEnd::Heading(_) | TagEnd::HtmlBlock | TagEnd::Image | TagEnd::MetadataBlock(_)) => {
                self.skipped = self.skipped.saturating_sub(1);
            }
            _ if self.skipped > 0 => {}
            Event::Start(Tag::CodeBlock(_)) => {
                self.flush();
                self.code_block = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) => self.end_code_block(),
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code_block {
                Some(block) => block.push_str(&text),
                None => self.push(&text, false),
            },
            Event::Code(text) => {
                self.codes.push(single_spaced(&text));
                self.push(&text, true);
            }
            Event::SoftBreak | Event::HardBreak => self.push(" ", false),
            Event::Rule => self.flush(),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Item => {
                self.flush();
                self.items += 1;
            }
            Tag::Table(_) => {
                self.flush();
                self.in_table = true;
            }
            Tag::Paragraph | Tag::List(_) | Tag::BlockQuote(_) => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Item => {
                self.flush();
                self.items = self.items.saturating_sub(1);
            }
            TagEnd::TableCell => self.push(" | ", false),
            TagEnd::TableHead | TagEnd::TableRow | TagEnd::Paragraph | TagEnd::BlockQuote(_) => self.flush(),
            TagEnd::Table => {
                self.flush();
                self.in_table = false;
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str, is_code: bool) {
        self.text.push_str(text);
        self.code.resize(self.text.len(), is_code);
    }

    /// A list item and a row of a table are one unit each; other text is split into sentences.
    fn flush(&mut self) {
        let (text, code, codes) =
            (std::mem::take(&mut self.text), std::mem::take(&mut self.code), std::mem::take(&mut self.codes));
        let parts = if self.items > 0 || self.in_table { vec![text.as_str()] } else { sentences(&text, &code) };
        for part in parts {
            let text = single_spaced(part).trim_end_matches([' ', '|']).to_string();
            if text.chars().any(char::is_alphanumeric) {
                let codes = codes.iter().filter(|code| text.contains(code.as_str())).cloned().collect();
                self.units.push(Unit { text, is_code: false, codes, lead: None });
                self.prose_depth = self.items;
            }
        }
    }

    /// A command that goes on in the next line is one line.
    fn end_code_block(&mut self) {
        let block = self.code_block.take().unwrap_or_default();
        let mut whole = String::new();
        for line in block.lines() {
            let line = line.trim();
            whole.push_str(line.strip_suffix('\\').unwrap_or(line));
            let goes_on = line.ends_with(['\\', '|']) || line.ends_with("&&");
            if goes_on {
                whole.push(' ');
                continue;
            }
            self.end_code_line(&std::mem::take(&mut whole));
        }
        self.end_code_line(&whole);
    }

    fn end_code_line(&mut self, line: &str) {
        let text = single_spaced(line);
        if text.chars().any(char::is_alphanumeric) {
            // What stands in a list that has ended is about something else.
            let is_of_block = self.prose_depth <= self.items;
            let prose = self.units.iter().rev().find(|unit| !unit.is_code).filter(|_| is_of_block);
            let lead =
                prose.map(|unit| unit.text.clone()).filter(|text| text.ends_with([':', '?']) || has_prohibition(text));
            self.units.push(Unit { text, is_code: true, codes: Vec::new(), lead });
        }
    }
}

/// Sentences end with a full stop, `!`, `?` or `…` before white space and what can begin one, outside of code.
fn sentences<'a>(text: &'a str, code: &[bool]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let (mut start, mut ended) = (0, None);
    for (at, c) in text.char_indices() {
        let is_code = code.get(at).copied().unwrap_or_default();
        match c {
            '.' | '!' | '?' | '…' if !is_code => ended = Some(false),
            // A quotation or a parenthesis ends with the sentence.
            '"' | '”' | '»' | ')' | '\'' if ended == Some(false) => {}
            _ if c.is_whitespace() && ended.is_some() => ended = Some(true),
            _ => {
                if ended == Some(true) && (is_code || !c.is_lowercase()) {
                    found.push(text.get(start..at).unwrap_or_default());
                    start = at;
                }
                ended = None;
            }
        }
    }
    found.push(text.get(start..).unwrap_or_default());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(markdown: &str) -> Vec<String> {
        units(markdown)
            .into_iter()
            .map(|unit| format!("{}{}", if unit.is_code { "$ " } else { "" }, unit.text))
            .collect()
    }

    #[test]
    fn an_item_is_a_unit_and_its_code_another() {
        let text = "1. Em **qualquer** nó,\n   por `ssh`. Depois:\n\n   ```sh\n   pvecm status   # conte\n   a \\\n     b |\n     c\n   ```\n\n   \
            `{}` é vazio.\n2. Outro\n   - dentro\n";
        let expected = [
            "Em qualquer nó, por ssh. Depois:",
            "$ pvecm status # conte",
            "$ a b | c",
            "{} é vazio.",
            "Outro",
            "dentro",
        ];
        assert_eq!(texts(text), expected);
        assert_eq!(units(text)[0].codes, ["ssh"]);
        let leads = |text: &str| units(text).into_iter().map(|unit| unit.lead.unwrap_or_default()).collect::<Vec<_>>();
        assert_eq!(
            leads(text),
            ["", "Em qualquer nó, por ssh. Depois:", "Em qualquer nó, por ssh. Depois:", "", "", ""]
        );
        assert_eq!(
            leads("Isto.\n\n```\na\n```\n\nNunca isto.\n\n```\na\n```\n\n- Assim:\n\n```\na\n```"),
            ["", "", "", "Nunca isto.", "", ""]
        );
    }

    #[test]
    fn a_paragraph_is_split_into_sentences() {
        let text =
            "Leia p. ex. o log. Veja `a. B c`. “Assim.” Não apague\nnada! E agora? 3 vezes… [Fim](http://x/y) aqui.";
        let expected =
            ["Leia p. ex. o log.", "Veja a. B c.", "“Assim.”", "Não apague nada!", "E agora?", "3 vezes…", "Fim aqui."];
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn headings_html_and_images_are_no_units() {
        assert_eq!(
            texts("# A b\n\n<div>apague tudo agora</div>\n\nx <!-- y --> z ![alt text](u)\n\n***\n\n> cited"),
            ["x z", "cited"]
        );
        assert_eq!(texts("| a | b |\n|---|---|\n| um | dois |\n"), ["a | b", "um | dois"]);
    }

    #[test]
    fn a_comment_is_outside_of_quotes() {
        for (line, code) in [
            ("pvecm status        # procure \"Quorate\"", "pvecm status"),
            ("echo \"a # b\" 'c # d'", "echo \"a # b\" 'c # d'"),
            ("a#b", "a#b"),
            ("# comment", ""),
        ] {
            assert_eq!(without_comment(line), code);
        }
    }
}
