//! Runbooks as text: their sections, the pieces that are searched and cited, and which checks they cover.

mod about;
mod coverage;
pub mod evaluation;
mod excerpt;
mod pieces;
pub mod quoted;
pub mod section;

pub use about::About;
pub use coverage::{Coverage, Gap, ScenarioRunbook, coverage};
pub use excerpt::{Excerpt, TEXT_MAX, short_hash};
pub use pieces::pieces;
