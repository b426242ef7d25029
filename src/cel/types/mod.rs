//! Types, as far as they are known before evaluation.

mod check;
mod infer;
mod readings;

pub(super) use check::{check, is_function};
pub(super) use infer::literal_text;
pub use readings::{ReadingField, ReadingKind};
