//! The limits of an expression, of one evaluation, and of the lists that it iterates over.

/// Longest source text of an expression, in bytes.
pub const SOURCE_MAX: usize = 4096;
/// Nested brackets in the source text, and levels of the syntax tree.
pub const DEPTH_MAX: usize = 64;
/// Nodes of the syntax tree.
pub const NODES_MAX: usize = 2_000;
/// Nested `all`, `exists`, `map` and `filter`.
pub const COMPREHENSIONS_MAX: usize = 2;
/// Most items of a `forEach` list.
pub const ITEMS_MAX: usize = 100;
/// Most items of a list or map in a reading that an expression may iterate over.
pub const LIST_MAX: usize = 1_000;
/// Longest regular expression, in bytes.
pub const PATTERN_MAX: usize = 4096;
/// Steps of one evaluation of one expression: nodes evaluated, items iterated over, and bytes compared (64 count as a step) or searched (16).
pub const STEPS_MAX: usize = 800_000;
/// Bytes of strings, lists and maps that one evaluation may allocate.
pub const BYTES_MAX: usize = 8 << 20;

/// Which limit an expression would exceed, known before it is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostError {
    /// [`DEPTH_MAX`].
    NestedTooDeep,
    /// [`NODES_MAX`].
    TooManyNodes,
    /// [`COMPREHENSIONS_MAX`].
    TooManyComprehensions,
    /// Its regular expressions and other literals cost more than [`STEPS_MAX`] to read.
    TooManyLiterals,
}
