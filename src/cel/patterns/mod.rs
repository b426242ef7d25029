//! Regular expressions: bounded in length and size, compiled once for all evaluations, and charged to the budget by what compiling
//! and searching cost.

mod dfa;
mod error;
mod re2;
mod whole;

use super::budget::Budget;
use super::error::EvalError;
use super::limits::PATTERN_MAX;
use dfa::Search;
pub use error::PatternError;
use regex_automata::hybrid::dfa::DFA;
use regex_automata::nfa::thompson::{Compiler, Config, NFA, WhichCaptures};
use regex_automata::util::iter::Searcher;
use regex_automata::util::syntax;
use regex_automata::{Input, Match};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
pub use whole::WholePattern;

/// Largest compiled expression, in bytes; there is one for each direction of searches.
const SIZE_MAX: usize = 256 << 10;
/// Nested groups, classes and repetitions.
const NESTED_MAX: u32 = 64;
/// Bytes of the compiled expressions in the cache, and of their texts. A full cache is cleared; expressions are compiled again as
/// they are needed.
const CACHED_BYTES_MAX: usize = 4 << 20;
/// Bytes of a cache entry besides its text and the compiled expression.
const ENTRY_BYTES: usize = 1 << 10;
/// Steps charged for the first use of an expression in an evaluation, since it may have to be compiled: for each expression, …
const COMPILE_STEPS: usize = 16_000;
/// … each byte of it, …
const BYTE_STEPS: usize = 8;
/// … each class of characters by property, as `\pL`, with hundreds of ranges, …
const PROPERTY_STEPS: usize = 2_000;
/// … and each class where letters match in both cases: every range is compared with the table of cases.
const CASELESS_STEPS: usize = 1_000;
/// Most that is charged for compiling; an expression that would cost more is refused.
const COMPILE_STEPS_MAX: usize = 200_000;

static CACHE: LazyLock<Mutex<Compilations>> = LazyLock::new(Mutex::default);

/// Steps for compiling an expression; an error where it is too long, or would cost too much.
pub(super) fn compile_steps(pattern: &str) -> Result<usize, PatternError> {
    if pattern.len() > PATTERN_MAX {
        return Err(PatternError::TooLarge);
    }
    let properties = pattern.matches(r"\p").count() + pattern.matches(r"\P").count();
    // `(?i)`, `(?is:…)`: a group whose flags may contain it.
    let is_caseless = pattern.split("(?").skip(1).any(|rest| {
        let flags = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        flags.contains('i')
    });
    let classes = if is_caseless { properties * 4 + pattern.matches('[').count() } else { 0 };
    let steps = COMPILE_STEPS + BYTE_STEPS * pattern.len() + PROPERTY_STEPS * properties + CASELESS_STEPS * classes;
    if steps > COMPILE_STEPS_MAX { Err(PatternError::TooLarge) } else { Ok(steps) }
}

/// The regular expressions of one evaluation.
#[derive(Default)]
pub(super) struct Patterns {
    used: HashMap<String, Pattern>,
}

impl Patterns {
    /// Whether it is an expression that is not too large. Its cost is charged, but an error of the budget is none of the expression.
    pub fn check(&mut self, budget: &mut Budget, pattern: &str) -> Result<(), PatternError> {
        let steps = compile_steps(pattern)?;
        if budget.step(steps).is_err() {
            return Err(PatternError::TooLarge);
        }
        get(pattern).map(drop)
    }

    /// The expression, compiled. `function` is named in the error where it is not valid.
    pub fn get(&mut self, budget: &mut Budget, function: &str, pattern: &str) -> Result<&mut Pattern, EvalError> {
        // Looked up twice, and hashed.
        budget.search(2 * pattern.len())?;
        if !self.used.contains_key(pattern) {
            let steps = compile_steps(pattern).map_err(|error| error.of(function))?;
            budget.step(steps)?;
            let compiled = Pattern::new(budget, pattern, function)?;
            budget.build_text(pattern.len())?;
            self.used.insert(pattern.to_string(), compiled);
        }
        self.used.get_mut(pattern).ok_or(EvalError::TooManyBytes)
    }
}

