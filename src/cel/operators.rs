//! The operators of CEL over evaluated operands: equality, order, arithmetic, `in` and indexes.

use super::arithmetic::arithmetic;
use super::budget::Budget;
use super::error::{EvalError, EvalResult, type_name};
use super::inputs::JSON_ERROR;
use super::syntax::Binary;
use super::values::{Key, KeyRef, Map, Object, Value};
use semver::Version;
use std::cmp::Ordering;
use std::sync::Arc;

/// Steps charged for comparing two versions, besides those for their length.
const VERSION_STEPS: usize = 8;

/// `left operator right`.
pub(super) fn binary(budget: &mut Budget, operator: Binary, left: Value, right: Value) -> EvalResult {
    let order = |budget: &mut Budget, fits: fn(Ordering) -> bool| {
        let order = compare(budget, operator.sign(), &left, &right)?;
        Ok(Value::Bool(order.is_some_and(fits)))
    };
    match operator {
        Binary::Equal => equal(budget, &left, &right).map(Value::Bool),
        Binary::NotEqual => equal(budget, &left, &right).map(|equal| Value::Bool(!equal)),
        Binary::Less => order(budget, Ordering::is_lt),
        Binary::LessOrEqual => order(budget, Ordering::is_le),
        Binary::Greater => order(budget, Ordering::is_gt),
        Binary::GreaterOrEqual => order(budget, Ordering::is_ge),
        Binary::In => is_in(budget, &left, &right).map(Value::Bool),
        Binary::Add => add(budget, left, right),
        Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => arithmetic(operator, &left, &right),
    }
}

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
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Optional(a), Value::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => equal(budget, a, b)?,
            (a, b) => a.is_none() && b.is_none(),
        },
        (Value::Object(a), Value::Object(b)) => equal_objects(budget, a, b)?,
        _ => compare_numbers(a, b).is_some_and(|order| order == Some(Ordering::Equal)),
    })
}

fn equal_objects(budget: &mut Budget, a: &Object, b: &Object) -> Result<bool, EvalError> {
    Ok(match (a, b) {
        (Object::Address(a), Object::Address(b)) => a == b,
        (Object::Network(a), Object::Network(b)) => a == b,
        (Object::Url(a), Object::Url(b)) => {
            budget.scan(if a.len() == b.len() { 2 * a.len() } else { 0 })?;
            a == b
        }
        (Object::Quantity(a), Object::Quantity(b)) => a.compare(**b).is_eq(),
        (Object::Version(a), Object::Version(b)) => compare_versions(budget, a, b)?.is_eq(),
        _ => false,
    })
}

/// The order of two versions. What they were built from does not count.
pub(super) fn compare_versions(budget: &mut Budget, a: &Version, b: &Version) -> Result<Ordering, EvalError> {
    budget.step(VERSION_STEPS)?;
    budget.search(a.pre.len().min(b.pre.len()))?;
    Ok(a.cmp_precedence(b))
}

fn equal_maps(budget: &mut Budget, a: &Map, b: &Map) -> Result<bool, EvalError> {
    if a.len() != b.len() {
        return Ok(false);
    }
    // In the order of the keys, so that the budget is used up at the same place in every run.
    budget.build_list(a.len())?;
    for key in sorted_keys(budget, a)? {
        if let Key::String(text) = key {
            budget.scan(2 * text.len())?;
        }
        let (Some(left), Some(right)) = (a.get_exactly(key.into()), b.get(key.into())) else { return Ok(false) };
        if !equal(budget, left, right)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The keys of a map, in their order.
pub(super) fn sorted_keys<'a>(budget: &mut Budget, map: &'a Map) -> Result<Vec<&'a Key>, EvalError> {
    if let Some(error) = not_json_field(map, "json") {
        return Err(error);
    }
    charge_sort(budget, map.len())?;
    let mut keys: Vec<&Key> = Vec::with_capacity(map.len());
    let mut bytes = 0;
    for (key, _) in map.iter() {
        bytes += if let Key::String(text) = key { text.len() } else { 0 };
        keys.push(key);
    }
    budget.scan(bytes.saturating_mul(comparisons(keys.len())))?;
    Ok(keys)
}

