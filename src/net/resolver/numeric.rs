//! Addresses written as text, in the forms that `getaddrinfo` accepts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address, and the interface that a link-local IPv6 address is on; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopedIp {
    pub ip: IpAddr,
    pub scope: u32,
}

/// Parses an address: IPv4 with one to four numbers, decimal, octal or hexadecimal (`127.1`, `0x7f000001`), or IPv6 with or without
/// a scope (`fe80::1%eth0`). `None`: the text is not an address.
pub fn parse(text: &str) -> Option<ScopedIp> {
    if let Some(ip) = ipv4(text) {
        return Some(ScopedIp { ip: ip.into(), scope: 0 });
    }
    let (address, scope) = text.split_once('%').map_or((text, None), |(address, scope)| (address, Some(scope)));
    let ip: Ipv6Addr = address.parse().ok()?;
    let scope = match scope {
        Some(scope) => interface(ip, scope)?,
        None => 0,
    };
    Some(ScopedIp { ip: ip.into(), scope })
}

/// Whether the text is an IPv6 address whose scope does not exist on this host.
pub fn has_unknown_scope(text: &str) -> bool {
    text.split_once('%').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok()) && parse(text).is_none()
}

/// As `inet_aton`: the last number fills the remaining bytes.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let room = 4 - u32::try_from(first.len()).ok().filter(|count| *count < 4)?;
    if first.iter().any(|part| *part > 255) || u64::from(*last) >= 1 << (8 * room) {
        return None;
    }
    let high = first.iter().zip([24, 16, 8]).fold(0, |bits, (part, shift)| bits | part << shift);
    Some(Ipv4Addr::from(high | last))
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // from_str_radix accepts a sign.
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

/// The index of an interface: by name for addresses that are local to a link, else by number only.
fn interface(ip: Ipv6Addr, scope: &str) -> Option<u32> {
    let is_local = ip.is_unicast_link_local() || ip.segments()[0] & 0xff0f == 0xff02;
    let named = || index_of(scope).ok();
    let numbered = || scope.bytes().all(|b| b.is_ascii_digit()).then(|| scope.parse().ok()).flatten();
    if is_local { named().or_else(numbered) } else { numbered() }
}

fn index_of(name: &str) -> std::io::Result<u32> {
    use rustix::net::{AddressFamily, SocketType, netdevice::name_to_index, socket};
    Ok(name_to_index(socket(AddressFamily::INET, SocketType::DGRAM, None)?, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<String> {
        parse(text).map(|parsed| format!("{}%{}", parsed.ip, parsed.scope))
    }

    #[test]
    fn ipv4_addresses_have_the_forms_of_inet_aton() {
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("127.0.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0177.0.0.01", "127.0.0.1"),
            ("1.2.65535", "1.2.255.255"),
            ("0", "0.0.0.0"),
            ("4294967295", "255.255.255.255"),
        ] {
            assert_eq!(ip(text), Some(format!("{expected}%0")), "{text}");
        }
        for text in [
            "",
            "1.2.3.4.5",
            "1.2.3.256",
            "256.1",
            "1.2.65536",
            "4294967296",
            "08",
            "1.+2",
            "1..2",
            "1.2.3.4 ",
            "a",
            "-1",
        ] {
            assert_eq!(ip(text), None, "{text}");
        }
    }

    #[test]
    fn ipv6_addresses_may_have_scopes() {
        assert_eq!(ip("::1").as_deref(), Some("::1%0"));
        assert_eq!(ip("fe80::1%lo").as_deref(), Some("fe80::1%1"));
        assert_eq!(ip("fe80::1%7").as_deref(), Some("fe80::1%7"));
        assert_eq!(ip("ff02::1%lo").as_deref(), Some("ff02::1%1"));
        assert_eq!(ip("::1%3").as_deref(), Some("::1%3"));
        for text in ["::1%lo", "fe80::1%", "fe80::1%no-such-interface", "fe80::1%1x", "[::1]", "127.0.0.1%lo"] {
            assert_eq!(ip(text), None, "{text}");
            assert_eq!(has_unknown_scope(text), text.starts_with("fe80") || text.starts_with("::1%"), "{text}");
        }
    }
}
