//! The text of a Message while it is put together, and its bounds.

use super::{BODY_MAX, Said};
use crate::api::Citation;
use crate::domain::clip;

/// Longest body in the object, in bytes of JSON text, and the same of all citations: an object has at most 64 KiB.
const BODY_JSON_MAX: usize = 40 << 10;
const CITATIONS_JSON_MAX: usize = 12 << 10;
/// Most citations.
const CITATIONS_MAX: usize = 8;

/// Paragraphs and lists, in order.
#[derive(Debug, Default)]
pub struct Draft {
    blocks: Vec<String>,
    citations: Vec<Citation>,
}

impl Draft {
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.extend(Some(text.into()));
    }

    /// A paragraph, where there is one.
    pub fn extend(&mut self, text: Option<String>) {
        self.blocks.extend(text.filter(|text| !text.trim().is_empty()));
    }

    /// A list under its heading; nothing where the list is empty.
    pub fn list(&mut self, heading: Option<&str>, items: impl IntoIterator<Item = String>) {
        let items: Vec<String> = items.into_iter().map(|item| format!("- {item}")).collect();
        if items.is_empty() {
            return;
        }
        let heading = heading.map(|heading| format!("{heading}:\n")).unwrap_or_default();
        self.blocks.push(format!("{heading}{}", items.join("\n")));
    }

    /// Commands as they are typed.
    pub fn code(&mut self, lines: &[String]) {
        let lines: Vec<String> = lines.iter().map(|line| format!("    {line}")).collect();
        self.paragraph(lines.join("\n"));
    }

    pub fn cite(&mut self, citation: Citation) {
        self.citations.push(citation);
    }

    /// The text within its bounds.
    pub fn said(self) -> Said {
        let body = clip::chars(&self.blocks.join("\n\n"), BODY_MAX);
        let mut room = CITATIONS_JSON_MAX;
        let mut citations = Vec::new();
        for citation in self.citations.into_iter().take(CITATIONS_MAX) {
            let quote = within_json(&citation.quote, room);
            room = room.saturating_sub(json_size(&quote));
            citations.push(Citation { quote, ..citation });
        }
        Said { body: within_json(&body, BODY_JSON_MAX), citations }
    }
}

/// At most so many bytes of JSON text.
fn within_json(text: &str, max: usize) -> String {
    if json_size(text) <= max {
        return text.to_string();
    }
    let mut taken = '…'.len_utf8();
    let kept = text.chars().take_while(|c| {
        taken += json_size_of(*c);
        taken <= max
    });
    let count = kept.count();
    clip::chars(text, count + 1)
}

fn json_size(text: &str) -> usize {
    text.chars().map(json_size_of).sum()
}

fn json_size_of(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\t' | '\r' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_bounded_in_characters_and_bytes() {
        for text in ["a", "\"", "漢", "🙂", "é\n"] {
            let mut draft = Draft::default();
            draft.paragraph(format!("x{}", text.repeat(20_000)));
            for _ in 0..20 {
                draft.cite(Citation { spec: "s".into(), section: None, quote: text.repeat(512) });
            }
            let said = draft.said();
            assert!(said.body.chars().count() <= BODY_MAX, "{text}");
            assert!(serde_json::to_string(&said.body).unwrap().len() <= BODY_JSON_MAX + 2, "{text}");
            assert!(said.citations.len() == CITATIONS_MAX);
            assert!(serde_json::to_string(&said.citations).unwrap().len() <= CITATIONS_JSON_MAX + 8 * 64, "{text}");
            assert!(said.body.ends_with('…'));
        }
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let mut draft = Draft::default();
        draft.paragraph("a");
        draft.paragraph(" \n");
        draft.list(Some("b"), []);
        draft.list(Some("c"), ["1".to_string(), "2".to_string()]);
        assert_eq!(draft.said().body, "a\n\nc:\n- 1\n- 2");
    }
}
