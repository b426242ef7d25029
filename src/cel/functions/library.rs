//! Functions of `cel` and `kube-cel`, called with evaluated arguments.

use super::name::Name;
use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::optional;
use kube_cel::KubeCelExt as _;
use kube_cel::cel::common::ast::{CallExpr, Expr, IdedExpr};
use kube_cel::cel::objects::Value;
use kube_cel::cel::{Context, ExecutionError};
use std::sync::{Arc, LazyLock};

/// Built once; every call uses a scope within it.
static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = Context::default();
    context.register_all();
    context
});

/// The library functions that may be called. The others are implemented in this folder, or not available.
pub(in crate::cel) const NAMES: &[&str] = &[
    "add",
    "asApproximateFloat",
    "asInteger",
    "cidr",
    "compareTo",
    "containsCIDR",
    "containsIP",
    "duration",
    "family",
    "format",
    "getEscapedPath",
    "getHost",
    "getHostname",
    "getPort",
    "getQuery",
    "getScheme",
    "ip",
    "isCIDR",
    "isGlobalUnicast",
    "isGreaterThan",
    "isIP",
    "isInteger",
    "isLessThan",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isLoopback",
    "isQuantity",
    "isSemver",
    "isURL",
    "isUnspecified",
    "major",
    "masked",
    "minor",
    "patch",
    "prefixLength",
    "quantity",
    "semver",
    "sign",
    "string",
    "sub",
    "url",
];

/// Steps charged for a call.
const CALL_STEPS: usize = 24;
/// Longest text that is read as an address, a number and the like, in bytes.
const TEXT_MAX: usize = 8192;
/// Longest text of a number that `format` writes, besides its digits after the point, in bytes.
const NUMBER_MAX: usize = 320;
/// Steps charged for writing a number with many digits.
const NUMBER_STEPS: usize = 200;
/// Longest format string of `format`, in bytes, and its largest precision.
const FORMAT_MAX: usize = 4096;
const PRECISION_MAX: usize = 100;
/// Longest text of a time, an address or a whole number that `format` writes, in bytes.
const TIME_MAX: usize = 96;

/// Whether the library's function of this name may be called.
pub(super) fn has(name: Name<'_>) -> bool {
    match name.namespace {
        None => NAMES.contains(&name.name),
        Some(namespace) => matches!(namespace, "math" | "strings" | "ip"),
    }
}

/// Calls it. The library copies its arguments, so the copies are charged to the budget first.
pub(super) fn call(budget: &mut Budget, name: Name<'_>, mut args: Vec<Value>) -> EvalResult {
    budget.step(CALL_STEPS)?;
    match (name.namespace, name.name) {
        (None, "format") => prepare_format(budget, &mut args)?,
        (Some("strings"), _) => charge_quote(budget, &args)?,
        _ if args.iter().any(|arg| matches!(arg, Value::String(text) if text.len() > TEXT_MAX)) => {
            return Err(EvalError::function(name.name));
        }
        _ => {}
    }
    args.iter().try_for_each(|arg| budget.copy(arg))?;
    let mut scope = FUNCTIONS.new_inner_scope();
    let mut names = Vec::with_capacity(args.len());
    for (i, value) in args.into_iter().enumerate() {
        scope.add_variable_from_value(format!("@{i}"), value);
        names.push(ident(format!("@{i}")));
    }
    let target = match name.namespace {
        Some(namespace) => Some(Box::new(ident(namespace.to_string()))),
        None if name.is_method => Some(Box::new(names.remove(0))),
        None => None,
    };
    let call = CallExpr { func_name: name.name.to_string(), target, args: names };
    let value = Value::resolve(&IdedExpr { id: 0, expr: Expr::Call(call) }, &scope).map_err(|e| explain(name, &e))?;
    budget.copy(&value)?;
    Ok(value)
}

fn ident(name: String) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Ident(name) }
}

/// The library's errors contain values, so only the name of the function is kept.
fn explain(name: Name<'_>, error: &ExecutionError) -> EvalError {
    match error {
        ExecutionError::UndeclaredReference(_) => EvalError::UnknownName(name.name.to_string()),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => EvalError::DivisionByZero,
        _ => EvalError::function(name.name),
    }
}

/// `strings.quote`: each character may become two.
fn charge_quote(budget: &mut Budget, args: &[Value]) -> Result<(), EvalError> {
    for arg in args {
        if let Value::String(text) = arg {
            budget.search(text.len())?;
            budget.build(4 * text.len())?;
        }
    }
    Ok(())
}

/// Charges the result of `format`, converts timestamps as CEL does, and rejects maps, whose order differs from run to run.
fn prepare_format(budget: &mut Budget, args: &mut [Value]) -> Result<(), EvalError> {
    let invalid = || EvalError::function("format");
    let [Value::String(format), Value::List(values)] = args else { return Err(invalid()) };
    let exceeds_precision = format.split("%.").skip(1).any(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().is_ok_and(|n: usize| n > PRECISION_MAX) || digits.len() > 3
    });
    if format.len() > FORMAT_MAX || exceeds_precision {
        return Err(invalid());
    }
    budget.search(format.len())?;
    let precise = format.matches("%.").count();
    budget.step(precise * NUMBER_STEPS)?;
    budget.build(precise * (NUMBER_MAX + PRECISION_MAX))?;
    let hexadecimal = format.contains("%x") || format.contains("%X");
    for value in values.iter() {
        charge_written(budget, value)?;
        if let (true, Value::String(text)) = (hexadecimal, value) {
            charge_bytes(budget, text.len())?;
        }
    }
    if values.iter().any(|value| matches!(value, Value::Timestamp(_))) {
        budget.build_list(values.len())?;
        for value in Arc::make_mut(values).iter_mut() {
            if let Value::Timestamp(time) = value {
                budget.build_text(TIME_MAX)?;
                *value = Value::String(Arc::new(super::times::show(time)));
            }
        }
    }
    Ok(())
}

/// Charges for writing a value as text. A map, also within, and an optional value are not written.
fn charge_written(budget: &mut Budget, value: &Value) -> Result<(), EvalError> {
    budget.step(1)?;
    match value {
        Value::List(list) => list.iter().try_for_each(|item| charge_written(budget, item)),
        Value::String(text) => budget.build(2 * text.len()),
        Value::Bytes(bytes) => charge_bytes(budget, bytes.len()),
        Value::Float(_) => {
            budget.step(NUMBER_STEPS)?;
            budget.build(2 * NUMBER_MAX)
        }
        Value::Map(_) => Err(EvalError::function("format")),
        Value::Opaque(opaque) if optional(opaque).is_some() => Err(EvalError::function("format")),
        _ => budget.build(2 * TIME_MAX),
    }
}

/// Charges for writing bytes one by one.
fn charge_bytes(budget: &mut Budget, length: usize) -> Result<(), EvalError> {
    budget.step(length)?;
    budget.build(12 * length)
}
