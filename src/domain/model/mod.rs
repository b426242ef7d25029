//! The local model: how its calls fail, and how fast it is.

mod fault;
mod speed;

pub use fault::{Effect, ModelFault};
pub use speed::{ANSWER_TOKENS, Measured, PROMPT_BYTES, Speed, Verdict};
