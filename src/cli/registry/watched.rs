//! The files of a registry over time: which are still being written, and what of them is in force. It reads no clock.

use super::documents::BadDocument;
use super::files::{Listing, Stamp};
use crate::controlplane::Text;
use crate::domain::texts::{self, DocumentError, Language};
use crate::telemetry::Limit;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the size and times of a file stay the same before it counts as written.
pub const SETTLED: Duration = Duration::from_secs(5);

/// Kind and name of a resource.
pub type Identity = (String, String);

/// A resource as a file declares it.
#[derive(Debug)]
pub struct Entry {
    /// File and line, for messages.
    pub origin: String,
    pub identity: Identity,
    /// The document as JSON.
    pub json: Text,
    pub hash: String,
    pub verdict: Verdict,
}

/// What may become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid.
    Ready,
    /// The operator would not run it: it never replaces a spec that it runs.
    NotReady,
    /// The API server would refuse it.
    Refused,
}

/// Why a part of a registry is not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// One line for the log, with file and position.
    pub text: String,
    /// The limit that was reached.
    pub limit: Option<Limit>,
}

impl Trouble {
    pub fn new(text: String) -> Trouble {
        Trouble { text, limit: None }
    }
}

impl From<&BadDocument> for Trouble {
    fn from(bad: &BadDocument) -> Trouble {
        let limit = match bad.error {
            DocumentError::TooManyFiles { .. } => Some(Limit::RegistryFiles),
            DocumentError::TooManyBytes => Some(Limit::RegistryBytes),
            _ => None,
        };
        Trouble { text: bad.text(Language::English), limit }
    }
}

/// What a file has.
#[derive(Debug, Default)]
pub struct Content {
    pub entries: Vec<Arc<Entry>>,
    pub troubles: Vec<Trouble>,
    /// Whether every document of the file could be parsed.
    pub is_whole: bool,
    pub bytes: u64,
}

/// What is to be applied.
#[derive(Debug, Default)]
pub struct Plan {
    /// One for each identity.
    pub entries: Vec<Arc<Entry>>,
    pub troubles: Vec<Trouble>,
    /// Whether what is not among the entries may be deleted.
    pub may_delete: bool,
}

/// The files.
#[derive(Default)]
pub struct Watched {
    files: BTreeMap<PathBuf, FileState>,
    /// Why the last listing may lack files.
    unlisted: Vec<Trouble>,
    has_started: bool,
    /// The last entry of each identity that was ready.
    good: BTreeMap<Identity, Arc<Entry>>,
    version: u64,
}

struct FileState {
    /// As last seen; `None`: gone.
    stamp: Option<Stamp>,
    /// Since when it has been seen so.
    since: Instant,
    /// The stamp at which it was read last.
    read: Option<Stamp>,
    is_unreadable: bool,
    is_whole: bool,
    entries: Vec<Arc<Entry>>,
    troubles: Vec<Trouble>,
    bytes: u64,
}

impl Watched {
    /// Takes in what files there are. Returns those that are to be read: at the start all, later those that settled after a change.
    pub fn observe(&mut self, listing: Listing, now: Instant) -> Vec<PathBuf> {
        let is_first = !std::mem::replace(&mut self.has_started, true);
        self.unlisted = listing.errors.iter().map(Trouble::from).collect();
        let seen: BTreeMap<PathBuf, Stamp> = listing.files.into_iter().collect();
        let mut due = Vec::new();
        for (path, stamp) in &seen {
            let state = self.files.entry(path.clone()).or_insert_with(|| FileState::new(now));
            state.see(Some(stamp), now);
            if state.read.as_ref() != Some(stamp) && (is_first || state.is_settled(now)) {
                due.push(path.clone());
            }
        }
        // A listing with errors may lack files that are there.
        if self.unlisted.is_empty() {
            let count = self.files.len();
            self.files.retain(|path, state| {
                if !seen.contains_key(path) {
                    state.see(None, now);
                }
                state.stamp.is_some() || !state.is_settled(now)
            });
            self.version += u64::from(self.files.len() != count);
        }
        due
    }

