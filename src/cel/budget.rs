//! What one evaluation may take. CEL has no clock to interrupt it, so work is counted: the same everywhere, at every run.

use super::fault::Fault;
use super::patterns::Pattern;
use kube_cel::cel::objects::{Key, Value};
use std::collections::HashMap;

/// Parts of an expression evaluated, items gone over, and bytes looked at by [`BYTES_PER_STEP`].
pub(super) const STEPS_MAX: usize = 800_000;
/// Bytes of texts, lists and maps that are made.
pub(super) const BYTES_MAX: usize = 4 << 20;
/// What is compared or searched in about the time of a step.
const BYTES_PER_STEP: usize = 64;
/// What is searched by a regular expression in about the time of a step.
const REGEX_BYTES_PER_STEP: usize = 16;
/// The first use of a regular expression in an evaluation: it may have to be compiled.
const PATTERN_STEPS: usize = 16_000;

/// What is left to an evaluation.
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
    patterns: HashMap<String, Pattern>,
}

impl Budget {
    pub fn new() -> Budget {
        Budget { steps: STEPS_MAX, bytes: BYTES_MAX, patterns: HashMap::new() }
    }

    /// Takes that many steps.
    pub fn step(&mut self, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.checked_sub(steps).ok_or(Fault::TooManySteps)?;
        Ok(())
    }

    /// Looks at that many bytes.
    pub fn scan(&mut self, bytes: usize) -> Result<(), Fault> {
        self.step(bytes / BYTES_PER_STEP)
    }

    /// Makes that many bytes. To be asked before they are made.
    pub fn build(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Fault::TooManyBytes)?;
        self.scan(bytes)
    }

    /// Makes a list of so many values.
    pub fn build_list(&mut self, length: usize) -> Result<(), Fault> {
        self.build(length.saturating_mul(size_of::<Value>()))
    }

    /// Copies a value with all that is in it.
    pub fn copy(&mut self, value: &Value) -> Result<(), Fault> {
        self.build(size_of::<Value>())?;
        match value {
            Value::String(text) => self.build(text.len()),
            Value::Bytes(bytes) => self.build(bytes.len()),
            Value::List(list) => list.iter().try_for_each(|item| self.copy(item)),
            Value::Map(map) => map.map.iter().try_for_each(|(key, value)| {
                if let Key::String(text) = key {
                    self.build(text.len())?;
                }
                self.build(size_of::<Key>())?;
                self.copy(value)
            }),
            _ => self.step(1),
        }
    }

    /// Does something with a regular expression on so many bytes.
    pub fn search<T>(
        &mut self,
        function: &str,
        pattern: &str,
        bytes: usize,
        search: impl FnOnce(&mut Pattern, &mut Budget) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.step(bytes / REGEX_BYTES_PER_STEP)?;
        let mut made = match self.patterns.remove(pattern) {
            Some(known) => known,
            None => {
                self.step(PATTERN_STEPS)?;
                Pattern::new(pattern).ok_or_else(|| Fault::function(function))?
            }
        };
        let found = search(&mut made, self);
        self.patterns.insert(pattern.to_string(), made);
        found
    }
}