/// A regular expression with the states that searches of one evaluation have built.
pub(super) struct Pattern {
    compiled: Arc<Compiled>,
    forward: Search,
    /// Finds where a match begins.
    backward: Option<Search>,
}

impl Pattern {
    fn new(budget: &mut Budget, pattern: &str, function: &str) -> Result<Pattern, EvalError> {
        let compiled = get(pattern).map_err(|error| error.of(function))?;
        budget.build(compiled.forward.get_nfa().memory_usage())?;
        let forward = Search::new(budget, &compiled.forward)?;
        Ok(Pattern { compiled, forward, backward: None })
    }

    /// Whether it matches anywhere in `text`.
    pub fn is_match(&mut self, budget: &mut Budget, text: &str) -> Result<bool, EvalError> {
        self.end(budget, text, &Input::new(text).earliest(true)).map(|end| end.is_some())
    }

    /// The places of the first `most` matches, in order.
    pub fn find(&mut self, budget: &mut Budget, text: &str, most: usize) -> Result<Vec<Range<usize>>, EvalError> {
        let mut error = None;
        let mut places = Vec::new();
        let mut searcher = Searcher::new(Input::new(text));
        while places.len() < most {
            let next = searcher.advance(|input| {
                Ok(self.first(budget, text, input).unwrap_or_else(|found| {
                    error = Some(found);
                    None
                }))
            });
            let Some(next) = next else { break };
            places.push(next.range());
        }
        error.map_or(Ok(places), Err)
    }

    /// The first match in the span of `input`.
    fn first(&mut self, budget: &mut Budget, text: &str, input: &Input<'_>) -> Result<Option<Match>, EvalError> {
        let Some(end) = self.end(budget, text, input)? else { return Ok(None) };
        let start =
            if end == input.start() { end } else { self.start(budget, input.clone().range(input.start()..end))? };
        Ok(Some(Match::must(0, start..end)))
    }

    /// Where the first match in the span of `input` ends.
    fn end(&mut self, budget: &mut Budget, text: &str, input: &Input<'_>) -> Result<Option<usize>, EvalError> {
        let mut input = input.clone();
        loop {
            match self.forward.forward(budget, &self.compiled.forward, &input)? {
                // An empty match within a character is none.
                Some(end) if !text.is_char_boundary(end) => input.set_start(end + 1),
                found => return Ok(found),
            }
        }
    }

    /// Where the match that ends at the end of the span of `input` begins.
    fn start(&mut self, budget: &mut Budget, input: Input<'_>) -> Result<usize, EvalError> {
        let end = input.end();
        let Some(dfa) = self.compiled.backward() else { return Err(EvalError::PatternTooLarge) };
        if self.backward.is_none() {
            budget.build(dfa.get_nfa().memory_usage())?;
            self.backward = Some(Search::new(budget, dfa)?);
        }
        let start = match &mut self.backward {
            Some(search) => search.backward(budget, dfa, &input)?,
            None => None,
        };
        Ok(start.unwrap_or(end))
    }
}

struct Compiled {
    forward: DFA,
    /// Compiled when it is first needed.
    backward: OnceLock<Option<DFA>>,
    source: String,
}

impl Compiled {
    fn backward(&self) -> Option<&DFA> {
        let compile = || nfa(&self.source, true).ok().and_then(|nfa| dfa::compile(nfa, true));
        self.backward.get_or_init(compile).as_ref()
    }
}

/// The compiled expressions of all evaluations.
#[derive(Default)]
struct Compilations {
    by_pattern: HashMap<String, Result<Arc<Compiled>, PatternError>>,
    bytes: usize,
}