/// Charges for sorting that many values, besides the bytes of texts that are compared.
pub(super) fn charge_sort(budget: &mut Budget, length: usize) -> Result<(), EvalError> {
    budget.step(length.saturating_mul(comparisons(length)))
}

/// How often a sort of so many values compares each, about.
pub(super) fn comparisons(length: usize) -> usize {
    length.checked_ilog2().map_or(1, |log| log as usize + 1)
}

/// Charges for looking up a key in a map, or adding it.
pub(super) fn charge_key(budget: &mut Budget, key: &Value) -> Result<(), EvalError> {
    match key {
        Value::String(text) => budget.search(text.len()),
        _ => Ok(()),
    }
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
        (Value::String(a), Value::String(b)) => budget.scan(a.len().min(b.len()))?,
        (Value::Bytes(a), Value::Bytes(b)) => budget.scan(a.len().min(b.len()))?,
        _ => {}
    }
    order(operator, a, b)
}

/// As [`compare`], where the comparison was charged before.
pub(super) fn order(operator: &'static str, a: &Value, b: &Value) -> Result<Option<Ordering>, EvalError> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Ok(Some(a.cmp(b))),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Some(a.cmp(b))),
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
    budget.step(1)?;
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
        Value::Map(map) => {
            charge_key(budget, item)?;
            match key_of(item) {
                Some(key) if map.get(key).is_some() => Ok(true),
                _ => not_json(map, item).map_or(Ok(false), Err),
            }
        }
        other => Err(EvalError::operands("in", item, other)),
    }
}

/// `container[key]`.
pub(super) fn index(budget: &mut Budget, container: &Value, key: &Value) -> EvalResult {
    charge_key(budget, key)?;
    match container {
        Value::List(list) => {
            let at = whole(key).ok_or_else(|| EvalError::operands("[]", container, key))?;
            usize::try_from(at).ok().and_then(|at| list.get(at)).cloned().ok_or(EvalError::NoSuchIndex)
        }
        Value::Map(map) => {
            let found = key_of(key).ok_or_else(|| EvalError::operands("[]", container, key))?;
            let missing = || not_json(map, key).unwrap_or(EvalError::NoSuchComputedKey);
            map.get(found).cloned().ok_or_else(missing)
        }
        Value::Optional(inner) => {
            budget.build_object()?;
            within(inner.as_deref(), |value| index(budget, value, key))
        }
        _ => Err(EvalError::operands("[]", container, key)),
    }
}

/// `container.field`.
pub(super) fn field(budget: &mut Budget, container: &Value, name: &str) -> EvalResult {
    budget.search(name.len())?;
    match container {
        Value::Map(map) => {
            let missing = || not_json_field(map, name).unwrap_or_else(|| EvalError::NoSuchKey(name.to_string()));
            map.get(KeyRef::String(name)).cloned().ok_or_else(missing)
        }
        Value::Optional(inner) => {
            budget.build_object()?;
            within(inner.as_deref(), |value| field(budget, value, name))
        }
        _ => Err(no_fields(container, name)),
    }
}

/// `has(container.field)`.
pub(super) fn has(budget: &mut Budget, container: &Value, name: &str) -> Result<bool, EvalError> {
    budget.search(name.len())?;
    match container {
        Value::Map(map) if map.get(KeyRef::String(name)).is_some() => Ok(true),
        Value::Map(map) => not_json_field(map, name).map_or(Ok(false), Err),
        Value::Optional(None) => Ok(false),
        Value::Optional(Some(inner)) => has(budget, inner, name),
        _ => Err(no_fields(container, name)),
    }
}

fn not_json(map: &Map, key: &Value) -> Option<EvalError> {
    if let Value::String(name) = key { not_json_field(map, name) } else { None }
}

/// The error for `json`, which is not there, of a reading whose body is not JSON and should be. Whether it is there is not known
/// either: a check that passes without it must not pass.
fn not_json_field(map: &Map, name: &str) -> Option<EvalError> {
    let field = |name| map.get(KeyRef::String(name));
    match (field(JSON_ERROR), field("latency")) {
        (Some(Value::String(reason)), Some(Value::Float(_))) if name == "json" => {
            Some(EvalError::NotJson(reason.to_string()))
        }
        _ => None,
    }
}

