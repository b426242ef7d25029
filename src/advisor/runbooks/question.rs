//! The words of a question, and which stems of the index each may stand for.

use super::lexicon::Lexicon;
use super::vocabulary::Vocabulary;
use super::words::Words;
use crate::domain::texts::WordMatch as By;

/// Most words of a question that are looked at, and most stems that one of them may stand for.
const WORDS_MAX: usize = 48;
const STEMS_MAX: usize = 24;
/// Longest question, in bytes; the rest is left out.
const TEXT_MAX: usize = 4096;

/// A word of a question, and what of a piece it matched.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchedWord {
    pub word: String,
    /// The stem in the piece.
    pub stem: String,
    pub by: By,
}

/// A stem that a word may stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    pub stem: String,
    pub by: By,
    /// How sure this is, up to 1.
    pub weight: f64,
    /// The same, as to whether a runbook is about what is asked: another word for it is as good.
    pub presence: f64,
}

/// A word of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub word: String,
    /// How much it says: the fewer pieces it stands in, the more.
    pub weight: f64,
    /// Whether it only says what kind of section is sought. Its meanings are words of headings.
    pub intent: bool,
    /// The surest first; none if the index has nothing like it.
    pub meanings: Vec<Meaning>,
}

/// How sure meanings are, and how much words say that the index does not have.
#[derive(Clone, Copy, Debug)]
pub struct Trust {
    pub likeness: f64,
    pub lexicon: f64,
    pub lexicon_presence: f64,
    /// The same for a status code of HTTP and a word for all of them.
    pub any_code: f64,
    /// Of the weight of the rarest word.
    pub unknown: f64,
    /// The same for a number, which is often a time, a size or an identifier.
    pub unknown_number: f64,
    /// The same for a word of ordinary language.
    pub unknown_ordinary: f64,
    /// Factor of the weight of a word of ordinary language that the index has.
    pub ordinary: f64,
    /// Weight of a word that says what kind of section is sought.
    pub intent: f64,
    /// A word has the weight that it would have among at least as many pieces, so that a small index decides as a large one does.
    pub pieces_min: f64,
}

impl Trust {
    pub const DEFAULT: Trust = Trust {
        likeness: 0.8,
        lexicon: 0.7,
        lexicon_presence: 0.9,
        any_code: 0.6,
        unknown: 0.7,
        unknown_number: 0.2,
        unknown_ordinary: 0.15,
        ordinary: 0.8,
        intent: 2.0,
        pieces_min: 2000.0,
    };
}

/// What questions are understood with.
pub struct Reader<'a> {
    pub words: &'a Words,
    pub lexicon: &'a Lexicon,
    pub vocabulary: &'a Vocabulary,
    /// Number of pieces in the index.
    pub pieces: f64,
    pub trust: Trust,
}

