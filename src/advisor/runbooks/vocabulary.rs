//! The stems of an index, and which of them a misspelt word may mean.

use std::collections::HashMap;

/// Shortest word that is matched by its trigrams; a shorter one is like too many.
const LENGTH_MIN: usize = 5;
/// Least share of trigrams that two words have in common.
const LIKENESS_MIN: f64 = 0.4;
/// Most stems that one word may mean.
const LIKE_MAX: usize = 3;

/// All stems of an index.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// Each stem, and in how many pieces it stands.
    stems: Vec<(String, u32)>,
    places: HashMap<String, usize>,
    /// The places in `stems` of those that have a trigram.
    trigrams: HashMap<[char; 3], Vec<u32>>,
}

impl Vocabulary {
    /// A vocabulary of stems, each with the number of pieces that it stands in.
    pub fn new(stems: Vec<(String, u32)>) -> Vocabulary {
        let mut vocabulary = Vocabulary::default();
        for (at, (stem, _)) in stems.iter().enumerate() {
            vocabulary.places.insert(stem.clone(), at);
            if !is_number(stem) {
                for trigram in trigrams(stem) {
                    vocabulary.trigrams.entry(trigram).or_default().push(u32::try_from(at).unwrap_or(u32::MAX));
                }
            }
        }
        vocabulary.stems = stems;
        vocabulary
    }

    /// In how many pieces a stem stands; `None` if in none.
    pub fn pieces(&self, stem: &str) -> Option<u32> {
        self.stems.get(*self.places.get(stem)?).map(|(_, pieces)| *pieces)
    }

    /// The stems that a word may mean that is not in the vocabulary, the most alike first, each with its likeness up to 1.
    pub fn like(&self, stem: &str) -> Vec<(&str, f64)> {
        let length = stem.chars().count();
        if length < LENGTH_MIN || is_number(stem) {
            return Vec::new();
        }
        let own = trigrams(stem);
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for at in own.iter().filter_map(|trigram| self.trigrams.get(trigram)).flatten() {
            *shared.entry(*at).or_default() += 1;
        }
        let mut like: Vec<(&str, f64)> = Vec::new();
        for (at, count) in shared {
            let Some((other, _)) = self.stems.get(at as usize) else { continue };
            let others = other.chars().count() + 1;
            #[allow(clippy::cast_precision_loss, reason = "words are short")]
            let likeness = 2.0 * count as f64 / (own.len() + others) as f64;
            // Swapped, wrong, missing and additional letters.
            let edits = strsim::damerau_levenshtein(stem, other);
            let most = if length < 7 { 1 } else { 2 };
            let is_same_start = stem.chars().next() == other.chars().next();
            if likeness >= LIKENESS_MIN
                && edits <= most
                && other.chars().count() >= LENGTH_MIN - 1
                && (is_same_start || edits <= 1)
            {
                like.push((other, likeness));
            }
        }
        like.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        like.truncate(LIKE_MAX);
        like
    }
}

fn is_number(stem: &str) -> bool {
    stem.starts_with(|c: char| c.is_ascii_digit())
}

/// The groups of three characters of a word between two marks: `^ab`, `abc`, `bc$`.
fn trigrams(word: &str) -> Vec<[char; 3]> {
    let chars: Vec<char> = ['^'].into_iter().chain(word.chars()).chain(['$']).collect();
    let mut all: Vec<[char; 3]> = chars.windows(3).filter_map(|window| window.try_into().ok()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_means_the_one_that_is_most_alike() {
        let stems = ["proxmox", "onboarding", "firewall", "quorum", "odoo", "112", "fila", "desk"];
        let vocabulary = Vocabulary::new(stems.iter().map(|stem| (stem.to_string(), 1)).collect());
        for (typed, meant) in
            [("promox", "proxmox"), ("onbording", "onboarding"), ("firewal", "firewall"), ("quorun", "quorum")]
        {
            assert_eq!(vocabulary.like(typed).first().map(|(stem, _)| *stem), Some(meant), "{typed}");
        }
        for typed in ["113", "printer", "tela", "des", "q"] {
            assert_eq!(vocabulary.like(typed), [], "{typed}");
        }
        assert_eq!((vocabulary.pieces("desk"), vocabulary.pieces("disk")), (Some(1), None));
    }
}
