//! The functions that expressions may call. Each charges its cost before its work, and returns `None` for arguments of other types.

mod convert;
mod encoders;
mod format;
mod lists;
mod math;
mod name;
mod network;
mod quantity;
pub(super) mod signatures;
mod text;
mod times;
mod url;
mod version;

use super::budget::Budget;
use super::error::{EvalError, EvalResult};
use super::patterns::Patterns;
use super::values::Value;
pub(super) use format::clauses as format_clauses;
pub(super) use lists::sort_by;
pub(super) use name::Name;

/// Steps charged for a call, besides its own.
const CALL_STEPS: usize = 1;

/// Calls a function. A method's target is its first argument.
pub(super) fn call(
    budget: &mut Budget,
    patterns: &mut Patterns,
    now: Option<&Value>,
    name: Name<'_>,
    args: &[Value],
) -> EvalResult {
    budget.step(CALL_STEPS)?;
    let Name { namespace, name, .. } = name;
    let result = match namespace {
        None => text::call(budget, patterns, name, args)
            .or_else(|| lists::call(budget, name, args))
            .or_else(|| convert::call(budget, name, args))
            .or_else(|| times::call(budget, now, name, args))
            .or_else(|| network::call(budget, name, args))
            .or_else(|| url::call(budget, name, args))
            .or_else(|| quantity::call(budget, name, args))
            .or_else(|| version::call(budget, name, args)),
        Some("math") => math::call(budget, name, args),
        Some("sets") => lists::sets(budget, name, args),
        Some("lists") => lists::range(budget, args),
        Some("optional") => convert::optional(budget, name, args),
        Some("base64") => encoders::call(budget, name, args),
        Some("ip") => network::is_canonical(args),
        Some("strings") => match args {
            [Value::String(text)] => Some(text::quote(budget, text)),
            _ => None,
        },
        Some(_) => None,
    };
    result.unwrap_or_else(|| Err(EvalError::function(name)))
}