impl Reader<'_> {
    /// The words of a question, each once.
    pub fn read(&self, text: &str) -> Vec<Asked> {
        let text = text.get(..text.floor_char_boundary(TEXT_MAX)).unwrap_or_default();
        let plain = self.words.plain(text);
        let mut asked: Vec<Asked> = Vec::new();
        let mut rest = plain.as_slice();
        while let (Some((first, next)), true) = (rest.split_first(), asked.len() < WORDS_MAX) {
            let word = match self.lexicon.phrase(rest) {
                Some((length, stems)) => {
                    let (phrase, after) = rest.split_at(length);
                    rest = after;
                    Some(self.phrase(phrase.join(" "), stems))
                }
                None => {
                    rest = next;
                    self.intent(first, &mut asked);
                    self.words.word(first).map(|word| self.word(word.plain, word.stem))
                }
            };
            let is_new = |word: &Asked| {
                !asked.iter().any(|other| !other.intent && (other.word == word.word || is_same(other, word)))
            };
            asked.extend(word.filter(is_new));
        }
        asked
    }

    /// Adds what kind of section a word asks for, besides what it says itself.
    fn intent(&self, plain: &str, asked: &mut Vec<Asked>) {
        let mut meanings = Vec::new();
        for stem in self.lexicon.intent(plain) {
            self.add(&mut meanings, stem, By::Lexicon, 1.0);
        }
        let is_new = !asked.iter().any(|other| other.intent && other.meanings == meanings);
        if !meanings.is_empty() && is_new {
            asked.push(Asked { word: plain.into(), weight: self.trust.intent, intent: true, meanings });
        }
    }

    fn phrase(&self, word: String, stems: &[String]) -> Asked {
        let mut meanings = Vec::new();
        for stem in stems {
            self.add(&mut meanings, stem, By::Lexicon, self.trust.lexicon);
        }
        Asked { word, weight: self.weight(&meanings), intent: false, meanings }
    }

    fn word(&self, word: String, stem: String) -> Asked {
        let mut meanings = Vec::new();
        self.add(&mut meanings, &stem, By::Stem, 1.0);
        for other in self.lexicon.others(&stem) {
            self.add(&mut meanings, other, By::Lexicon, self.trust.lexicon);
        }
        if meanings.is_empty() {
            for other in self.lexicon.english_others(&stem, &self.words.english_stem(&word)) {
                self.add(&mut meanings, other, By::Lexicon, self.trust.lexicon);
            }
        }
        if is_error_code(&word) {
            for code in ["status", "codigo"] {
                self.add(&mut meanings, &self.words.stem(code), By::Lexicon, self.trust.any_code);
            }
        }
        if meanings.is_empty() && !self.words.is_ordinary(&word) {
            for (like, likeness) in self.vocabulary.like(&stem) {
                let weight = self.trust.likeness * likeness.sqrt();
                self.add(&mut meanings, like, By::Likeness, weight);
                for other in self.lexicon.others(like) {
                    self.add(&mut meanings, other, By::Lexicon, weight * self.trust.lexicon);
                }
            }
        }
        meanings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let weight = match meanings.is_empty() {
            true if is_number => self.rarity(0) * self.trust.unknown_number,
            true if self.words.is_ordinary(&word) => self.rarity(0) * self.trust.unknown_ordinary,
            true => self.rarity(0) * self.trust.unknown,
            false if self.words.is_ordinary(&word) => self.weight(&meanings) * self.trust.ordinary,
            false => self.weight(&meanings),
        };
        Asked { word, weight, intent: false, meanings }
    }

    /// Adds a meaning that the index has.
    fn add(&self, meanings: &mut Vec<Meaning>, stem: &str, by: By, weight: f64) {
        let is_there = self.vocabulary.pieces(stem).is_some() && !meanings.iter().any(|other| other.stem == stem);
        if is_there && meanings.len() < STEMS_MAX {
            let presence = if by == By::Lexicon {
                weight.max(weight * self.trust.lexicon_presence / self.trust.lexicon).min(1.0)
            } else {
                weight
            };
            meanings.push(Meaning { stem: stem.into(), by, weight, presence });
        }
    }

    /// The weight of a word: between its own and that of its most common meaning, since a word of another language that one piece
    /// happens to have is not rare.
    fn weight(&self, meanings: &[Meaning]) -> f64 {
        let pieces = |meaning: &Meaning| self.vocabulary.pieces(&meaning.stem).unwrap_or(0);
        let common = self.rarity(meanings.iter().map(pieces).max().unwrap_or(0));
        match meanings.iter().find(|meaning| meaning.by == By::Stem) {
            Some(own) => f64::midpoint(common, self.rarity(pieces(own))),
            None => common,
        }
    }

    /// How much a word says that stands in so many pieces.
    fn rarity(&self, pieces: u32) -> f64 {
        let (all, pieces) = (self.pieces.max(self.trust.pieces_min), f64::from(pieces));
        (1.0 + (all - pieces + 0.5).max(0.5) / (pieces + 0.5)).ln()
    }
}

/// Whether this is a status code of HTTP that says that something is wrong. Runbooks speak of such codes in general, too.
fn is_error_code(word: &str) -> bool {
    word.len() == 3 && word.parse::<u16>().is_ok_and(|code| (400..600).contains(&code))
}

/// Whether two words mean the same first of all: `503` and `service unavailable`.
fn is_same(one: &Asked, other: &Asked) -> bool {
    let stem = |asked: &Asked| asked.meanings.first().map(|meaning| meaning.stem.clone());
    stem(one).is_some() && stem(one) == stem(other)
}
