//! Which connections there are, and which one is closed for a new one.

use super::connection::Connection;
use super::{Limits, Reached, Report, descriptors};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// No connection is closed for another one in this time: long enough to authenticate. It also bounds how fast connections are
/// accepted while the limit is reached.
const UNDISTURBED: Duration = Duration::from_millis(250);
/// How long a new connection waits where none can be closed.
const FULL: Duration = Duration::from_secs(1);

/// The connections of one server.
pub struct Slots {
    pub limits: Limits,
    pub report: Report,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// In the order in which they were accepted.
    open: BTreeMap<u64, Arc<Connection>>,
    accepted: u64,
    /// How many of them have authenticated.
    authenticated: usize,
}

/// Maximum numbers of connections.
#[derive(Clone, Copy)]
pub(super) struct Caps {
    all: usize,
    unauthenticated: usize,
}

impl Caps {
    pub fn of(limits: &Limits) -> Caps {
        let all = limits.connections.min(descriptors::connections()).max(2);
        Caps { all, unauthenticated: limits.unauthenticated.min(all / 2).max(1) }
    }

    pub fn authenticated(self) -> usize {
        self.all - self.unauthenticated
    }
}

impl Slots {
    pub fn new(limits: Limits, report: Report) -> Slots {
        Slots { limits, report, table: Mutex::default() }
    }

    /// Takes in a new connection, if need be in place of an old one. The error is the time after which to try again.
    pub fn admit(&self, now: Instant) -> Result<Arc<Connection>, Duration> {
        let caps = self.caps();
        let mut table = self.lock();
        let unauthenticated = table.open.len() - table.authenticated;
        if unauthenticated >= caps.unauthenticated || table.open.len() >= caps.all {
            let Some(oldest) = table.dispensable() else {
                (self.report)(Reached::Connections, "no connection can be closed for a new one");
                return Err(FULL);
            };
            let age = now.saturating_duration_since(oldest.accepted);
            if age < UNDISTURBED {
                return Err(UNDISTURBED - age);
            }
            table.close(&oldest);
            (self.report)(Reached::UnauthenticatedConnections, "the oldest one is closed for a new one");
        }
        table.accepted += 1;
        let connection = Arc::new(Connection::new(table.accepted, now, self.limits, self.report.clone()));
        table.open.insert(connection.id, connection.clone());
        Ok(connection)
    }

    /// A request with a valid token arrived: the connection no longer counts among the unauthenticated ones, unless those that
    /// have authenticated use all that they may.
    pub fn authenticated(&self, connection: &Arc<Connection>) {
        if connection.activity().authenticated {
            return;
        }
        let caps = self.caps();
        let mut table = self.lock();
        if !table.open.contains_key(&connection.id) {
            return;
        }
        if table.authenticated >= caps.authenticated() {
            (self.report)(Reached::Connections, "of clients that have authenticated");
            let Some(idle) = table.idle_authenticated() else { return };
            table.close(&idle);
        }
        // Only here, under the lock of the table, so that no connection is counted twice.
        let mut activity = connection.activity();
        if !activity.authenticated {
            activity.authenticated = true;
            drop(activity);
            table.authenticated += 1;
        }
    }

    /// A connection has ended.
    pub fn remove(&self, connection: &Connection) {
        self.lock().remove(connection);
    }

    fn caps(&self) -> Caps {
        Caps::of(&self.limits)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// The unauthenticated connection to close first: the oldest one without an open request, otherwise the oldest one.
    fn dispensable(&self) -> Option<Arc<Connection>> {
        let mut oldest = None;
        for connection in self.open.values() {
            let activity = connection.activity();
            match (activity.authenticated, activity.idle_since()) {
                (true, _) => {}
                (false, Some(_)) => return Some(connection.clone()),
                (false, None) => oldest = oldest.or(Some(connection)),
            }
        }
        oldest.cloned()
    }

    /// The connection of a client that has authenticated and that has had no open request for the longest time.
    fn idle_authenticated(&self) -> Option<Arc<Connection>> {
        let idle = self.open.values().filter_map(|connection| {
            let activity = connection.activity();
            activity.idle_since().filter(|_| activity.authenticated).map(|since| (since, connection))
        });
        idle.min_by_key(|(since, _)| *since).map(|(_, connection)| connection.clone())
    }

    fn close(&mut self, connection: &Connection) {
        self.remove(connection);
        connection.close();
    }

    fn remove(&mut self, connection: &Connection) {
        if self.open.remove(&connection.id).is_some() && connection.activity().authenticated {
            self.authenticated -= 1;
        }
    }
}
