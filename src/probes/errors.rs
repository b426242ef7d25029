//! What an error of the network or of TLS means for a reading.

use super::failure;
use crate::domain::reading::{ErrorKind, ReadError};
use crate::net::AddressError;
use jiff::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use std::error::Error;
use std::io;

/// `EMFILE`, `ENFILE`, `ENOBUFS`: our own limits, not the target's fault.
const OWN_LIMITS: [i32; 3] = [24, 23, 105];

/// The meaning of an error on a connection to `what`, found anywhere in its chain of causes.
pub(super) fn of_chain(what: &str, error: &(dyn Error + 'static)) -> ReadError {
    let mut innermost = error;
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(known) = known(what, current) {
            return known;
        }
        innermost = current;
        next = current.source();
    }
    failure(ErrorKind::Protocol, format!("{what}: {innermost}"))
}

fn known(what: &str, error: &(dyn Error + 'static)) -> Option<ReadError> {
    if let Some(error) = error.downcast_ref::<AddressError>() {
        return Some(of_address(error));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(failure(ErrorKind::Tls, format!("{what}: {}", of_tls(error))));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(of_io(what, error));
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
    Some(failure(kind, format!("{what}: {innermost}")))
}

/// The meaning of a host without an address: "no such name" is the target's failure; whatever else the system's own resolver
/// says, SERVFAIL too, may as well be our own network's.
pub(super) fn of_address(error: &AddressError) -> ReadError {
    let kind = match error {
        AddressError::Forbidden { .. } => ErrorKind::Forbidden,
        AddressError::NoSuchName { .. } | AddressError::NoAddress { .. } | AddressError::NotAHostName { .. } => {
            ErrorKind::Dns
        }
        AddressError::ResolverFailed { .. } | AddressError::NoAnswer { .. } | AddressError::NoResolver { .. } => {
            ErrorKind::Network
        }
    };
    failure(kind, error.to_string())
}

/// The meaning of an I/O error on a connection to `what`.
pub(super) fn of_io(what: &str, error: &io::Error) -> ReadError {
    use io::ErrorKind as Io;
    if let Some(inner) = error.get_ref()
        && let Some(known) = known(what, inner)
    {
        return known;
    }
    let kind = match error.kind() {
        Io::ConnectionRefused => ErrorKind::Refused,
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof | Io::NotConnected => {
            ErrorKind::Reset
        }
        Io::HostUnreachable => ErrorKind::Unreachable,
        Io::TimedOut => ErrorKind::Timeout,
        // A packet filter of our own, no free port or no address of that family: nothing that the target did.
        Io::NetworkUnreachable | Io::NetworkDown | Io::PermissionDenied | Io::AddrNotAvailable => ErrorKind::Network,
        _ if error.raw_os_error().is_some_and(|code| OWN_LIMITS.contains(&code)) => ErrorKind::Network,
        _ if error.raw_os_error().is_some() => ErrorKind::Unreachable,
        _ => ErrorKind::Protocol,
    };
    failure(kind, format!("{what}: {error}"))
}

/// A TLS error in words that say what to look at.
fn of_tls(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(reason) = error else {
        return format!("TLS: {error}");
    };
    match reason {
        CertificateError::Expired => "the certificate has expired".to_string(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate expired at {}", moment(not_after))
        }
        CertificateError::NotValidYet => "the certificate is not valid yet".to_string(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate is not valid before {}", moment(not_before))
        }
        CertificateError::UnknownIssuer => "the certificate is from an unknown issuer".to_string(),
        CertificateError::NotValidForName => "the certificate is for another name".to_string(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: String = presented.join(", ").chars().take(500).collect();
            format!("the certificate is not for {}, but for {names}", expected.to_str())
        }
        other => format!("the certificate was refused: {other}"),
    }
}

fn moment(at: &UnixTime) -> String {
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| format!("second {seconds}"), |t| t.to_string())
}
