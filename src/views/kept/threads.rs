//! The table of Threads.

use super::{Words, name, places};
use crate::api::Thread;
use crate::runtime::objects::Objects;
use crate::views::order::created_at;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A Thread.
pub struct ThreadRow {
    pub name: Arc<str>,
    /// Object name of the Agent.
    pub agent: Arc<str>,
    /// Object name of the Finding that it is about.
    pub finding: Option<Arc<str>>,
    pub is_closed: bool,
    pub created_at: Option<Timestamp>,
}

/// All of them, in no order.
pub struct ThreadTable {
    pub rows: Vec<ThreadRow>,
    by_name: OnceLock<HashMap<Arc<str>, usize>>,
}

impl ThreadTable {
    pub fn of(threads: &Objects<Thread>) -> ThreadTable {
        let (mut rows, mut words) = (Vec::with_capacity(threads.len()), Words::default());
        threads.for_each(|thread| {
            rows.push(ThreadRow {
                name: name(thread),
                agent: words.of(&thread.spec.agent),
                finding: thread.spec.finding.as_deref().map(Arc::from),
                is_closed: thread.spec.closed,
                created_at: created_at(thread),
            });
        });
        ThreadTable { rows, by_name: OnceLock::new() }
    }

    /// The Thread of this name.
    pub fn named(&self, name: &str) -> Option<&ThreadRow> {
        let by_name = self.by_name.get_or_init(|| places(self.rows.iter().map(|row| &row.name)));
        self.rows.get(*by_name.get(name)?)
    }
}
