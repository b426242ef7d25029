//! What a text looks like where it leaves a reading: without secret values and without control characters. The one place for it.
//!
//! A secret is found as it is and in the encodings in which it is commonly returned: percent-encoded, as HTML entities, with the
//! escapes of JSON and of programming languages, each up to four times and mixed; in quoted-printable; in base64, in base32, in
//! hexadecimal and as a list of bytes, in UTF-16 too; in full-width and similar characters; in upper and lower case; and with white
//! space, backslashes or invisible characters in between. Long parts of a long secret are found, too, so that two
//! halves are not shown. What can't be found is a secret in pieces that are shorter than that, or changed in another way, as
//! reversed or encrypted: a person who writes checks over an answer that returns a secret can show it. Binding the key to its hosts
//! (annotation `agentic.ligbox.io/hosts`) keeps it from other answers.

mod decode;
mod known;
mod needles;
mod patterns;
mod search;

pub use known::{KnownSecrets, Source};
pub use patterns::without_likely_secrets;

use super::printable::printable;
use decode::{Decoded, LEVELS};
use needles::Needles;
use search::Windows;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// What replaces a secret.
pub const REDACTED: &str = "***";

/// Redacts secrets. Clones are cheap.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Each is searched for.
    sets: Vec<Arc<Secrets>>,
    /// What is known when a text is redacted, too: it may have changed since the first of `sets` was taken from it.
    known: Option<KnownSecrets>,
}

/// Some secret values, prepared for a search. Costly to make, and cheap to use.
struct Secrets {
    /// Short values and their encodings, which are compared exactly: anything else would match ordinary words.
    exact: Vec<String>,
    windows: Windows,
}

impl Redactor {
    /// For these secret values. Parts of at least 8 characters after `=`, `:` or `!` are secret, too. Values of fewer than 4 are not
    /// redacted.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redactor {
        Redactor { sets: Secrets::of(secrets).into_iter().collect(), known: None }
    }

    /// `text` as it may be shown: secrets are replaced by [`REDACTED`], and control characters by U+FFFD.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.is_empty() {
            return Cow::Borrowed(text);
        }
        let found = self.find(text);
        if found.is_empty() {
            return printable(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for range in found {
            out.push_str(&text[from..range.start]);
            out.push_str(REDACTED);
            from = range.end;
        }
        out.push_str(&text[from..]);
        match printable(&out) {
            Cow::Borrowed(_) => Cow::Owned(out),
            Cow::Owned(shown) => Cow::Owned(shown),
        }
    }
}

impl Redactor {
    /// Where secrets are, in order and without overlaps, at boundaries of characters.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let current = self.known.as_ref().and_then(KnownSecrets::current);
        let current = current.filter(|current| !self.sets.iter().any(|set| Arc::ptr_eq(set, current)));
        if self.sets.is_empty() && current.is_none() {
            return Vec::new();
        }
        let sets = || self.sets.iter().chain(&current);
        let mut found = Vec::new();
        sets().for_each(|set| set.search(text.as_bytes(), &mut found));
        let mut search = |level: &Decoded| {
            let mut within = Vec::new();
            sets().for_each(|set| set.search(&level.bytes, &mut within));
            found.extend(within.iter().map(|range| level.source(range)));
        };
        let mut quoted = Decoded::of_quoted(text);
        let mut decoded = Decoded::of(text);
        for depth in 0..=LEVELS {
            // Quoted-printable may be within another encoding, and another one within it.
            let within = quoted.as_ref().and_then(Decoded::again);
            quoted.iter().chain(&within).for_each(&mut search);
            let Some(level) = decoded.filter(|_| depth < LEVELS) else { break };
            search(&level);
            (quoted, decoded) = (level.quoted(), level.again());
        }
        merged(text, found)
    }
}

impl Secrets {
    /// `None` where there is nothing to search for.
    fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Option<Arc<Secrets>> {
        let needles = Needles::of(secrets);
        (!needles.is_empty()).then(|| Arc::new(Secrets { windows: Windows::of(&needles.folded), exact: needles.exact }))
    }

    /// Adds where secrets are in `text`.
    fn search(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        found.extend(self.exact.iter().flat_map(|needle| search::all(text, needle.as_bytes())));
        self.windows.search(text, found);
    }
}

fn merged(text: &str, mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        let (start, end) = (text.floor_char_boundary(range.start), text.ceil_char_boundary(range.end));
        match merged.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => merged.push(start..end),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
