//! What is searched for: a secret, its parts and its encodings.

use super::decode::{Decoded, LEVELS};
use super::search::{Needle, WINDOW_MAX, folded};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use data_encoding::{BASE32_NOPAD, BASE32HEX_NOPAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeSet;
use std::ops::Range;

/// Shorter values are not redacted: they would match ordinary words.
const SHORTEST: usize = 4;
/// Values of fewer bytes are compared exactly, and parts of fewer are not secret by themselves.
const SHORTEST_PART: usize = 8;
/// Values of which fewer bytes are compared, without backslashes, are compared exactly, too.
const SHORTEST_COMPARED: usize = 6;
/// Of a secret of at least so many bytes, parts are secret by themselves.
const LONG: usize = 16;
/// Of a longer secret, fewer windows are kept.
const VERY_LONG: usize = 256;
/// After these, a part of a secret is secret by itself: `USER@REALM!TOKENID=UUID`, `user:password`.
const SEPARATORS: [char; 3] = ['=', ':', '!'];
/// Between the bytes of a secret in hexadecimal. White space is ignored anyway.
const BETWEEN_BYTES: [&str; 6] = [":", "-", ".", ",", "0x", ",0x"];
/// Of encodings that are rarely cut into pieces, a window begins at every one of so many bytes. Each byte is within a window.
const SPARSE: usize = 8;
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
        let secrets: BTreeSet<&str> = secrets.into_iter().collect();
        needles.exact.extend(secrets.iter().filter_map(|secret| address_with_path(secret)).map(String::from));
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
        let name = name_length(secret);
        self.add_text(secret.as_bytes(), name);
        // Forms write a space so.
        self.add_text(secret.replace(' ', "+").as_bytes(), name);
        // A secret that looks encoded is decoded together with the text around it.
        let mut decoded = Decoded::of(secret);
        for _ in 0..LEVELS {
            let Some(level) = decoded else { break };
            self.add_text(&level.bytes, name);
            if is_short_text(&level.bytes) {
                self.exact.extend(String::from_utf8(level.bytes.clone()));
            }
            decoded = level.again();
        }
        self.add_base64(secret.as_bytes());
        self.add_encoded(hexadecimal(secret.as_bytes()).as_bytes());
        self.add_rare(secret);
    }

    /// In encodings that are rare.
    fn add_rare(&mut self, secret: &str) {
        for between in BETWEEN_BYTES {
            self.add_sparse(&written(secret.as_bytes(), between, |byte| format!("{byte:02x}")));
        }
        // As JSON has an array of bytes.
        self.add_sparse(&written(secret.as_bytes(), ",", |byte| byte.to_string()));
        for offset in 0..5 {
            let (bytes, middle) = middle(secret.as_bytes(), offset, 5);
            self.add_sparse(&BASE32_NOPAD.encode(&bytes)[middle.clone()]);
            self.add_sparse(&BASE32HEX_NOPAD.encode(&bytes)[middle]);
        }
        for utf16 in utf16(secret) {
            self.add_sparse(&hexadecimal(&utf16));
            for offset in 0..3 {
                let (bytes, middle) = base64_middle(&utf16, offset);
                self.add_sparse(&STANDARD_NO_PAD.encode(&bytes)[middle]);
            }
        }
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

    /// The first `name` bytes are no secret by themselves.
    fn add_text(&mut self, text: &[u8], name: usize) {
        let bytes = folded(text);
        let (window, stride) = match bytes.len() {
            _ if is_short_text(text) => return,
            length @ 0..LONG => (length, 1),
            length @ LONG..=VERY_LONG => ((length / 2).clamp(8, 12), 1),
            _ => (WINDOW_MAX, 8),
        };
        // No window is within the name, and one more byte of the secret is in the first.
        let name = name.min(folded(&text[..name.min(text.len())]).len());
        let first = (name + 1).saturating_sub(window).min(bytes.len() - window);
        let bytes = bytes[if name == 0 { 0 } else { first }..].to_vec();
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

    fn add_sparse(&mut self, text: &str) {
        let bytes = folded(text.as_bytes());
        self.folded.push(Needle { window: bytes.len().min(WINDOW_MAX), bytes, stride: SPARSE });
    }
}

/// The bytes of a text in UTF-16, of both byte orders, without a zero at the beginning or at the end: for ASCII they are the same.
fn utf16(text: &str) -> BTreeSet<Vec<u8>> {
    let mut little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    little.pop_if(|byte| *byte == 0);
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let big = big.strip_prefix(&[0]).unwrap_or(&big).to_vec();
    BTreeSet::from([little, big])
}

/// Whether a value is compared exactly: it may be an ordinary word.
pub(super) fn is_short(secret: &str) -> bool {
    is_short_text(secret.as_bytes())
}

/// Backslashes count, though they are not compared.
fn is_short_text(text: &[u8]) -> bool {
    let compared = folded(text).len();
    let backslashes = text.iter().filter(|byte| **byte == b'\\').count();
    compared < SHORTEST_COMPARED || compared + backslashes < SHORTEST_PART
}

/// A secret, and its parts that are secret by themselves.
fn parts(secret: &str) -> Vec<&str> {
    if let Some(parts) = parts_of_url(secret) {
        return parts;
    }
    let mut parts = vec![secret];
    for (at, separator) in secret.match_indices(SEPARATORS).take(SEPARATORS_MAX) {
        let rest = &secret[at + separator.len()..];
        parts.push(rest);
        parts.extend(rest.split(SEPARATORS).next());
    }
    parts.retain(|part| part.len() >= SHORTEST_PART || *part == secret);
    parts
}

/// What is secret in the address of a server: the password, or the name where there is none, and the parts of the path and of the
/// query that are no ordinary words. The scheme and the host are in many texts. `None` where it is no such address.
pub(super) fn parts_of_url(secret: &str) -> Option<Vec<&str>> {
    let (scheme, rest) = secret.split_once("://")?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(is_scheme) {
        return None;
    }
    // An unencoded password may have any character: it ends at the last `@`, of those before the first slash and of all.
    let after_host = |at: usize| rest[at..].find(['/', '?', '#']).map_or(rest.len(), |end| at + end);
    let host = rest[..after_host(0)].rfind('@').or_else(|| rest.rfind('@'));
    let mut parts = Vec::new();
    let ends = BTreeSet::from_iter(host.into_iter().chain(host.and_then(|_| rest.rfind('@'))));
    for at in ends {
        let (name, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
        parts.push(if password.is_empty() { name } else { password });
    }
    let further = rest[after_host(host.map_or(0, |at| at + 1))..].split(['/', '?', '#', '&', '=']);
    parts.extend(further.filter(|part| part.len() >= SHORTEST_PART && !is_word(part)).take(SEPARATORS_MAX));
    parts.retain(|part| part.len() >= SHORTEST);
    (!parts.is_empty() || is_without_secrets(secret, rest)).then_some(parts)
}

/// Whether an address has a host as in other texts, or the path of a file. Others only look like an address.
fn is_without_secrets(address: &str, rest: &str) -> bool {
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let Ok(parsed) = url::Url::parse(address) else { return false };
    let host = parsed.host_str().unwrap_or_default();
    let looks_like_one = rest.contains(['.', ':', '/', '[']) || is_word(rest);
    looks_like_one && host.chars().all(is_host) && (!host.is_empty() || rest.starts_with('/'))
}

/// The address of a channel, compared exactly: its path is secret even where it consists of words.
fn address_with_path(secret: &str) -> Option<&str> {
    parts_of_url(secret)?;
    let (_, address) = secret.split_once("://")?;
    let address = address.rsplit_once('@').map_or(address, |(_, address)| address);
    address.split_once('/').is_some_and(|(_, path)| !path.is_empty()).then_some(address)
}

/// How many bytes at the beginning of a secret are a name, which is no secret by itself: words and the first separator.
fn name_length(secret: &str) -> usize {
    let Some((name, value)) = secret.split_once(SEPARATORS) else { return 0 };
    let is_name = value.len() >= SHORTEST_PART / 2 && name.split(['.', '-', '_', '@', ' ', '/']).all(is_word);
    // With the separator, which has one byte.
    if is_name { name.len() + 1 } else { 0 }
}

/// Whether a text consists of letters as ordinary words do: lower case, upper case, or capitalized.
fn is_word(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    text.bytes().all(|b| b.is_ascii_alphabetic())
        && (rest.bytes().all(|b| b.is_ascii_lowercase()) || text.bytes().all(|b| b.is_ascii_uppercase()))
}

/// `secret` after `offset` bytes of something else, and the part of its base64 that depends on the secret alone.
fn base64_middle(secret: &[u8], offset: usize) -> (Vec<u8>, Range<usize>) {
    middle(secret, offset, 6)
}

/// The same, of an encoding with so many bits in a character.
fn middle(secret: &[u8], offset: usize, bits: usize) -> (Vec<u8>, Range<usize>) {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(secret);
    let start = (offset * 8).div_ceil(bits);
    let end = (bytes.len() * 8) / bits;
    (bytes, start..end)
}

fn hexadecimal(bytes: &[u8]) -> String {
    written(bytes, "", |byte| format!("{byte:02x}"))
}

/// Bytes as they are written one by one.
fn written(bytes: &[u8], between: &str, write: impl Fn(u8) -> String) -> String {
    bytes.iter().map(|byte| write(*byte)).collect::<Vec<_>>().join(between)
}
