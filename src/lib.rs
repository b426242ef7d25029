//! Agentic Ops: monitoring of a small hosting company's machines, around the clock.
//!
//! Data flow: `Scenario` -> readings -> outcomes -> transitions -> `Finding`. Each arrow is one function.

pub mod advisor;
pub mod api;
pub mod cel;
pub mod channels;
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "commands answer on standard output")]
pub mod cli;
pub mod commands;
pub mod controllers;
pub mod controlplane;
pub mod desk;
mod disposable;
pub mod domain;
pub mod facade;
pub mod history;
pub mod listener;
pub mod net;
pub mod probes;
pub mod runtime;
pub mod telemetry;
pub mod views;
