//! What the clients of the server can take.

use crate::listener;
use std::sync::Arc;

/// Limits of [`super::Config`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub listener: listener::Limits,
    /// Changes that are written while the client of a watch takes nothing, before the watch is ended, in bytes of JSON.
    pub watch_backlog: u64,
    /// Bodies of requests over 64 KiB that are handled at once, in bytes.
    pub bodies: usize,
    /// Responses over 64 KiB that are sent at once, in bytes.
    pub responses: usize,
    /// Events that are kept; the oldest are removed.
    pub events: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            listener: listener::Limits::default(),
            watch_backlog: 1 << 20,
            bodies: 32 << 20,
            responses: 64 << 20,
            events: 10_000,
        }
    }
}

/// A limit that a client reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    Listener(listener::Reached),
    WatchBacklog,
    Bodies,
    Responses,
    /// Lists that are rendered at once.
    RenderedLists,
    /// Operations, copied bytes, depth and work of a JSON patch.
    JsonPatch,
    /// Size of the body of a request, or of an object.
    RequestBytes,
    /// Events that are kept.
    Events,
}

/// Called when a limit is reached, with what happened.
pub type Report = Arc<dyn Fn(Reached, &str) + Send + Sync>;
