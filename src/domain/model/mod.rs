//! The local model: how its calls fail, and how fast it is.

mod fault;
mod speed;

pub use fault::{Effect, ModelFault, Unfit};
pub use speed::{ANSWER_TOKENS, Measured, PROMPT_BYTES, Speed, Verdict};
