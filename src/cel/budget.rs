//! The budget of one evaluation: steps and bytes. CEL has no clock to interrupt it, so work is counted, which gives the same result
//! on every machine and in every run.
//!
//! Everything is charged before it is done. A value that is shared, as in `[a, a]`, is charged each time that it is walked over.

use super::error::EvalError;
use super::limits::{BYTES_MAX, STEPS_MAX};
use super::values::{Key, Value};

/// Bytes that are copied or compared in less than the time of one step.
const SCANNED_PER_STEP: usize = 64;
/// Bytes that are searched, or read character by character, in less than the time of one step.
const SEARCHED_PER_STEP: usize = 16;
/// Bytes of a value besides its content: its place in a list, reference counts, what the allocator adds.
const TEXT_BYTES: usize = 96;
const LIST_BYTES: usize = 96;
const MAP_BYTES: usize = 192;
/// A list grows by doubling, so half of it may be unused.
const ITEM_BYTES: usize = 2 * size_of::<Value>();
/// A hash table is at most seven eighths and at least seven sixteenths full.
const ENTRY_BYTES: usize = 5 * size_of::<(Key, Value)>() / 2;

/// What is left of the budget.
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    /// At most [`STEPS_MAX`] steps, and at most those that are `left` to the run.
    pub fn new(left: usize) -> Budget {
        Budget { steps: STEPS_MAX.min(left), bytes: BYTES_MAX }
    }

    /// The steps that are left.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Charges that many steps.
    pub fn step(&mut self, steps: usize) -> Result<(), EvalError> {
        self.steps = self.steps.checked_sub(steps).ok_or(EvalError::TooManySteps)?;
        Ok(())
    }

    /// Charges for copying or comparing that many bytes.
    pub fn scan(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.step(bytes / SCANNED_PER_STEP)
    }

    /// Charges for searching that many bytes, or reading them character by character.
    pub fn search(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.step(bytes / SEARCHED_PER_STEP)
    }

    /// Charges for allocating that many bytes.
    pub fn build(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(EvalError::TooManyBytes)?;
        self.scan(bytes)
    }

    /// Charges for allocating a string, or bytes, of that length.
    pub fn build_text(&mut self, length: usize) -> Result<(), EvalError> {
        self.build(length.saturating_add(TEXT_BYTES))
    }

    /// Charges for allocating a list of that many values.
    pub fn build_list(&mut self, length: usize) -> Result<(), EvalError> {
        self.build(length.saturating_mul(size_of::<Value>()).saturating_add(LIST_BYTES))
    }

    /// Charges for adding a value to a list.
    pub fn push(&mut self) -> Result<(), EvalError> {
        self.build(ITEM_BYTES)
    }

    /// Charges for allocating a map of that many entries.
    pub fn build_map(&mut self, entries: usize) -> Result<(), EvalError> {
        self.build(entries.saturating_mul(ENTRY_BYTES).saturating_add(MAP_BYTES))
    }

    /// Charges for allocating an object: an optional value, an address and the like.
    pub fn build_object(&mut self) -> Result<(), EvalError> {
        self.build(TEXT_BYTES)
    }
}
