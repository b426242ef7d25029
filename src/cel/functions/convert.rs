//! Type conversions, and optional values.

use super::format;
use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::Value;
use std::sync::Arc;

/// Calls the conversion of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    if let [value] = args {
        return match name {
            "int" => Some(to_int(value)),
            "uint" => Some(to_uint(value)),
            "double" => Some(to_double(value)),
            "bool" => Some(to_bool(value)),
            "string" => to_string(budget, value),
            "bytes" => to_bytes(budget, value),
            "dyn" => Some(Ok(value.clone())),
            "type" => Some(Ok(Value::Type(value.type_of()))),
            "value" | "hasValue" => of_optional(name, value),
            _ => None,
        };
    }
    match (name, args) {
        ("or", [Value::Optional(None), other @ Value::Optional(_)]) => Some(Ok(other.clone())),
        ("or", [some @ Value::Optional(Some(_)), Value::Optional(_)]) => Some(Ok(some.clone())),
        ("orValue", [Value::Optional(inner), other]) => Some(Ok(inner.as_deref().unwrap_or(other).clone())),
        _ => None,
    }
}

/// `optional.NAME`.
pub(super) fn optional(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    let made = match (name, args) {
        ("none", []) => Value::Optional(None),
        ("of", [value]) => Value::some(value.clone()),
        ("ofNonZeroValue", [value]) if value.is_zero() => Value::Optional(None),
        ("ofNonZeroValue", [value]) => Value::some(value.clone()),
        _ => return None,
    };
    Some(budget.build_object().map(|()| made))
}

fn of_optional(name: &str, value: &Value) -> Option<EvalResult> {
    let Value::Optional(inner) = value else { return None };
    Some(match (name, inner) {
        ("hasValue", inner) => Ok(Value::Bool(inner.is_some())),
        (_, Some(inner)) => Ok(Value::clone(inner)),
        (_, None) => Err(EvalError::function(name)),
    })
}

fn to_int(value: &Value) -> EvalResult {
    let number = match value {
        Value::Int(number) => Some(*number),
        Value::UInt(number) => i64::try_from(*number).ok(),
        // 2^63 itself is out of range, and no double lies between it and the largest int.
        Value::Float(number) if *number >= -(2.0_f64.powi(63)) && *number < 2.0_f64.powi(63) => Some(*number as i64),
        Value::String(text) => text.parse().ok(),
        Value::Timestamp(time) => Some(time.seconds()),
        Value::Duration(length) => Some(length.nanos()),
        _ => None,
    };
    number.map(Value::Int).ok_or_else(|| EvalError::function("int"))
}

fn to_uint(value: &Value) -> EvalResult {
    let number = match value {
        Value::UInt(number) => Some(*number),
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Float(number) if *number >= 0.0 && *number < 2.0_f64.powi(64) => Some(*number as u64),
        Value::String(text) if !text.starts_with('+') => text.parse().ok(),
        _ => None,
    };
    number.map(Value::UInt).ok_or_else(|| EvalError::function("uint"))
}

fn to_double(value: &Value) -> EvalResult {
    let number = match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::UInt(number) => Some(*number as f64),
        // A number beyond the largest double is an error, and no infinity.
        Value::String(text) => {
            text.parse().ok().filter(|number: &f64| number.is_finite() || !text.contains(char::is_numeric))
        }
        _ => None,
    };
    number.map(Value::Float).ok_or_else(|| EvalError::function("double"))
}

fn to_bool(value: &Value) -> EvalResult {
    let value = match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Some(true),
            "0" | "f" | "F" | "false" | "False" | "FALSE" => Some(false),
            _ => None,
        },
        _ => None,
    };
    value.map(Value::Bool).ok_or_else(|| EvalError::function("bool"))
}

/// `None` for the types that other libraries convert: addresses and networks.
fn to_string(budget: &mut Budget, value: &Value) -> Option<EvalResult> {
    let text = match value {
        Value::String(_) => return Some(Ok(value.clone())),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => shortest(*number),
        Value::Bool(value) => value.to_string(),
        Value::Duration(length) => length.to_string(),
        Value::Timestamp(time) => time.to_string(),
        Value::Bytes(bytes) => {
            let text = budget
                .build_text(bytes.len())
                .and_then(|()| budget.search(bytes.len()))
                .and_then(|()| String::from_utf8(bytes.to_vec()).map_err(|_| EvalError::function("string")));
            return Some(text.map(Value::text));
        }
        _ => return None,
    };
    Some(budget.build_text(text.len()).map(|()| Value::text(text)))
}

/// A double with as few digits as tell it apart, and with an exponent from a million on, as Kubernetes writes it.
fn shortest(number: f64) -> String {
    if !number.is_finite() {
        let sign = if number > 0.0 { "+" } else { "-" };
        return if number.is_nan() { "NaN".into() } else { format!("{sign}Inf") };
    }
    let text = format::scientific(number, None);
    let exponent: i32 = text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    if (-4..6).contains(&exponent) { number.to_string() } else { text }
}

fn to_bytes(budget: &mut Budget, value: &Value) -> Option<EvalResult> {
    match value {
        Value::Bytes(_) => Some(Ok(value.clone())),
        Value::String(text) => {
            Some(budget.build_text(text.len()).map(|()| Value::Bytes(Arc::new(text.as_bytes().to_vec()))))
        }
        _ => None,
    }
}
