//! All tests but unit tests, which are in `src/`. One binary: the program is linked once.
//!
//! Part of it by name: `cargo test --test integration conformance::`. `tests/run` runs everything, on the embedded API server and
//! on a real one, which `AGENTIC_TEST_KUBECONFIG` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by them")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "cargo shows it where a test fails")]

mod chart;
mod conformance;
mod controlplane;
mod generated;
mod integration;
mod kit;
mod layers;
