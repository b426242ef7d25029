//! What a client of a connection is doing, and until when it may do so.

use super::{Limits, Reached};
use std::collections::HashMap;
use std::time::Instant;

/// The phase of a connection. Updated by its reads, writes, requests and responses.
#[derive(Debug)]
pub struct Activity {
    pub authenticated: bool,
    /// Whether HTTP/2 is spoken; false until the first request.
    http2: bool,
    /// Requests whose head arrived.
    requests: u64,
    /// The requests that are not answered completely; with the time at which the client last took a part of the response, while
    /// another part waits for it.
    open: HashMap<u64, Option<Instant>>,
    /// When the connection was accepted, or the last open request ended.
    idle_since: Instant,
    /// When the first byte arrived after that.
    head_since: Option<Instant>,
    /// Since when the client takes nothing of what was written.
    blocked_since: Option<Instant>,
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Idle,
    Limit(Reached),
}

impl Activity {
    pub fn new(now: Instant) -> Activity {
        Activity {
            authenticated: false,
            http2: false,
            requests: 0,
            open: HashMap::new(),
            idle_since: now,
            head_since: None,
            blocked_since: None,
        }
    }

    /// Bytes arrived.
    pub fn received(&mut self, now: Instant) {
        if self.open.is_empty() {
            self.head_since.get_or_insert(now);
        }
    }

    /// Something was written: all of it, or only a part or nothing because the client takes no more.
    pub fn wrote(&mut self, all: bool, some: bool, now: Instant) {
        self.blocked_since = match self.blocked_since {
            _ if all => None,
            Some(since) if !some => Some(since),
            _ => Some(now),
        };
    }

    /// The head of a request arrived. Returns the number of the request.
    pub fn began(&mut self, http2: bool) -> u64 {
        self.requests += 1;
        self.http2 = http2;
        self.head_since = None;
        self.open.insert(self.requests, None);
        self.requests
    }

    /// A part of the response to a request was taken at this time; `None` while there is nothing more to be taken.
    pub fn took(&mut self, request: u64, at: Option<Instant>) {
        if let Some(taken) = self.open.get_mut(&request) {
            *taken = at;
        }
    }

    /// A request was answered completely, or given up.
    pub fn ended(&mut self, request: u64, now: Instant) {
        if self.open.remove(&request).is_some() && self.open.is_empty() {
            self.idle_since = now;
            self.head_since = None;
        }
    }

    /// Since when no request is open; `None` while one is.
    pub fn idle_since(&self) -> Option<Instant> {
        self.open.is_empty().then_some(self.idle_since)
    }

    /// When the connection has to be closed, and why; `None` while the server has to act.
    pub fn deadline(&self, limits: &Limits) -> Option<(Instant, Cause)> {
        let transfer = self.open.values().flatten().chain(&self.blocked_since).min();
        let transfer = transfer.map(|since| (*since + limits.transfer_timeout, Cause::Limit(Reached::TransferTimeout)));
        let header = |since: Instant| (since + limits.header_timeout, Cause::Limit(Reached::HeaderTimeout));
        let request = match self.head_since {
            _ if !self.open.is_empty() => None,
            _ if self.requests == 0 => Some(header(self.idle_since)),
            // In HTTP/2 frames that belong to no request arrive, too.
            Some(since) if !self.http2 => Some(header(since)),
            _ => Some((self.idle_since + limits.idle_timeout, Cause::Idle)),
        };
        transfer.into_iter().chain(request).min_by_key(|(at, _)| *at)
    }
}
