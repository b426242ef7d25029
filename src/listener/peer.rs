//! The connection of a request, for those who handle it.

use super::connection::Connection;
use super::slots::Slots;
use std::sync::Arc;

/// The connection by which a request came; an extension of the request.
#[derive(Clone)]
pub struct Peer {
    pub(super) slots: Arc<Slots>,
    pub(super) connection: Arc<Connection>,
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
