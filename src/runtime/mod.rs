//! What controllers and the facade stand on: watches, leadership and the write fence, retries, Events, the clock. Knows nothing of
//! any one controller.

pub mod backoff;
pub mod caches;
pub mod clock;
pub mod events;
pub mod field_managers;
pub mod leadership;
pub mod shared;
pub mod watch;
pub mod write;
