//! The words for why there is no address to connect to.

use crate::domain::detail::{AddressCause, Detail};
use crate::domain::texts::{self, Language};
use crate::net::AddressError;

/// Why there is no address to connect to, with the host.
pub(super) fn address_error(language: Language, error: &AddressError) -> String {
    let cause = match error.clone() {
        AddressError::Forbidden { host, ip } => AddressCause::Forbidden { host, ip },
        AddressError::Denied { host, ip } => AddressCause::Denied { host, ip },
        AddressError::NoSuchName { host } => AddressCause::NoSuchName { host },
        AddressError::NoAddress { host } => AddressCause::NoAddress { host },
        AddressError::NotAHostName { host, reason } => AddressCause::NotAHostName { host, reason },
        AddressError::ResolverFailed { host, code } => AddressCause::ResolverError { host, code },
        AddressError::NoAnswer { host, reason } => AddressCause::ResolverSilent { host, reason },
        AddressError::NoResolver { reason } => AddressCause::NoResolver { reason },
    };
    texts::detail(language, &Detail { subject: String::new(), cause: cause.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_the_language_with_the_host() {
        let (host, reason) = (|| "mx.example.org".to_string(), || "timeout".to_string());
        let ip = std::net::Ipv4Addr::LOCALHOST.into();
        for error in [
            AddressError::Forbidden { host: host(), ip },
            AddressError::Denied { host: host(), ip },
            AddressError::NoSuchName { host: host() },
            AddressError::NoAddress { host: host() },
            AddressError::NotAHostName { host: host(), reason: reason() },
            AddressError::ResolverFailed { host: host(), code: "SERVFAIL".into() },
            AddressError::NoAnswer { host: host(), reason: reason() },
        ] {
            let said = Language::ALL.map(|language| address_error(language, &error));
            assert!(said.iter().all(|text| text.contains("mx.example.org")) && said[0] != said[1], "{said:?}");
        }
    }
}
