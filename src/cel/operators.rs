//! The operators of CEL over evaluated operands: equality, order, arithmetic, `in` and indexes.

use super::budget::Budget;
use super::error::{EvalError, EvalResult, type_name};
use kube_cel::cel::ExecutionError;
use kube_cel::cel::common::ast::operators as op;
use kube_cel::cel::objects::{Key, KeyRef, Map, OptionalValue, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Whether two values are equal. Numbers of different types are compared by value; other values of different types are not equal.
pub(super) fn equal(budget: &mut Budget, a: &Value, b: &Value) -> Result<bool, EvalError> {
    budget.step(1)?;
    Ok(match (a, b) {
        (Value::String(a), Value::String(b)) => {
            budget.scan(if a.len() == b.len() { a.len() } else { 0 })?;
            a == b
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.scan(if a.len() == b.len() { a.len() } else { 0 })?;
            a == b
        }
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Null, Value::Null) => true,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal(budget, a, b)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => equal_maps(budget, a, b)?,
        (Value::Opaque(a), Value::Opaque(b)) => match (optional(a), optional(b)) {
            (Some(a), Some(b)) => match (a.value(), b.value()) {
                (Some(a), Some(b)) => equal(budget, a, b)?,
                (a, b) => a.is_none() && b.is_none(),
            },
            _ => a.opaque_eq(b.as_ref()),
        },
        _ => compare_numbers(a, b).is_some_and(|order| order == Some(Ordering::Equal)),
    })
}

fn equal_maps(budget: &mut Budget, a: &Map, b: &Map) -> Result<bool, EvalError> {
    if a.map.len() != b.map.len() {
        return Ok(false);
    }
    // In the order of the keys, so that the budget is used up at the same place in every run.
    for key in sorted_keys(budget, a)? {
        let (Some(left), Some(right)) = (a.map.get(key), b.get(key)) else { return Ok(false) };
        if !equal(budget, left, right)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The sorted keys of a map: the order of the map itself differs from run to run.
pub(super) fn sorted_keys<'a>(budget: &mut Budget, map: &'a Map) -> Result<Vec<&'a Key>, EvalError> {
    budget.step(map.map.len())?;
    let mut keys: Vec<&Key> = map.map.keys().collect();
    keys.sort_unstable();
    Ok(keys)
}

/// The order of two values; `Ok(None)` for NaN, an error where the types have no order.
pub(super) fn compare(
    budget: &mut Budget,
    operator: &'static str,
    a: &Value,
    b: &Value,
) -> Result<Option<Ordering>, EvalError> {
    budget.step(1)?;
    match (a, b) {
        (Value::String(a), Value::String(b)) => {
            budget.scan(a.len().min(b.len()))?;
            Ok(Some(a.cmp(b)))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.scan(a.len().min(b.len()))?;
            Ok(Some(a.cmp(b)))
        }
        (Value::Bool(a), Value::Bool(b)) => Ok(Some(a.cmp(b))),
        (Value::Duration(a), Value::Duration(b)) => Ok(Some(a.cmp(b))),
        (Value::Timestamp(a), Value::Timestamp(b)) => Ok(Some(a.cmp(b))),
        _ => compare_numbers(a, b).ok_or_else(|| EvalError::operands(operator, a, b)),
    }
}

/// `None` where one is not a number.
fn compare_numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => Some(a.partial_cmp(b)),
        (Value::Float(a), b) => integer(b).map(|b| compare_integer(b, *a).map(Ordering::reverse)),
        (a, Value::Float(b)) => integer(a).map(|a| compare_integer(a, *b)),
        _ => Some(Some(integer(a)?.cmp(&integer(b)?))),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::UInt(number) => Some(i128::from(*number)),
        _ => None,
    }
}

/// Exact: neither operand is rounded.
fn compare_integer(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // The cast saturates, far outside the range of int and uint.
    let floor = b.floor();
    Some(a.cmp(&(floor as i128)).then(if b > floor { Ordering::Less } else { Ordering::Equal }))
}

