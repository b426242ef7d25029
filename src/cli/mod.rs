//! The command line, one file for each subcommand. Only this module depends on all others.

mod advice;
pub mod advise;
mod certificates;
pub mod channels;
pub mod check;
pub mod client;
pub mod crds;
mod data_files;
mod data_lock;
pub mod demo;
mod error;
pub mod health;
mod limits;
pub mod model;
pub mod notices;
pub mod notify;
mod objects;
pub mod operator;
mod panel;
mod past;
pub mod registry;
pub mod serve;
pub mod settings;
pub mod shutdown;
pub mod silence;
pub mod specs;
pub mod sqlite_worker;
pub mod standalone;
pub mod token;
mod vectors;
mod view;

pub use error::CliError;
