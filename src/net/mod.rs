//! Outbound connections: which addresses may be connected to, how names are resolved, and which certificates are trusted.
//!
//! Everything that connects to somewhere else (probes, channels, the model client) goes through [`guard::AddressGuard`] and
//! [`resolver::SystemResolver`].

pub mod guard;
pub mod resolver;
pub mod trust;

use std::net::IpAddr;

/// Why there is no address to connect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The host has only addresses that may not be connected to.
    #[error("{host}: {ip} is a link-local or metadata address, which probes may not read")]
    Forbidden { host: String, ip: IpAddr },
    /// The resolver says that the name does not exist.
    #[error("{host}: no such name (NXDOMAIN)")]
    NoSuchName { host: String },
    #[error("{host}: the name has no address")]
    NoAddress { host: String },
    #[error("{host}: not a host name: {reason}")]
    NotAHostName { host: String, reason: String },
    /// The system's own resolver answered with an error such as SERVFAIL.
    #[error("{host}: the system's resolver answered \"{code}\"")]
    ResolverFailed { host: String, code: String },
    #[error("{host}: the system's resolver gave no answer: {reason}")]
    NoAnswer { host: String, reason: String },
    #[error("the system's resolver: {reason}")]
    NoResolver { reason: String },
}