fn no_fields(value: &Value, field: &str) -> EvalError {
    EvalError::NoFields { field: field.to_string(), actual: type_name(value) }
}

/// `container[?key]`: the value as an optional one, which is empty where there is none.
pub(super) fn optional_index(budget: &mut Budget, container: &Value, key: &Value) -> EvalResult {
    match container {
        Value::Optional(_) => index(budget, container, key),
        _ => {
            budget.build_object()?;
            within(Some(container), |value| index(budget, value, key))
        }
    }
}

/// `container.?field`.
pub(super) fn optional_field(budget: &mut Budget, container: &Value, name: &str) -> EvalResult {
    match container {
        Value::Optional(_) => field(budget, container, name),
        _ => {
            budget.build_object()?;
            within(Some(container), |value| field(budget, value, name))
        }
    }
}

/// Selects from a value that may be absent: a missing key or index gives the empty optional and no error.
fn within(inner: Option<&Value>, select: impl FnOnce(&Value) -> EvalResult) -> EvalResult {
    match inner.map(select) {
        Some(Ok(value)) => Ok(Value::some(value)),
        None | Some(Err(EvalError::NoSuchKey(_) | EvalError::NoSuchComputedKey | EvalError::NoSuchIndex)) => {
            Ok(Value::Optional(None))
        }
        Some(Err(error)) => Err(error),
    }
}

/// A value as the key of a map; `None` where no key has its type.
fn key_of(value: &Value) -> Option<KeyRef<'_>> {
    Some(match value {
        Value::Bool(value) => KeyRef::Bool(*value),
        Value::String(text) => KeyRef::String(text),
        number => {
            let number = whole(number)?;
            match i64::try_from(number) {
                Ok(number) => KeyRef::Int(number),
                Err(_) => KeyRef::Uint(u64::try_from(number).ok()?),
            }
        }
    })
}

/// A number without a fraction.
fn whole(value: &Value) -> Option<i128> {
    match value {
        // Larger ones are neither int nor uint.
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e20 => Some(*number as i128),
        other => integer(other),
    }
}

/// `left + right`. A string or list that is not shared grows in place.
pub(super) fn add(budget: &mut Budget, left: Value, right: Value) -> EvalResult {
    match (left, right) {
        (Value::String(mut left), Value::String(right)) => {
            let Some(own) = Arc::get_mut(&mut left) else {
                budget.build_text(left.len().saturating_add(right.len()))?;
                return Ok(Value::String(Arc::new([left.as_str(), right.as_str()].concat())));
            };
            charge_growth(budget, own.len(), own.capacity(), right.len())?;
            own.push_str(&right);
            Ok(Value::String(left))
        }
        (Value::Bytes(mut left), Value::Bytes(right)) => {
            let Some(own) = Arc::get_mut(&mut left) else {
                budget.build_text(left.len().saturating_add(right.len()))?;
                return Ok(Value::Bytes(Arc::new([left.as_slice(), right.as_slice()].concat())));
            };
            charge_growth(budget, own.len(), own.capacity(), right.len())?;
            own.extend_from_slice(&right);
            Ok(Value::Bytes(left))
        }
        (Value::List(mut left), Value::List(right)) => {
            // Each item is counted as shared.
            budget.step(right.len() / 4)?;
            let Some(own) = Arc::get_mut(&mut left) else {
                budget.step(left.len() / 4)?;
                budget.build_list(left.len().saturating_add(right.len()))?;
                return Ok(Value::List(Arc::new([left.as_slice(), right.as_slice()].concat())));
            };
            let item = size_of::<Value>();
            charge_growth(budget, own.len() * item, own.capacity() * item, right.len().saturating_mul(item))?;
            own.extend(right.iter().cloned());
            Ok(Value::List(left))
        }
        (left, right) => arithmetic(Binary::Add, &left, &right),
    }
}

/// Charges for appending `added` bytes. What does not fit is moved, to twice the place where that is more.
fn charge_growth(budget: &mut Budget, length: usize, capacity: usize, added: usize) -> Result<(), EvalError> {
    let needed = length.saturating_add(added);
    if needed <= capacity { budget.scan(added) } else { budget.build(needed.max(capacity.saturating_mul(2))) }
}
