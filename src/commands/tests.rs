//! Commands without HTTP, over caches filled by hand and a stand-in for the Kubernetes API.

mod acknowledgements;
mod answers;
mod commands;
mod conversation;
mod explanations;
mod owners;
mod reclassified;
mod records;
mod silences;
mod silencing;
