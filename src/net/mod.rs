//! Outbound connections: which addresses may be connected to, how names are resolved, and which certificates are trusted.
//!
//! Everything that connects to other hosts (probes, channels, the model client) uses [`guard::AddressGuard`] and
//! [`resolver::SystemResolver`]; [`client::GuardedClient`] and [`connect::connect`] do both.

pub mod client;
pub mod connect;
pub mod guard;
pub mod networks;
pub mod resolver;
#[cfg(test)]
pub mod testing;
pub mod trust;

use std::net::IpAddr;

/// Why there is no address to connect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// All addresses of the host are link-local or metadata addresses.
    #[error("{host}: {ip} is a link-local or metadata address, to which connections are not allowed")]
    Forbidden { host: String, ip: IpAddr },
    /// All addresses of the host are in networks that the settings deny, or link-local or metadata addresses.
    #[error("{host}: {ip} is in a network of AGENTIC_DENY_NETWORKS, to which connections are not allowed")]
    Denied { host: String, ip: IpAddr },
    /// The name does not exist (NXDOMAIN).
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
