//! Lists of networks in CIDR notation, as settings hold them.

use ipnet::{IpNet, Ipv4Net};
use std::net::IpAddr;

/// Most networks of one list.
const NETWORKS_MAX: usize = 256;

/// Parses networks that are separated by commas. An address without a prefix length is a network of one address, and a network of
/// IPv4 addresses in IPv6 notation (`::ffff:10.0.0.0/104`) is the IPv4 network. The error says what the list should be.
pub fn parse_networks(list: &str) -> Result<Vec<IpNet>, String> {
    let networks =
        list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse).collect::<Result<Vec<_>, _>>()?;
    if networks.len() > NETWORKS_MAX {
        return Err(format!("should be at most {NETWORKS_MAX} networks, not {}", networks.len()));
    }
    Ok(networks)
}

fn parse(text: &str) -> Result<IpNet, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse::<IpNet>().map_err(|_| {
            format!("should be networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas; {text:?} is none")
        })?,
    };
    if network.trunc() != network {
        return Err(format!("should be a network, of which {text} is one address: {}", network.trunc()));
    }
    Ok(unmapped(network))
}

fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let inner = v6.prefix_len().checked_sub(96).zip(v6.addr().to_ipv4_mapped());
    inner.and_then(|(length, address)| Ipv4Net::new(address, length).ok()).map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_cidr_or_single_addresses() {
        let shown = |list: &str| parse_networks(list).map(|n| n.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(
            shown(" 10.0.0.0/8, 192.0.2.7,2001:db8::/32 ,").unwrap(),
            ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
        );
        assert_eq!(shown("::ffff:10.0.0.0/104,::ffff:192.0.2.7").unwrap(), ["10.0.0.0/8", "192.0.2.7/32"]);
        assert_eq!(shown("::/0,0.0.0.0/0").unwrap(), ["::/0", "0.0.0.0/0"]);
        assert_eq!(shown("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_error_names_the_wrong_part_and_what_would_be_right() {
        assert!(parse_networks("10.0.0.0/8,lan").unwrap_err().contains("\"lan\""));
        assert!(parse_networks("10.0.0.0/33").unwrap_err().contains("\"10.0.0.0/33\""));
        assert!(parse_networks("10.1.2.3/8").unwrap_err().ends_with("10.0.0.0/8"));
        assert!(parse_networks(&"10.0.0.0/8,".repeat(257)).unwrap_err().contains("at most 256"));
    }
}
