//! The pages, each with its handlers.

pub mod context;
pub mod events;
pub mod failed;
pub mod inbox;
pub mod linked;
pub mod preferences;
pub mod session;
