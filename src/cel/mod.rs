//! The check language: CEL expressions, compiled when a Scenario changes and evaluated over the readings of a run.
//!
//! The `cel` crate parses, and extension functions of Kubernetes come from `kube-cel`. Evaluation is this module's own
//! ([`evaluate`]; docs/adr/0001-two-cel-engines.md says why). The cost is bounded twice: [`bounds`] rejects expressions that could
//! cost too much when they are compiled, and [`budget`] counts steps and bytes during an evaluation.

mod bounds;
mod budget;
mod error;
mod evaluate;
mod expression;
mod functions;
mod inputs;
pub mod limits;
mod names;
mod operators;
mod patterns;
mod signature;
mod time;
mod types;

#[cfg(test)]
mod tests;

pub use error::{CompileError, CostError, EvalError, SyntaxError};
pub use expression::Expression;
pub use inputs::{Inputs, Item, ReadingInput};
pub use signature::{ProbeRefs, ResultType, Scope};
