//! Advice of the local model: what is asked, in which order and how often, and what of its answers is shown.

pub mod answer;
pub mod awaited;
mod breaker;
mod budget;
pub mod check;
pub mod due;
mod evidence;
pub mod fallback;
mod fence;
mod language;
pub mod prompt;
pub mod questions;
mod queue;
pub mod search;
mod told;
pub mod trial;
mod tries;
pub mod votes;
pub mod weekly;

pub use breaker::{Breaker, May};
pub use budget::Budget;
pub use evidence::evidence_hash;
pub use queue::{Job, Offered, QUEUE_MAX, Queue};
pub use told::told_by_model;
pub use tries::{Again, Overtaken, Subject, Tries};
