//! Why an evaluation gives nothing.

use super::budget::{BYTES_MAX, STEPS_MAX};
use kube_cel::cel::objects::Value;

/// An error of CEL. It names fields, functions and kinds, and never tells values: they may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("setting {0} is not set")]
    UnsetSetting(String),
    #[error("no such key: {0}")]
    NoSuchKey(String),
    /// A key that was worked out: it could be a value that was read.
    #[error("no such key")]
    NoSuchValueKey,
    #[error("{is} has no field {field}: what was read is of another type")]
    NoFields { field: String, is: &'static str },
    #[error("no such index")]
    NoSuchIndex,
    #[error("{operator} does not take {left} and {right}: what was read is of another type")]
    Operands { operator: &'static str, left: &'static str, right: &'static str },
    #[error("{is} where {want} is needed: what was read is of another type")]
    Kind { is: &'static str, want: &'static str },
    #[error("a key stands twice in a map")]
    DoubledKey,
    #[error("{0}() can't take what was read")]
    Function(String),
    #[error("division by zero")]
    DivisionByZero,
    #[error("{0}: the result is out of range")]
    OutOfRange(&'static str),
    #[error("not known: {0}")]
    Unknown(String),
    #[error("costs too much: more than {STEPS_MAX} steps")]
    TooManySteps,
    #[error("costs too much: it builds more than {BYTES_MAX} bytes")]
    TooManyBytes,
}

impl Fault {
    /// Whether it ends the evaluation, so that no `||` or `&&` absorbs it: there is nothing left to go on with.
    pub fn is_final(&self) -> bool {
        matches!(self, Fault::TooManySteps | Fault::TooManyBytes)
    }

    pub fn kind(is: &Value, want: &'static str) -> Fault {
        Fault::Kind { is: kind(is), want }
    }

    pub fn operands(operator: &'static str, left: &Value, right: &Value) -> Fault {
        Fault::Operands { operator, left: kind(left), right: kind(right) }
    }

    pub fn function(name: &str) -> Fault {
        Fault::Function(name.to_string())
    }
}

/// The kind of a value, as CEL calls it.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::List(_) => "list",
        Value::Map(_) => "map",
        Value::Function(..) => "function",
        Value::Int(_) => "int",
        Value::UInt(_) => "uint",
        Value::Float(_) => "double",
        Value::String(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::Bool(_) => "bool",
        Value::Duration(_) => "duration",
        Value::Timestamp(_) => "timestamp",
        Value::Opaque(_) => "object",
        Value::Null => "null",
    }
}
