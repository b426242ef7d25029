//! Texts of which parts are left out, with marks that say how much.

use crate::domain::texts::{self, Language};

/// Room for a mark, in bytes of JSON.
const MARK_MAX: usize = 48;
/// Texts with less room than this are only cut at the end, with an ellipsis.
const MIDDLE_MIN: usize = 160;
/// A text is cut at the end of a line where one is so near, in bytes.
const LINE_NEAR: usize = 160;

/// A text, and where parts of it are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Abridged {
    text: String,
    /// In order.
    gaps: Vec<Gap>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Gap {
    /// Where in the text.
    at: usize,
    /// How many bytes are left out.
    bytes: usize,
    /// Whether there is room for an ellipsis only.
    is_brief: bool,
}

impl From<String> for Abridged {
    fn from(text: String) -> Abridged {
        Abridged { text, gaps: Vec::new() }
    }
}

impl Abridged {
    /// Without text, and with room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Abridged {
        Abridged { text: String::with_capacity(bytes), gaps: Vec::new() }
    }

    /// Adds what `write` writes, where that takes at most `max` bytes between the quotes of JSON; otherwise, and where the result of `write`
    /// is false, nothing is added, and the result is false.
    pub(super) fn push_short(&mut self, max: usize, write: impl FnOnce(&mut String) -> bool) -> bool {
        let from = self.text.len();
        let is_added = write(&mut self.text) && is_within(&self.text[from..], max);
        if !is_added {
            self.text.truncate(from);
        }
        is_added
    }

    /// With so many bytes left out at its end.
    pub(super) fn with_gap(mut self, bytes: usize) -> Abridged {
        if bytes > 0 {
            self.gaps.push(Gap { at: self.text.len(), bytes, is_brief: false });
        }
        self
    }

    /// With another one after it.
    pub(super) fn with(mut self, other: &Abridged) -> Abridged {
        let offset = self.text.len();
        self.gaps.extend(other.gaps.iter().map(|gap| Gap { at: gap.at + offset, ..*gap }));
        self.text.push_str(&other.text);
        self
    }

    /// Whether parts are left out.
    pub fn is_cut(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// Its bytes, with those that are left out.
    pub(super) fn length(&self) -> usize {
        self.text.len() + self.gaps.iter().map(|gap| gap.bytes).sum::<usize>()
    }

    /// The bytes that it takes between the quotes of JSON, at most.
    pub fn size(&self) -> usize {
        self.size_of(0, self.text.len())
    }

    /// At most `max` bytes between the quotes of JSON: the beginning and the end.
    #[must_use]
    pub fn within(self, max: usize) -> Abridged {
        if (self.gaps.is_empty() && is_within(&self.text, max)) || self.size() <= max {
            return self;
        }
        let is_brief = max < MIDDLE_MIN;
        let mark = if is_brief { '…'.len_utf8() } else { MARK_MAX };
        let room = max.saturating_sub(mark);
        let for_head = if is_brief { room } else { room * 3 / 5 };
        let start = self.head(for_head);
        let end = if is_brief { self.text.len() } else { self.tail(room - for_head, start) };
        self.without(start, end, is_brief)
    }

    /// Without unused memory.
    #[must_use]
    pub(super) fn compact(mut self) -> Abridged {
        self.text.shrink_to_fit();
        self.gaps.shrink_to_fit();
        self
    }

    /// As it is shown.
    pub fn render(&self, language: Language) -> String {
        let mut out = String::with_capacity(self.text.len() + MARK_MAX * self.gaps.len());
        let mut from = 0;
        for gap in &self.gaps {
            out.push_str(&self.text[from..gap.at]);
            from = gap.at;
            let mark = if gap.is_brief { "…".to_string() } else { texts::omitted(language, gap.bytes) };
            match out.chars().last() {
                _ if gap.is_brief => out.push_str(&mark),
                Some('\n') => out.push_str(&format!("{mark}\n")),
                _ => out.push_str(&format!(" {mark} ")),
            }
        }
        out.push_str(&self.text[from..]);
        out
    }

    /// The bytes of a part with the marks in it.
    fn size_of(&self, from: usize, to: usize) -> usize {
        let marks = self.gaps.iter().filter(|gap| from <= gap.at && gap.at <= to);
        let marks: usize = marks.map(|gap| if gap.is_brief { '…'.len_utf8() } else { MARK_MAX }).sum();
        json_size(&self.text[from..to]) + marks
    }

    /// Where a beginning of at most `max` bytes ends: after a line where one ends nearby.
    fn head(&self, max: usize) -> usize {
        let mut taken: usize = self.size_of(0, 0);
        let mut end = 0;
        for (at, c) in self.text.char_indices() {
            let next = at + c.len_utf8();
            taken += json_size_of(c) + self.size_of_marks_at(next);
            if taken > max {
                break;
            }
            end = next;
        }
        let line = self.text[..end].rfind('\n').map(|at| at + 1);
        line.filter(|at| end - at < LINE_NEAR && *at > end / 2).unwrap_or(end)
    }

    /// Where an end of at most `max` bytes begins, not before `start`.
    fn tail(&self, max: usize, start: usize) -> usize {
        let mut taken = self.size_of_marks_at(self.text.len());
        let mut begin = self.text.len();
        for (at, c) in self.text.char_indices().rev() {
            taken += json_size_of(c) + self.size_of_marks_at(at);
            if taken > max || at < start {
                break;
            }
            begin = at;
        }
        let line = self.text[begin..].find('\n').map(|at| begin + at + 1);
        line.filter(|at| at - begin < LINE_NEAR && self.text.len() - at > (self.text.len() - begin) / 2)
            .unwrap_or(begin)
    }

    fn size_of_marks_at(&self, at: usize) -> usize {
        if self.gaps.is_empty() { 0 } else { self.size_of(at, at) }
    }

    /// Without what is between `start` and `end`.
    fn without(self, start: usize, end: usize, is_brief: bool) -> Abridged {
        let Abridged { text, gaps } = self;
        let within: usize = gaps.iter().filter(|gap| start <= gap.at && gap.at <= end).map(|gap| gap.bytes).sum();
        let cut = Gap { at: start, bytes: end - start + within, is_brief };
        let before = gaps.iter().filter(|gap| gap.at < start).copied();
        let after = gaps.iter().filter(|gap| gap.at > end).map(|gap| Gap { at: gap.at - (end - start), ..*gap });
        let gaps = before.chain([cut]).chain(after).collect();
        Abridged { text: format!("{}{}", &text[..start], &text[end..]), gaps }
    }
}

/// The bytes of a text between the quotes of JSON.
pub(super) fn json_size(text: &str) -> usize {
    text.bytes().map(|byte| SIZES[usize::from(byte)] as usize).sum()
}

/// Whether a text takes at most so many bytes between the quotes of JSON.
fn is_within(text: &str, max: usize) -> bool {
    text.len() * SIZE_MAX <= max || json_size(text) <= max
}

/// The bytes that a byte of a text takes at most.
const SIZE_MAX: usize = 6;
/// The bytes that each byte of a text takes.
const SIZES: [u8; 256] = {
    let mut sizes = [1; 256];
    let mut at = 0;
    while at < ' ' as usize {
        sizes[at] = SIZE_MAX as u8;
        at += 1;
    }
    let short = *b"\"\\\n\r\t\x08\x0c";
    let mut at = 0;
    while at < short.len() {
        sizes[short[at] as usize] = 2;
        at += 1;
    }
    sizes
};

fn json_size_of(c: char) -> usize {
    if c.is_ascii() { SIZES[c as usize] as usize } else { c.len_utf8() }
}
