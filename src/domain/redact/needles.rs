//! What is searched for: a secret, its parts and its encodings.

use super::decode::{Decoded, LEVELS};
use super::search::{Needle, WINDOW_MAX, folded};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

/// Shorter values are not redacted: they would match ordinary words.
const SHORTEST: usize = 4;
/// Values of fewer bytes are compared exactly, and parts of fewer are not secret by themselves.
const SHORTEST_PART: usize = 8;
/// Of a secret of at least so many bytes, parts are secret by themselves.
const LONG: usize = 16;
/// Of a longer secret, fewer windows are kept.
const VERY_LONG: usize = 256;
/// After these, a part of a secret is secret by itself: `USER@REALM!TOKENID=UUID`, `user:password`.
const SEPARATORS: [char; 3] = ['=', ':', '!'];
/// Most separators of one secret that are considered.
const SEPARATORS_MAX: usize = 16;

/// The needles of some secrets.
#[derive(Default)]
pub(super) struct Needles {
    /// Of short secrets; longest first, since an encoding may contain another.
    pub exact: Vec<String>,
    pub folded: Vec<Needle>,
}

impl Needles {
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Needles {
        let mut needles = Needles::default();
        let values: BTreeSet<&str> = secrets.into_iter().flat_map(parts).collect();
        for value in values {
            needles.add(value);
        }
        needles.exact.retain(|n| n.len() >= SHORTEST);
        needles.exact.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        needles.exact.dedup();
        needles
    }

    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.folded.is_empty()
    }

    fn add(&mut self, secret: &str) {
        if is_short(secret) {
            self.add_short(secret);
            return;
        }
        self.add_text(secret.as_bytes());
        // Forms write a space so.
        self.add_text(secret.replace(' ', "+").as_bytes());
        // A secret that looks encoded is decoded together with the text around it.
        let mut decoded = Decoded::of(secret);
        for _ in 0..LEVELS {
            let Some(level) = decoded else { break };
            self.add_text(&level.bytes);
            decoded = level.again();
        }
        self.add_base64(secret.as_bytes());
        self.add_encoded(hexadecimal(secret.as_bytes()).as_bytes());
    }

    /// A short secret: as it is, within JSON, URL-encoded, and in base64 at any offset.
    fn add_short(&mut self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        self.exact.push(secret.to_string());
        self.exact.push(serde_json::Value::from(secret).to_string().trim_matches('"').to_string());
        self.exact.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
        self.exact.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
        for offset in 0..3 {
            let (bytes, middle) = base64_middle(secret.as_bytes(), offset);
            self.exact.push(URL_SAFE_NO_PAD.encode(&bytes)[middle.clone()].to_string());
            self.exact.push(STANDARD_NO_PAD.encode(&bytes)[middle].to_string());
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        let bytes = folded(text);
        let (window, stride) = match bytes.len() {
            0..SHORTEST_PART => return,
            length @ SHORTEST_PART..LONG => (length, 1),
            length @ LONG..=VERY_LONG => ((length / 2).clamp(8, 12), 1),
            _ => (WINDOW_MAX, 8),
        };
        self.folded.push(Needle { bytes, window, stride });
    }

    /// In base64, and in base64 of that.
    fn add_base64(&mut self, secret: &[u8]) {
        for offset in 0..3 {
            let (bytes, middle) = base64_middle(secret, offset);
            let once = [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)];
            self.add_encoded(once[0][middle.clone()].as_bytes());
            for once in &once[..if once[0] == once[1] { 1 } else { 2 }] {
                for offset in 0..3 {
                    let (bytes, middle) = base64_middle(once[middle.clone()].as_bytes(), offset);
                    self.add_encoded(STANDARD_NO_PAD.encode(&bytes)[middle].as_bytes());
                }
            }
        }
    }

    fn add_encoded(&mut self, text: &[u8]) {
        let bytes = folded(text);
        let stride = if bytes.len() <= 2 * VERY_LONG { 1 } else { 8 };
        self.folded.push(Needle { window: bytes.len().min(WINDOW_MAX), bytes, stride });
    }
}

/// Whether a value is compared exactly: it may be an ordinary word.
pub(super) fn is_short(secret: &str) -> bool {
    folded(secret.as_bytes()).len() < SHORTEST_PART
}

/// A secret, and its parts that are secret by themselves.
fn parts(secret: &str) -> Vec<&str> {
    let mut parts = vec![secret];
    for (at, separator) in secret.match_indices(SEPARATORS).take(SEPARATORS_MAX) {
        let rest = &secret[at + separator.len()..];
        parts.push(rest);
        parts.extend(rest.split(SEPARATORS).next());
    }
    // The user information of a URL ends there.
    let ends = parts.iter().filter_map(|part| part.split_once('@')).map(|(before, _)| before.trim_start_matches('/'));
    let of_url: Vec<&str> = if secret.contains("://") { ends.collect() } else { Vec::new() };
    parts.extend(of_url);
    parts.retain(|part| part.len() >= SHORTEST_PART || *part == secret);
    parts
}

/// `secret` after `offset` bytes of something else, and the part of its base64 that depends on the secret alone.
fn base64_middle(secret: &[u8], offset: usize) -> (Vec<u8>, Range<usize>) {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(secret);
    let start = (offset * 8).div_ceil(6);
    let end = (bytes.len() * 8) / 6;
    (bytes, start..end)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
