//! The fields of a probe in a spec: which may refer to settings, which refer to Secrets, and whether those without settings are valid.

use super::names;
use super::target::Address;
use super::template;
use crate::api::{DnsProbe, Header, HttpProbe, Probe, RecordType, SecretKeyRef, TlsOptions};
use http::HeaderValue;
use http::uri::Authority;
use std::net::IpAddr;
use url::{Host, ParseError, Url};

/// The default port of a DNS server.
pub const DNS_PORT: u16 = 53;

/// Why a field of a probe is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// Not exactly one of the five kinds is set.
    NotOneKind,
    /// Not an absolute URL of http or https.
    NotAUrl {
        text: String,
        fault: Option<UrlFault>,
    },
    /// Not `host:port`.
    NotAnAddress {
        text: String,
    },
    /// A `${` without `}` or without a name.
    MalformedTemplate {
        text: String,
    },
    /// Not the name or address of a host. `text` is the host, or the field with it.
    NotAHost {
        text: String,
    },
    /// Not a name that can be asked in the DNS.
    NotADomainName {
        text: String,
    },
    /// Not a name that a server's certificate can have.
    NotAServerName {
        text: String,
    },
    /// The value, which is not shown, has characters that HTTP does not allow.
    HeaderCharacters {
        header: String,
    },
    /// The value of this header must be another one; it is not shown.
    HeaderValue {
        header: String,
        rule: HeaderRule,
    },
    Certificates(CertificatesError),
}

/// What the value of a header must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderRule {
    /// `host` or `host:port`.
    Authority,
    /// The number of bytes of the body.
    BodyLength,
    /// The header must be left out.
    Absent,
}

/// Why CA certificates are not usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificatesError {
    /// There is no certificate in PEM form.
    None,
    /// The message of the PEM parser.
    NotPem(String),
    /// One of them, counted from 1, is not a certificate.
    NotACertificate(usize),
}

/// Whether a text has CA certificates in PEM form, and nothing else that looks like one.
pub type CheckCertificates = fn(&str) -> Result<(), CertificatesError>;

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
    /// The numbers of `?1` and so on, and of the parameters.
    ParameterCount {
        expected: usize,
        given: usize,
    },
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
pub fn check_literals(probe: &Probe, check_certificates: CheckCertificates) -> Result<(), LiteralError> {
    let kinds =
        [probe.http.is_some(), probe.sqlite.is_some(), probe.tcp.is_some(), probe.dns.is_some(), probe.tls.is_some()];
    if kinds.iter().filter(|set| **set).count() != 1 {
        return Err(LiteralError { field: "name".into(), error: FieldError::NotOneKind });
    }
    let address = |text: &str| parse_address(text, None).map(drop);
    if let Some(http) = &probe.http {
        check("http.url", &http.url, &|t| parse_url(t).map(drop))?;
        check_headers(http)?;
        check_bundle("http.tls", http.tls.as_deref(), check_certificates)?;
    }
    if let Some(tcp) = &probe.tcp {
        check("tcp.address", &tcp.address, &address)?;
    }
    if let Some(dns) = &probe.dns {
        check("dns.name", &dns.name, &|t| check_domain_name(t, dns))?;
        if let Some(server) = &dns.server {
            check("dns.server", server, &|t| parse_address(t, Some(DNS_PORT)).map(drop))?;
        }
    }
    if let Some(tls) = &probe.tls {
        check("tls.address", &tls.address, &address)?;
        match &tls.server_name {
            Some(name) => check("tls.serverName", name, &|t| server_name(t).map(drop))?,
            None => check("tls.address", &tls.address, &|t| server_name(&parse_address(t, None)?.host).map(drop))?,
        }
        check_bundle("tls.options", tls.options.as_ref(), check_certificates)?;
    }
    Ok(())
}

/// Whether a text refers to no settings.
pub fn is_literal(text: &str) -> bool {
    template::settings(text).is_ok_and(|names| names.is_empty())
}

fn check(field: &str, text: &str, parse: &dyn Fn(&str) -> Result<(), FieldError>) -> Result<(), LiteralError> {
    match is_literal(text) {
        true => parse(text).map_err(|error| LiteralError { field: field.into(), error }),
        false => Ok(()),
    }
}

fn check_headers(http: &HttpProbe) -> Result<(), LiteralError> {
    for (i, header) in http.headers.iter().enumerate() {
        let prefix = header.prefix.as_deref().unwrap_or_default();
        let value = header.value.as_deref().filter(|value| is_literal(value));
        let body = http.body.as_deref().filter(|body| is_literal(body));
        let result = match value {
            Some(value) => check_header(header, &format!("{prefix}{value}"), body.unwrap_or_default()),
            None => check_header_characters(header, prefix),
        };
        let is_open = header.name.eq_ignore_ascii_case("content-length") && http.body.is_some() && body.is_none();
        match result {
            Err(error) if !is_open => return Err(LiteralError { field: format!("http.headers[{i}]"), error }),
            _ => {}
        }
    }
    Ok(())
}

