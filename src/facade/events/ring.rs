//! The last events, and where in them each reader is. Pure: it knows no clock, cache or connection.

use super::position::{Kind, Position};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

/// Events that are kept.
pub const EVENTS_MAX: usize = 1000;
/// Events that a reader takes at once.
const BATCH_MAX: usize = 64;

/// The last events, oldest first.
pub struct Ring {
    entries: VecDeque<Entry>,
    /// Number of the first entry that is kept.
    first: u64,
    /// How far the caches have been followed.
    position: Position,
    /// From where on the changes of each kind are known: up to here some may be missing.
    floor: Position,
    is_listed: [bool; Kind::COUNT],
    most: usize,
}

/// An event.
struct Entry {
    /// How far the caches had been followed with it.
    position: Position,
    what: What,
}

enum What {
    /// An object changed; with its version, and the lines `event` and `data`.
    Change(Kind, u64, Arc<str>),
    /// Changes may be missing here.
    Gap,
}

/// Where a reader is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Number of the next entry.
    next: u64,
    /// What the client has.
    seen: Position,
}

/// A reader that fell behind so far that events for it are no longer kept.
#[derive(Debug, PartialEq, Eq)]
pub struct FellBehind;

impl Ring {
    /// An empty one that keeps so many events.
    pub fn new(most: usize) -> Ring {
        Ring {
            entries: VecDeque::new(),
            first: 0,
            position: Position::default(),
            floor: Position::default(),
            is_listed: [false; Kind::COUNT],
            most,
        }
    }

    /// An object changed. `data` is JSON in one line; `None` where nothing of it is shown.
    pub fn changed(&mut self, kind: Kind, version: u64, data: Option<&str>) {
        if version <= self.position.of(kind) {
            // The list had it already.
            return;
        }
        self.position.advance(kind, version);
        if let Some(data) = data {
            let lines = format!("event: {}\ndata: {data}\n", kind.as_str());
            self.push(What::Change(kind, version, lines.into()));
        }
    }

    /// A kind was listed: what changed before is not known. `newest` is the greatest version in the list.
    pub fn listed(&mut self, kind: Kind, newest: u64) {
        self.position.advance(kind, newest);
        self.floor.advance(kind, self.position.of(kind));
        self.is_listed[kind as usize] = true;
        self.push(What::Gap);
    }

    fn push(&mut self, what: What) {
        while self.entries.len() >= self.most {
            self.first += 1;
            if let Some(Entry { what: What::Change(kind, version, _), .. }) = self.entries.pop_front() {
                self.floor.advance(kind, version);
            }
        }
        self.entries.push_back(Entry { position: self.position, what });
    }

    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// A reader for a client that has read up to this id, and what to send it first. Without an id, it gets what changes from now on;
    /// with one from which on not everything is known, it is told to read the lists again.
    pub fn reader(&self, last_event_id: Option<&str>) -> (Reader, String) {
        let from_now = Reader { next: self.end(), seen: self.position };
        let Some(id) = last_event_id else {
            let greeting = from_now.heartbeat();
            return (from_now, greeting);
        };
        match id.parse().ok().filter(|seen| self.is_known(*seen)) {
            Some(seen) => {
                let reader = Reader { next: self.first, seen };
                let greeting = reader.heartbeat();
                (reader, greeting)
            }
            None => {
                let greeting = from_now.reset();
                (from_now, greeting)
            }
        }
    }

    /// Whether the caches have not been listed yet, which would make a gap for every reader, or are behind this id: a reader of it may
    /// be known soon.
    pub fn is_behind(&self, last_event_id: Option<&str>) -> bool {
        let seen: Option<Position> = last_event_id.and_then(|id| id.parse().ok());
        match (last_event_id, seen) {
            (Some(_), None) => false,
            (None, _) => !self.is_complete(),
            (_, Some(seen)) => !self.is_complete() || !self.position.covers(seen),
        }
    }

    fn is_complete(&self) -> bool {
        self.is_listed.iter().all(|is_listed| *is_listed)
    }

    /// Whether all changes after this position are kept. One that is ahead of the caches may be of other objects than these.
    fn is_known(&self, seen: Position) -> bool {
        self.is_complete() && seen.covers(self.floor) && self.position.covers(seen)
    }

    /// What the client does not have yet, as it is sent; empty where it has everything.
    pub fn read(&self, reader: &mut Reader) -> Result<String, FellBehind> {
        let skipped = reader.next.checked_sub(self.first).ok_or(FellBehind)?;
        let (mut text, mut taken) = (String::new(), 0);
        for entry in self.entries.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)) {
            if taken == BATCH_MAX {
                break;
            }
            let is_new = match &entry.what {
                What::Change(kind, version, _) => *version > reader.seen.of(*kind),
                What::Gap => !reader.seen.covers(entry.position),
            };
            reader.next += 1;
            reader.seen.advance_to(entry.position);
            if !is_new {
                continue;
            }
            taken += 1;
            match &entry.what {
                // Writing to a String does not fail.
                What::Change(_, _, lines) => drop(write!(text, "{lines}id: {}\n\n", reader.seen)),
                What::Gap => text.push_str(&reader.reset()),
            }
        }
        Ok(text)
    }
}

impl Reader {
    /// A comment, with the id so far: a client that reads nothing else for long resumes from there.
    pub fn heartbeat(&self) -> String {
        format!(": \nid: {}\n\n", self.seen)
    }

    fn reset(&self) -> String {
        format!("event: reset\ndata: {{}}\nid: {}\n\n", self.seen)
    }
}
