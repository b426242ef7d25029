//! Regular expressions: compiled once, cached for all evaluations, and charged to the budget.
//!
//! A lazy DFA takes the same short time for each byte. For a few expressions it would grow without bound, so it gives up; then an NFA
//! simulation is used, which is charged by the number of states.

use super::budget::Budget;
use super::error::EvalError;
use regex_automata::hybrid::regex::{Cache, Regex};
use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::util::iter::Searcher;
use regex_automata::{Input, Match, hybrid};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

/// Largest compiled expression, in bytes.
const SIZE_MAX: usize = 256 << 10;
/// Bytes of DFA states kept in a search before they are discarded.
const CACHE_MAX: usize = 1 << 20;
/// The DFA gives up after its states were discarded this many times, …
const CACHES_MAX: usize = 4;
/// … unless it searched at least this many bytes for each state.
const BYTES_PER_STATE: usize = 20;
/// NFA states simulated in about the time of one step.
const STATES_PER_STEP: usize = 8;
/// Most expressions in the cache. A full cache is cleared; expressions are compiled again as they are needed.
const CACHED_MAX: usize = 256;
/// Bytes that are searched in about the time of one step.
const BYTES_PER_STEP: usize = 16;
/// Steps charged for the first use of an expression in an evaluation, since it may have to be compiled.
const COMPILE_STEPS: usize = 16_000;

static CACHE: LazyLock<Mutex<HashMap<String, Option<Arc<Compiled>>>>> = LazyLock::new(Mutex::default);

struct Compiled {
    regex: Regex,
    /// The NFA simulation, built when it is first needed.
    nfa: OnceLock<Option<PikeVM>>,
    source: String,
}

/// The regular expressions of one evaluation.
#[derive(Default)]
pub(super) struct Patterns {
    used: HashMap<String, Pattern>,
}

impl Patterns {
    /// Searches `bytes` bytes with a regular expression. `function` is named in the error where the expression is not valid.
    pub fn search<T>(
        &mut self,
        budget: &mut Budget,
        function: &str,
        pattern: &str,
        bytes: usize,
        search: impl FnOnce(&mut Pattern, &mut Budget) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        budget.step(bytes / BYTES_PER_STEP)?;
        if let Some(used) = self.used.get_mut(pattern) {
            return search(used, budget);
        }
        budget.step(COMPILE_STEPS)?;
        let mut compiled = Pattern::new(pattern).ok_or_else(|| EvalError::function(function))?;
        let result = search(&mut compiled, budget);
        self.used.insert(pattern.to_string(), compiled);
        result
    }
}

/// A regular expression with the DFA states of one evaluation.
pub(super) struct Pattern {
    compiled: Arc<Compiled>,
    cache: Cache,
}

impl Pattern {
    /// `None` where it is not valid, or too large.
    pub fn new(pattern: &str) -> Option<Pattern> {
        let compiled = get(pattern)?;
        Some(Pattern { cache: compiled.regex.create_cache(), compiled })
    }

    /// Whether it matches anywhere in `text`.
    pub fn is_match(&mut self, budget: &mut Budget, text: &str) -> Result<bool, EvalError> {
        let input = Input::new(text).earliest(true);
        match self.compiled.regex.forward().try_search_fwd(self.cache.forward_mut(), &input) {
            Ok(found) => Ok(found.is_some()),
            Err(_) => self.search_nfa(budget, &input).map(|found| found.is_some()),
        }
    }

    /// The places of the first `most` matches, in order.
    pub fn find(&mut self, budget: &mut Budget, text: &str, most: usize) -> Result<Vec<Range<usize>>, EvalError> {
        let mut error = None;
        let mut places = Vec::new();
        let mut searcher = Searcher::new(Input::new(text));
        while places.len() < most {
            let next = searcher.advance(|input| {
                let found = self.compiled.regex.try_search(&mut self.cache, input);
                let found = found.or_else(|_| self.search_nfa(budget, input));
                Ok(found.unwrap_or_else(|found| {
                    error = Some(found);
                    None
                }))
            });
            let Some(next) = next else { break };
            places.push(next.range());
        }
        error.map_or(Ok(places), Err)
    }

