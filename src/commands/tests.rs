//! Commands without HTTP, over caches filled by hand and a stand-in for the Kubernetes API.

pub mod api_server;
mod commands;
mod records;
mod silences;
