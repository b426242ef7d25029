//! Regular expressions: compiled once, kept for all evaluations, and searched with within bounds.
//!
//! A lazy automaton takes the same short time for each byte, whatever the expression. For a few expressions it would grow without
//! end and gives up; then the expression's states are gone through one by one, which is paid for by the state.

use super::budget::Budget;
use super::fault::Fault;
use regex_automata::hybrid::regex::{Cache, Regex};
use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::util::iter::Searcher;
use regex_automata::{Input, Match, hybrid};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

/// A compiled expression takes at most this many bytes.
const SIZE_MAX: usize = 256 << 10;
/// What the automaton takes for a search, before it begins anew.
const CACHE_MAX: usize = 1 << 20;
/// It gives up after it began anew this many times, …
const CACHES_MAX: usize = 4;
/// … unless each state that it made was worth so many bytes.
const BYTES_PER_STATE: usize = 20;
/// States gone through in about the time of a step.
const STATES_PER_STEP: usize = 8;
/// More than this and all are forgotten: they are made again as they are needed.
const KNOWN_MAX: usize = 256;

static KNOWN: LazyLock<Mutex<HashMap<String, Option<Arc<Compiled>>>>> = LazyLock::new(Mutex::default);

struct Compiled {
    regex: Regex,
    /// What goes through the states one by one, once it is needed.
    machine: OnceLock<Option<PikeVM>>,
    source: String,
}

/// A pattern and what is known of it in one evaluation.
pub(super) struct Pattern {
    compiled: Arc<Compiled>,
    cache: Cache,
}

impl Pattern {
    /// `None` where it is none, or too large a one.
    pub fn new(pattern: &str) -> Option<Pattern> {
        let compiled = get(pattern)?;
        Some(Pattern { cache: compiled.regex.create_cache(), compiled })
    }

    /// Whether it matches somewhere.
    pub fn is_match(&mut self, budget: &mut Budget, text: &str) -> Result<bool, Fault> {
        let input = Input::new(text).earliest(true);
        match self.compiled.regex.forward().try_search_fwd(self.cache.forward_mut(), &input) {
            Ok(found) => Ok(found.is_some()),
            Err(_) => self.slowly(budget, &input).map(|found| found.is_some()),
        }
    }

    /// Where it matches, one place after another, at most so many.
    pub fn find(&mut self, budget: &mut Budget, text: &str, most: usize) -> Result<Vec<Range<usize>>, Fault> {
        let mut fault = None;
        let mut places = Vec::new();
        let mut searcher = Searcher::new(Input::new(text));
        while places.len() < most {
            let next = searcher.advance(|input| {
                let found = self.compiled.regex.try_search(&mut self.cache, input);
                let found = found.or_else(|_| self.slowly(budget, input));
                Ok(found.unwrap_or_else(|found| {
                    fault = Some(found);
                    None
                }))
            });
            let Some(next) = next else { break };
            places.push(next.range());
        }
        fault.map_or(Ok(places), Err)
    }

    fn slowly(&self, budget: &mut Budget, input: &Input<'_>) -> Result<Option<Match>, Fault> {
        let machine = self.compiled.machine.get_or_init(|| machine(&self.compiled.source));
        let machine = machine.as_ref().ok_or(Fault::TooManySteps)?;
        let states = machine.get_nfa().states().len();
        budget.step(input.get_span().len().saturating_mul(states) / STATES_PER_STEP)?;
        Ok(machine.find(&mut machine.create_cache(), input.clone()))
    }
}

fn get(pattern: &str) -> Option<Arc<Compiled>> {
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return known.clone();
    }
    let made = compile(pattern).map(Arc::new);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    known.insert(pattern.to_string(), made.clone());
    made
}

fn compile(pattern: &str) -> Option<Compiled> {
    let automaton = hybrid::dfa::Config::new()
        .cache_capacity(CACHE_MAX)
        .minimum_cache_clear_count(Some(CACHES_MAX))
        .minimum_bytes_per_state(Some(BYTES_PER_STATE));
    let compiled = thompson::Config::new().nfa_size_limit(Some(SIZE_MAX));
    let source = as_re2(pattern);
    let regex = Regex::builder().dfa(automaton).thompson(compiled).build(&source).ok()?;
    Some(Compiled { regex, machine: OnceLock::new(), source })
}

fn machine(source: &str) -> Option<PikeVM> {
    let compiled = thompson::Config::new().nfa_size_limit(Some(SIZE_MAX));
    PikeVM::builder().thompson(compiled).build(source).ok()
}

/// CEL's expressions are those of RE2, in which `\w`, `\d`, `\s` and `\b` are of ASCII.
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
    fn classes_are_of_ascii_and_dots_are_of_characters() {
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
    fn an_expression_that_explodes_is_an_error_and_no_wait() {
        let text: String = (0..1 << 20).map(|i| "abc ".as_bytes()[(i * 7919 + i / 3) % 4] as char).collect();
        for pattern in ["(?:[a-c ]{50,60}q?){1,9}Z", "([a-c]{1,60} ?){6}!", "(?:a.{0,20}){5}Z"] {
            let began = Instant::now();
            let _ = Pattern::new(pattern).unwrap().is_match(&mut Budget::new(), &text);
            // Far from what is aimed at, and farther from the minute that it would take.
            assert!(began.elapsed() < Duration::from_secs(10), "{pattern}: {:?}", began.elapsed());
        }
    }

    #[test]
    fn what_the_automaton_gives_up_is_found_all_the_same() {
        let text = format!("{}Z é", "abc cab ".repeat(40));
        for pattern in ["(?:[a-c ]{5,6}q?){1,4}Z", "b", "é", "$", "nowhere"] {
            let mut pattern = Pattern::new(pattern).unwrap();
            let slowly = pattern.slowly(&mut Budget::new(), &Input::new(&text)).unwrap().map(|found| found.range());
            assert_eq!(pattern.find(&mut Budget::new(), &text, 1).unwrap(), Vec::from_iter(slowly));
        }
    }
}
