//! Structural schemas: what an object of a kind may hold. Prunes, fills in defaults, validates; knows list and map types for
//! server-side apply.

mod compiled;
pub mod core;
mod decode;
mod metadata;
mod structure;
#[cfg(test)]
mod tests;
mod validate;

pub use compiled::{Cause, Schema, SchemaError};
pub(super) use compiled::{ListType, Node};
pub use structure::Unknown;
pub use validate::WHOLE;