fn check_bundle(at: &str, options: Option<&TlsOptions>, check: CheckCertificates) -> Result<(), LiteralError> {
    let Some(bundle) = options.and_then(|options| options.ca_bundle.as_deref()) else { return Ok(()) };
    let error = |error| LiteralError { field: format!("{at}.caBundle"), error: FieldError::Certificates(error) };
    check(bundle).map_err(error)
}

/// Whether a header can be sent with this value, prefix included, beside this body.
pub fn check_header(header: &Header, value: &str, body: &str) -> Result<(), FieldError> {
    check_header_characters(header, value)?;
    let rule = match header.name.to_ascii_lowercase().as_str() {
        "host" if !Authority::try_from(value).is_ok_and(|a| !value.contains('@') && !a.host().is_empty()) => {
            HeaderRule::Authority
        }
        "content-length" if value.trim() != body.len().to_string() => HeaderRule::BodyLength,
        "transfer-encoding" => HeaderRule::Absent,
        _ => return Ok(()),
    };
    Err(FieldError::HeaderValue { header: header.name.clone(), rule })
}

fn check_header_characters(header: &Header, value: &str) -> Result<(), FieldError> {
    let error = |_| FieldError::HeaderCharacters { header: header.name.clone() };
    HeaderValue::from_str(value).map(drop).map_err(error)
}

/// Whether the name of a dns probe can be asked. The name of a PTR record may be an address.
pub fn check_domain_name(text: &str, dns: &DnsProbe) -> Result<(), FieldError> {
    let is_address = dns.record_type == Some(RecordType::Ptr) && text.parse::<IpAddr>().is_ok();
    let is_valid = is_address || names::is_domain_name(text);
    if is_valid { Ok(()) } else { Err(FieldError::NotADomainName { text: text.to_string() }) }
}

/// The name that a server's certificate must have, in ASCII and without a dot at the end.
pub fn server_name(text: &str) -> Result<String, FieldError> {
    let name = names::host(text).map(|host| host.trim_end_matches('.').to_string());
    let error = || FieldError::NotAServerName { text: text.to_string() };
    name.filter(|name| names::is_server_name(name)).ok_or_else(error)
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
        ("http.tls", probe.http.as_ref().and_then(|h| h.tls.as_deref())),
        ("tls.options", probe.tls.as_ref().and_then(|t| t.options.as_ref())),
    ];
    for (at, options) in options {
        let reference = options.and_then(|o| o.ca_secret_key_ref.as_ref());
        out.extend(reference.map(|r| (format!("{at}.caSecretKeyRef"), r)));
    }
    out
}

/// The part of a URL that is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// There is none.
    Host,
    HostName,
    IpAddress,
    Port,
}

impl UrlFault {
    fn of(error: ParseError) -> Option<UrlFault> {
        match error {
            ParseError::EmptyHost => Some(UrlFault::Host),
            ParseError::IdnaError | ParseError::InvalidDomainCharacter => Some(UrlFault::HostName),
            ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address => Some(UrlFault::IpAddress),
            ParseError::InvalidPort => Some(UrlFault::Port),
            _ => None,
        }
    }
}

/// Whether a host stands where it belongs: browsers repair `http:///x` and `http:x`.
fn has_authority(text: &str) -> bool {
    let after = text.split_once("://").map(|(_, after)| after);
    after.is_some_and(|after| !after.starts_with(['/', '\\', '?', '#']) && !after.is_empty())
}

/// An absolute URL of http or https.
pub fn parse_url(text: &str) -> Result<Url, FieldError> {
    let invalid = |fault| FieldError::NotAUrl { text: text.to_string(), fault };
    let url = Url::parse(text).map_err(|error| invalid(UrlFault::of(error)))?;
    let is_valid = match url.host() {
        _ if !matches!(url.scheme(), "http" | "https") => return Err(invalid(None)),
        None => return Err(invalid(Some(UrlFault::Host))),
        Some(_) if !has_authority(text) => return Err(invalid(Some(UrlFault::Host))),
        Some(Host::Domain(name)) => {
            let is_server = || names::is_server_name(name.trim_end_matches('.'));
            names::is_host_name(name) && (url.scheme() == "http" || is_server())
        }
        Some(_) => true,
    };
    match url.host_str() {
        Some(host) if !is_valid => Err(FieldError::NotAHost { text: host.to_string() }),
        _ if url.port() == Some(0) => Err(invalid(Some(UrlFault::Port))),
        _ => Ok(url),
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
    let is_v6 = text.starts_with('[');
    if host.is_empty() || is_v6 && host.parse::<IpAddr>().is_err() {
        return Err(invalid());
    }
    match names::host(host) {
        Some(host) => Ok(Address { host, port }),
        None => Err(FieldError::NotAHost { text: host.to_string() }),
    }
}
