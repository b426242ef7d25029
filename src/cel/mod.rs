//! The check language: CEL expressions, compiled when a Scenario changes and evaluated over the readings of a run.
//!
//! Parser ([`syntax`]), values ([`values`]), functions ([`functions`]) and evaluation ([`evaluate`]) are this module's own
//! (docs/adr/0001-two-cel-engines.md says why). The cost is bounded three times, and never by a clock: the parser counts levels and
//! nodes, [`bounds`] rejects expressions that could cost too much, and [`budget`] counts steps and bytes during an evaluation.
//! [`types`] rejects parts that cannot give a value.

mod arithmetic;
mod bounds;
mod budget;
mod error;
mod evaluate;
mod expression;
mod fields;
mod functions;
mod inputs;
pub mod limits;
mod names;
mod operators;
mod patterns;
mod shown;
mod signature;
mod syntax;
mod time;
mod types;
mod values;

#[cfg(test)]
mod tests;

pub use error::{CompileError, EvalError};
pub use evaluate::PathRead;
pub use expression::Expression;
pub use inputs::{Environment, Inputs, Item, JSON_ERROR, ReadingInput};
pub use limits::CostError;
pub use patterns::{PatternError, WholePattern};
pub use shown::{Layout, Shown};
pub use signature::{ProbeRefs, ResultType, Scope};
pub use syntax::{Place, SyntaxError, SyntaxReason};
pub use types::{ReadingField, ReadingKind};
