//! Makes Silences, and ends them.

mod end;
mod input;
mod make;

pub use end::EndSilence;
pub use input::{NewSilence, REASON_MAX};
pub use make::MakeSilence;

pub(super) use end::{VERB as VERB_END, complete as complete_end};
pub(super) use make::{VERB as VERB_MAKE, complete as complete_make};
