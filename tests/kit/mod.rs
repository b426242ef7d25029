//! What tests have in common. A test waits by `wait`, keeps its files in a `Scratch`, and has an API server from `api`.

pub mod api;
pub mod kubectl;
pub mod operator;
pub mod ports;
pub mod process;
pub mod real;
pub mod scratch;
pub mod settings;
pub mod wait;
