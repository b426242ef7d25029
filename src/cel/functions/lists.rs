//! Functions of lists and maps. Items are shared, never copied.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::operators::{add, charge_sort, compare, comparisons, equal, is_in, order};
use crate::cel::values::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// Calls the list or map function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    Some(match (name, args) {
        ("size", [Value::List(list)]) => Ok(Value::size(list.len())),
        ("size", [Value::Map(map)]) => Ok(Value::size(map.len())),
        ("size", [Value::Bytes(bytes)]) => Ok(Value::size(bytes.len())),
        ("contains", [container @ (Value::List(_) | Value::Map(_)), item]) => {
            is_in(budget, item, container).map(Value::Bool)
        }
        ("first", [Value::List(list)]) => optional(budget, list.first()),
        ("last", [Value::List(list)]) => optional(budget, list.last()),
        ("sum", [Value::List(list)]) => sum(budget, list),
        ("min", [Value::List(list)]) => extreme(budget, "min", list, Ordering::Less),
        ("max", [Value::List(list)]) => extreme(budget, "max", list, Ordering::Greater),
        ("min", values) => extreme(budget, "min", values, Ordering::Less),
        ("max", values) => extreme(budget, "max", values, Ordering::Greater),
        ("isSorted", [Value::List(list)]) => is_sorted(budget, list),
        ("sort", [Value::List(list)]) => sort(budget, list),
        ("flatten", [Value::List(list)]) => flatten(budget, list, 1),
        ("flatten", [Value::List(list), Value::Int(depth)]) => match usize::try_from(*depth) {
            Ok(depth) => flatten(budget, list, depth),
            Err(_) => Err(EvalError::function("flatten")),
        },
        ("distinct", [Value::List(list)]) => distinct(budget, list),
        ("reverse", [Value::List(list)]) => made(budget, list.len(), || list.iter().rev().cloned().collect()),
        ("slice", [Value::List(list), Value::Int(start), Value::Int(end)]) => slice(budget, list, *start, *end),
        ("indexOf", [Value::List(list), item]) => index_of(budget, list.iter().enumerate(), item),
        ("lastIndexOf", [Value::List(list), item]) => index_of(budget, list.iter().enumerate().rev(), item),
        _ => return None,
    })
}

/// `sets.NAME`.
pub(super) fn sets(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    let [Value::List(a), Value::List(b)] = args else { return None };
    let answer = match name {
        "contains" => includes(budget, args, b),
        "equivalent" => includes(budget, args, b).and_then(|all| {
            let swapped = [Value::List(b.clone()), Value::List(a.clone())];
            Ok(all && includes(budget, &swapped, a)?)
        }),
        "intersects" => a.iter().try_fold(false, |found, item| Ok(found || is_in(budget, item, &args[1])?)),
        _ => return None,
    };
    Some(answer.map(Value::Bool))
}

/// Whether all of `items` are in the first of `lists`.
fn includes(budget: &mut Budget, lists: &[Value], items: &[Value]) -> Result<bool, EvalError> {
    items.iter().try_fold(true, |all, item| Ok(all && is_in(budget, item, &lists[0])?))
}

fn optional(budget: &mut Budget, value: Option<&Value>) -> EvalResult {
    budget.build_object()?;
    Ok(Value::Optional(value.map(|value| Arc::new(value.clone()))))
}

/// `lists.range(n)`: the ints from 0 on.
pub(super) fn range(budget: &mut Budget, args: &[Value]) -> Option<EvalResult> {
    let [Value::Int(end)] = args else { return None };
    let length = usize::try_from(*end).unwrap_or(0);
    Some(made(budget, length, || (0..*end).map(Value::Int).collect()))
}

/// The items of lists in the list, so many levels deep.
fn flatten(budget: &mut Budget, list: &[Value], depth: usize) -> EvalResult {
    budget.build_list(0)?;
    let mut items = Vec::new();
    append_flat(budget, list, depth, &mut items)?;
    Ok(Value::List(Arc::new(items)))
}

