//! Functions of `cel` and `kube-cel`, called with values that are there.

use super::Name;
use crate::cel::budget::Budget;
use crate::cel::evaluate::Outcome;
use crate::cel::fault::Fault;
use kube_cel::KubeCelExt as _;
use kube_cel::cel::common::ast::{CallExpr, Expr, IdedExpr};
use kube_cel::cel::objects::Value;
use kube_cel::cel::{Context, ExecutionError};
use std::sync::{Arc, LazyLock};

/// Made once; every call is a scope within it.
static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = Context::default();
    context.register_all();
    context
});

/// What is called as it is. The rest of the library is done anew, or left out.
const NAMES: &[&str] = &[
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

/// A call takes about the time of so many steps.
const CALL_STEPS: usize = 24;
/// Longest text that `format` takes for a format, in bytes, and the most digits it may be asked for.
const FORMAT_MAX: usize = 4096;
const PRECISION_MAX: usize = 100;

/// Whether the library's function of this name may be called.
pub(super) fn has(name: Name<'_>) -> bool {
    match name.namespace {
        None => NAMES.contains(&name.name),
        Some(namespace) => matches!(namespace, "math" | "strings" | "ip"),
    }
}

/// Calls it. The library copies what it is given, so that is paid for; it gets no large values here.
pub(super) fn call(budget: &mut Budget, name: Name<'_>, mut args: Vec<Value>) -> Outcome {
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

/// The library's errors tell values: only what they are about is kept.
fn explain(name: Name<'_>, error: &ExecutionError) -> Fault {
    match error {
        ExecutionError::UndeclaredReference(_) => Fault::Unknown(name.name.to_string()),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => Fault::DivisionByZero,
        _ => Fault::function(name.name),
    }
}

/// Bounds what `format` makes, and what it makes of it: times as text, and no maps, which have another order at every run.
fn prepare_format(args: &mut [Value]) -> Result<(), Fault> {
    let fault = || Fault::function("format");
    let [Value::String(format), Value::List(values)] = args else { return Err(fault()) };
    let asks_too_much = format.split("%.").skip(1).any(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().is_ok_and(|n: usize| n > PRECISION_MAX) || digits.len() > 3
    });
    if format.len() > FORMAT_MAX || asks_too_much {
        return Err(fault());
    }
    if values.iter().any(has_map) {
        return Err(fault());
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
