//! What is found in all objects of some kinds, kept until one of them changes: a page shows a few of thousands, and each that is looked at
//! to find them costs more than the page.
//!
//! A table has of each object its name and what lists are filtered and sorted by. What is shown is read by name, so that a table holds no
//! objects, which would then be in memory longer than in their cache. Each table is kept once, for all readers.

mod board;
mod findings;
mod followed;
mod memo;
mod messages;
mod pending;
mod rows;
#[cfg(test)]
mod tests;
mod threads;

pub use board::{BoardEntry, BoardTable};
pub use findings::{FindingRow, FindingTable};
pub use messages::{Asked, MessageRow, MessageTable};
pub use pending::{PendingRow, PendingTable};
pub use threads::{ThreadRow, ThreadTable};

use followed::Followed;
use memo::Memo;
use std::collections::HashSet;
use std::sync::Arc;

/// The tables of a process.
#[derive(Default)]
pub struct Kept {
    pub(super) findings: Followed<FindingTable>,
    pub(super) threads: Followed<ThreadTable>,
    pub(super) messages: Followed<MessageTable>,
    pub(super) pending: Memo<[u64; 3], PendingTable>,
    pub(super) board: Memo<[u64; 2], BoardTable>,
}

/// Words that many rows have, each once.
#[derive(Clone, Default)]
struct Words(HashSet<Arc<str>>);

impl Words {
    fn of(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return known.clone();
        }
        if self.0.len() == self.0.capacity() {
            // Before it grows: words that no row has any more.
            self.0.retain(|word| Arc::strong_count(word) > 1);
        }
        let word: Arc<str> = word.into();
        self.0.insert(word.clone());
        word
    }
}

/// The name of an object, which every stored one has.
fn name(object: &impl kube::Resource) -> Arc<str> {
    object.meta().name.as_deref().unwrap_or_default().into()
}
