//! The address guard: refuses connections to link-local and metadata addresses, on which cloud providers serve credentials.

use super::AddressError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// The metadata service of AWS over IPv6.
const AWS_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// The metadata service of Alibaba Cloud.
const ALIBABA_METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// Refuses link-local and metadata addresses, unless the settings allow them.
#[derive(Clone, Copy, Debug)]
pub struct AddressGuard {
    allow_link_local: bool,
}

impl AddressGuard {
    pub fn new(allow_link_local: bool) -> AddressGuard {
        AddressGuard { allow_link_local }
    }

    /// Whether `ip` may be connected to.
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.allow_link_local || !is_metadata(ip)
    }

    /// The allowed ones of the addresses of `host`; [`AddressError::Forbidden`] where none is.
    pub fn filter(&self, host: &str, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, AddressError> {
        let allowed: Vec<IpAddr> = addresses.iter().copied().filter(|ip| self.allows(*ip)).collect();
        match (allowed.is_empty(), addresses.first()) {
            (true, Some(refused)) => Err(forbidden(host, *refused)),
            _ => Ok(allowed),
        }
    }

    /// Refuses a URL whose host is a forbidden address. Names are checked after they are resolved.
    pub fn check_url(&self, url: &Url) -> Result<(), AddressError> {
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return Ok(()),
        };
        if self.allows(ip) { Ok(()) } else { Err(forbidden(url.host_str().unwrap_or_default(), ip)) }
    }
}

fn forbidden(host: &str, ip: IpAddr) -> AddressError {
    AddressError::Forbidden { host: host.to_string(), ip }
}

fn is_metadata(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4 == ALIBABA_METADATA,
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6 == AWS_METADATA
                || embedded_v4(v6).is_some_and(|v4| v4.is_link_local() || v4 == ALIBABA_METADATA)
        }
    }
}

/// The IPv4 address that is embedded in an IPv6 address: mapped (`::ffff:0:0/96`), compatible (`::/96`) or by NAT64 (`64:ff9b::/96`).
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = v6.segments();
    let prefix = [a, b, c, d, e, f];
    let embeds = matches!(prefix, [0, 0, 0, 0, 0, 0 | 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0]);
    embeds.then(|| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_addresses_are_refused_in_every_spelling() {
        let guard = AddressGuard::new(false);
        for refused in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
        ] {
            assert!(!guard.allows(refused.parse().unwrap()), "{refused}");
            assert!(AddressGuard::new(true).allows(refused.parse().unwrap()), "{refused}");
        }
        for allowed in ["127.0.0.1", "169.253.255.255", "::1", "fd00:ec2::253", "100.100.100.201", "2001:db8::1"] {
            assert!(guard.allows(allowed.parse().unwrap()), "{allowed}");
        }
    }

    #[test]
    fn urls_with_numeric_hosts_are_checked() {
        let guard = AddressGuard::new(false);
        for refused in
            ["http://169.254.169.254/", "http://2852039166/", "http://0xA9FEA9FE/", "http://[::ffff:a9fe:a9fe]/"]
        {
            let error = guard.check_url(&Url::parse(refused).unwrap()).unwrap_err();
            assert!(matches!(error, AddressError::Forbidden { .. }), "{refused}");
        }
        assert!(guard.check_url(&Url::parse("http://127.0.0.1/").unwrap()).is_ok());
    }

    #[test]
    fn of_mixed_addresses_the_allowed_ones_are_kept() {
        let guard = AddressGuard::new(false);
        let mixed = vec!["169.254.1.1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        assert_eq!(guard.filter("mixed.test", mixed).unwrap(), ["127.0.0.1".parse::<IpAddr>().unwrap()]);
        let only = vec!["169.254.1.1".parse().unwrap()];
        assert!(matches!(guard.filter("only.test", only), Err(AddressError::Forbidden { .. })));
    }
}
