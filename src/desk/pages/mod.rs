//! The pages, each with its handlers.

pub mod board;
pub mod context;
pub mod events;
pub mod failed;
pub mod inbox;
pub mod linked;
pub mod peers;
pub mod preferences;
pub mod presence;
pub mod runbook;
pub mod scenario;
pub mod session;
