//! The target of a probe: settings substituted, secrets looked up. Input of the `probes` layer.

use super::key_hosts::KeyBinding;
use crate::api::{Method, RecordType};
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::{Position, Url};

/// One probe, ready to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The name of its Scenario.
    pub scenario: Arc<str>,
    /// The probe's name.
    pub name: Arc<str>,
    /// Timeout of the whole reading, including redirects and body.
    pub timeout: Duration,
    pub request: Request,
}

/// The request to the target.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Http(HttpRequest),
    Sqlite(SqliteRequest),
    Tcp(Address),
    Dns(DnsRequest),
    Tls(TlsRequest),
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// Shared by all runs where the spec has it without settings.
    pub url: Arc<Url>,
    pub method: Method,
    pub headers: Vec<RequestHeader>,
    /// The keys in the headers that may be sent to certain hosts only.
    pub bindings: Vec<KeyBinding>,
    pub body: Option<String>,
    pub max_redirects: u32,
    pub max_body_bytes: usize,
    pub tls: Verification,
}

/// A header of the request. The value of a secret one is never shown.
#[derive(Clone, PartialEq)]
pub struct RequestHeader {
    pub name: String,
    pub value: String,
    /// From a Secret: not sent to another origin after a redirect.
    pub secret: bool,
}

impl fmt::Debug for RequestHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.secret { "***" } else { &self.value };
        write!(f, "{}: {value}", self.name)
    }
}

/// How a server's certificate is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Verification {
    /// PEM certificates trusted besides the system's and the program's.
    pub ca_pem: Option<String>,
    pub skip: bool,
}

/// A query on a SQLite file.
#[derive(Clone, Debug, PartialEq)]
pub struct SqliteRequest {
    pub path: PathBuf,
    pub query: String,
    pub parameters: Vec<String>,
    pub max_rows: usize,
}

/// A host and port to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A DNS question.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsRequest {
    pub name: String,
    pub record_type: RecordType,
    /// `None`: the system's resolver.
    pub server: Option<Address>,
}

/// A TLS handshake.
#[derive(Clone, Debug, PartialEq)]
pub struct TlsRequest {
    pub address: Address,
    pub server_name: String,
    pub tls: Verification,
}

impl Request {
    /// The word for its kind, as in a Scenario.
    pub fn kind(&self) -> &'static str {
        match self {
            Request::Http(_) => "http",
            Request::Sqlite(_) => "sqlite",
            Request::Tcp(_) => "tcp",
            Request::Dns(_) => "dns",
            Request::Tls(_) => "tls",
        }
    }

    /// What probes share that wait for each other: host and port, whatever the protocol; the file; or the system's resolver.
    pub fn endpoint(&self) -> Cow<'_, str> {
        match self {
            // With its port, which is left out only where it is the usual one.
            Request::Http(r) => match r.url.port() {
                Some(_) => r.url[Position::BeforeHost..Position::AfterPort].into(),
                None => {
                    let port = r.url.port_or_known_default().unwrap_or_default();
                    format!("{}:{port}", r.url.host_str().unwrap_or_default()).into()
                }
            },
            Request::Sqlite(r) => r.path.display().to_string().into(),
            Request::Tcp(address) | Request::Tls(TlsRequest { address, .. }) => {
                address.to_string().to_lowercase().into()
            }
            Request::Dns(DnsRequest { server: Some(server), .. }) => server.to_string().to_lowercase().into(),
            Request::Dns(_) => "resolver".into(),
        }
    }

    /// What probes of one target have in common: scheme, host and port, or the file. Of several such probes that were not read,
    /// only the first fails.
    pub fn root(&self) -> String {
        match self {
            Request::Http(r) => format!(
                "{}://{}:{}",
                r.url.scheme(),
                r.url.host_str().unwrap_or_default(),
                r.url.port_or_known_default().unwrap_or_default()
            ),
            Request::Sqlite(r) => format!("sqlite:{}", r.path.display()),
            Request::Tcp(a) => format!("tcp://{a}"),
            Request::Dns(r) => match &r.server {
                Some(server) => format!("dns://{server}"),
                None => format!("dns:{}", r.name),
            },
            Request::Tls(r) => format!("tls://{}", r.address),
        }
    }
}
