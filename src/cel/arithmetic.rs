//! Arithmetic on numbers, durations and timestamps. What is out of range is an error.

use super::error::{EvalError, EvalResult};
use super::syntax::Binary;
use super::values::Value;

/// `-value`.
pub(super) fn negate(value: &Value) -> EvalResult {
    match value {
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or(EvalError::OutOfRange("-")),
        Value::Float(number) => Ok(Value::Float(-number)),
        other => Err(EvalError::type_mismatch(other, &["int", "double"])),
    }
}

/// `left operator right`.
pub(super) fn arithmetic(operator: Binary, left: &Value, right: &Value) -> EvalResult {
    let sign = operator.sign();
    let result = match (left, right) {
        (Value::Int(a), Value::Int(b)) => of_ints(operator, *a, *b)?.map(Value::Int),
        (Value::UInt(a), Value::UInt(b)) => of_uints(operator, *a, *b)?.map(Value::UInt),
        (Value::Float(a), Value::Float(b)) => match operator {
            Binary::Add => Some(Value::Float(a + b)),
            Binary::Subtract => Some(Value::Float(a - b)),
            Binary::Multiply => Some(Value::Float(a * b)),
            Binary::Divide => Some(Value::Float(a / b)),
            _ => return Err(EvalError::operands(sign, left, right)),
        },
        (Value::Timestamp(a), Value::Timestamp(b)) if operator == Binary::Subtract => a.since(*b).map(Value::Duration),
        (Value::Timestamp(a), Value::Duration(b)) | (Value::Duration(b), Value::Timestamp(a))
            if operator == Binary::Add =>
        {
            a.plus(*b).map(Value::Timestamp)
        }
        (Value::Timestamp(a), Value::Duration(b)) if operator == Binary::Subtract => a.minus(*b).map(Value::Timestamp),
        (Value::Duration(a), Value::Duration(b)) if operator == Binary::Add => a.plus(*b).map(Value::Duration),
        (Value::Duration(a), Value::Duration(b)) if operator == Binary::Subtract => a.minus(*b).map(Value::Duration),
        _ => return Err(EvalError::operands(sign, left, right)),
    };
    result.ok_or(EvalError::OutOfRange(sign))
}

/// A function for whole numbers of one type. Its result is `None` where it is out of range.
macro_rules! of_whole_numbers {
    ($name:ident, $number:ty) => {
        fn $name(operator: Binary, a: $number, b: $number) -> Result<Option<$number>, EvalError> {
            let divides = matches!(operator, Binary::Divide | Binary::Modulo);
            if divides && b == 0 {
                return Err(EvalError::DivisionByZero);
            }
            Ok(match operator {
                Binary::Add => a.checked_add(b),
                Binary::Subtract => a.checked_sub(b),
                Binary::Multiply => a.checked_mul(b),
                Binary::Divide => a.checked_div(b),
                _ => a.checked_rem(b),
            })
        }
    };
}

of_whole_numbers!(of_ints, i64);
of_whole_numbers!(of_uints, u64);
