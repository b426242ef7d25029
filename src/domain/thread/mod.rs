//! Threads: their names, and what is told in them.

pub mod names;
