//! URLs as Kubernetes reads them, with Go's parser. Nothing is normalized but the case of the scheme.

use std::net::IpAddr;

/// A URL, absolute or a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cel) struct Url {
    scheme: String,
    /// With the port.
    host: String,
    /// As it is shown, with escape sequences.
    path: String,
    query: String,
    /// All of it, with escape sequences: what is compared.
    text: String,
}

impl Url {
    /// All of it, with escape sequences.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a URL as it comes in a request, where what looks like a fragment is part of the path or the query.
    pub fn is_url(text: &str) -> bool {
        parse(text, true).is_some()
    }

    pub fn parse(text: &str) -> Option<Url> {
        parse(text, true)?;
        let (start, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = parse(start, false)?;
        unescape(fragment)?;
        if !fragment.is_empty() {
            url.text.push('#');
            url.text.push_str(fragment);
        }
        Some(url)
    }

    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// With the port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The name or address, without brackets, and the port.
    pub fn host_and_port(&self) -> (&str, &str) {
        split(&self.host)
    }

    /// With escape sequences.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn query(&self) -> &str {
        &self.query
    }

    /// A text without escape sequences; `None` where one is wrong.
    pub fn unescaped(text: &str) -> Option<String> {
        unescape(text).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// The length of its text, in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }
}

fn parse(text: &str, in_request: bool) -> Option<Url> {
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) || (text.is_empty() && in_request) {
        return None;
    }
    let (scheme, rest) = if text == "*" { ("", text) } else { scheme(text)? };
    let mut url = Url { scheme: scheme.to_ascii_lowercase(), ..Url::default() };
    if !url.scheme.is_empty() {
        url.text = format!("{}:", url.scheme);
    }
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    if rest.starts_with('/') || text == "*" {
        authority_and_path(&mut url, rest, in_request)?;
    } else {
        let has_colon = rest.split('/').next().is_some_and(|first| first.contains(':'));
        if url.scheme.is_empty() && (in_request || has_colon) {
            return None;
        }
        url.text.push_str(rest);
    }
    if let Some(query) = query {
        url.query = query.to_string();
        url.text.push('?');
        url.text.push_str(query);
    }
    Some(url)
}

fn authority_and_path(url: &mut Url, rest: &str, in_request: bool) -> Option<()> {
    let may_have_host = !url.scheme.is_empty() || (!in_request && !rest.starts_with("///"));
    let mut path = rest;
    if let Some(after) = rest.strip_prefix("//").filter(|_| may_have_host) {
        let (authority, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        url.host = host(&url.scheme, authority)?;
        path = rest;
        url.text.push_str("//");
        if let Some((user, _)) = authority.rsplit_once('@') {
            url.text.push_str(user);
            url.text.push('@');
        }
        url.text.push_str(&url.host);
    }
    let bytes = unescape(path)?;
    url.path = if path.bytes().all(may_be_written) { path.to_string() } else { escape(&bytes) };
    url.text.push_str(&url.path);
    Some(())
}

/// The scheme, which may be empty, and the rest.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
    match end {
        Some(0) if text.starts_with(':') => None,
        Some(at) if text[at..].starts_with(':') && text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            Some((&text[..at], &text[at + 1..]))
        }
        _ => Some(("", text)),
    }
}

/// The host of an authority, with the port.
fn host(scheme: &str, authority: &str) -> Option<String> {
    let host = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let is_user = user.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b));
            unescape(user).filter(|_| is_user)?;
            host
        }
        None => authority,
    };
    match host.rfind('[') {
        Some(0) => return bracketed(host),
        Some(_) => return None,
        None => {}
    }
    // Lists of hosts are written in other schemes.
    let first = host.find(':');
    let colon = if matches!(scheme, "http" | "https") { first } else { host.rfind(':') };
    if colon.is_some_and(|at| !is_port(&host[at..])) {
        return None;
    }
    unescape_host(host)
}

/// An IPv6 address in brackets.
fn bracketed(host: &str) -> Option<String> {
    let (name, port) = host[1..].rsplit_once(']')?;
    if !is_port(port) {
        return None;
    }
    let (address, zone) = match name.find("%25") {
        Some(at) => (unescape_host(&name[..at])?, String::from_utf8(unescape(&name[at..])?).ok()?),
        None => (unescape_host(name)?, String::new()),
    };
    let is_zone =
        zone.is_empty() || (zone.len() > 1 && zone[1..].bytes().all(|b| b == b' ' || is_host_byte(b) || b == b'%'));
    address.parse().ok().filter(|address: &IpAddr| address.is_ipv6() && is_zone)?;
    Some(format!("[{address}{zone}]{port}"))
}

/// Empty, or a colon and digits.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_host_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || !b.is_ascii() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&b)
}

/// Only bytes beyond ASCII may be escaped in a host.
fn unescape_host(host: &str) -> Option<String> {
    let is_host = host.bytes().all(|b| b == b'%' || is_host_byte(b));
    let escapes_ascii = host
        .split('%')
        .skip(1)
        .any(|rest| rest.starts_with(|c: char| ('0'..'8').contains(&c)) && !rest.starts_with("25"));
    let bytes = unescape(host).filter(|_| is_host && !escapes_ascii)?;
    String::from_utf8(bytes).ok()
}

/// Bytes that a path has as they are.
fn is_path_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&b)
}

/// Bytes that are kept where a path has them unencoded.
fn may_be_written(b: u8) -> bool {
    is_path_byte(b) || b"!'()*[]%".contains(&b)
}

fn escape(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    if bytes == b"*" {
        return "*".into();
    }
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if is_path_byte(*byte) {
            out.push(char::from(*byte));
        } else {
            out.extend(['%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
    out
}

/// Replaces escape sequences; `None` where one is wrong.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(out)
}

/// The name or address of a host, without brackets, and its port.
fn split(host: &str) -> (&str, &str) {
    let (name, port) = match host.rfind(':') {
        Some(at) if is_port(&host[at..]) => (&host[..at], &host[at + 1..]),
        _ => (host, ""),
    };
    (name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name), port)
}
