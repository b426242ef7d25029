//! Notices: who is told what of a Finding, by which channel, when, and why not.
//!
//! Finding, Scenarios, Silences and settings -> [`due`] -> [`stages`] -> [`plan`] -> [`group`] -> [`record`] of claim and delivery. All of
//! it is decided from what is stored, so that a crash anywhere loses nothing and repeats nothing under another identity.

pub mod content;
pub mod digest;
pub mod digest_content;
pub mod digest_delivery;
pub mod due;
pub mod flapping;
pub mod group;
pub mod informed;
pub mod plan;
pub mod policy;
#[cfg(test)]
mod property;
pub mod queue;
pub mod record;
mod smtp_url;
pub mod stages;
pub mod wording;

pub use smtp_url::{SmtpTls, SmtpUrl};

use super::printable::one_line;
use crate::api::conditions::bounded;

/// The answer of a server as one bounded line.
fn printable_answer(answer: &str, max: usize) -> String {
    bounded(one_line(answer.trim()).trim(), max)
}
