//! The connection of a request, for those who handle it.

use super::connection::Connection;
use super::slots::Slots;
use std::sync::Arc;
use tokio::sync::watch as signal;

/// The connection by which a request came; an extension of the request.
#[derive(Clone)]
pub struct Peer {
    pub(super) slots: Arc<Slots>,
    pub(super) connection: Arc<Connection>,
    /// Becomes true when the server stops.
    pub(super) stop: signal::Receiver<bool>,
}

impl Peer {
    /// The token of a request on this connection is valid.
    pub fn authenticated(&self) {
        self.slots.authenticated(&self.connection);
    }
}

/// Notes that the token of the request with these extensions is valid.
pub fn authenticated(extensions: &http::Extensions) {
    if let Some(peer) = extensions.get::<Peer>() {
        peer.authenticated();
    }
}

/// Completes when the server of the request with these extensions stops: a response that has no end of its own ends then.
pub fn stopping(extensions: &http::Extensions) -> impl Future<Output = ()> + Send + 'static {
    let stop = extensions.get::<Peer>().map(|peer| peer.stop.clone());
    async move {
        match stop {
            Some(mut stop) => drop(stop.wait_for(|stops| *stops).await),
            None => std::future::pending().await,
        }
    }
}
