//! The fields of a probe in a spec: which may refer to settings, which refer to Secrets, and whether those without settings are valid.

use super::target::Address;
use super::template;
use crate::api::{Probe, SecretKeyRef};
use url::Url;

/// The default port of a DNS server.
pub const DNS_PORT: u16 = 53;

/// Why a field of a probe is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// Not exactly one of the five kinds is set.
    NotOneKind,
    /// Not an absolute URL of http or https. `reason` is the URL parser's message.
    NotAUrl { text: String, reason: Option<String> },
    /// Not `host:port`.
    NotAnAddress { text: String },
    /// A `${` without `}` or without a name.
    MalformedTemplate { text: String },
}

/// Why a statement is not run on a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryError {
    NoStatement,
    MoreThanOneStatement,
    /// It does not begin with SELECT, VALUES or WITH, but with this word, where it begins with a word.
    NotReading {
        word: Option<String>,
    },
    /// It begins with WITH and writes.
    Writes,
    NulCharacter,
    UnclosedComment,
    UnclosedQuote(char),
    /// The message of SQLite's parser.
    Syntax(String),
}

/// A field of a probe that is not valid, whatever the settings are.
pub struct LiteralError {
    pub field: String,
    pub error: FieldError,
}

/// Checks the texts of a probe that refer to no settings.
pub fn check_literals(probe: &Probe) -> Result<(), LiteralError> {
    let kinds =
        [probe.http.is_some(), probe.sqlite.is_some(), probe.tcp.is_some(), probe.dns.is_some(), probe.tls.is_some()];
    if kinds.iter().filter(|set| **set).count() != 1 {
        return Err(LiteralError { field: "name".into(), error: FieldError::NotOneKind });
    }
    let fixed = |text: &str| matches!(template::has_settings(text), Ok(false));
    let check = |field: &str, text: &str, parse: &dyn Fn(&str) -> Result<(), FieldError>| match fixed(text) {
        true => parse(text).map_err(|error| LiteralError { field: field.into(), error }),
        false => Ok(()),
    };
    let address = |text: &str| parse_address(text, None).map(drop);
    if let Some(http) = &probe.http {
        check("http.url", &http.url, &|t| parse_url(t).map(drop))?;
    }
    if let Some(tcp) = &probe.tcp {
        check("tcp.address", &tcp.address, &address)?;
    }
    if let Some(server) = probe.dns.as_ref().and_then(|d| d.server.as_ref()) {
        check("dns.server", server, &|t| parse_address(t, Some(DNS_PORT)).map(drop))?;
    }
    if let Some(tls) = &probe.tls {
        check("tls.address", &tls.address, &address)?;
    }
    Ok(())
}

/// Every text of a probe that may refer to settings, with its field.
pub fn texts(probe: &Probe) -> Vec<(String, &str)> {
    let mut out: Vec<(String, &str)> = Vec::new();
    if let Some(http) = &probe.http {
        out.push(("http.url".into(), &http.url));
        out.extend(http.body.iter().map(|b| ("http.body".into(), b.as_str())));
        for (i, header) in http.headers.iter().enumerate() {
            out.extend(header.value.iter().map(|v| (format!("http.headers[{i}].value"), v.as_str())));
        }
    }
    if let Some(sqlite) = &probe.sqlite {
        out.push(("sqlite.path".into(), &sqlite.path));
        let parameters = sqlite.parameters.iter().enumerate();
        out.extend(parameters.map(|(i, p)| (format!("sqlite.parameters[{i}]"), p.as_str())));
    }
    out.extend(probe.tcp.iter().map(|t| ("tcp.address".into(), t.address.as_str())));
    if let Some(dns) = &probe.dns {
        out.push(("dns.name".into(), &dns.name));
        out.extend(dns.server.iter().map(|s| ("dns.server".into(), s.as_str())));
    }
    if let Some(tls) = &probe.tls {
        out.push(("tls.address".into(), &tls.address));
        out.extend(tls.server_name.iter().map(|n| ("tls.serverName".into(), n.as_str())));
    }
    out
}

/// Every reference to a Secret in a probe, with its field.
pub fn secret_refs(probe: &Probe) -> Vec<(String, &SecretKeyRef)> {
    let mut out = Vec::new();
    if let Some(http) = &probe.http {
        for (i, header) in http.headers.iter().enumerate() {
            out.extend(header.secret_key_ref.as_ref().map(|r| (format!("http.headers[{i}].secretKeyRef"), r)));
        }
    }
    let options = [
        ("http.tls", probe.http.as_ref().and_then(|h| h.tls.as_ref())),
        ("tls.options", probe.tls.as_ref().and_then(|t| t.options.as_ref())),
    ];
    for (at, options) in options {
        let reference = options.and_then(|o| o.ca_secret_key_ref.as_ref());
        out.extend(reference.map(|r| (format!("{at}.caSecretKeyRef"), r)));
    }
    out
}

/// An absolute URL of http or https.
pub fn parse_url(text: &str) -> Result<Url, FieldError> {
    let invalid = |reason| FieldError::NotAUrl { text: text.to_string(), reason };
    let url = Url::parse(text).map_err(|e| invalid(Some(e.to_string())))?;
    match url.scheme() {
        "http" | "https" if url.host_str().is_some_and(|h| !h.is_empty()) => Ok(url),
        _ => Err(invalid(None)),
    }
}

/// `host:port` or `[v6]:port`; the port may be left out where there is a default.
pub fn parse_address(text: &str, default_port: Option<u16>) -> Result<Address, FieldError> {
    let invalid = || FieldError::NotAnAddress { text: text.to_string() };
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(invalid)?;
            (host, after.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|p| *p > 0).ok_or_else(invalid)?,
        None => default_port.ok_or_else(invalid)?,
    };
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/') {
        return Err(invalid());
    }
    Ok(Address { host: host.to_string(), port })
}
