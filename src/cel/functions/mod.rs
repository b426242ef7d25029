//! The functions that expressions may call.
//!
//! The functions of strings, lists, maps and times are this module's own, since `kube-cel` makes deep copies of its arguments. Its
//! functions of addresses, URLs, quantities, versions, numbers and formats are called through [`library`].

mod convert;
pub(super) mod library;
mod lists;
mod name;
mod text;
mod times;

use super::budget::Budget;
use super::error::{EvalError, EvalResult};
use super::patterns::Patterns;
use kube_cel::cel::objects::Value;
pub(super) use name::Name;

/// Calls a function. A method's target is its first argument.
pub(super) fn call(budget: &mut Budget, patterns: &mut Patterns, name: Name<'_>, args: Vec<Value>) -> EvalResult {
    let own = match name.namespace {
        None => text::call(budget, patterns, name.name, &args)
            .or_else(|| lists::call(budget, name.name, &args))
            .or_else(|| convert::call(budget, name.name, &args))
            .or_else(|| times::call(budget, name.name, &args)),
        Some("sets") => lists::sets(budget, name.name, &args),
        Some("optional") => convert::optional(budget, name.name, &args),
        Some(_) => None,
    };
    match own {
        Some(result) => result,
        None if library::has(name) => library::call(budget, name, args),
        None => Err(EvalError::function(name.name)),
    }
}
