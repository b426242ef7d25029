//! Why a target was not read, typed to the leaves. `texts::unread` and `texts::detail` have the words.

use super::key_hosts::{KeyBinding, host_of};
use super::probe_fields::{FieldError, QueryError};
use jiff::Timestamp;
use std::net::IpAddr;
use std::time::Duration;
use url::Url;

/// What failed. It holds no secrets: URLs are without credentials and query.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The URL, address or file that was being read; empty where the cause names it.
    pub subject: String,
    pub cause: Cause,
}

/// The cause of a failed reading.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The message of the operating system or of a library, verbatim.
    Foreign(String),
    /// No complete answer within the timeout.
    TimedOut(Duration),
    /// A defect of this program.
    Internal,
    Address(AddressCause),
    Dns(DnsCause),
    Http(HttpCause),
    Tls(TlsCause),
    Sqlite(SqliteCause),
    Configuration(ConfigurationCause),
    Memory(MemoryCause),
}

/// Why there is no address to connect to.
#[derive(Clone, Debug, PartialEq)]
pub enum AddressCause {
    /// A link-local or metadata address.
    Forbidden {
        host: String,
        ip: IpAddr,
    },
    /// An address in a network that the settings deny.
    Denied {
        host: String,
        ip: IpAddr,
    },
    /// NXDOMAIN.
    NoSuchName {
        host: String,
    },
    NoAddress {
        host: String,
    },
    NotAHostName {
        host: String,
        reason: String,
    },
    /// The system's resolver answered with an error such as SERVFAIL.
    ResolverError {
        host: String,
        code: String,
    },
    ResolverSilent {
        host: String,
        reason: String,
    },
    ResolverTimedOut(Duration),
    /// The system's resolver is not usable.
    NoResolver {
        reason: String,
    },
}

/// Why a dns probe has no answer. `server` is the probe's own; without one it is the system's resolver.
#[derive(Clone, Debug, PartialEq)]
pub enum DnsCause {
    NotAName {
        name: String,
        reason: String,
    },
    NoSuchName {
        name: String,
        server: Option<String>,
    },
    ErrorCode {
        name: String,
        server: Option<String>,
        code: String,
    },
    Silent {
        name: String,
        server: Option<String>,
        reason: String,
    },
    /// The probe's server has no such port open.
    Refused {
        name: String,
        server: String,
    },
    ServerTimedOut(Duration),
}

/// Why an HTTP exchange gave no reading.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpCause {
    RedirectLoop,
    TooManyRedirects {
        max: u32,
    },
    RedirectToNoUrl,
    RedirectToOtherScheme,
    UnsupportedScheme,
    /// The value has characters that HTTP does not allow.
    InvalidHeader {
        name: String,
    },
    /// 401 or 403 to a probe with a credential.
    CredentialRejected {
        status: u16,
    },
    HeadersTooLarge {
        bytes: usize,
        max: usize,
    },
    BodyTooLarge {
        max: usize,
    },
}

/// Why a reading does not fit into the memory for readings. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum MemoryCause {
    /// Other readings take it.
    Full { max: usize },
    /// JSON takes more, once it is parsed, than one Scenario may.
    TooMuchJson { bytes: usize, max: usize },
}

/// Why there is no verified TLS connection.
#[derive(Clone, Debug, PartialEq)]
pub enum TlsCause {
    NotAServerName(String),
    /// `at` is missing where the library does not report it.
    Expired {
        at: Option<Timestamp>,
    },
    NotYetValid {
        from: Option<Timestamp>,
    },
    UnknownIssuer,
    WrongName,
    /// The certificate has no alternative names of its subject; its common name does not count.
    NoNames {
        expected: String,
    },
    WrongNames {
        expected: String,
        presented: String,
    },
    /// What the server sent is not TLS; the message of the TLS library.
    NotTls(String),
    /// The server speaks no version of TLS that this program has; the message of the TLS library.
    NoCommonVersion(String),
    /// The server accepts no cipher suite, group or signature that this program has; the message of the TLS library.
    NoCommonCipher(String),
    /// The message of the TLS library about the certificate.
    Rejected(String),
    /// The probe's own CA certificates contain no certificate in PEM form.
    NoCaCertificate,
    /// The probe's own CA certificates are not valid; the message of the library.
    InvalidCa(String),
}

