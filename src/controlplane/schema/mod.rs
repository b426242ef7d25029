//! Structural schemas: pruning, defaulting, validation, and the list and map types that server-side apply needs.

mod compiled;
pub mod core;
mod decode;
mod metadata;
mod rules;
mod structure;
#[cfg(test)]
mod tests;
mod validate;

pub use compiled::{Cause, Schema, SchemaError};
pub(super) use compiled::{ListType, Node};
pub use structure::Unknown;
pub use validate::{MUST_BE_INTEGER, RULES_NOT_CHECKED};
