//! The pages, each with its handlers.

pub mod actions;
pub mod agents;
pub mod board;
pub mod chat;
pub mod context;
pub mod events;
pub mod failed;
pub mod findings;
pub mod handover;
pub mod inbox;
mod list;
pub mod model;
pub mod nothing;
pub mod peers;
pub mod preferences;
pub mod presence;
pub mod runbook;
pub mod runbooks;
pub mod scenario;
pub mod session;
pub mod silences;
pub mod threads;
mod when;
