//! The beginning and the end of a long text, without secrets.

use super::abridged::Abridged;
use crate::domain::redact::Redactor;
use std::io::{self, Write};

/// So many bytes of the beginning and of the end of a text are looked at: redacting megabytes would cost more than reading them.
const HEAD_MAX: usize = 32 << 10;
const TAIL_MAX: usize = 16 << 10;
/// Shorter parts of a secret, in any encoding, may be left where a text is cut.
const SECRET_PART_MAX: usize = 256;

/// Keeps the beginning and the end of what is written to it.
#[derive(Default)]
pub(super) struct Ends {
    head: Vec<u8>,
    /// Up to twice what is looked at, so that it is not moved with each write.
    tail: Vec<u8>,
    written: usize,
}

impl Write for Ends {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written += bytes.len();
        let (first, rest) = bytes.split_at(bytes.len().min(HEAD_MAX - self.head.len()));
        self.head.extend_from_slice(first);
        let rest = &rest[rest.len().saturating_sub(TAIL_MAX)..];
        if self.tail.len() + rest.len() > 2 * TAIL_MAX {
            let surplus = self.tail.len().saturating_sub(TAIL_MAX);
            self.tail.drain(..surplus);
        }
        self.tail.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Ends {
    /// What was written, without secrets and in this shape. What lies between the ends is left out, and so is what may be part of a
    /// secret where they begin and end.
    pub fn abridged(mut self, redactor: &Redactor, shape: impl Fn(&str) -> String) -> Abridged {
        let shown = |bytes: &[u8]| shape(&redactor.redact(&String::from_utf8_lossy(bytes)));
        let surplus = self.tail.len().saturating_sub(TAIL_MAX);
        self.tail.drain(..surplus);
        if self.head.len() + self.tail.len() == self.written {
            self.head.append(&mut self.tail);
            return Abridged::from(shown(&self.head));
        }
        let (mut head, tail) = (shown(whole_characters(&self.head)), shown(whole_characters(&self.tail)));
        head.truncate(head.floor_char_boundary(head.len().saturating_sub(SECRET_PART_MAX)));
        let tail = &tail[tail.ceil_char_boundary(SECRET_PART_MAX.min(tail.len()))..];
        let omitted = self.written.saturating_sub(head.len() + tail.len());
        Abridged::from(head).with_gap(omitted).with(&Abridged::from(tail.to_string()))
    }
}

/// Without the parts of a character at both ends.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let is_continuation = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let start = bytes.iter().take(4).take_while(is_continuation).count();
    let bytes = &bytes[start..];
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}
