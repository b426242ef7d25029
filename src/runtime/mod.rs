//! What controllers and the facade build upon: caches and their changes, leadership and the write fence, the order of writes, retries,
//! Events, field managers, the clock. Depends on no controller.

pub mod backoff;
pub mod caches;
pub mod clock;
pub mod events;
pub mod field_managers;
pub mod findings_first;
pub mod guard;
pub mod leadership;
pub mod listing;
pub mod newest;
pub mod objects;
pub mod removal;
pub mod retry;
pub mod version;
pub mod votes;
pub mod watch;
pub mod write;
