//! The syntax of host names and of domain names, as they are looked up, and of the names of objects.

use rustls::pki_types::ServerName;
use std::net::IpAddr;
use url::Host;

/// Longest name in bytes, without a dot at the end, and longest label.
const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// A host as it is looked up: an IP address without brackets, or a name in lower case and ASCII (IDNA), as in a URL. `None` where
/// `text` is neither.
pub fn host(text: &str) -> Option<String> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(ip.to_string());
    }
    // In a URL these would be escape sequences.
    if text.contains('%') {
        return None;
    }
    match Host::parse(text).ok()? {
        Host::Domain(name) => is_host_name(&name).then_some(name),
        Host::Ipv4(ip) => Some(ip.to_string()),
        // In brackets.
        Host::Ipv6(_) => None,
    }
}

/// Whether this name in ASCII can be the name of a host: labels of letters, digits, `-` and `_`.
pub fn is_host_name(name: &str) -> bool {
    is_name(name, |label| label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')))
        && !name.starts_with('-')
}

/// Whether a certificate can be for this host, which is a result of [`host`].
pub fn is_server_name(host: &str) -> bool {
    ServerName::try_from(host).is_ok()
}

/// Whether this can be asked in the DNS: a name, in any script, of which the first label may be `*`. The labels of names in
/// `arpa` may have slashes (RFC 2317).
pub fn is_domain_name(text: &str) -> bool {
    if text == "." {
        return true;
    }
    let ascii = if text.is_ascii() {
        text.to_string()
    } else {
        match Host::parse(text) {
            Ok(Host::Domain(name)) if !text.contains('%') => name,
            _ => return false,
        }
    };
    let has_slashes = ascii.trim_end_matches('.').to_ascii_lowercase().ends_with(".arpa");
    let rest = ascii.strip_prefix("*.").unwrap_or(&ascii);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || has_slashes && b == b'/';
    is_name(rest, |label| label.bytes().all(allowed)) && ascii.trim_end_matches('.').len() <= NAME_MAX
}

/// Whether an object can have this name (RFC 1123): only such a name may become part of a request path at the API server.
pub fn is_object_name(name: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_label = |label: &str| label.bytes().all(|b| is_inner(b) || b == b'-');
    let is_part = |part: &str| is_label(part) && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-');
    name.len() <= NAME_MAX && name.split('.').all(is_part)
}

fn is_name(name: &str, is_label: impl Fn(&str) -> bool) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let mut labels = name.split('.');
    name.len() <= NAME_MAX && labels.all(|label| (1..=LABEL_MAX).contains(&label.len()) && is_label(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_addresses_or_names_in_ascii() {
        let long = format!("{}.test", "x".repeat(63));
        for (text, expected) in [
            ("shop.example", "shop.example"),
            ("Shop.Example.", "shop.example."),
            ("_x.a_b.r3---s.test", "_x.a_b.r3---s.test"),
            ("ação.test", "xn--ao-siap.test"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("::1", "::1"),
            ("0:0::1", "::1"),
            (&long, &long),
        ] {
            assert_eq!(host(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_looked_up_is_no_host() {
        let (label, name) = ("x".repeat(64) + ".test", "x.".repeat(127) + "x");
        for text in [
            "",
            ".",
            "a..b",
            ".a",
            "a b",
            "a{b",
            "*.a",
            "-a.test",
            "a%2eb",
            "a:80",
            "[::1]",
            "http://a",
            "a/b",
            "a@b",
            "999.1.1.1",
            "fe80::1%eth0",
            "a\u{0}b",
            &label,
            &name,
        ] {
            assert_eq!(host(text), None, "{text:?}");
        }
    }

    #[test]
    fn domain_names_may_have_more() {
        for text in [
            "shop.example",
            "shop.example.",
            "_dmarc.x.test",
            "*.x.test",
            "ação.test",
            ".",
            "1.2.3.4",
            "0/25.2.0.192.in-addr.arpa",
            "com",
        ] {
            assert!(is_domain_name(text), "{text}");
        }
        for text in [
            "",
            "a..b",
            "..",
            "http://x.test/",
            "x.test/",
            "x.test:53",
            "a b",
            "a.*.b",
            "**.a",
            "a\\.b",
            "a%2e.ção",
            &("x".repeat(64) + ".test"),
        ] {
            assert!(!is_domain_name(text), "{text}");
        }
    }

    #[test]
    fn names_of_servers_are_names_that_a_certificate_can_have() {
        for name in ["shop.example", "a_b.test", "127.0.0.1", "::1"] {
            assert!(is_server_name(name), "{name}");
        }
        for name in ["a-.test", "*.x.test", "x.test:443", ""] {
            assert!(!is_server_name(name), "{name}");
        }
    }
}
