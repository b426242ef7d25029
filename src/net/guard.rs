//! The address guard: refuses connections to link-local and metadata addresses, on which cloud providers serve credentials, and to
//! the networks that the settings deny.
//!
//! An IPv6 address that leads to an IPv4 address is judged as both. Addresses of a NAT64 prefix that an operator chose cannot be
//! recognised; such prefixes can be denied by the settings.

use super::AddressError;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Metadata services with IPv4 addresses that are not link-local: Alibaba Cloud, Oracle Cloud, and Azure's host agent.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];

/// Metadata services with IPv6 addresses that are not link-local.
const METADATA_V6: [Ipv6Addr; 6] = [
    // AWS: instances, and pods of EKS.
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    // Google Cloud.
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    // Oracle Cloud.
    Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
    // Akamai (Linode).
    Ipv6Addr::new(0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1),
    // Scaleway.
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

/// What the settings say about addresses.
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    /// Link-local and metadata addresses may be connected to.
    pub allow_link_local: bool,
    /// Networks that may not be connected to.
    pub deny: Vec<IpNet>,
    /// Exceptions to everything that is refused.
    pub allow: Vec<IpNet>,
}

/// Refuses link-local, metadata and denied addresses. Clones are cheap.
#[derive(Clone, Debug, Default)]
pub struct AddressGuard {
    rules: Arc<AddressRules>,
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Metadata,
    Denied,
}

impl AddressGuard {
    pub fn new(rules: AddressRules) -> AddressGuard {
        AddressGuard { rules: Arc::new(rules) }
    }

    /// Whether `ip` may be connected to.
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.refusal(ip).is_none()
    }

    /// The allowed ones of the addresses of `host`; an [`AddressError`] where none is.
    pub fn filter(&self, host: &str, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, AddressError> {
        let allowed: Vec<SocketAddr> = addresses.iter().copied().filter(|at| self.allows(at.ip())).collect();
        match addresses.first() {
            Some(first) if allowed.is_empty() => self.check(|| host.to_string(), first.ip()).map(|()| allowed),
            _ => Ok(allowed),
        }
    }

    /// Refuses a URL whose host is a forbidden address. Names are checked after they are resolved.
    pub fn check_url(&self, url: &Url) -> Result<(), AddressError> {
        match url.host() {
            Some(Host::Ipv4(ip)) => self.check(|| ip.to_string(), IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => self.check(|| format!("[{ip}]"), IpAddr::V6(ip)),
            _ => Ok(()),
        }
    }

    fn check(&self, host: impl FnOnce() -> String, ip: IpAddr) -> Result<(), AddressError> {
        match self.refusal(ip) {
            None => Ok(()),
            Some(Refusal::Metadata) => Err(AddressError::Forbidden { host: host(), ip }),
            Some(Refusal::Denied) => Err(AddressError::Denied { host: host(), ip }),
        }
    }

    fn refusal(&self, ip: IpAddr) -> Option<Refusal> {
        let rules = &*self.rules;
        // The system connects to the IPv4 address itself.
        let ip = ip.to_canonical();
        let within = |networks: &[IpNet], ip: IpAddr| networks.iter().any(|network| network.contains(&ip));
        if within(&rules.allow, ip) {
            return None;
        }
        let refused = |ip: IpAddr| match ip {
            _ if within(&rules.allow, ip) => None,
            _ if within(&rules.deny, ip) => Some(Refusal::Denied),
            _ if !rules.allow_link_local && is_metadata(ip) => Some(Refusal::Metadata),
            _ => None,
        };
        std::iter::once(ip).chain(equivalents(ip)).find_map(refused)
    }
}

fn is_metadata(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local() || METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || METADATA_V6.contains(&v6),
    }
}

/// The other addresses that a connection to `ip` may reach.
fn equivalents(ip: IpAddr) -> Vec<IpAddr> {
    match ip {
        // The system connects to itself.
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => vec![IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)],
        IpAddr::V6(Ipv6Addr::LOCALHOST) | IpAddr::V4(_) => Vec::new(),
        IpAddr::V6(v6) => embedded_v4(v6).into_iter().map(IpAddr::V4).collect(),
    }
}

