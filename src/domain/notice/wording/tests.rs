//! Messages as people get them.

mod digest;
mod fixtures;
mod golden;
mod hostile;
mod lines;
mod webhook;
