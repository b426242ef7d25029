//! A line as words that can be compared.

use super::vocabulary as words;
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMap;

/// Of a line, so many bytes are looked at.
const LINE_MAX: usize = 4096;
/// Longest value that an error repeats, in characters.
const VALUE_MAX: usize = 64;
/// What sets a note apart from the command.
const APART: [char; 7] = [':', ';', ',', '-', '–', '—', '.'];

/// A word, and where it is in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    start: usize,
    end: usize,
    /// Without accents and punctuation around it, in lower case; never empty.
    pub plain: String,
}

impl Word {
    /// Whether it is one of these words.
    pub fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.plain.as_str())
    }

    /// Whether it begins with a digit.
    pub fn is_numeric(&self) -> bool {
        self.plain.starts_with(is_digit)
    }
}

/// How many words of these a list begins with.
pub fn count_of(words: &[Word], of: &[&str]) -> usize {
    words.iter().take_while(|word| word.is_one_of(of)).count()
}

pub fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// One line of a text.
pub struct Line<'a> {
    text: &'a str,
    words: Vec<Word>,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str) -> Line<'a> {
        let text = text.get(..text.floor_char_boundary(LINE_MAX)).unwrap_or_default();
        let mut words = Vec::new();
        let mut start = None;
        let ends = text.char_indices().chain([(text.len(), ' ')]);
        for (at, c) in ends {
            match (start, c.is_whitespace()) {
                (None, false) => start = Some(at),
                (Some(from), true) => {
                    words.extend(word(text, from, at));
                    start = None;
                }
                _ => {}
            }
        }
        Line { text, words }
    }

    /// The words without a name that is spoken to (`@pulso`), politeness around them, and a greeting before them.
    pub fn request(&self) -> &[Word] {
        let mut words = self.words.as_slice();
        loop {
            words = match words {
                [first, rest @ ..] if self.is_name(first) => rest,
                [first, second, rest @ ..] if words::POR_FAVOR == (first.plain.as_str(), second.plain.as_str()) => rest,
                [rest @ .., first, second] if words::POR_FAVOR == (first.plain.as_str(), second.plain.as_str()) => rest,
                [first, rest @ ..] if first.is_one_of(words::PLEASE) => rest,
                [first, rest @ ..] if first.is_one_of(words::HELLO) && !rest.is_empty() => rest,
                [first, second, rest @ ..] if is_greeting(first, second) && !rest.is_empty() => rest,
                [rest @ .., last] if last.is_one_of(words::PLEASE) => rest,
                _ => return words,
            };
        }
    }

    /// Whether a name that is spoken to stands before these words.
    pub fn names_somebody(&self, words: &[Word]) -> bool {
        let mut before =
            self.words.iter().take_while(|word| words.first().is_none_or(|first| word.start < first.start));
        before.any(|word| self.is_name(word))
    }

    /// Whether it is a name that is spoken to.
    fn is_name(&self, word: &Word) -> bool {
        self.raw(word).starts_with('@')
    }

    /// Whether the line asks.
    pub fn is_question(&self) -> bool {
        self.text.split_whitespace().any(|word| word.trim_end_matches(['!', '.', ')', '"', '”']).ends_with('?'))
    }

    /// Whether punctuation is between a word and the one before it.
    pub fn is_apart(&self, word: &Word) -> bool {
        let before = self.text.get(..word.start).unwrap_or_default().trim_end();
        before.ends_with(APART) || self.text.get(word.start..).is_some_and(|text| text.starts_with(APART))
    }

    /// A word with the punctuation around it.
    pub fn raw(&self, word: &Word) -> &'a str {
        self.text.get(word.start..word.end).unwrap_or_default()
    }

    /// Whether a word is a number below zero.
    pub fn is_negative(&self, word: &Word) -> bool {
        self.raw(word).strip_prefix(['-', '−']).is_some_and(|rest| rest.starts_with(is_digit))
    }

    /// Some words in a row, as written, without punctuation around them.
    pub fn written(&self, words: &[Word]) -> &'a str {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return "" };
        self.text.get(first.start..last.end).unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric())
    }

    /// What follows a word, as written, without the punctuation that sets it apart.
    pub fn after(&self, word: &Word) -> &'a str {
        trimmed(self.text.get(word.end..).unwrap_or_default())
    }

    /// The line from a word on, without the punctuation before it.
    pub fn from(&self, word: &Word) -> &'a str {
        trimmed(self.text.get(word.start..).unwrap_or_default())
    }
}

/// The words with what is written short in a chat spelt out: `oq ta aberto`.
pub fn spelt_out(words: &[Word]) -> Vec<Word> {
    let spelt_out = |word: &Word| {
        let long = words::SHORT.iter().find(|(short, _)| *short == word.plain).map(|(_, long)| long.to_string());
        Word { plain: long.unwrap_or_else(|| word.plain.clone()), ..word.clone() }
    };
    words.iter().map(spelt_out).collect()
}

fn is_greeting(first: &Word, second: &Word) -> bool {
    words::GREETINGS.contains(&(first.plain.as_str(), second.plain.as_str()))
}

fn trimmed(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || APART.contains(&c)).trim_end()
}

fn word(text: &str, start: usize, end: usize) -> Option<Word> {
    let plain = plain(text.get(start..end)?);
    (!plain.is_empty()).then_some(Word { start, end, plain })
}

/// A text without accents and apostrophes, in lower case, without punctuation at its ends.
pub fn plain(text: &str) -> String {
    let classes = CanonicalCombiningClassMap::new();
    let bare: String = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(text.chars())
        .filter(|c| classes.get_u8(*c) == 0 && !matches!(c, '\'' | '’'))
        .flat_map(char::to_lowercase)
        .collect();
    bare.trim_matches(|c: char| !c.is_alphanumeric()).to_string()
}

/// Words with a space between them.
pub fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.plain.as_str()).collect::<Vec<_>>().join(" ")
}

/// A value as an error repeats it.
pub fn value(text: &str) -> String {
    crate::domain::clip::chars(text, VALUE_MAX)
}
