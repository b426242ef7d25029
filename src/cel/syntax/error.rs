//! Why there is no syntax tree.

use crate::cel::limits::CostError;

/// A place in a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte of the source text.
    pub(in crate::cel) fn of(source: &str, offset: usize) -> Place {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// Where a source text is not CEL, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub reason: SyntaxReason,
}

/// Why a source text is not CEL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxReason {
    /// A character that begins nothing.
    Character(char),
    /// A token that cannot stand here; its text.
    Unexpected(String),
    /// The text ends, and this should follow.
    UnexpectedEnd,
    /// This token is missing before the token that is found here; their texts.
    Expected { expected: &'static str, found: String },
    /// A string or bytes literal without its closing quotes.
    UnclosedText,
    /// An escape sequence that there is none of.
    Escape(String),
    /// A number that is out of range.
    Number(String),
    /// A word that the specification reserves.
    ReservedWord(String),
    /// Syntax of CEL that is left out here, as it is written.
    NotSupported(&'static str),
    /// The argument of `has` must be a field.
    NotAField,
    /// The first argument of this macro must be a name.
    MacroArgument(String),
}

/// Why there is no syntax tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    Syntax(SyntaxError),
    TooCostly(CostError),
}

impl From<SyntaxError> for ParseError {
    fn from(error: SyntaxError) -> ParseError {
        ParseError::Syntax(error)
    }
}

impl SyntaxError {
    /// The error at a byte of the source text.
    pub(super) fn at(source: &str, offset: usize, reason: SyntaxReason) -> SyntaxError {
        let Place { line, column } = Place::of(source, offset);
        SyntaxError { line, column, reason }
    }
}
