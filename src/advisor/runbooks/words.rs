//! Words of a text as they are indexed and searched: without accents, as Portuguese stems, without words that say nothing.

use super::stop_words::{ordinary_words, stop_words};
use icu_normalizer::DecomposingNormalizerBorrowed;
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::HashSet;

/// Longest word, in characters; longer ones, such as hashes, are left out.
const WORD_MAX: usize = 40;
/// Shortest stem, in characters.
const STEM_MIN: usize = 4;
/// Words with a meaning of their own beside the verb that they are of: a `chamado` is a ticket, `chamar` is to call.
const APART: [&str; 4] = ["chamado", "conta", "recurso", "nota"];

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it is written, in lower case and without accents.
    pub plain: String,
    /// What is left of it without its ending. English words are treated alike, in the index and in questions.
    pub stem: String,
}

/// Makes words of texts.
pub struct Words {
    stemmer: Stemmer,
    english: Stemmer,
    normalizer: DecomposingNormalizerBorrowed<'static>,
    stop_words: HashSet<&'static str>,
    ordinary: HashSet<&'static str>,
}

impl Default for Words {
    fn default() -> Words {
        Words {
            stemmer: Stemmer::create(Algorithm::Portuguese),
            english: Stemmer::create(Algorithm::English),
            normalizer: DecomposingNormalizerBorrowed::new_nfkd(),
            stop_words: stop_words().collect(),
            ordinary: ordinary_words().collect(),
        }
    }
}

impl Words {
    /// The words of a text in its order, words that say nothing included, as they are written but in lower case and without accents.
    pub fn plain(&self, text: &str) -> Vec<String> {
        let folded: String = self
            .normalizer
            .normalize_iter(text.chars())
            .filter(|c| !is_mark(*c))
            .flat_map(char::to_lowercase)
            .collect();
        let runs = folded.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|run| !run.is_empty());
        runs.flat_map(|run| match address(run) {
            Some(address) => vec![address],
            None => run.split('.').filter(|part| !part.is_empty()).flat_map(parts).collect(),
        })
        .collect()
    }

    /// The word that this is, `None` if it says nothing: a stop word, a single character, or one that is too long.
    pub fn word(&self, plain: &str) -> Option<Word> {
        let length = plain.chars().count();
        let says_something = (2..=WORD_MAX).contains(&length) && !self.stop_words.contains(plain);
        says_something.then(|| Word { plain: plain.into(), stem: self.stem(plain) })
    }

    /// Whether a word is of ordinary language.
    pub fn is_ordinary(&self, plain: &str) -> bool {
        self.ordinary.contains(plain)
    }

    /// What is left of a word in lower case and without accents, without its ending.
    pub fn stem(&self, plain: &str) -> String {
        // A number has no ending.
        if plain.starts_with(|c: char| c.is_ascii_digit()) {
            return plain.into();
        }
        let singular = || plain.strip_suffix('s').filter(|rest| rest.chars().count() >= STEM_MIN - 1).unwrap_or(plain);
        if APART.contains(&singular()) {
            return singular().into();
        }
        let stem = self.stemmer.stem(plain);
        // What is too short is of different words: `rede` and `redis`.
        if stem.chars().count() < STEM_MIN { singular().into() } else { stem.into_owned() }
    }

    /// What is left of an English word without its ending.
    pub fn english_stem(&self, plain: &str) -> String {
        self.english.stem(plain).into_owned()
    }

    /// The stems of a text, separated by spaces, as the index has them.
    pub fn stems(&self, text: &str) -> String {
        let words = self.plain(text).into_iter().filter_map(|plain| self.word(&plain));
        words.map(|word| word.stem).collect::<Vec<_>>().join(" ")
    }
}

/// Whether a character is a mark over or under the one before it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

/// An IPv4 address as one word, which the tokenizer of the index does not split.
fn address(run: &str) -> Option<String> {
    let address: std::net::Ipv4Addr = run.trim_matches('.').parse().ok()?;
    Some(address.octets().map(|octet| octet.to_string()).join("x"))
}

/// `vm112` as `vm` and `112`, `qwen2` as `qwen` and `2`, `503s` as `503`; other words as they are.
fn parts(run: &str) -> Vec<String> {
    let digits = |c: char| c.is_ascii_digit();
    if let Some(number) = run.strip_suffix('s').filter(|number| !number.is_empty() && number.chars().all(digits)) {
        return vec![number.into()];
    }
    let (name, number) = run.split_at(run.trim_end_matches(digits).len());
    let is_name = name.chars().count() >= 2 && !name.contains(digits);
    if is_name && !number.is_empty() { vec![name.into(), number.into()] } else { vec![run.into()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_accents_and_no_case() {
        let words = Words::default();
        assert_eq!(
            words.plain("A CONEXÃO à VM112 caiu: 503s, `outbox-status`"),
            ["a", "conexao", "a", "vm", "112", "caiu", "503", "outbox", "status"]
        );
        assert_eq!(words.plain("ﬁm qwen2.5:7b a1"), ["fim", "qwen", "2", "5", "7b", "a1"]);
    }

    #[test]
    fn words_that_belong_together_have_one_stem() {
        let words = Words::default();
        for (one, other) in [("reiniciar", "reinicie"), ("chamado", "chamados"), ("máquinas", "maquina")] {
            assert_eq!(words.stems(one), words.stems(other), "{one} {other}");
        }
        assert_eq!(words.stems("o que é isso, não sei como a de"), "");
        assert_eq!(words.stems(&"x".repeat(50)), "");
        // Words of their own, and stems that would be too short.
        assert_ne!(words.stems("chamado"), words.stems("chamar"));
        assert_ne!(words.stems("rede"), words.stems("redis"));
        assert_eq!(words.stems("10.10.10.122:8080/health"), "10x10x10x122 8080 health");
    }
}
