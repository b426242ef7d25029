//! Why an expression is rejected, and why an evaluation gives no value.
//!
//! Errors are typed to the leaves, so that they can be shown in any language. They name fields, functions and types, never values
//! that were read: those may be secret.

use super::limits::CostError;
use super::signature::ResultType;
use super::syntax::{ParseError, Place, SyntaxError};
use super::values::Value;

/// A value, or why there is none.
pub(super) type EvalResult = Result<Value, EvalError>;

/// Why an expression is rejected when it is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// Longer than [`super::limits::SOURCE_MAX`].
    TooLong {
        bytes: usize,
    },
    Syntax(SyntaxError),
    /// `item_available`: whether `item` may be used, as in a check with `forEach`.
    UnknownName {
        name: String,
        item_available: bool,
        place: Place,
    },
    UnknownFunction {
        name: String,
        place: Place,
    },
    /// The type is known before evaluation and is not the expected one; `actual` is CEL's name of it.
    WrongType {
        expected: ResultType,
        actual: &'static str,
    },
    /// The operator does not apply to these types, as in `"a" + 1`.
    Operands {
        operator: &'static str,
        left: &'static str,
        right: &'static str,
        place: Place,
    },
    /// A part is of another type than it must be; `expected` lists types.
    Expected {
        expected: &'static str,
        actual: &'static str,
        place: Place,
    },
    /// The function does not accept arguments of these types; `accepted` are its signatures.
    Arguments {
        function: String,
        actual: Vec<&'static str>,
        accepted: Vec<String>,
        place: Place,
    },
    /// Maps like this one never have the field.
    NoSuchField {
        field: String,
        available: Vec<&'static str>,
        place: Place,
    },
    /// A value of this type has no fields.
    NoFields {
        field: String,
        actual: &'static str,
        place: Place,
    },
    /// The function does not accept this text, as in `duration("14d")`.
    Literal {
        function: String,
        text: String,
        place: Place,
    },
    /// A regular expression is longer than [`super::limits::PATTERN_MAX`], or too large when it is compiled.
    PatternTooLarge {
        place: Place,
    },
    TooCostly(CostError),
}

impl CompileError {
    /// Where in the source text it is; `None` where all of it is meant.
    pub fn place(&self) -> Option<Place> {
        match self {
            CompileError::Syntax(error) => Some(Place { line: error.line, column: error.column }),
            CompileError::UnknownName { place, .. }
            | CompileError::UnknownFunction { place, .. }
            | CompileError::Operands { place, .. }
            | CompileError::Expected { place, .. }
            | CompileError::Arguments { place, .. }
            | CompileError::NoSuchField { place, .. }
            | CompileError::NoFields { place, .. }
            | CompileError::Literal { place, .. }
            | CompileError::PatternTooLarge { place } => Some(*place),
            CompileError::TooLong { .. } | CompileError::WrongType { .. } | CompileError::TooCostly(_) => None,
        }
    }
}

impl From<ParseError> for CompileError {
    fn from(error: ParseError) -> CompileError {
        match error {
            ParseError::Syntax(error) => CompileError::Syntax(error),
            ParseError::TooCostly(error) => CompileError::TooCostly(error),
        }
    }
}

/// Why an evaluation gives no value. Types are named as CEL names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    UnsetSetting(String),
    NoSuchKey(String),
    /// The key was computed: it could be a value that was read, so it is not named.
    NoSuchComputedKey,
    NoSuchIndex,
    /// `json` of a reading whose body is not JSON; the parser's message.
    NotJson(String),
    NoFields {
        field: String,
        actual: &'static str,
    },
    Operands {
        operator: &'static str,
        left: &'static str,
        right: &'static str,
    },
    TypeMismatch {
        actual: &'static str,
        expected: &'static [&'static str],
    },
    DuplicateMapKey,
    /// The function does not accept these arguments.
    Function(String),
    DivisionByZero,
    /// The result of this operator.
    OutOfRange(&'static str),
    UnknownName(String),
    /// More than [`super::limits::STEPS_MAX`].
    TooManySteps,
    /// All expressions of the run together would take more than this limit.
    TooManyStepsInRun(usize),
    /// More than [`super::limits::BYTES_MAX`].
    TooManyBytes,
    /// A regular expression is longer than [`super::limits::PATTERN_MAX`], or too large when it is compiled.
    PatternTooLarge,
    /// The result is not of the expected type.
    WrongResultType {
        expected: ResultType,
        actual: &'static str,
    },
    /// The result has more than [`super::limits::ITEMS_MAX`] items.
    TooManyItems(usize),
    /// A list or map in the reading has more than [`super::limits::LIST_MAX`] items, and the expression iterates.
    LongList {
        probe: String,
        length: usize,
    },
    /// A library function panicked.
    Panicked,
}

impl EvalError {
    /// Whether it ends the evaluation: `||`, `&&`, `exists` and `all` do not absorb it, since the budget is used up.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, EvalError::TooManySteps | EvalError::TooManyStepsInRun(_) | EvalError::TooManyBytes)
    }

    /// Whether the expression costs more than it may.
    pub fn is_too_costly(&self) -> bool {
        self.is_final() || *self == EvalError::PatternTooLarge
    }

    pub(super) fn type_mismatch(actual: &Value, expected: &'static [&'static str]) -> EvalError {
        EvalError::TypeMismatch { actual: type_name(actual), expected }
    }

    pub(super) fn operands(operator: &'static str, left: &Value, right: &Value) -> EvalError {
        EvalError::Operands { operator, left: type_name(left), right: type_name(right) }
    }

    pub(super) fn function(name: &str) -> EvalError {
        EvalError::Function(name.to_string())
    }
}

/// The type of a value, as messages name it.
pub(super) fn type_name(value: &Value) -> &'static str {
    value.type_of().shown()
}
