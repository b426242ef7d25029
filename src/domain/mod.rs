//! What is decided, purely: no clock, no network, no Kubernetes. Time and observations come in as arguments.
//!
//! `Scenario` spec -> [`validate`] -> readings -> [`outcome`] -> [`tracker`] -> [`transition`] -> Finding.

pub mod duration;
pub mod reading;
pub mod target;
