//! Quantities as Kubernetes writes them: `1500m`, `2Gi`, `1e3`.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::{Object, Quantity, Value, is_quantity};
use std::sync::Arc;

/// Longest text that is read as a quantity, in bytes.
const TEXT_MAX: usize = 8192;
/// Steps charged for reading, comparing and adding.
const STEPS: usize = 16;
/// Calls the function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    let result = match args {
        [Value::String(text)] if matches!(name, "quantity" | "isQuantity") => read(budget, name, text),
        [Value::Object(Object::Quantity(quantity))] => of_one(name, **quantity)?,
        [Value::Object(Object::Quantity(a)), Value::Object(Object::Quantity(b))] => of_two(name, **a, **b)?,
        [Value::Object(Object::Quantity(a)), Value::Int(b)] if matches!(name, "add" | "sub") => {
            of_two(name, **a, Quantity::from(*b))?
        }
        _ => return None,
    };
    Some(budget.step(STEPS).and_then(|()| budget.build_object()).and(result))
}

fn read(budget: &mut Budget, name: &str, text: &str) -> EvalResult {
    if text.len() > TEXT_MAX {
        return Err(EvalError::function(name));
    }
    budget.search(2 * text.len())?;
    budget.build_text(text.len())?;
    match name {
        "isQuantity" => Ok(Value::Bool(is_quantity(text))),
        _ => wrap(name, Quantity::parse(text)),
    }
}

fn wrap(name: &str, quantity: Option<Quantity>) -> EvalResult {
    let quantity = quantity.ok_or_else(|| EvalError::function(name))?;
    Ok(Value::Object(Object::Quantity(Arc::new(quantity))))
}

fn of_one(name: &str, quantity: Quantity) -> Option<EvalResult> {
    Some(match name {
        "sign" => Ok(Value::Int(quantity.sign())),
        "isInteger" => Ok(Value::Bool(quantity.integer().is_some())),
        "asInteger" => quantity.integer().map(Value::Int).ok_or_else(|| EvalError::function(name)),
        "asApproximateFloat" => Ok(Value::Float(quantity.approximate())),
        _ => return None,
    })
}

fn of_two(name: &str, a: Quantity, b: Quantity) -> Option<EvalResult> {
    Some(match name {
        "compareTo" => Ok(Value::Int(a.compare(b) as i64)),
        "isLessThan" => Ok(Value::Bool(a.compare(b).is_lt())),
        "isGreaterThan" => Ok(Value::Bool(a.compare(b).is_gt())),
        "add" => wrap(name, a.plus(b)),
        "sub" => wrap(name, a.minus(b)),
        _ => return None,
    })
}
