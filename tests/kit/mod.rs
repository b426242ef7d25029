//! Shared helpers of the tests. Tests wait with `wait`, keep files in a `Scratch`, and start an API server with `api`.

pub mod alertmanager;
pub mod api;
pub mod certificates;
pub mod estate;
pub mod faulty_smtp;
pub mod gguf;
pub mod kubectl;
pub mod mailpit;
pub mod ollama;
pub mod operator;
pub mod ports;
pub mod process;
pub mod promtool;
pub mod real;
pub mod scratch;
pub mod settings;
pub mod wait;
