//! The functions that expressions may call.
//!
//! What works on texts, lists and maps is our own: the library copies what it is given, with all that is in it. Its functions of
//! addresses, URLs, quantities, versions, numbers and formats are called as they are.

mod convert;
mod library;
mod lists;
mod text;
mod times;

use super::budget::Budget;
use super::evaluate::Outcome;
use super::fault::Fault;
use kube_cel::cel::objects::Value;

/// What is called.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    /// `math` and the like.
    pub namespace: Option<&'a str>,
    pub name: &'a str,
    /// Whether the first argument stood before the dot.
    pub is_method: bool,
}

/// Calls a function. A method's target is its first argument.
pub(super) fn call(budget: &mut Budget, name: Name<'_>, args: Vec<Value>) -> Outcome {
    let own = match name.namespace {
        None => text::call(budget, name.name, &args)
            .or_else(|| lists::call(budget, name.name, &args))
            .or_else(|| convert::call(budget, name.name, &args))
            .or_else(|| times::call(name.name, &args)),
        Some("sets") => lists::sets(budget, name.name, &args),
        Some("optional") => convert::optional(name.name, &args),
        Some(_) => None,
    };
    match own {
        Some(outcome) => outcome,
        None if library::has(name) => library::call(budget, name, args),
        None => Err(Fault::function(name.name)),
    }
}