fn get(pattern: &str) -> Result<Arc<Compiled>, PatternError> {
    if let Some(cached) = CACHE.lock().unwrap_or_else(PoisonError::into_inner).by_pattern.get(pattern) {
        return cached.clone();
    }
    let compiled = compile(pattern).map(Arc::new);
    // Twice, for both directions.
    let size = compiled.as_ref().map_or(0, |compiled| 2 * compiled.forward.get_nfa().memory_usage());
    let bytes = ENTRY_BYTES + 3 * pattern.len() + size;
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.bytes + bytes > CACHED_BYTES_MAX {
        *cache = Compilations::default();
    }
    if cache.by_pattern.insert(pattern.to_string(), compiled.clone()).is_none() {
        cache.bytes += bytes;
    }
    compiled
}

fn compile(pattern: &str) -> Result<Compiled, PatternError> {
    let source = re2::translate(pattern)?;
    let forward = dfa::compile(nfa(&source, false)?, false).ok_or(PatternError::Invalid)?;
    Ok(Compiled { forward, backward: OnceLock::new(), source })
}

fn nfa(source: &str, reverse: bool) -> Result<NFA, PatternError> {
    let config =
        Config::new().nfa_size_limit(Some(SIZE_MAX)).reverse(reverse).which_captures(WhichCaptures::None).shrink(false);
    let syntax = syntax::Config::new().nest_limit(NESTED_MAX);
    Compiler::new().configure(config).syntax(syntax).build(source).map_err(|error| match error.size_limit() {
        Some(_) => PatternError::TooLarge,
        None => PatternError::Invalid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::limits::STEPS_MAX;
    use crate::cel::tests::hostile;

    fn pattern(source: &str) -> Result<Pattern, EvalError> {
        Pattern::new(&mut Budget::new(STEPS_MAX), source, "matches")
    }

    fn finds(source: &str, text: &str) -> Vec<String> {
        let places = pattern(source).unwrap().find(&mut Budget::new(STEPS_MAX), text, 100).unwrap();
        places.into_iter().map(|place| text[place].to_string()).collect()
    }

    #[test]
    fn classes_match_ascii_and_dots_match_characters() {
        assert_eq!(finds(r"\w+", "ação fim"), ["a", "o", "fim"]);
        assert_eq!(finds(r"[\w.]+@\S+", "de a.b@c.d é"), ["a.b@c.d"]);
        assert_eq!(finds(r"\bfim\b", "ofim fim, éfim"), ["fim", "fim"]);
        assert_eq!(finds(r"\Bfi\w", "ofim fim éfia"), ["fim"]);
        assert_eq!(finds("a.", "aé a"), ["aé"]);
        assert_eq!(finds(r"[^\d\s]+", "a1 b"), ["a", "b"]);
        assert_eq!(finds("(?i)É", "é É"), ["é", "É"]);
        assert_eq!(finds("", "éa"), ["", "", ""]);
        assert_eq!(finds(r"\\w", r"a\w"), [r"\w"]);
        assert!(pattern("(").is_err());
        assert!(pattern("(((a{100}){100}){100}){100}").is_err());
    }

    #[test]
    fn the_syntax_is_that_of_re2() {
        for (source, text, found) in [
            ("[a&&b]", "&", true),
            ("[a&&b]", "a", true),
            ("[+--]", "-", true),
            ("[[a]", "[", true),
            ("[a[b]c]", "xa[bc]", true),
            ("[a[b]c]", "xbc]", true),
            ("{\"a\"", "x{\"a\": 1}", true),
            ("a{,2}", "a{,2}", true),
            ("a{2}", "xaax", true),
            (r"\Qa.b\E+", "a.bbb", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"^\Q.*", ".*", true),
            (r"\101\x42\x{43}", "ABC", true),
            (r"^\p{Greek}+\PL$", "αβγ1", true),
            (r"^\p{^Greek}$", "α", false),
            (r"^[\pL\d_]+$", "é1_", true),
            ("^[[:alpha:]]+$", "ab", true),
            ("^[[:^alpha:]]+$", "ab", false),
            ("^[]a]+$", "]a", true),
            ("^[a-]+$", "a-", true),
            ("(?P<x>a)(?<y>b)", "ab", true),
            ("(?i:A)b", "ab", true),
            ("(?i)[k]", "\u{212a}", true),
            (r"\<a", "<a", true),
            (r"^#\ \#~$", "# #~", true),
            (r"\Aa\z", "a", true),
        ] {
            let mut compiled =
                pattern(source).unwrap_or_else(|error| panic!("{source}: {error:?}, {:?}", re2::translate(source)));
            let is_match = compiled.is_match(&mut Budget::new(STEPS_MAX), text).unwrap();
            assert_eq!(is_match, found, "{source} in {text}");
        }
        for source in [
            "(",
            ")",
            "a**",
            "a*+",
            "*a",
            "a{1001}",
            "a{2,1}",
            "[z-a]",
            "[a",
            "(?x)a",
            "(?u)a",
            r"\1",
            r"\C",
            r"\Z",
            r"\q",
            r"\p{Alphabetic}",
            r"\p{Nope}",
            "[[:nope:]]",
            "(?=a)",
            r"\x{110000}",
            r"[\b]",
            "(?i",
            "a\\",
        ] {
            assert!(pattern(source).is_err(), "{source}");
        }
    }

    #[test]
    fn the_counted_search_finds_the_same_as_the_library() {
        let texts = ["", "a", "abc cab Z é", "ééé", "aXbX\nb", "xxyxy", "foo.bar@baz, a@b", "\u{1f62c}a\u{1f62c}"];
        let patterns = [
            "",
            "a",
            "b|",
            "(?:a|ab)(?:c|bcd)?",
            "a*",
            "a*?",
            "x.*?y|x",
            "x*y",
            "^a",
            "é$",
            "$",
            "(?m)^b$",
            r"\bb",
            r"\pL+",
            "[^a]",
            ".",
            "(?s).",
            "(a|b)+c?",
            "é*",
            "(?i)z",
            r"\w+@\w+",
            "",
            "^$",
            "c??",
            r"(?:X|\b)",
            "a{2,3}|b{0}",
        ];
        for source in patterns {
            let library = regex::Regex::new(&re2::translate(source).unwrap()).unwrap();
            for text in texts {
                let expected: Vec<_> = library.find_iter(text).map(|found| found.range()).collect();
                let mut pattern = pattern(source).unwrap();
                let budget = &mut Budget::new(STEPS_MAX);
                assert_eq!(pattern.find(budget, text, 100).unwrap(), expected, "{source:?} in {text:?}");
                assert_eq!(pattern.is_match(budget, text).unwrap(), !expected.is_empty(), "{source:?} in {text:?}");
            }
        }
    }

    #[test]
    fn what_a_search_costs_is_charged() {
        let text = hostile::cases::mixed(1 << 20);
        for source in ["(?:a.{0,20}){5}Z", "[ab].{0,40}[bc].{0,40}Z", "(a|b)[abc]{9}.{20,40}!"] {
            let budget = &mut Budget::new(STEPS_MAX);
            let error = pattern(source).unwrap().is_match(budget, &text).unwrap_err();
            assert!(error.is_final(), "{source}: {error:?}");
        }
        // Transitions that are computed cost more than the states that they add.
        let budget = &mut Budget::new(STEPS_MAX);
        assert!(!pattern("[ab].{0,40}[bc].{0,40}Z").unwrap().is_match(budget, &text[..4_000]).unwrap());
        let used = STEPS_MAX - budget.steps();
        assert!(used > 60_000, "{used}");
        let budget = &mut Budget::new(STEPS_MAX);
        let before = budget.steps();
        assert!(!pattern("(?i)error|exception").unwrap().is_match(budget, &text).unwrap());
        let after = budget.steps();
        assert!(before - after < 160_000, "{}", before - after);
    }
}
