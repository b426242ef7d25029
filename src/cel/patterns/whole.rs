//! Regular expressions that a whole text has to match, outside of expressions.

use super::{NESTED_MAX, PatternError, re2};
use regex::{Regex, RegexBuilder};
use regex_automata::util::syntax;

/// Longest expression, in characters.
const CHARS_MAX: usize = 256;
/// Largest compiled expression, in bytes. With it the time of a search is bounded, which is proportional to both lengths.
const SIZE_MAX: usize = 64 << 10;

/// A regular expression in the syntax of RE2 that matches all of a text, or not at all.
#[derive(Clone, Debug)]
pub struct WholePattern(Regex);

impl WholePattern {
    /// Compiles an expression. Too large where it has more than 256 characters, or is more than 64 KiB once it is compiled.
    pub fn parse(pattern: &str) -> Result<WholePattern, PatternError> {
        if pattern.chars().count() > CHARS_MAX {
            return Err(PatternError::TooLarge);
        }
        let source = re2::translate(pattern)?;
        // By itself: `a)|(b` is none, although it would be one between brackets.
        let config = syntax::Config::new().nest_limit(NESTED_MAX);
        syntax::parse_with(&source, &config).map_err(|_| PatternError::Invalid)?;
        let whole =
            RegexBuilder::new(&format!(r"\A(?:{source})\z")).size_limit(SIZE_MAX).dfa_size_limit(4 * SIZE_MAX).build();
        whole.map(WholePattern).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
            _ => PatternError::Invalid,
        })
    }

    /// Whether it matches all of the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_has_to_match() {
        for (pattern, text, expected) in [
            ("11.*", "112", true),
            ("11.*", "2112", false),
            ("1|2", "12", false),
            ("1|2", "2", true),
            ("", "", true),
            ("", "a", false),
            ("(?i)web", "WEB", true),
            ("(?m)a$", "a\nb", false),
            (r"\d{3}", "112", true),
            (r"\bvm\b", "vm", true),
            ("[^a]+", "ção", true),
        ] {
            let compiled = WholePattern::parse(pattern).unwrap();
            assert_eq!(compiled.is_match(text), expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn what_is_no_expression_or_too_large_is_refused() {
        let too_long = "a".repeat(CHARS_MAX + 1);
        for (pattern, expected) in [
            ("(", PatternError::Invalid),
            ("a)|(b", PatternError::Invalid),
            ("a**", PatternError::Invalid),
            ("(?=a)", PatternError::Invalid),
            (r"\q", PatternError::Invalid),
            ("((a{100}){100}){100}", PatternError::TooLarge),
            (too_long.as_str(), PatternError::TooLarge),
        ] {
            assert_eq!(WholePattern::parse(pattern).map(drop), Err(expected), "{pattern}");
        }
        assert!(WholePattern::parse(&"é".repeat(CHARS_MAX)).is_ok());
    }
}