/// `item in container`.
pub(super) fn is_in(budget: &mut Budget, item: &Value, container: &Value) -> Result<bool, EvalError> {
    match container {
        Value::List(list) => {
            for other in list.iter() {
                if equal(budget, item, other)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        // A value that cannot be a key is in no map.
        Value::Map(map) => with_key(item, |key| map.get(&key).is_some()).map_or(Ok(false), Ok),
        other => Err(EvalError::operands("in", item, other)),
    }
}

/// `container[key]`.
pub(super) fn index(container: &Value, key: &Value) -> EvalResult {
    match container {
        Value::List(list) => {
            let at = match key {
                Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(*number as i128),
                other => integer(other),
            };
            let at = at.ok_or_else(|| EvalError::operands("[]", container, key))?;
            usize::try_from(at).ok().and_then(|at| list.get(at)).cloned().ok_or(EvalError::NoSuchIndex)
        }
        Value::Map(map) => {
            let found = with_key(key, |key| map.get(&key).cloned());
            found.ok_or_else(|| EvalError::operands("[]", container, key))?.ok_or(EvalError::NoSuchComputedKey)
        }
        Value::Opaque(opaque) => match optional(opaque) {
            Some(inner) => within(inner, |value| index(value, key)),
            None => Err(EvalError::operands("[]", container, key)),
        },
        _ => Err(EvalError::operands("[]", container, key)),
    }
}

/// `container.field`.
pub(super) fn field(container: &Value, name: &str) -> EvalResult {
    match container {
        Value::Map(map) => {
            map.get(&KeyRef::String(name)).cloned().ok_or_else(|| EvalError::NoSuchKey(name.to_string()))
        }
        Value::Opaque(opaque) if optional(opaque).is_some() => match optional(opaque) {
            Some(inner) => within(inner, |value| field(value, name)),
            None => Err(no_fields(container, name)),
        },
        _ => Err(no_fields(container, name)),
    }
}

/// `has(container.field)`.
pub(super) fn has(container: &Value, name: &str) -> Result<bool, EvalError> {
    match container {
        Value::Map(map) => Ok(map.get(&KeyRef::String(name)).is_some()),
        _ => Err(no_fields(container, name)),
    }
}

fn no_fields(value: &Value, field: &str) -> EvalError {
    EvalError::NoFields { field: field.to_string(), actual: type_name(value) }
}

/// The optional value, where the object is one.
pub(super) fn optional(opaque: &Arc<dyn kube_cel::cel::objects::Opaque>) -> Option<&OptionalValue> {
    opaque.downcast_ref::<OptionalValue>()
}

/// Selects from an optional value: a missing key or index gives the empty optional and no error.
fn within(inner: &OptionalValue, select: impl Fn(&Value) -> EvalResult) -> EvalResult {
    let found = match inner.value().map(select) {
        Some(Ok(value)) => OptionalValue::of(value),
        None | Some(Err(EvalError::NoSuchKey(_) | EvalError::NoSuchComputedKey | EvalError::NoSuchIndex)) => {
            OptionalValue::none()
        }
        Some(Err(error)) => return Err(error),
    };
    Ok(Value::Opaque(Arc::new(found)))
}

/// Calls `lookup` with a value as the key of a map; `None` where its type is not allowed for keys.
fn with_key<T>(value: &Value, lookup: impl Fn(KeyRef<'_>) -> T) -> Option<T> {
    Some(lookup(match value {
        Value::Int(number) => KeyRef::Int(*number),
        Value::UInt(number) => KeyRef::Uint(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => KeyRef::Int(*number as i64),
        Value::Bool(value) => KeyRef::Bool(*value),
        Value::String(text) => KeyRef::String(text),
        _ => return None,
    }))
}

/// `-value`.
pub(super) fn negate(value: &Value) -> EvalResult {
    match value {
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or(EvalError::OutOfRange("-")),
        Value::Float(number) => Ok(Value::Float(-number)),
        other => Err(EvalError::type_mismatch(other, &["int", "double"])),
    }
}

/// `left operator right` for the arithmetic operators.
pub(super) fn arithmetic(budget: &mut Budget, operator: &str, left: Value, right: Value) -> EvalResult {
    match operator {
        op::ADD => add(budget, left, right),
        op::SUBSTRACT => library("-", &left, &right, || left.clone() - right.clone()),
        op::MULTIPLY => library("*", &left, &right, || left.clone() * right.clone()),
        op::DIVIDE => library("/", &left, &right, || left.clone() / right.clone()),
        op::MODULO => library("%", &left, &right, || left.clone() % right.clone()),
        _ => Err(EvalError::UnknownName(operator.to_string())),
    }
}

/// `left + right`. A string or list that is not shared grows in place.
pub(super) fn add(budget: &mut Budget, left: Value, right: Value) -> EvalResult {
    match (left, right) {
        (Value::String(mut left), Value::String(right)) => {
            let copied = if Arc::get_mut(&mut left).is_some() { 0 } else { left.len() };
            budget.build(copied + right.len())?;
            Arc::make_mut(&mut left).push_str(&right);
            Ok(Value::String(left))
        }
        (Value::Bytes(mut left), Value::Bytes(right)) => {
            let copied = if Arc::get_mut(&mut left).is_some() { 0 } else { left.len() };
            budget.build(copied + right.len())?;
            Arc::make_mut(&mut left).extend_from_slice(&right);
            Ok(Value::Bytes(left))
        }
        (Value::List(mut left), Value::List(right)) => {
            let copied = if Arc::get_mut(&mut left).is_some() { 0 } else { left.len() };
            budget.build_list(copied + right.len())?;
            Arc::make_mut(&mut left).extend(right.iter().cloned());
            Ok(Value::List(left))
        }
        (left, right) => library("+", &left, &right, || left.clone() + right.clone()),
    }
}

/// The arithmetic of the `cel` crate. Its operands are numbers, durations or timestamps here, so copies are cheap.
fn library(
    operator: &'static str,
    left: &Value,
    right: &Value,
    work: impl FnOnce() -> Result<Value, ExecutionError>,
) -> EvalResult {
    if matches!((left, right), (Value::List(_) | Value::String(_), _)) {
        return Err(EvalError::operands(operator, left, right));
    }
    work().map_err(|error| match error {
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => EvalError::DivisionByZero,
        ExecutionError::Overflow(..) => EvalError::OutOfRange(operator),
        _ => EvalError::operands(operator, left, right),
    })
}
