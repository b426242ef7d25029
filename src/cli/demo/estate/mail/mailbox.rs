//! The mails that were received, in memory.

use crate::domain::printable::printable;
use jiff::Timestamp;
use mail_parser::MessageParser;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest message, in bytes.
pub const MAIL_BYTES_MAX: usize = 1 << 20;
/// Mails that are kept; the oldest make room.
const MAILS_MAX: usize = 200;
/// Bytes of all mails that are kept; the oldest make room.
const BYTES_MAX: usize = 16 << 20;

/// A mail, as the server accepted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMail {
    /// From 1, in the order in which mails came.
    pub id: u64,
    pub at: Timestamp,
    /// Sender, as the client gave it to the server.
    pub from: String,
    /// Recipients, as the client gave them to the server.
    pub to: Vec<String>,
    /// Decoded; one line without control characters.
    pub subject: String,
    /// The message as it was sent.
    pub source: Vec<u8>,
}

#[derive(Default)]
struct Kept {
    /// The oldest first.
    mails: VecDeque<Arc<KeptMail>>,
    bytes: usize,
    last_id: u64,
}

/// The last mails. Clones share them.
#[derive(Clone, Default)]
pub struct Mailbox {
    kept: Arc<Mutex<Kept>>,
}

impl Mailbox {
    /// Keeps a message, and returns its id.
    pub fn keep(&self, from: String, to: Vec<String>, source: Vec<u8>, at: Timestamp) -> u64 {
        let subject = subject_of(&source);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last_id += 1;
        kept.bytes += source.len();
        let id = kept.last_id;
        kept.mails.push_back(Arc::new(KeptMail { id, at, from, to, subject, source }));
        while kept.mails.len() > MAILS_MAX || kept.bytes > BYTES_MAX {
            let Some(oldest) = kept.mails.pop_front() else { break };
            kept.bytes -= oldest.source.len();
        }
        id
    }

    /// The mails, the newest first.
    pub fn newest_first(&self) -> Vec<Arc<KeptMail>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).mails.iter().rev().cloned().collect()
    }

    /// The mail with this id, if it is still kept.
    pub fn get(&self, id: u64) -> Option<Arc<KeptMail>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.mails.iter().find(|mail| mail.id == id).cloned()
    }
}

/// The subject as one line.
fn subject_of(source: &[u8]) -> String {
    let headers = MessageParser::default().parse_headers(source);
    let subject = headers.as_ref().and_then(|headers| headers.subject()).unwrap_or_default();
    let line: Vec<&str> = subject.split_whitespace().collect();
    printable(&line.join(" ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(mailbox: &Mailbox, bytes: usize) -> u64 {
        let mut source = b"Subject: =?utf-8?Q?cr=C3=ADtico?=\r\n\r\n".to_vec();
        source.resize(bytes.max(source.len()), b'x');
        mailbox.keep("a@localhost".into(), vec!["b@localhost".into()], source, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_oldest_mails_make_room_by_number_and_by_size() {
        let mailbox = Mailbox::default();
        (0..MAILS_MAX + 3).for_each(|_| assert!(keep(&mailbox, 0) > 0));
        let ids: Vec<_> = mailbox.newest_first().iter().map(|mail| mail.id).collect();
        assert_eq!((ids.len(), ids[0], ids.last()), (MAILS_MAX, 203, Some(&4)));
        assert!(mailbox.get(3).is_none() && mailbox.get(4).is_some());
        (0..20).for_each(|_| assert!(keep(&mailbox, MAIL_BYTES_MAX) > 0));
        let ids: Vec<_> = mailbox.newest_first().iter().map(|mail| mail.id).collect();
        assert_eq!((ids.len(), ids[0]), (16, 223));
    }

    #[test]
    fn the_subject_is_one_decoded_line() {
        let mailbox = Mailbox::default();
        keep(&mailbox, 0);
        for (source, subject) in [
            ("Subject: a\r\n b\r\n\r\n", "a b"),
            ("Subject: =?utf-8?B?YQpi?=\r\n\r\n", "a b"),
            ("Subject: =?utf-8?B?YRtb?=\r\n\r\n", "a\u{fffd}["),
            ("From: x@localhost\r\n\r\n", ""),
            ("", ""),
            ("\u{0}\r\n\r\n.", ""),
        ] {
            let id = mailbox.keep(String::new(), Vec::new(), source.into(), Timestamp::UNIX_EPOCH);
            assert_eq!(mailbox.get(id).unwrap().subject, subject, "{source:?}");
        }
        assert_eq!(mailbox.get(1).unwrap().subject, "crítico");
    }
}
