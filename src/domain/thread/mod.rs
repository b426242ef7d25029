//! Threads: which Thread tells of which occurrence of a Finding, what is told in it, and what Threads and Messages say of themselves.
//!
//! Finding, its Thread and the Messages of that -> [`course`], [`phases`] -> [`story`], [`escalation`]; Thread and Messages ->
//! [`message_status`], [`thread_status`], [`closing`]. All of it is decided from what is stored, and what has to be made once has a name
//! that follows from what it is about: a crash anywhere loses nothing, and a repeated attempt finds what was made.

pub mod answers;
pub mod authorship;
pub mod closing;
pub mod correlated;
pub mod course;
pub mod escalation;
pub mod message_status;
pub mod names;
pub mod phases;
pub mod policy;
pub mod proof;
#[cfg(test)]
mod property;
pub mod story;
pub mod telling;
pub mod thread_status;
pub mod told;
pub mod upkeep;