/// The IPv4 addresses that are embedded in an IPv6 address, by every known form of it.
fn embedded_v4(v6: Ipv6Addr) -> Vec<Ipv4Addr> {
    let segments = v6.segments();
    let octets = v6.octets();
    let at = |[a, b, c, d]: [usize; 4]| Ipv4Addr::new(octets[a], octets[b], octets[c], octets[d]);
    let last = [12, 13, 14, 15];
    match segments {
        // Compatible (`::a.b.c.d`), translated (`::ffff:0:a.b.c.d`). Mapped ones are IPv4 addresses already.
        [0, 0, 0, 0, 0 | 0xffff, 0, ..] => vec![at(last)],
        // NAT64, RFC 6052 and 8215. The second is a range of prefixes of any length; octet 8 is not part of the address.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => vec![at(last)],
        [0x64, 0xff9b, 1, ..] => vec![at(last), at([6, 7, 9, 10]), at([7, 9, 10, 11]), at([9, 10, 11, 12])],
        // 6to4, RFC 3056.
        [0x2002, ..] => vec![at([2, 3, 4, 5])],
        // Teredo, RFC 4380: the server, and the client with all bits inverted.
        [0x2001, 0, ..] => vec![at([4, 5, 6, 7]), Ipv4Addr::from(!u32::from(at(last)))],
        // ISATAP, RFC 5214, whatever the prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => vec![at(last)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::networks::parse_networks;
    use super::*;

    fn guard(allow_link_local: bool, deny: &str, allow: &str) -> AddressGuard {
        let (deny, allow) = (parse_networks(deny).unwrap(), parse_networks(allow).unwrap());
        AddressGuard::new(AddressRules { allow_link_local, deny, allow })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    const METADATA: [&str; 14] = [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "fe80::1",
        "febf::1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "fd00:a9fe:a9fe::1",
        "fd00:42::42",
    ];

    #[test]
    fn metadata_addresses_are_refused() {
        for refused in METADATA {
            assert!(!guard(false, "", "").allows(ip(refused)), "{refused}");
            assert!(guard(true, "", "").allows(ip(refused)), "{refused}");
        }
        for allowed in ["127.0.0.1", "0.0.0.0", "169.253.255.255", "::", "::1", "fd00:ec2::253", "100.100.100.201"] {
            assert!(guard(false, "", "").allows(ip(allowed)), "{allowed}");
        }
    }

    #[test]
    fn an_ipv4_address_is_recognised_in_every_ipv6_form() {
        let forms = [
            "::ffff:169.254.169.254",
            "::ffff:0:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "64:ff9b:1:a9fe:a9:fe00::",
            "64:ff9b:1:a9:fe:a9fe::",
            "64:ff9b:1:0:a9:fea9:fe00:0",
            "2002:a9fe:a9fe::1",
            "2001:0:a9fe:a9fe::1",
            "2001:0:7f00:1:0:0:5601:5601",
            "2001:db8::5efe:169.254.169.254",
            "fd00::200:5efe:169.254.169.254",
        ];
        for form in forms {
            assert!(!guard(false, "", "").allows(ip(form)), "{form}");
            assert!(guard(false, "", "169.254.0.0/16").allows(ip(form)), "{form}");
        }
        for allowed in ["2001:db8::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "64:ff9b:2::a9fe:a9fe"]
        {
            assert!(guard(false, "", "").allows(ip(allowed)), "{allowed}");
        }
    }

    #[test]
    fn denied_networks_are_refused_except_the_allowed_ones() {
        let guard = guard(true, "0.0.0.0/0,::/0", "192.0.2.0/24,2001:db8::/32,127.0.0.1");
        for refused in ["192.0.3.1", "10.0.0.1", "2001:db9::1", "127.0.0.2", "169.254.169.254", "::1"] {
            assert!(!guard.allows(ip(refused)), "{refused}");
        }
        for allowed in ["192.0.2.255", "::ffff:192.0.2.1", "2001:db8::1", "127.0.0.1"] {
            assert!(guard.allows(ip(allowed)), "{allowed}");
        }
    }

    #[test]
    fn an_unspecified_address_is_judged_as_loopback() {
        let guard = guard(false, "127.0.0.0/8,::1", "");
        for refused in ["127.0.0.1", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"] {
            assert!(!guard.allows(ip(refused)), "{refused}");
        }
    }

    #[test]
    fn metadata_addresses_may_be_allowed_one_by_one() {
        let guard = guard(false, "", "169.254.169.254,fd00:ec2::/32");
        assert!(guard.allows(ip("169.254.169.254")) && guard.allows(ip("fd00:ec2::254")));
        assert!(!guard.allows(ip("169.254.170.2")) && !guard.allows(ip("fe80::1")));
    }

    #[test]
    fn urls_with_numeric_hosts_are_checked() {
        let guard = guard(false, "192.0.2.0/24", "");
        for refused in
            ["http://169.254.169.254/", "http://2852039166/", "http://0xA9FEA9FE/", "http://[::ffff:a9fe:a9fe]/"]
        {
            let error = guard.check_url(&Url::parse(refused).unwrap()).unwrap_err();
            assert!(matches!(error, AddressError::Forbidden { .. }), "{refused}");
        }
        let error = guard.check_url(&Url::parse("http://192.0.2.9/").unwrap()).unwrap_err();
        assert_eq!(error, AddressError::Denied { host: "192.0.2.9".into(), ip: ip("192.0.2.9") });
        assert!(guard.check_url(&Url::parse("http://127.0.0.1/").unwrap()).is_ok());
    }

    #[test]
    fn of_mixed_addresses_the_allowed_ones_are_kept() {
        let guard = guard(false, "", "");
        let at = |text| SocketAddr::new(ip(text), 80);
        let mixed = vec![at("169.254.1.1"), at("127.0.0.1")];
        assert_eq!(guard.filter("mixed.test", mixed).unwrap(), [at("127.0.0.1")]);
        assert!(matches!(guard.filter("only.test", vec![at("169.254.1.1")]), Err(AddressError::Forbidden { .. })));
    }
}
