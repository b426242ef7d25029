//! Pieces of runbooks, as they are searched, put into prompts and cited.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Longest text of an excerpt, in bytes.
pub const TEXT_MAX: usize = 1536;
/// Digits of a hash.
const HASH_DIGITS: usize = 16;

/// A piece of a section of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Path of the file within AGENTIC_SPECS_ROOT, without `.md`.
    pub spec: String,
    /// The headings that it stands under, outermost first. The first one is the title of the page, where it has one.
    pub headings: Vec<String>,
    /// Markdown, as it stands in the file, without the heading. At most [`TEXT_MAX`] bytes.
    pub text: String,
    /// Hash of the spec, headings and text, 16 hexadecimal digits.
    pub hash: String,
}

impl Excerpt {
    /// An excerpt with its hash.
    pub fn new(spec: String, headings: Vec<String>, text: String) -> Excerpt {
        let parts = [spec.as_str()].into_iter().chain(headings.iter().map(String::as_str)).chain([text.as_str()]);
        let hash = short_hash(parts);
        Excerpt { spec, headings, text, hash }
    }

    /// The heading that it directly stands under; `None` for text before the first one.
    pub fn section(&self) -> Option<&str> {
        self.headings.last().map(String::as_str)
    }
}

/// Hash of texts in their order, 16 hexadecimal digits.
pub fn short_hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        // The length keeps `ab`, `c` apart from `a`, `bc`.
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    let mut hash = String::new();
    for byte in hasher.finalize().iter().take(HASH_DIGITS / 2) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_each_part_and_its_bounds() {
        let hash = |spec: &str, headings: &[&str], text: &str| {
            Excerpt::new(spec.into(), headings.iter().map(ToString::to_string).collect(), text.into()).hash
        };
        let one = hash("a", &["b", "c"], "d");
        assert_eq!(one.len(), HASH_DIGITS);
        assert_eq!(one, hash("a", &["b", "c"], "d"));
        for other in
            [hash("x", &["b", "c"], "d"), hash("a", &["bc"], "d"), hash("a", &["b", "c"], "e"), hash("a", &["b"], "cd")]
        {
            assert_ne!(one, other);
        }
    }
}
