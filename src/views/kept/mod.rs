//! What is found in all objects of some kinds, kept until one of them changes: a page shows a few of thousands, and each that is looked at
//! to find them costs more than the page.
//!
//! A table has of each object its name and what lists are filtered and sorted by. What is shown is read by name, so that a table holds no
//! objects, which would then be in memory longer than in their cache. Each table is kept once, for all readers.

mod board;
mod findings;
mod memo;
mod messages;
mod pending;
#[cfg(test)]
mod tests;
mod threads;

pub use board::{BoardEntry, BoardTable};
pub use findings::{FindingRow, FindingTable};
pub use messages::{Asked, MessageRow, MessageTable};
pub use pending::{PendingRow, PendingTable};
pub use threads::{ThreadRow, ThreadTable};

use super::Resources;
use memo::Memo;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The tables of a process.
#[derive(Default)]
pub struct Kept {
    findings: Memo<u64, FindingTable>,
    threads: Memo<u64, ThreadTable>,
    messages: Memo<u64, MessageTable>,
    pending: Memo<[u64; 3], PendingTable>,
    board: Memo<[u64; 2], BoardTable>,
}

impl Resources {
    /// All Findings that have a phase.
    pub(super) fn finding_table(&self) -> Arc<FindingTable> {
        self.kept.findings.get(|| self.findings.revision(), || FindingTable::of(&self.findings))
    }

    /// All Threads.
    pub(super) fn thread_table(&self) -> Arc<ThreadTable> {
        self.kept.threads.get(|| self.threads.revision(), || ThreadTable::of(&self.threads))
    }

    /// All Messages that are pending or acknowledged.
    pub(super) fn message_table(&self) -> Arc<MessageTable> {
        self.kept.messages.get(|| self.messages.revision(), || MessageTable::of(&self.messages))
    }

    /// All pending Messages with what they are about.
    pub(super) fn pending_table(&self) -> Arc<PendingTable> {
        let revision = || Some([self.messages.revision()?, self.threads.revision()?, self.findings.revision()?]);
        let make = || PendingTable::of(self.message_table(), &self.thread_table(), self.finding_table());
        self.kept.pending.get(revision, make)
    }

    /// All Scenarios, and how they stand.
    pub(super) fn board_table(&self) -> Arc<BoardTable> {
        let revision = || Some([self.scenarios.revision()?, self.findings.revision()?]);
        self.kept.board.get(revision, || BoardTable::of(&self.scenarios, &self.finding_table()))
    }
}

/// Words that many rows have, each once.
#[derive(Default)]
struct Words(HashSet<Arc<str>>);

impl Words {
    fn of(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return known.clone();
        }
        let word: Arc<str> = word.into();
        self.0.insert(word.clone());
        word
    }
}

/// The places of rows by their names.
fn places<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> HashMap<Arc<str>, usize> {
    names.enumerate().map(|(at, name)| (name.clone(), at)).collect()
}

/// The name of an object, which every stored one has.
fn name(object: &impl kube::Resource) -> Arc<str> {
    object.meta().name.as_deref().unwrap_or_default().into()
}
