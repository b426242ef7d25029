//! What an expression may refer to, what it refers to, and what it must evaluate to.

use std::collections::BTreeSet;

/// The type that an expression must evaluate to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultType {
    Bool,
    Text,
    /// A list of strings or numbers.
    List,
    /// Any value.
    Any,
}

/// What an expression may refer to besides `probes`, `env` and `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Whether `item` is available: in a check with `forEach`.
    pub item: bool,
}

/// The readings that an expression refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeRefs {
    /// It uses `probes` as a whole, or a computed name.
    All,
    Named(BTreeSet<String>),
}
