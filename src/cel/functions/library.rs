//! Functions of `cel` and `kube-cel`, called with evaluated arguments.

use super::name::Name;
use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
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
/// Longest format string of `format`, in bytes, and its largest precision.
const FORMAT_MAX: usize = 4096;
const PRECISION_MAX: usize = 100;

/// Whether the library's function of this name may be called.
pub(super) fn has(name: Name<'_>) -> bool {
    match name.namespace {
        None => NAMES.contains(&name.name),
        Some(namespace) => matches!(namespace, "math" | "strings" | "ip"),
    }
}

/// Calls it. The library copies its arguments, so the copies are charged to the budget first.
pub(super) fn call(budget: &mut Budget, name: Name<'_>, mut args: Vec<Value>) -> EvalResult {
    if name.namespace.is_none() && name.name == "format" {
        prepare_format(&mut args)?;
    }
    budget.step(CALL_STEPS)?;
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

/// Bounds the result of `format`, converts timestamps as CEL does, and rejects maps, whose order differs from run to run.
fn prepare_format(args: &mut [Value]) -> Result<(), EvalError> {
    let invalid = || EvalError::function("format");
    let [Value::String(format), Value::List(values)] = args else { return Err(invalid()) };
    let exceeds_precision = format.split("%.").skip(1).any(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().is_ok_and(|n: usize| n > PRECISION_MAX) || digits.len() > 3
    });
    if format.len() > FORMAT_MAX || exceeds_precision {
        return Err(invalid());
    }
    if values.iter().any(has_map) {
        return Err(invalid());
    }
    if values.iter().any(|value| matches!(value, Value::Timestamp(_))) {
        for value in Arc::make_mut(values).iter_mut() {
            if let Value::Timestamp(time) = value {
                *value = Value::String(Arc::new(super::times::show(time)));
            }
        }
    }
    Ok(())
}

fn has_map(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::List(list) => list.iter().any(has_map),
        _ => false,
    }
}
