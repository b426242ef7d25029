//! The syntax of CEL: a parser of the specification's grammar, and the tree that it gives.
//!
//! The work is linear in the length of the source text: the lexer reads each byte once, the parser looks one token ahead and never
//! goes back. Nesting, levels and nodes are counted while the tree is built, so that neither the parser nor what walks over the tree
//! recurses deeper than [`super::limits::DEPTH_MAX`].

mod error;
mod lexer;
mod macros;
mod parser;
mod text;
mod tree;

pub use error::{ParseError, Place, SyntaxError, SyntaxReason};
pub(super) use parser::parse;
pub(super) use tree::{Binary, Bind, Binding, Call, Comprehension, Element, Entry, Expr, Macro, Node};
