//! How messages leave the program.

pub mod heartbeat;
