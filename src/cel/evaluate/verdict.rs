//! What several conditions give together.

use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::Value;

/// What several conditions give together: one with the value that decides is enough, whether or not others are errors.
pub(super) struct Verdict {
    decides: bool,
    decided: bool,
    /// Of the conditions so far.
    error: Option<EvalError>,
}

impl Verdict {
    pub fn new(decides: bool) -> Verdict {
        Verdict { decides, decided: false, error: None }
    }

    /// Whether the conditions so far decide; an error where the budget is used up.
    pub fn add(&mut self, condition: Result<bool, EvalError>) -> Result<bool, EvalError> {
        match condition {
            Ok(value) => self.decided |= value == self.decides,
            Err(error) if error.is_final() => return Err(error),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        Ok(self.decided)
    }

    pub fn result(self) -> EvalResult {
        match self.error {
            Some(error) if !self.decided => Err(error),
            _ => Ok(Value::Bool(self.decides == self.decided)),
        }
    }
}