    /// Takes in what was read of a file, and its stamp afterwards. A file that is being written, or that can't be parsed as a whole,
    /// leaves what is in force; but at the start all that can be parsed is taken.
    pub fn read(&mut self, path: &Path, after: Option<&Stamp>, content: Result<Content, BadDocument>, now: Instant) {
        let Some(state) = self.files.get_mut(path) else { return };
        let is_first = state.read.is_none() && state.entries.is_empty() && self.version == 0;
        let changes = after != state.stamp.as_ref();
        state.see(after, now);
        if changes && !is_first {
            return;
        }
        state.read = state.stamp.clone().filter(|_| !changes);
        state.is_unreadable = content.is_err();
        match content {
            Ok(content) => {
                state.is_whole = content.is_whole;
                state.troubles = content.troubles;
                if content.is_whole || is_first {
                    state.entries = content.entries;
                    state.bytes = content.bytes;
                }
            }
            Err(bad) => {
                state.is_whole = false;
                state.troubles = vec![Trouble::from(&bad)];
            }
        }
    }

    /// Ends a round of reading: what was read is in force.
    pub fn finish(&mut self, has_read: bool) {
        self.version += u64::from(has_read || self.version == 0);
    }

    /// Has files read again that could not be read.
    pub fn retry(&mut self) {
        self.files.values_mut().filter(|state| state.is_unreadable).for_each(|state| state.read = None);
    }

    /// Bytes of all files but this one.
    pub fn bytes_without(&self, path: &Path) -> u64 {
        self.files.iter().filter(|(other, _)| *other != path).map(|(_, state)| state.bytes).sum()
    }

    /// It differs after each change of what is in force.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether nothing is being written, and everything was read and parsed.
    pub fn is_complete(&self, now: Instant) -> bool {
        let is_complete = |state: &FileState| {
            state.is_whole && state.stamp.is_some() && state.read == state.stamp && state.is_settled(now)
        };
        self.unlisted.is_empty() && self.files.values().all(is_complete)
    }

    /// What is in force now.
    pub fn plan(&mut self, now: Instant) -> Plan {
        let mut troubles = self.unlisted.clone();
        let mut chosen: BTreeMap<Identity, Arc<Entry>> = BTreeMap::new();
        for state in self.files.values() {
            troubles.extend(state.troubles.iter().cloned());
            for entry in &state.entries {
                if let Some(first) = chosen.get(&entry.identity) {
                    let (kind, name) = entry.identity.clone();
                    let error = DocumentError::Duplicate { kind, name, first: first.origin.clone() };
                    let message = texts::document_error(Language::English, &error);
                    troubles.push(Trouble::new(format!("{}: {message}", entry.origin)));
                    continue;
                }
                let good = self.good.get(&entry.identity).filter(|_| entry.verdict != Verdict::Ready);
                chosen.insert(entry.identity.clone(), good.unwrap_or(entry).clone());
            }
        }
        self.good =
            chosen.iter().filter(|(_, e)| e.verdict == Verdict::Ready).map(|(i, e)| (i.clone(), e.clone())).collect();
        let may_delete = self.is_complete(now) && !chosen.is_empty();
        Plan { entries: chosen.into_values().collect(), troubles, may_delete }
    }
}

impl FileState {
    fn new(now: Instant) -> FileState {
        FileState {
            stamp: None,
            since: now,
            read: None,
            is_unreadable: false,
            is_whole: false,
            entries: Vec::new(),
            troubles: Vec::new(),
            bytes: 0,
        }
    }

    fn see(&mut self, stamp: Option<&Stamp>, now: Instant) {
        if self.stamp.as_ref() != stamp {
            self.stamp = stamp.cloned();
            self.since = now;
        }
    }

    fn is_settled(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= SETTLED
    }
}

#[cfg(test)]
mod tests;
