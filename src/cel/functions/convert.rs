//! Type conversions, and optional values.

use super::times;
use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values;
use kube_cel::cel::objects::{OptionalValue, Value};
use std::sync::Arc;

/// Calls the conversion of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    if let [value] = args {
        return match name {
            "int" => Some(to_int(value)),
            "uint" => Some(to_uint(value)),
            "double" => Some(to_double(value)),
            "string" => to_string(budget, value),
            "bytes" => to_bytes(budget, value),
            "value" | "hasValue" => of_optional(name, value),
            _ => None,
        };
    }
    match (name, args) {
        ("or" | "orValue", [Value::Opaque(opaque), other]) => {
            let inner = values::optional(opaque)?;
            let kept = if name == "or" { Some(&args[0]) } else { inner.value() };
            Some(match (inner.value(), kept) {
                (Some(_), Some(kept)) => Ok(kept.clone()),
                _ if name == "or" && !is_optional(other) => Err(EvalError::function(name)),
                _ => Ok(other.clone()),
            })
        }
        _ => None,
    }
}

/// `optional.NAME`.
pub(super) fn optional(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    let made = match (name, args) {
        ("none", []) => OptionalValue::none(),
        ("of", [value]) => OptionalValue::of(value.clone()),
        ("ofNonZeroValue", [value]) if value.is_zero() => OptionalValue::none(),
        ("ofNonZeroValue", [value]) => OptionalValue::of(value.clone()),
        _ => return None,
    };
    Some(budget.build_object().map(|()| Value::Opaque(Arc::new(made))))
}

fn is_optional(value: &Value) -> bool {
    matches!(value, Value::Opaque(opaque) if values::optional(opaque).is_some())
}

fn of_optional(name: &str, value: &Value) -> Option<EvalResult> {
    let Value::Opaque(opaque) = value else { return None };
    let inner = values::optional(opaque)?.value();
    Some(match name {
        "hasValue" => Ok(Value::Bool(inner.is_some())),
        _ => inner.cloned().ok_or_else(|| EvalError::function(name)),
    })
}

fn to_int(value: &Value) -> EvalResult {
    let number = match value {
        Value::Int(number) => Some(*number),
        Value::UInt(number) => i64::try_from(*number).ok(),
        // 2^63 itself is out of range, and no double lies between it and the largest int.
        Value::Float(number) if *number >= -(2.0_f64.powi(63)) && *number < 2.0_f64.powi(63) => Some(*number as i64),
        Value::String(text) => text.parse().ok(),
        Value::Timestamp(time) => Some(time.timestamp()),
        _ => None,
    };
    number.map(Value::Int).ok_or_else(|| EvalError::function("int"))
}

fn to_uint(value: &Value) -> EvalResult {
    let number = match value {
        Value::UInt(number) => Some(*number),
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Float(number) if *number > -1.0 && *number < 2.0_f64.powi(64) => Some(*number as u64),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.map(Value::UInt).ok_or_else(|| EvalError::function("uint"))
}

fn to_double(value: &Value) -> EvalResult {
    let number = match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::UInt(number) => Some(*number as f64),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.map(Value::Float).ok_or_else(|| EvalError::function("double"))
}

/// `None` for the types that the library converts: durations, addresses.
fn to_string(budget: &mut Budget, value: &Value) -> Option<EvalResult> {
    let text = match value {
        Value::String(_) => return Some(Ok(value.clone())),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Timestamp(time) => times::show(time),
        Value::Bytes(bytes) => {
            let text = budget
                .build_text(bytes.len())
                .and_then(|()| budget.search(bytes.len()))
                .and_then(|()| String::from_utf8(bytes.to_vec()).map_err(|_| EvalError::function("string")));
            return Some(text.map(|text| Value::String(Arc::new(text))));
        }
        _ => return None,
    };
    Some(budget.build_text(text.len()).map(|()| Value::String(Arc::new(text))))
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
