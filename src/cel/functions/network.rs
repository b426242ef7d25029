//! Addresses and networks: `ip`, `cidr` and what they offer.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::{Object, Value};
use std::net::IpAddr;

/// Longest text that is read as an address or network, in bytes.
const TEXT_MAX: usize = 64;
/// Steps charged for reading or writing one.
const STEPS: usize = 8;

/// A network: an address, of which so many first bits are common. The other bits of the address may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cel) struct Network {
    address: IpAddr,
    bits: u8,
}

/// Calls the function of this name; `None` where there is none for these arguments.
pub(super) fn call(budget: &mut Budget, name: &str, args: &[Value]) -> Option<EvalResult> {
    let result = match args {
        [Value::String(text)] => of_text(name, text)?,
        [Value::Object(Object::Address(address))] => of_address(name, *address)?,
        [Value::Object(Object::Network(network))] => of_network(name, *network)?,
        [Value::Object(Object::Network(network)), other] => contains(name, *network, other)?,
        _ => return None,
    };
    Some(budget.step(STEPS).and_then(|()| budget.build_object()).and(result))
}

/// `ip.isCanonical(text)`.
pub(super) fn is_canonical(args: &[Value]) -> Option<EvalResult> {
    let [Value::String(text)] = args else { return None };
    let address = address(text).ok_or_else(|| EvalError::function("ip.isCanonical"));
    Some(address.map(|address| Value::Bool(address.to_string() == **text)))
}

fn of_text(name: &str, text: &str) -> Option<EvalResult> {
    let found = match name {
        "isIP" => return Some(Ok(Value::Bool(address(text).is_some()))),
        "isCIDR" => return Some(Ok(Value::Bool(network(text).is_some()))),
        "ip" => address(text).map(Object::Address),
        "cidr" => network(text).map(Object::Network),
        _ => return None,
    };
    Some(found.map(Value::Object).ok_or_else(|| EvalError::function(name)))
}

fn of_address(name: &str, address: IpAddr) -> Option<EvalResult> {
    let is = |value: bool| Some(Ok(Value::Bool(value)));
    match name {
        "string" => Some(Ok(Value::text(address.to_string()))),
        "family" => Some(Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 }))),
        "isUnspecified" => is(address.is_unspecified()),
        "isLoopback" => is(address.is_loopback()),
        "isLinkLocalMulticast" => is(is_link_local_multicast(address)),
        "isLinkLocalUnicast" => is(is_link_local_unicast(address)),
        "isGlobalUnicast" => is(is_global_unicast(address)),
        _ => None,
    }
}

fn of_network(name: &str, network: Network) -> Option<EvalResult> {
    let Network { address, bits } = network;
    Some(Ok(match name {
        "string" => Value::text(format!("{address}/{bits}")),
        "ip" => Value::Object(Object::Address(address)),
        "prefixLength" => Value::Int(bits.into()),
        "masked" => Value::Object(Object::Network(Network { address: masked(address, bits), bits })),
        _ => return None,
    }))
}

fn contains(name: &str, network: Network, other: &Value) -> Option<EvalResult> {
    let inner = match (name, other) {
        ("containsIP", Value::String(text)) => address(text).map(Network::host),
        ("containsIP", Value::Object(Object::Address(address))) => Some(Network::host(*address)),
        ("containsCIDR", Value::String(text)) => self::network(text),
        ("containsCIDR", Value::Object(Object::Network(inner))) => Some(*inner),
        _ => return None,
    };
    let inner = inner.ok_or_else(|| EvalError::function(name));
    Some(inner.map(|inner| Value::Bool(network.contains(inner))))
}

impl Network {
    fn host(address: IpAddr) -> Network {
        Network { address, bits: if address.is_ipv4() { 32 } else { 128 } }
    }

    fn contains(self, other: Network) -> bool {
        let is_same_family = self.address.is_ipv4() == other.address.is_ipv4();
        is_same_family && self.bits <= other.bits && masked(other.address, self.bits) == masked(self.address, self.bits)
    }
}

/// The address with all but the first bits cleared.
fn masked(address: IpAddr, bits: u8) -> IpAddr {
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
fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = if text.len() > TEXT_MAX { None } else { text.parse().ok() }?;
    let is_mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    (!is_mapped).then_some(address)
}

/// Reads an address and the length of its prefix.
fn network(text: &str) -> Option<Network> {
    let (start, length) = text.rsplit_once('/')?;
    let address = address(start)?;
    let is_number = length.bytes().all(|b| b.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let bits: u8 = length.parse().ok().filter(|_| is_number)?;
    (bits <= Network::host(address).bits).then_some(Network { address, bits })
}

fn is_link_local_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[..3] == [224, 0, 0],
        IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_global_unicast(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    let is_other = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    !is_broadcast && !is_other && !is_link_local_unicast(address)
}
