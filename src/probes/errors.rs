//! Maps errors of the network and of TLS to the errors of a reading.

use super::failure::{FailedReading, failure};
use crate::domain::detail::{AddressCause, Cause, TlsCause};
use crate::domain::reading::{ErrorKind, ReadError};
use crate::net::AddressError;
use crate::net::connect::ConnectError;
use jiff::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use std::error::Error;
use std::io;

/// `EMFILE`, `ENFILE`, `ENOBUFS`: limits of this host.
const OWN_LIMITS: [i32; 3] = [24, 23, 105];

/// Maps an error on a connection to `subject`, by the first known error in its chain of sources.
pub(super) fn of_chain(subject: &str, error: &(dyn Error + 'static)) -> ReadError {
    let mut innermost = error;
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(error) = classify(subject, current) {
            return error;
        }
        innermost = current;
        next = current.source();
    }
    failure(ErrorKind::Protocol, subject, Cause::Foreign(innermost.to_string()))
}

fn classify(subject: &str, error: &(dyn Error + 'static)) -> Option<ReadError> {
    if let Some(error) = error.downcast_ref::<AddressError>() {
        return Some(of_address(error));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(failure(ErrorKind::Tls, subject, of_tls(error)));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(of_io(subject, error));
    }
    let error = error.downcast_ref::<hyper::Error>()?;
    let kind = if error.is_parse_too_large() {
        ErrorKind::TooLarge
    } else if error.is_parse() {
        ErrorKind::Protocol
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        ErrorKind::Reset
    } else {
        return None;
    };
    let innermost = error.source().map_or_else(|| error.to_string(), |cause| cause.to_string());
    Some(failure(kind, subject, Cause::Foreign(innermost)))
}

/// Maps the error of a host lookup. "No such name" is an error of the target; no answer, or an error such as SERVFAIL from the system's
/// resolver, may be caused by this host's network.
pub(super) fn of_address(error: &AddressError) -> ReadError {
    let (kind, cause) = match error.clone() {
        AddressError::Forbidden { host, ip } => (ErrorKind::Forbidden, AddressCause::Forbidden { host, ip }),
        AddressError::Denied { host, ip } => (ErrorKind::Forbidden, AddressCause::Denied { host, ip }),
        AddressError::NoSuchName { host } => (ErrorKind::Dns, AddressCause::NoSuchName { host }),
        AddressError::NoAddress { host } => (ErrorKind::Dns, AddressCause::NoAddress { host }),
        AddressError::NotAHostName { host, reason } => (ErrorKind::Dns, AddressCause::NotAHostName { host, reason }),
        AddressError::ResolverFailed { host, code } => (ErrorKind::Network, AddressCause::ResolverError { host, code }),
        AddressError::NoAnswer { host, reason } => (ErrorKind::Network, AddressCause::ResolverSilent { host, reason }),
        AddressError::NoResolver { reason } => (ErrorKind::Network, AddressCause::NoResolver { reason }),
    };
    failure(kind, "", cause)
}

/// Maps why there is no connection to `subject`.
pub(super) fn of_connect(subject: &str, error: &ConnectError) -> ReadError {
    match error {
        ConnectError::Address(error) => of_address(error),
        ConnectError::Io(error) => of_io(subject, error),
    }
}

/// Maps an I/O error on a connection to `subject`.
pub(super) fn of_io(subject: &str, error: &io::Error) -> ReadError {
    use io::ErrorKind as Io;
    if let Some(inner) = error.get_ref()
        && let Some(error) = classify(subject, inner)
    {
        return error;
    }
    let kind = match error.kind() {
        Io::ConnectionRefused => ErrorKind::Refused,
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof | Io::NotConnected => {
            ErrorKind::Reset
        }
        Io::HostUnreachable => ErrorKind::Unreachable,
        Io::TimedOut => ErrorKind::Timeout,
        // A local packet filter, no free port, or no address of that family.
        Io::NetworkUnreachable | Io::NetworkDown | Io::PermissionDenied | Io::AddrNotAvailable => ErrorKind::Network,
        _ if error.raw_os_error().is_some_and(|code| OWN_LIMITS.contains(&code)) => ErrorKind::Network,
        _ if error.raw_os_error().is_some() => ErrorKind::Unreachable,
        _ => ErrorKind::Protocol,
    };
    failure(kind, subject, Cause::Foreign(error.to_string()))
}

/// Maps a TLS error.
fn of_tls(error: &rustls::Error) -> Cause {
    use rustls::{AlertDescription as Alert, Error, InvalidMessage, PeerIncompatible as Peer};
    let reason = match error {
        Error::InvalidCertificate(reason) => reason,
        Error::AlertReceived(Alert::ProtocolVersion)
        | Error::PeerIncompatible(
            Peer::ServerDoesNotSupportTls12Or13 | Peer::ServerTlsVersionIsDisabledByOurConfig | Peer::Tls12NotOffered,
        ) => return TlsCause::NoCommonVersion(error.to_string()).into(),
        Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity)
        | Error::PeerIncompatible(
            Peer::NoCipherSuitesInCommon | Peer::NoKxGroupsInCommon | Peer::NoSignatureSchemesInCommon,
        ) => return TlsCause::NoCommonCipher(error.to_string()).into(),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            return TlsCause::NotTls(error.to_string()).into();
        }
        other => return Cause::Foreign(other.to_string()),
    };
    let cause = match reason {
        CertificateError::Expired => TlsCause::Expired { at: None },
        CertificateError::ExpiredContext { not_after, .. } => TlsCause::Expired { at: timestamp(not_after) },
        CertificateError::NotValidYet => TlsCause::NotYetValid { from: None },
        CertificateError::NotValidYetContext { not_before, .. } => {
            TlsCause::NotYetValid { from: timestamp(not_before) }
        }
        CertificateError::UnknownIssuer => TlsCause::UnknownIssuer,
        CertificateError::NotValidForName => TlsCause::WrongName,
        CertificateError::NotValidForNameContext { expected, presented } if presented.is_empty() => {
            TlsCause::NoNames { expected: expected.to_str().into_owned() }
        }
        CertificateError::NotValidForNameContext { expected, presented } => TlsCause::WrongNames {
            expected: expected.to_str().into_owned(),
            presented: presented
                .iter()
                .map(|name| plain_name(name))
                .collect::<Vec<_>>()
                .join(", ")
                .chars()
                .take(500)
                .collect(),
        },
        other => TlsCause::Rejected(other.to_string()),
    };
    cause.into()
}

/// A name of a certificate without the words of the library around it: `DnsName("a")`, `IpAddress(127.0.0.1)`, `DNSName(a)`.
fn plain_name(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

fn timestamp(at: &UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(at.as_secs()).ok()?).ok()
}

impl From<AddressError> for FailedReading {
    fn from(error: AddressError) -> Self {
        ReadError::from(error).into()
    }
}

impl From<AddressError> for ReadError {
    fn from(error: AddressError) -> Self {
        of_address(&error)
    }
}