/// Why a database was not read.
#[derive(Clone, Debug, PartialEq)]
pub enum SqliteCause {
    NotOffered,
    /// A file of this program.
    OwnFile,
    NotAFile,
    /// Another file came in its place while it was opened.
    Replaced,
    Query(QueryError),
    TooManyRows {
        max: usize,
    },
    TooManyBytes {
        max: usize,
    },
    ParameterCount {
        expected: usize,
        given: usize,
    },
    DuplicateColumn(String),
    /// By another process, for as long as was waited.
    Locked(Duration),
    /// Reading under locks that the writer needs was ended.
    LockedTooLong,
    /// The query took longer than the probe may.
    QueryTooSlow(Duration),
    /// The query took as long as any query may.
    TimeLimit(Duration),
    /// The query needs more memory than this.
    OutOfMemory {
        mib: u64,
    },
    /// The worker process ended; by which signal, or with which code.
    WorkerDied(String),
    /// No worker process could be started; the message of the operating system.
    NoWorker(String),
    /// There is a `-wal` with content and no `-shm`.
    WalWithoutIndex,
    /// The file changed all the time while it was read.
    Changing,
    /// The message of SQLite.
    CannotOpen(String),
    /// The authorizer rejected the query; the message of SQLite.
    NotAuthorized(String),
    /// Other queries were running for this time.
    Queued(Duration),
}

/// What a probe refers to and is not available.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigurationCause {
    UnsetSetting(String),
    /// The value is not usable after settings are substituted.
    Field(FieldError),
    NoSecret {
        name: String,
    },
    NoSecretKey {
        name: String,
        key: String,
    },
    /// The value of the key is not usable for this field.
    SecretValue {
        name: String,
        key: String,
        error: FieldError,
    },
    /// RBAC does not allow reading it.
    SecretForbidden {
        name: String,
    },
    /// The annotation of the Secret names other hosts for the key.
    HostNotAllowed {
        secret: String,
        key: String,
        /// `host:port` of the request.
        host: String,
    },
    /// An entry of the annotation is not `KEY=host:port`.
    MalformedHosts {
        secret: String,
        entry: String,
    },
}

impl ConfigurationCause {
    /// The key of a binding may not be sent to the host of this URL.
    pub fn host_not_allowed(binding: &KeyBinding, url: &Url) -> ConfigurationCause {
        let KeyBinding { secret, key, .. } = binding.clone();
        ConfigurationCause::HostNotAllowed { secret, key, host: host_of(url).unwrap_or_default() }
    }
}

impl Detail {
    /// `cause` on reading `subject`.
    pub fn new(subject: impl Into<String>, cause: impl Into<Cause>) -> Detail {
        Detail { subject: subject.into(), cause: cause.into() }
    }
}

impl<C: Into<Cause>> From<C> for Detail {
    fn from(cause: C) -> Detail {
        Detail::new("", cause)
    }
}

impl From<AddressCause> for Cause {
    fn from(cause: AddressCause) -> Cause {
        Cause::Address(cause)
    }
}

impl From<DnsCause> for Cause {
    fn from(cause: DnsCause) -> Cause {
        Cause::Dns(cause)
    }
}

impl From<HttpCause> for Cause {
    fn from(cause: HttpCause) -> Cause {
        Cause::Http(cause)
    }
}

impl From<TlsCause> for Cause {
    fn from(cause: TlsCause) -> Cause {
        Cause::Tls(cause)
    }
}

impl From<SqliteCause> for Cause {
    fn from(cause: SqliteCause) -> Cause {
        Cause::Sqlite(cause)
    }
}

impl From<MemoryCause> for Cause {
    fn from(cause: MemoryCause) -> Cause {
        Cause::Memory(cause)
    }
}

impl From<ConfigurationCause> for Cause {
    fn from(cause: ConfigurationCause) -> Cause {
        Cause::Configuration(cause)
    }
}