fn append_flat(budget: &mut Budget, list: &[Value], depth: usize, items: &mut Vec<Value>) -> Result<(), EvalError> {
    for item in list {
        budget.step(1)?;
        match item {
            // Values have a bounded depth, as expressions and readings have.
            Value::List(inner) if depth > 0 => append_flat(budget, inner, depth - 1, items)?,
            other => {
                budget.push()?;
                items.push(other.clone());
            }
        }
    }
    Ok(())
}

fn made(budget: &mut Budget, length: usize, make: impl FnOnce() -> Vec<Value>) -> EvalResult {
    budget.build_list(length)?;
    Ok(Value::List(Arc::new(make())))
}

fn sum(budget: &mut Budget, list: &[Value]) -> EvalResult {
    let Some((first, rest)) = list.split_first() else { return Ok(Value::Int(0)) };
    let is_summable =
        |value: &Value| matches!(value, Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Duration(_));
    let mut sum = first.clone();
    for value in rest {
        budget.step(1)?;
        if !is_summable(value) {
            return Err(EvalError::function("sum"));
        }
        sum = add(budget, sum, value.clone())?;
    }
    if is_summable(&sum) { Ok(sum) } else { Err(EvalError::function("sum")) }
}

fn extreme(budget: &mut Budget, name: &'static str, values: &[Value], wanted: Ordering) -> EvalResult {
    let (first, rest) = values.split_first().ok_or_else(|| EvalError::function(name))?;
    let mut best = first;
    for value in rest {
        if compare(budget, name, value, best)? == Some(wanted) {
            best = value;
        }
    }
    Ok(best.clone())
}

fn is_sorted(budget: &mut Budget, list: &[Value]) -> EvalResult {
    for pair in list.windows(2) {
        if !compare(budget, "isSorted", &pair[0], &pair[1])?.is_some_and(Ordering::is_le) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn sort(budget: &mut Budget, list: &[Value]) -> EvalResult {
    sort_by(budget, list, list)
}

/// The values of a list in the order of their keys, of which there is one for each.
pub(in crate::cel) fn sort_by(budget: &mut Budget, list: &[Value], keys: &[Value]) -> EvalResult {
    budget.build_list(list.len())?;
    let Some((first, _)) = keys.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Ok(Value::List(Arc::new(list.to_vec())));
    };
    budget.build_list(list.len())?;
    charge_sort(budget, list.len())?;
    let mut bytes: usize = 0;
    for key in keys {
        // All have an order with the first one, or the sort would find none.
        order("sort", key, first)?;
        bytes = bytes.saturating_add(size(key));
    }
    budget.scan(bytes.saturating_mul(comparisons(keys.len())))?;
    let mut pairs: Vec<(&Value, &Value)> = keys.iter().zip(list).collect();
    // NaN has no order: it comes last.
    let rank = |value: &Value| matches!(value, Value::Float(number) if number.is_nan());
    pairs.sort_by(|(a, _), (b, _)| match order("sort", a, b) {
        Ok(Some(order)) => order,
        _ => rank(a).cmp(&rank(b)),
    });
    Ok(Value::List(Arc::new(pairs.into_iter().map(|(_, value)| value.clone()).collect())))
}

/// The bytes that a comparison reads.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

fn distinct(budget: &mut Budget, list: &[Value]) -> EvalResult {
    budget.build_list(0)?;
    let mut kept: Vec<Value> = Vec::new();
    'items: for item in list {
        for known in &kept {
            if equal(budget, known, item)? {
                continue 'items;
            }
        }
        budget.push()?;
        kept.push(item.clone());
    }
    Ok(Value::List(Arc::new(kept)))
}

fn slice(budget: &mut Budget, list: &[Value], start: i64, end: i64) -> EvalResult {
    let place = |at: i64| usize::try_from(at).map_err(|_| EvalError::function("slice"));
    let part = list.get(place(start)?..place(end)?).ok_or_else(|| EvalError::function("slice"))?;
    made(budget, part.len(), || part.to_vec())
}

fn index_of<'v>(budget: &mut Budget, items: impl Iterator<Item = (usize, &'v Value)>, wanted: &Value) -> EvalResult {
    for (at, item) in items {
        if equal(budget, item, wanted)? {
            return Ok(Value::size(at));
        }
    }
    Ok(Value::Int(-1))
}
