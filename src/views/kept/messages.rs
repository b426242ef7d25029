//! The table of Messages that ask for an acknowledgement, or were given one.

use super::name;
use crate::api::{Message, Role, Severity};
use crate::runtime::objects::Objects;
use crate::views::Reader;
use crate::views::message_state::{acknowledged_until, is_acknowledged, is_pending, written_at};
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

/// Whom Messages are for, and how many of them are pending.
struct Audience {
    recipients: Vec<String>,
    pending: usize,
}

/// All of them, in no order.
pub struct MessageTable {
    pub rows: Vec<MessageRow>,
    audiences: Vec<Audience>,
}

impl MessageTable {
    pub fn of(messages: &Objects<Message>) -> MessageTable {
        let mut table = MessageTable { rows: Vec::new(), audiences: Vec::new() };
        let mut places: HashMap<Vec<String>, usize> = HashMap::new();
        messages.for_each(|message| {
            let asked = match (is_pending(message), is_acknowledged(message)) {
                (true, _) => Asked::Pending,
                (_, true) => Asked::Acknowledged(acknowledged_until(message)),
                (false, false) => return,
            };
            let audience = table.audience(&message.spec.recipients, &mut places);
            table.audiences[audience].pending += usize::from(asked == Asked::Pending);
            table.rows.push(MessageRow {
                name: name(message),
                thread: message.spec.thread.as_str().into(),
                finding: message.spec.finding.as_deref().map(Arc::from),
                severity: message.spec.severity,
                written_at: written_at(message),
                audience,
                asked,
            });
        });
        table
    }

    /// The place of an audience, which is made where there is none yet.
    fn audience(&mut self, recipients: &[String], places: &mut HashMap<Vec<String>, usize>) -> usize {
        if let Some(place) = places.get(recipients) {
            return *place;
        }
        let place = self.audiences.len();
        self.audiences.push(Audience { recipients: recipients.to_vec(), pending: 0 });
        places.insert(recipients.to_vec(), place);
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
