//! The command line: one file for each subcommand. Only this module wires the others together.

pub mod crds;
pub mod registry;