    fn search_nfa(&self, budget: &mut Budget, input: &Input<'_>) -> Result<Option<Match>, EvalError> {
        let nfa = self.compiled.nfa.get_or_init(|| nfa(&self.compiled.source));
        let nfa = nfa.as_ref().ok_or(EvalError::TooManySteps)?;
        let states = nfa.get_nfa().states().len();
        budget.step(input.get_span().len().saturating_mul(states) / STATES_PER_STEP)?;
        Ok(nfa.find(&mut nfa.create_cache(), input.clone()))
    }
}

fn get(pattern: &str) -> Option<Arc<Compiled>> {
    if let Some(cached) = CACHE.lock().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return cached.clone();
    }
    let compiled = compile(pattern).map(Arc::new);
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.len() >= CACHED_MAX {
        cache.clear();
    }
    cache.insert(pattern.to_string(), compiled.clone());
    compiled
}

fn compile(pattern: &str) -> Option<Compiled> {
    let dfa = hybrid::dfa::Config::new()
        .cache_capacity(CACHE_MAX)
        .minimum_cache_clear_count(Some(CACHES_MAX))
        .minimum_bytes_per_state(Some(BYTES_PER_STATE));
    let compiled = thompson::Config::new().nfa_size_limit(Some(SIZE_MAX));
    let source = as_re2(pattern);
    let regex = Regex::builder().dfa(dfa).thompson(compiled).build(&source).ok()?;
    Some(Compiled { regex, nfa: OnceLock::new(), source })
}

fn nfa(source: &str) -> Option<PikeVM> {
    let compiled = thompson::Config::new().nfa_size_limit(Some(SIZE_MAX));
    PikeVM::builder().thompson(compiled).build(source).ok()
}

/// CEL uses the syntax of RE2, in which `\w`, `\d`, `\s` and `\b` match ASCII only.
fn as_re2(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        match escaped {
            None => out.push(c),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('s') => out.push_str("[\\t\\n\\f\\r ]"),
            Some('S') => out.push_str("[^\\t\\n\\f\\r ]"),
            Some('b') => out.push_str("(?-u:\\b)"),
            Some(other) => out.extend([c, other]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn finds(pattern: &str, text: &str) -> Vec<String> {
        let places = Pattern::new(pattern).unwrap().find(&mut Budget::new(), text, 100).unwrap();
        places.into_iter().map(|place| text[place].to_string()).collect()
    }

    #[test]
    fn classes_match_ascii_and_dots_match_characters() {
        assert_eq!(finds(r"\w+", "ação fim"), ["a", "o", "fim"]);
        assert_eq!(finds(r"[\w.]+@\S+", "de a.b@c.d é"), ["a.b@c.d"]);
        assert_eq!(finds(r"\bfim\b", "ofim fim, éfim"), ["fim", "fim"]);
        assert_eq!(finds("a.", "aé a"), ["aé"]);
        assert_eq!(finds(r"[^\d\s]+", "a1 b"), ["a", "b"]);
        assert_eq!(finds("(?i)É", "é É"), ["é", "É"]);
        assert_eq!(finds("", "éa"), ["", "", ""]);
        assert_eq!(finds(r"\\w", r"a\w"), [r"\w"]);
        assert!(Pattern::new("(").is_none());
        assert!(Pattern::new("(((a{100}){100}){100}){100}").is_none());
    }

    #[test]
    fn an_expression_whose_dfa_grows_without_bound_is_searched_in_bounded_time() {
        let text: String = (0..1 << 20).map(|i| "abc ".as_bytes()[(i * 7919 + i / 3) % 4] as char).collect();
        for pattern in ["(?:[a-c ]{50,60}q?){1,9}Z", "([a-c]{1,60} ?){6}!", "(?:a.{0,20}){5}Z"] {
            let began = Instant::now();
            let _ = Pattern::new(pattern).unwrap().is_match(&mut Budget::new(), &text);
            // Unbounded, it takes about a minute.
            assert!(began.elapsed() < Duration::from_secs(10), "{pattern}: {:?}", began.elapsed());
        }
    }

    #[test]
    fn the_nfa_simulation_finds_the_same_as_the_dfa() {
        let text = format!("{}Z é", "abc cab ".repeat(40));
        for pattern in ["(?:[a-c ]{5,6}q?){1,4}Z", "b", "é", "$", "nowhere"] {
            let mut pattern = Pattern::new(pattern).unwrap();
            let expected =
                pattern.search_nfa(&mut Budget::new(), &Input::new(&text)).unwrap().map(|found| found.range());
            assert_eq!(pattern.find(&mut Budget::new(), &text, 1).unwrap(), Vec::from_iter(expected));
        }
    }
}
