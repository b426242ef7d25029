//! `math.NAME`: functions of numbers.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::operators::compare;
use crate::cel::values::Value;
use std::cmp::Ordering;

/// Calls the function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    match (name, args) {
        ("greatest", _) => extreme(budget, name, args, Ordering::Greater),
        ("least", _) => extreme(budget, name, args, Ordering::Less),
        (_, [Value::Float(number)]) => of_double(name, *number).map(Ok),
        (_, [Value::Int(number)]) => of_int(name, *number),
        (_, [Value::UInt(number)]) => of_uint(name, *number).map(Ok),
        ("bitShiftLeft" | "bitShiftRight", [Value::Int(number), Value::Int(by)]) => {
            // Bits that move in are zeros.
            Some(shifted(name, *number as u64, *by).map(|number| Value::Int(number as i64)))
        }
        ("bitShiftLeft" | "bitShiftRight", [Value::UInt(number), Value::Int(by)]) => {
            Some(shifted(name, *number, *by).map(Value::UInt))
        }
        (_, [Value::Int(a), Value::Int(b)]) => combined(name, *a as u64, *b as u64).map(|n| Ok(Value::Int(n as i64))),
        (_, [Value::UInt(a), Value::UInt(b)]) => combined(name, *a, *b).map(|n| Ok(Value::UInt(n))),
        _ => None,
    }
}

fn of_double(name: &str, number: f64) -> Option<Value> {
    Some(match name {
        "abs" => Value::Float(number.abs()),
        "ceil" => Value::Float(number.ceil()),
        "floor" => Value::Float(number.floor()),
        // Halves away from zero.
        "round" => Value::Float(number.round()),
        "trunc" => Value::Float(number.trunc()),
        "sqrt" => Value::Float(number.sqrt()),
        "sign" if number == 0.0 || number.is_nan() => Value::Float(number),
        "sign" => Value::Float(number.signum()),
        "isFinite" => Value::Bool(number.is_finite()),
        "isInf" => Value::Bool(number.is_infinite()),
        "isNaN" => Value::Bool(number.is_nan()),
        _ => return None,
    })
}

fn of_int(name: &str, number: i64) -> Option<EvalResult> {
    Some(match name {
        "abs" => number.checked_abs().map(Value::Int).ok_or(EvalError::OutOfRange("math.abs")),
        "sign" => Ok(Value::Int(number.signum())),
        "bitNot" => Ok(Value::Int(!number)),
        "sqrt" => Ok(Value::Float((number as f64).sqrt())),
        _ => return None,
    })
}

fn of_uint(name: &str, number: u64) -> Option<Value> {
    Some(match name {
        "abs" => Value::UInt(number),
        "sign" => Value::UInt(number.min(1)),
        "bitNot" => Value::UInt(!number),
        "sqrt" => Value::Float((number as f64).sqrt()),
        _ => return None,
    })
}

fn combined(name: &str, a: u64, b: u64) -> Option<u64> {
    Some(match name {
        "bitAnd" => a & b,
        "bitOr" => a | b,
        "bitXor" => a ^ b,
        _ => return None,
    })
}

fn shifted(name: &str, number: u64, by: i64) -> Result<u64, EvalError> {
    if by < 0 {
        return Err(EvalError::function(name));
    }
    let by = u32::try_from(by).unwrap_or(u32::MAX);
    let shifted = if name == "bitShiftLeft" { number.checked_shl(by) } else { number.checked_shr(by) };
    Ok(shifted.unwrap_or(0))
}

/// The greatest or least of numbers, or of a list of numbers.
fn extreme(budget: &mut Budget, name: &str, args: &[Value], wanted: Ordering) -> Option<EvalResult> {
    let values = match args {
        [Value::List(list)] => list.as_slice(),
        values => values,
    };
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::UInt(_) | Value::Float(_));
    let (first, rest) = values.split_first().filter(|(first, _)| is_number(first))?;
    let mut best = first;
    for value in rest {
        if !is_number(value) {
            return Some(Err(EvalError::function(name)));
        }
        match compare(budget, "<", value, best) {
            Ok(order) if order == Some(wanted) => best = value,
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
    }
    Some(Ok(best.clone()))
}
