//! The index of the runbooks: reads a tree of Markdown, splits it into pieces, and finds those that fit a question.

mod database;
mod fusion;
mod lexicon;
mod library;
mod question;
mod ranking;
mod report;
mod stop_words;
mod tree;
mod vocabulary;
mod words;

pub use database::{DatabaseError, Due, VectorModel};
pub use library::{Library, LibraryConfig, LibraryError, Query, QueryVector, Refreshed};
pub use question::MatchedWord;
pub use ranking::{Found, Near, Why};
pub use tree::{PAGE_MAX, RunbookError, TreeLimits, read_runbook};
