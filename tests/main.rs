//! All tests except unit tests, which are in `src/`. They are one binary, so that the program is linked once.
//!
//! To run a part, filter by name: `cargo test --test integration conformance::`. `tests/run` runs all tests on the embedded API
//! server, and on a real one that it sets in `AGENTIC_TEST_KUBECONFIG`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail with panics")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "cargo shows the output of failed tests")]

mod cel;
mod chart;
mod conformance;
mod controlplane;
mod generated;
mod integration;
mod kit;
mod layers;
mod retrieval;
