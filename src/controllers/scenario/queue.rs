//! Who is due when: a heap of its own, so that ten thousand Scenarios cost one timer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use tokio::time::Instant;

/// A place in the queue. Of several for one Scenario only the one with its current ticket counts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub at: Instant,
    pub ticket: u64,
    pub name: Arc<str>,
}

/// The queue. Places are never taken out early: they are told apart by their tickets when they come up.
#[derive(Default)]
pub struct Queue {
    heap: BinaryHeap<Reverse<Due>>,
    tickets: u64,
}

impl Queue {
    /// Puts `name` in at a time and gives the ticket for it.
    pub fn put(&mut self, name: Arc<str>, at: Instant) -> u64 {
        self.tickets += 1;
        self.heap.push(Reverse(Due { at, ticket: self.tickets, name }));
        self.tickets
    }

    /// When the first is due.
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(due)| due.at)
    }

    /// The first, if it is due.
    pub fn pop(&mut self, now: Instant) -> Option<Due> {
        if self.next_at()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(due)| due)
    }
}
