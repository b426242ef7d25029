//! Addresses and networks.

use std::net::IpAddr;

/// Longest text that is read as an address or network, in bytes.
const TEXT_MAX: usize = 64;

/// A network: an address, of which so many first bits are common. The other bits of the address may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Network {
    pub address: IpAddr,
    pub bits: u8,
}

impl Network {
    pub fn host(address: IpAddr) -> Network {
        Network { address, bits: if address.is_ipv4() { 32 } else { 128 } }
    }

    pub fn contains(self, other: Network) -> bool {
        let is_same_family = self.address.is_ipv4() == other.address.is_ipv4();
        is_same_family && self.bits <= other.bits && masked(other.address, self.bits) == masked(self.address, self.bits)
    }
}

/// The address with all but the first bits cleared.
pub(in crate::cel) fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((u128::from(v6) & mask).into())
        }
    }
}

/// Reads an address. One of IPv4 that is written as one of IPv6 is none, as in Kubernetes.
pub(in crate::cel) fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = if text.len() > TEXT_MAX { None } else { text.parse().ok() }?;
    let is_mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    (!is_mapped).then_some(address)
}

/// Reads an address and the length of its prefix.
pub(in crate::cel) fn network(text: &str) -> Option<Network> {
    let (start, length) = text.rsplit_once('/')?;
    let address = address(start)?;
    let is_number = length.bytes().all(|b| b.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let bits: u8 = length.parse().ok().filter(|_| is_number)?;
    (bits <= Network::host(address).bits).then_some(Network { address, bits })
}

pub(in crate::cel) fn is_link_local_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

pub(in crate::cel) fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[..3] == [224, 0, 0],
        IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
    }
}

pub(in crate::cel) fn is_global_unicast(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    let is_other = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    !is_broadcast && !is_other && !is_link_local_unicast(address)
}
