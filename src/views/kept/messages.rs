//! The table of Messages that ask for an acknowledgement, or were given one.

use super::followed::Table;
use super::rows::{Row, Rows};
use crate::api::{Message, Role, Severity};
use crate::runtime::objects::CachedObject as _;
use crate::views::Reader;
use crate::views::message_state::{acknowledged_until, is_acknowledged, is_pending, written_at};
use foldhash::fast::RandomState;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// What became of the question for an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Pending,
    /// Until when the acknowledgement holds, and when it was made; `None` where it is not known.
    Acknowledged(Option<(Option<Timestamp>, Option<Timestamp>)>),
}

/// A Message that is pending or acknowledged.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub name: Arc<str>,
    pub thread: Arc<str>,
    /// The Finding that it names.
    pub finding: Option<Arc<str>>,
    /// What it says of the severity.
    pub severity: Option<Severity>,
    pub written_at: Option<Timestamp>,
    /// The place of those it is for.
    pub audience: usize,
    pub asked: Asked,
}

/// Whom Messages are for, how many there are, and how many of them are pending.
#[derive(Clone)]
struct Audience {
    recipients: Vec<String>,
    messages: usize,
    pending: usize,
}

/// All of them, in no order.
#[derive(Clone, Default)]
pub struct MessageTable {
    pub rows: Rows<MessageRow>,
    audiences: Vec<Audience>,
    /// The places of audiences by those they consist of.
    places: HashMap<Vec<String>, usize, RandomState>,
    /// Places that have no Message any more, for the next audiences.
    free: Vec<usize>,
    /// The place that was asked for last.
    last: usize,
}

impl MessageRow {
    /// `None` where it does not ask. `place` gives that of those it is for.
    fn of(message: &Message, place: impl FnOnce(&[String]) -> usize) -> Option<MessageRow> {
        let asked = match (is_pending(message), is_acknowledged(message)) {
            (true, _) => Asked::Pending,
            (_, true) => Asked::Acknowledged(acknowledged_until(message)),
            (false, false) => return None,
        };
        Some(MessageRow {
            name: message.shared_name(),
            thread: message.spec.thread.as_str().into(),
            finding: message.spec.finding.as_deref().map(Arc::from),
            severity: message.spec.severity,
            written_at: written_at(message),
            audience: place(&message.spec.recipients),
            asked,
        })
    }
}

impl Row for MessageRow {
    fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl Table<Message> for MessageTable {
    fn is_current(&self, name: &str, message: Option<&Message>) -> bool {
        let known = self.rows.named(name);
        // One whose audience no row has is not in the table.
        let place = |recipients: &[String]| {
            let is_same = |row: &&MessageRow| self.audiences[row.audience].recipients == recipients;
            known.filter(is_same).map_or(usize::MAX, |row| row.audience)
        };
        message.and_then(|message| MessageRow::of(message, place)).as_ref() == known
    }

    fn put(&mut self, message: &Message) {
        let Some(row) = MessageRow::of(message, |recipients| self.place_of(recipients)) else {
            return self.remove(message.name());
        };
        let audience = &mut self.audiences[row.audience];
        audience.messages += 1;
        audience.pending += usize::from(row.asked == Asked::Pending);
        let before = self.rows.put(row);
        self.forget(before);
    }

    fn remove(&mut self, name: &str) {
        let before = self.rows.remove(name);
        self.forget(before);
    }
}

impl MessageTable {
    /// Takes back what a row was counted for that was replaced or removed.
    fn forget(&mut self, row: Option<MessageRow>) {
        let Some(row) = row else { return };
        let audience = &mut self.audiences[row.audience];
        audience.messages -= 1;
        audience.pending -= usize::from(row.asked == Asked::Pending);
        if audience.messages == 0 {
            self.places.remove(&std::mem::take(&mut audience.recipients));
            self.free.push(row.audience);
        }
    }

    /// The place of an audience, which is made where there is none yet.
    fn place_of(&mut self, recipients: &[String]) -> usize {
        // Most Messages are for those that the one before is for.
        let is_last = |last: &Audience| last.messages > 0 && last.recipients == recipients;
        if self.audiences.get(self.last).is_some_and(is_last) {
            return self.last;
        }
        self.last = match self.places.get(recipients) {
            Some(place) => *place,
            None => self.add(recipients.to_vec()),
        };
        self.last
    }

    fn add(&mut self, recipients: Vec<String>) -> usize {
        let audience = Audience { recipients: recipients.clone(), messages: 0, pending: 0 };
        let place = match self.free.pop() {
            Some(place) => {
                self.audiences[place] = audience;
                place
            }
            None => {
                self.audiences.push(audience);
                self.audiences.len() - 1
            }
        };
        self.places.insert(recipients, place);
        place
    }

    /// Of each audience, whether a person belongs to it and it has this role.
    pub fn audiences(&self, reader: Option<Reader<'_>>, role: Option<Role>) -> Vec<bool> {
        let is_of_role = |recipients: &[String]| {
            role.is_none_or(|role| recipients.iter().any(|recipient| recipient == role.as_str()))
        };
        let of = |audience: &Audience| {
            reader.is_none_or(|reader| reader.is_for(&audience.recipients)) && is_of_role(&audience.recipients)
        };
        self.audiences.iter().map(of).collect()
    }

    /// How many are pending for a person.
    pub fn pending(&self, reader: Reader<'_>) -> usize {
        let own = self.audiences.iter().filter(|audience| reader.is_for(&audience.recipients));
        own.map(|audience| audience.pending).sum()
    }
}
