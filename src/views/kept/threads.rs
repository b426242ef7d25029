//! The table of Threads.

use super::Words;
use super::followed::Table;
use super::rows::{Row, Rows};
use crate::api::Thread;
use crate::runtime::objects::CachedObject as _;
use crate::views::order::created_at;
use jiff::Timestamp;
use std::sync::Arc;

/// A Thread.
#[derive(Clone, PartialEq, Eq)]
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
#[derive(Clone, Default)]
pub struct ThreadTable {
    pub rows: Rows<ThreadRow>,
    words: Words,
}

impl ThreadRow {
    fn of(thread: &Thread, words: &mut Words) -> ThreadRow {
        ThreadRow {
            name: thread.shared_name(),
            agent: words.of(&thread.spec.agent),
            finding: thread.spec.finding.as_deref().map(Arc::from),
            is_closed: thread.spec.closed,
            created_at: created_at(thread),
        }
    }
}

impl Row for ThreadRow {
    fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl Table<Thread> for ThreadTable {
    fn is_current(&self, name: &str, thread: Option<&Thread>) -> bool {
        let row = thread.map(|thread| ThreadRow::of(thread, &mut Words::default()));
        row.as_ref() == self.rows.named(name)
    }

    fn put(&mut self, thread: &Thread) {
        self.words.forget_others(|| self.rows.iter().map(|row| &row.agent));
        let row = ThreadRow::of(thread, &mut self.words);
        self.rows.put(row);
    }

    fn remove(&mut self, name: &str) {
        self.rows.remove(name);
    }
}
