//! The budget of one evaluation: steps and bytes. CEL has no clock to interrupt it, so work is counted, which gives the same result
//! on every machine and in every run.

use super::error::EvalError;
use super::limits::{BYTES_MAX, STEPS_MAX};
use kube_cel::cel::objects::{Key, Value};

/// Bytes that are compared or searched in about the time of one step.
const BYTES_PER_STEP: usize = 64;

/// What is left of the budget.
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    pub fn new() -> Budget {
        Budget { steps: STEPS_MAX, bytes: BYTES_MAX }
    }

    /// Charges that many steps.
    pub fn step(&mut self, steps: usize) -> Result<(), EvalError> {
        self.steps = self.steps.checked_sub(steps).ok_or(EvalError::TooManySteps)?;
        Ok(())
    }

    /// Charges for reading that many bytes.
    pub fn scan(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.step(bytes / BYTES_PER_STEP)
    }

    /// Charges for allocating that many bytes. To be called before they are allocated.
    pub fn build(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(EvalError::TooManyBytes)?;
        self.scan(bytes)
    }

    /// Charges for allocating a list of that many values.
    pub fn build_list(&mut self, length: usize) -> Result<(), EvalError> {
        self.build(length.saturating_mul(size_of::<Value>()))
    }

    /// Charges for a deep copy of a value.
    pub fn copy(&mut self, value: &Value) -> Result<(), EvalError> {
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
}
