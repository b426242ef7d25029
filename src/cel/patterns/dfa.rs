//! A lazy DFA whose work is counted.
//!
//! A transition that is known takes the same short time for each byte. One that is not known yet is computed from the states of the
//! NFA, and may add a state: that is charged by the size of the NFA and by the memory of the state.

use crate::cel::budget::Budget;
use crate::cel::error::EvalError;
use crate::cel::limits::BYTES_MAX;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson::NFA;
use regex_automata::{Anchored, Input, MatchKind};

/// Bytes of the NFA that are processed in less than the time of one step.
const NFA_BYTES_PER_STEP: usize = 256;
/// Bytes searched between two charges.
const CHARGED_TOGETHER: usize = 256;
/// Bytes on which known transitions are followed in less than the time of one step: from most states, …
const BYTES_PER_STEP: usize = 8;
/// … from most states where the table of transitions is too large for the processor's caches, …
const UNCACHED_BYTES_PER_STEP: usize = 1;
const CACHED_MAX: usize = 128 << 10;
/// … and from a state with a match or without a way on.
const TAGGED_PER_STEP: usize = 4;
/// Start states differ by what precedes the text, at most so many.
const STARTS: u8 = 12;
/// States with a match or without a way on whose known transitions are remembered.
const REMEMBERED: usize = 8;

/// Compiles an NFA. `reverse`: it was built for searches from the end of a match to its beginning.
pub(super) fn compile(nfa: NFA, reverse: bool) -> Option<DFA> {
    // No evaluation can pay for more states than that, so the cache is never cleared.
    let config = Config::new().cache_capacity(2 * BYTES_MAX).skip_cache_capacity_check(true);
    let config = if reverse { config.match_kind(MatchKind::All) } else { config };
    DFA::builder().configure(config).build_from_nfa(nfa).ok()
}

/// The states that the searches of one evaluation have built.
pub(super) struct Search {
    cache: Cache,
    /// Of the cache, as far as it was charged.
    bytes: usize,
    /// Start states that were charged.
    starts: u8,
    /// The bytes on which a tagged state has known transitions. Only for untagged states does the library tell.
    known: Vec<(LazyStateID, [u64; 4])>,
    /// Bytes that were read in tagged states.
    tagged: usize,
    /// Charged for a transition that is not known.
    steps: usize,
}

impl Search {
    pub fn new(budget: &mut Budget, dfa: &DFA) -> Result<Search, EvalError> {
        let nfa = dfa.get_nfa();
        // Sets of states, each with two places for each state.
        budget.build(nfa.states().len().saturating_mul(32))?;
        let cache = dfa.create_cache();
        let bytes = cache.memory_usage();
        budget.build(bytes)?;
        let steps = 1 + nfa.memory_usage() / NFA_BYTES_PER_STEP;
        Ok(Search { cache, bytes, starts: 0, known: Vec::new(), tagged: 0, steps })
    }

    /// The end of the leftmost match in the span of `input`; of any match that begins there where the input says `earliest`.
    pub fn forward(&mut self, budget: &mut Budget, dfa: &DFA, input: &Input<'_>) -> Result<Option<usize>, EvalError> {
        let (text, span) = (input.haystack(), input.get_span());
        // After an empty match at the end.
        if input.is_done() {
            return Ok(None);
        }
        self.charge_start(budget)?;
        let mut state = dfa.start_state_forward(&mut self.cache, input).map_err(|_| EvalError::TooManyBytes)?;
        let mut found = None;
        for (count, at) in (span.start..span.end).enumerate() {
            if count % CHARGED_TOGETHER == 0 {
                self.charge_bytes(budget, span.end - at)?;
            }
            state = self.next(budget, dfa, state, text[at])?;
            if state.is_tagged() {
                // A match is known one byte after its end.
                if state.is_match() {
                    found = Some(at);
                    if input.get_earliest() {
                        return Ok(found);
                    }
                } else if state.is_dead() {
                    return Ok(found);
                }
            }
        }
        let last = self.last(budget, dfa, state, text.get(span.end).copied())?;
        Ok(if last.is_match() { Some(span.end) } else { found })
    }

