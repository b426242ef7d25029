//! `/etc/hosts`, read as glibc reads it.

use std::collections::HashMap;
use std::net::IpAddr;

/// The names of the hosts file and their addresses, in the order of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// By name in lower case.
    addresses: HashMap<String, Vec<IpAddr>>,
}

impl Hosts {
    /// Parses the text of the file. Lines without a valid address are ignored.
    pub fn parse(text: &str) -> Hosts {
        let mut hosts = Hosts::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut fields = line.split_ascii_whitespace();
            let Some(ip) = fields.next().and_then(|field| field.parse().ok()) else { continue };
            for name in fields {
                let of_name = hosts.addresses.entry(name.to_ascii_lowercase()).or_default();
                if !of_name.contains(&ip) {
                    of_name.push(ip);
                }
            }
        }
        hosts
    }

    /// The addresses of `name`, whatever its case; none where it is not in the file.
    pub fn addresses(&self, name: &str) -> &[IpAddr] {
        self.addresses.get(&name.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_name_counts() {
        let hosts = Hosts::parse(
            "192.0.2.1 Web1 web1.example.test # web2\n# 192.0.2.2 web1\n\t192.0.2.3\tweb1\n2001:db8::1 web1\n192.0.2.1 web1\n\
             not-an-address web1\n192.0.2.4\n192.0.2.5 my_app",
        );
        let of = |name: &str| hosts.addresses(name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of("WEB1"), ["192.0.2.1", "192.0.2.3", "2001:db8::1"]);
        assert_eq!(of("web1.example.test"), ["192.0.2.1"]);
        assert_eq!(of("my_app"), ["192.0.2.5"]);
        assert!(of("web2").is_empty() && of("web1.").is_empty());
    }
}
