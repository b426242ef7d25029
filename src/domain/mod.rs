//! What is decided, purely: no clock, no network, no Kubernetes. Time and observations come in as arguments.
//!
//! `Scenario` spec -> [`validate`] -> [`resolve`] -> readings -> [`outcome`] -> [`tracker`] -> [`plan`] -> [`wish`] -> [`transition`] -> Finding.

pub mod cel;
pub mod duration;
pub mod evidence;
pub mod fingerprint;
#[cfg(test)]
mod fixtures;
pub mod outcome;
pub mod plan;
pub mod reading;
pub mod redact;
pub mod resolve;
pub mod schedule;
pub mod target;
pub mod template;
pub mod texts;
pub mod tracker;
pub mod transition;
pub mod validate;
pub mod wish;
