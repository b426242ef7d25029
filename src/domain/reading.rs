//! The result of a probe: a reading of its target, of the same shape for all five kinds.

use super::detail::Detail;
use serde_json::{Map, Value};
use std::time::Duration;

pub use crate::cel::JSON_ERROR;

/// The result of reading a target once.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// `None` where the target answered, with any status.
    pub error: Option<ReadError>,
    /// How long reading took, whether it succeeded or not.
    pub latency: Duration,
    /// The fields of the kind: http `status`, `headers` (names in lower case), `body` (text), `json` (only when the body is
    /// JSON) or [`JSON_ERROR`], and `certificate`; sqlite `rows`, `rowCount`; dns `answers`, `rcode`; tls `certificate`, `version`.
    pub fields: Map<String, Value>,
}

/// Why there is no reading.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadError {
    pub kind: ErrorKind,
    /// Boxed, so that a reading without an error is small.
    pub detail: Box<Detail>,
}

/// Where an error comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorOrigin {
    /// The target: its probe fails.
    Target,
    /// This program's configuration, credentials or network: the outcome of the probe is unknown.
    Local,
}

/// The kind of an error; `probes.NAME.error` in checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing listens on the port.
    Refused,
    /// No answer in time.
    Timeout,
    /// The connection was closed before the answer was complete.
    Reset,
    /// The host cannot be reached (EHOSTUNREACH).
    Unreachable,
    /// Handshake or certificate.
    Tls,
    /// No such name (NXDOMAIN), or no answer from the server of a dns probe.
    Dns,
    /// More bytes or rows than the probe allows.
    TooLarge,
    /// More redirects than the probe allows, or a loop.
    Redirects,
    /// The answer is not of the protocol.
    Protocol,
    /// A query that the database rejects, such as one of a table that does not exist.
    Query,
    /// An address that probes may not connect to (link-local, metadata or denied), or a host that a secret may not be sent to.
    Forbidden,
    /// The network of this host is down (ENETUNREACH), or its resolver does not answer.
    Network,
    /// A database file that does not exist or cannot be opened.
    Unreadable,
    /// The memory for readings was used up.
    Memory,
    /// 401 or 403 to a probe with a credential. Such a reading has fields, too.
    Credential,
    /// A setting that the probe needs is not set.
    UnsetSetting,
    /// A Secret or key that the probe needs does not exist.
    MissingSecret,
}

impl ErrorKind {
    /// The word that `probes.NAME.error` holds.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Refused => "refused",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Reset => "reset",
            ErrorKind::Unreachable => "unreachable",
            ErrorKind::Tls => "tls",
            ErrorKind::Dns => "dns",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::Redirects => "redirects",
            ErrorKind::Protocol => "protocol",
            ErrorKind::Query => "query",
            ErrorKind::Forbidden => "forbidden",
            ErrorKind::Network => "network",
            ErrorKind::Unreadable => "unreadable",
            ErrorKind::Memory => "memory",
            ErrorKind::Credential => "credential",
            ErrorKind::UnsetSetting => "unset_setting",
            ErrorKind::MissingSecret => "missing_secret",
        }
    }

    /// Where errors of this kind come from.
    pub fn origin(self) -> ErrorOrigin {
        match self {
            ErrorKind::Network
            | ErrorKind::Unreadable
            | ErrorKind::Memory
            | ErrorKind::Credential
            | ErrorKind::UnsetSetting
            | ErrorKind::MissingSecret
            | ErrorKind::Forbidden => ErrorOrigin::Local,
            _ => ErrorOrigin::Target,
        }
    }
}

impl Reading {
    /// A reading of a target that answered.
    pub fn read(latency: Duration, fields: Map<String, Value>) -> Reading {
        Reading { error: None, latency, fields }
    }

    /// A reading of a target that was not read.
    pub fn failed(kind: ErrorKind, detail: impl Into<Detail>, latency: Duration) -> Reading {
        Reading { error: Some(ReadError { kind, detail: Box::new(detail.into()) }), latency, fields: Map::new() }
    }

    /// Whether the target was read.
    pub fn ok(&self) -> bool {
        self.error.is_none()
    }
}
