//! Functions of lists and maps. Items are shared, never copied.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::operators::{add, charge_sort, compare, comparisons, equal, is_in, order};
use kube_cel::cel::objects::{OptionalValue, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Calls the list or map function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    Some(match (name, args) {
        ("size", [Value::List(list)]) => Ok(int(list.len())),
        ("size", [Value::Map(map)]) => Ok(int(map.map.len())),
        ("size", [Value::Bytes(bytes)]) => Ok(int(bytes.len())),
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

fn int(number: usize) -> Value {
    i64::try_from(number).map_or(Value::Null, Value::Int)
}

fn optional(budget: &mut Budget, value: Option<&Value>) -> EvalResult {
    budget.build_object()?;
    let optional = value.map_or_else(OptionalValue::none, |value| OptionalValue::of(value.clone()));
    Ok(Value::Opaque(Arc::new(optional)))
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
    budget.build_list(list.len())?;
    if list.len() < 2 {
        return Ok(Value::List(Arc::new(list.to_vec())));
    }
    charge_sort(budget, list.len())?;
    let mut bytes: usize = 0;
    for value in list {
        // All have an order with the first one, or the sort would find none.
        order("sort", value, &list[0])?;
        bytes = bytes.saturating_add(size(value));
    }
    budget.scan(bytes.saturating_mul(comparisons(list.len())))?;
    let mut values = list.to_vec();
    // NaN has no order: it comes last.
    let rank = |value: &Value| matches!(value, Value::Float(number) if number.is_nan());
    values.sort_by(|a, b| match order("sort", a, b) {
        Ok(Some(order)) => order,
        _ => rank(a).cmp(&rank(b)),
    });
    Ok(Value::List(Arc::new(values)))
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
            return Ok(int(at));
        }
    }
    Ok(Value::Int(-1))
}