    /// The beginning of the longest match in the span of `input` that ends at its end.
    pub fn backward(&mut self, budget: &mut Budget, dfa: &DFA, input: &Input<'_>) -> Result<Option<usize>, EvalError> {
        let (text, span) = (input.haystack(), input.get_span());
        let input = input.clone().anchored(Anchored::Yes);
        self.charge_start(budget)?;
        let mut state = dfa.start_state_reverse(&mut self.cache, &input).map_err(|_| EvalError::TooManyBytes)?;
        let mut found = None;
        for (count, at) in (span.start..span.end).rev().enumerate() {
            if count % CHARGED_TOGETHER == 0 {
                self.charge_bytes(budget, at + 1 - span.start)?;
            }
            state = self.next(budget, dfa, state, text[at])?;
            if state.is_tagged() {
                if state.is_match() {
                    found = Some(at + 1);
                } else if state.is_dead() {
                    return Ok(found);
                }
            }
        }
        let before = span.start.checked_sub(1).and_then(|at| text.get(at).copied());
        let last = self.last(budget, dfa, state, before)?;
        Ok(if last.is_match() { Some(span.start) } else { found })
    }

    fn next(&mut self, budget: &mut Budget, dfa: &DFA, state: LazyStateID, byte: u8) -> Result<LazyStateID, EvalError> {
        if !state.is_tagged() {
            let next = dfa.next_state_untagged(&self.cache, state, byte);
            if !next.is_unknown() {
                return Ok(next);
            }
            return self.compute(budget, |cache| dfa.next_state(cache, state, byte).ok());
        }
        self.tagged += 1;
        if self.tagged.is_multiple_of(TAGGED_PER_STEP) {
            budget.step(1)?;
        }
        if self.is_known(state, byte) {
            return dfa.next_state(&mut self.cache, state, byte).map_err(|_| EvalError::TooManyBytes);
        }
        self.compute(budget, |cache| dfa.next_state(cache, state, byte).ok())
    }

    /// The state after the last byte: `next` is the byte beyond the span.
    fn last(
        &mut self,
        budget: &mut Budget,
        dfa: &DFA,
        state: LazyStateID,
        next: Option<u8>,
    ) -> Result<LazyStateID, EvalError> {
        match next {
            Some(byte) => self.next(budget, dfa, state, byte),
            None => self.compute(budget, |cache| dfa.next_eoi_state(cache, state).ok()),
        }
    }

    /// Whether the transition was asked for before; it is remembered.
    fn is_known(&mut self, state: LazyStateID, byte: u8) -> bool {
        let (word, bit) = (usize::from(byte / 64), 1_u64 << (byte % 64));
        if let Some(at) = self.known.iter().rposition(|(known, _)| *known == state) {
            let bytes = &mut self.known[at].1;
            let is_known = bytes[word] & bit != 0;
            bytes[word] |= bit;
            return is_known;
        }
        if self.known.len() == REMEMBERED {
            self.known.remove(0);
        }
        let mut bytes = [0; 4];
        bytes[word] = bit;
        self.known.push((state, bytes));
        false
    }

    /// Charges for the next bytes that are searched.
    fn charge_bytes(&self, budget: &mut Budget, left: usize) -> Result<(), EvalError> {
        let bytes_per_step = if self.bytes > CACHED_MAX { UNCACHED_BYTES_PER_STEP } else { BYTES_PER_STEP };
        budget.step(CHARGED_TOGETHER.min(left) / bytes_per_step)
    }

    fn charge_start(&mut self, budget: &mut Budget) -> Result<(), EvalError> {
        budget.step(1)?;
        if self.starts < STARTS {
            self.starts += 1;
            budget.step(self.steps)?;
        }
        Ok(())
    }

    /// Computes a transition, and charges it.
    fn compute(
        &mut self,
        budget: &mut Budget,
        compute: impl FnOnce(&mut Cache) -> Option<LazyStateID>,
    ) -> Result<LazyStateID, EvalError> {
        budget.step(self.steps)?;
        let next = compute(&mut self.cache).ok_or(EvalError::TooManyBytes)?;
        let bytes = self.cache.memory_usage();
        budget.build(bytes.saturating_sub(self.bytes))?;
        self.bytes = bytes;
        Ok(next)
    }
}
