//! What a probe brings back: a reading of its target, the same shape for all five kinds.

use serde_json::{Map, Value};
use std::time::Duration;

/// A target as a probe saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// `None` where the target answered, whatever it said.
    pub error: Option<ReadError>,
    /// How long reading took, whether it succeeded or not.
    pub latency: Duration,
    /// What the kind adds: http `status`, `headers` (names in lower case), `body` (text), `json` (only when the body is
    /// JSON) and `certificate`; sqlite `rows`, `rowCount`; dns `answers`, `rcode`; tls `certificate`, `version`.
    pub fields: Map<String, Value>,
}

/// Why there is no reading.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadError {
    pub kind: ErrorKind,
    /// For people, in English, without secrets: what failed, with the names and numbers that matter.
    pub detail: String,
}

/// Whose fault a missing reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorOrigin {
    /// The target's: its probe fails.
    Target,
    /// Nobody can tell from here: the outcome is unknown.
    Watcher,
}

/// The `error` word of a reading, as checks see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing listens there.
    Refused,
    /// No answer in time.
    Timeout,
    /// The connection broke off before the answer was whole.
    Reset,
    /// The host is known but can't be reached (EHOSTUNREACH).
    Unreachable,
    /// Handshake or certificate.
    Tls,
    /// No such name (NXDOMAIN), or the resolver that a dns probe names is silent.
    Dns,
    /// More bytes or rows than the probe takes.
    TooLarge,
    /// More redirects than the probe takes, or a loop.
    Redirects,
    /// The answer is not of the protocol.
    Protocol,
    /// A query that the database refuses, such as a table that is not there.
    Query,
    /// An address that probes may not read (link-local metadata).
    Forbidden,
    /// The watcher's own network is down (ENETUNREACH) or its own resolver does not answer.
    Network,
    /// A database file that is not there or can't be opened.
    Unreadable,
    /// 401 or 403 to a probe that carries a credential. Such a reading has its fields, too.
    Credential,
    /// A setting that the probe needs is not set.
    UnsetSetting,
    /// A Secret or key that the probe needs is not there.
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
            ErrorKind::Credential => "credential",
            ErrorKind::UnsetSetting => "unset_setting",
            ErrorKind::MissingSecret => "missing_secret",
        }
    }

    /// Whether the target is to blame, or nobody can tell from here.
    pub fn origin(self) -> ErrorOrigin {
        match self {
            ErrorKind::Network
            | ErrorKind::Unreadable
            | ErrorKind::Credential
            | ErrorKind::UnsetSetting
            | ErrorKind::MissingSecret
            | ErrorKind::Forbidden => ErrorOrigin::Watcher,
            _ => ErrorOrigin::Target,
        }
    }
}

impl Reading {
    /// A reading of a target that answered.
    pub fn read(latency: Duration, fields: Map<String, Value>) -> Reading {
        Reading { error: None, latency, fields }
    }

    /// No reading, and why.
    pub fn failed(kind: ErrorKind, detail: impl Into<String>, latency: Duration) -> Reading {
        Reading { error: Some(ReadError { kind, detail: detail.into() }), latency, fields: Map::new() }
    }

    /// Whether the target was read.
    pub fn ok(&self) -> bool {
        self.error.is_none()
    }
}
