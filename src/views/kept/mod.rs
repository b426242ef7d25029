//! What is found in all objects of some kinds, kept for all readers: a page shows a few of thousands, and each that is looked at
//! to find them costs more than the page.
//!
//! A table has of each object its name and what lists are filtered and sorted by. What is shown is read by name, so that a table holds no
//! objects, which would then be in memory longer than in their cache. Each table is kept once, for all readers.

mod findings;
mod followed;
mod memo;
mod messages;
mod pending;
mod rows;
mod scenarios;
#[cfg(test)]
mod tests;
mod threads;

pub use findings::{FindingRow, FindingTable};
pub use messages::{Asked, MessageRow, MessageTable};
pub use pending::{PendingRow, PendingTable};
pub use scenarios::{ScenarioRow, ScenarioTable};
pub use threads::{ThreadRow, ThreadTable};

use followed::Followed;
use memo::Memo;
use std::collections::HashSet;
use std::sync::Arc;

/// The tables of a process.
#[derive(Default)]
pub struct Kept {
    pub(super) scenarios: Followed<ScenarioTable>,
    pub(super) findings: Followed<FindingTable>,
    pub(super) threads: Followed<ThreadTable>,
    pub(super) messages: Followed<MessageTable>,
    pub(super) pending: Memo<PendingTable>,
}

/// Words that many rows have, each once.
#[derive(Clone)]
struct Words {
    known: HashSet<Arc<str>>,
    /// With so many, those that no row has any more are to be forgotten.
    most: usize,
}

/// So few words need not be looked through.
const WORDS_FEW: usize = 64;

impl Default for Words {
    fn default() -> Self {
        Words { known: HashSet::new(), most: WORDS_FEW }
    }
}

impl Words {
    fn of(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.known.get(word) {
            return known.clone();
        }
        let word: Arc<str> = word.into();
        self.known.insert(word.clone());
        word
    }

    /// Keeps only these, the words of all rows, where there are many that may be of none.
    fn forget_others<'a, I: Iterator<Item = &'a Arc<str>>>(&mut self, words: impl FnOnce() -> I) {
        if self.known.len() >= self.most {
            self.known = words().cloned().collect();
            self.most = 2 * self.known.len() + WORDS_FEW;
        }
    }
}
