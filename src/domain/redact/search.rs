//! Finds windows: pieces of fixed length of secrets, in a text of which case, white space and backslashes don't matter: whether a
//! backslash belongs to the secret or to an encoding can't be told.

use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::ops::Range;

/// Longest window, in bytes: what a `u128` holds.
pub(super) const WINDOW_MAX: usize = 16;
/// Bits of the filter's index.
const FILTER_BITS: u32 = 16;

/// All windows of all needles. A needle is found where its windows are: together they cover it.
pub(super) struct Windows {
    /// By length.
    by_length: Vec<(usize, HashSet<u128, RandomState>)>,
    /// Whether a window may end in these three bytes: rejects most positions of a text at once.
    filter: Vec<u64>,
}

/// A needle, folded by [`fold`] and without ignorable bytes, and the length of its windows.
pub(super) struct Needle {
    pub bytes: Vec<u8>,
    /// From 4 to [`WINDOW_MAX`], and at most the length of the needle.
    pub window: usize,
    /// A window begins at every one of so many bytes, and one ends at the end.
    pub stride: usize,
}

impl Windows {
    pub fn of(needles: &[Needle]) -> Windows {
        let mut windows = Windows { by_length: Vec::new(), filter: vec![0; 1 << (FILTER_BITS - 6)] };
        for needle in needles {
            let last = needle.bytes.len().saturating_sub(needle.window);
            for start in (0..last).step_by(needle.stride).chain([last]) {
                windows.insert(&needle.bytes[start..start + needle.window]);
            }
        }
        windows
    }

    fn insert(&mut self, window: &[u8]) {
        let key = window.iter().fold(0, |key, byte| (key << 8) | u128::from(*byte));
        let index = filter_index(key);
        self.filter[index >> 6] |= 1 << (index & 63);
        let length = window.len();
        match self.by_length.iter_mut().find(|(known, _)| *known == length) {
            Some((_, keys)) => _ = keys.insert(key),
            None => self.by_length.push((length, HashSet::from_iter([key]))),
        }
    }

    /// How many windows there are.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.by_length.iter().map(|(_, keys)| keys.len()).sum()
    }

    /// Adds where windows are in `text`.
    pub fn search(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        if self.by_length.is_empty() {
            return;
        }
        // The last bytes, and where each of them is in the text.
        let mut key: u128 = 0;
        let mut starts = [0; WINDOW_MAX];
        let mut taken = 0;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let ignored = ignorable(byte, text, at);
            if ignored > 0 {
                at += ignored;
                continue;
            }
            key = (key << 8) | u128::from(fold(byte));
            starts[taken % WINDOW_MAX] = at;
            taken += 1;
            at += 1;
            let index = filter_index(key);
            if self.filter[index >> 6] & (1 << (index & 63)) == 0 {
                continue;
            }
            for (length, keys) in &self.by_length {
                if taken >= *length && keys.contains(&last_bytes(key, *length)) {
                    extend(found, starts[(taken - length) % WINDOW_MAX]..at);
                }
            }
        }
    }
}

/// Adds a range, or extends the last one: a text may consist of secrets.
fn extend(found: &mut Vec<Range<usize>>, range: Range<usize>) {
    match found.last_mut() {
        Some(last) if last.start <= range.start && range.start <= last.end => last.end = range.end,
        _ => found.push(range),
    }
}

fn last_bytes(key: u128, length: usize) -> u128 {
    if length < WINDOW_MAX { key & ((1 << (8 * length)) - 1) } else { key }
}

fn filter_index(key: u128) -> usize {
    // The multiplier is that of Fibonacci hashing; the highest bits are the best mixed.
    let mixed = ((key as u32) & 0x00ff_ffff).wrapping_mul(0x9e37_79b1);
    (mixed >> (32 - FILTER_BITS)) as usize
}

/// A byte as it is compared: without case, and with one alphabet of base64.
pub(super) fn fold(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte | 0x20,
        b'-' => b'+',
        b'_' => b'/',
        _ => byte,
    }
}

/// How many bytes at `at` are white space, a backslash, a control character or an invisible character, and so are not compared.
fn ignorable(first: u8, text: &[u8], at: usize) -> usize {
    match first {
        0..=b' ' | b'\\' | 0x7f => 1,
        b'!'..=b'~' => 0,
        _ => {
            let rest = |n: usize| text.get(at + n).copied().unwrap_or_default();
            match (first, rest(1), rest(2)) {
                // U+0080 to U+00A0, U+00AD, U+034F.
                (0xc2, 0x80..=0xa0 | 0xad, _) | (0xcd, 0x8f, _) => 2,
                // U+2000 to U+200F, U+2028 to U+202F, U+205F to U+206F, U+3000, U+FEFF, U+180E, U+FFFD for a byte that is no text.
                (0xe2, 0x80, 0x80..=0x8f | 0xa8..=0xaf) | (0xe2, 0x81, 0x9f..=0xaf) => 3,
                (0xe3, 0x80, 0x80) | (0xef, 0xbb, 0xbf) | (0xe1, 0xa0, 0x8e) | (0xef, 0xbf, 0xbd) => 3,
                _ => 0,
            }
        }
    }
}

/// A secret as it is compared: folded, without ignorable bytes.
pub(super) fn folded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match ignorable(byte, text, at) {
            0 => {
                out.push(fold(byte));
                at += 1;
            }
            ignored => at += ignored,
        }
    }
    out
}

/// Where exactly these bytes are.
pub(super) fn all<'a>(text: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
    let starts = text.windows(needle.len().max(1)).enumerate().filter(move |(_, window)| *window == needle);
    starts.map(move |(at, _)| at..at + needle.len())
}
