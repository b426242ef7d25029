//! Addresses and networks: `ip`, `cidr` and what they offer.

use crate::cel::budget::Budget;
use crate::cel::error::{EvalError, EvalResult};
use crate::cel::values::network;
use crate::cel::values::{Network, Object, Value};
use std::net::IpAddr;

/// Steps charged for reading or writing one.
const STEPS: usize = 8;

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
    let address = network::address(text).ok_or_else(|| EvalError::function("ip.isCanonical"));
    Some(address.map(|address| Value::Bool(address.to_string() == **text)))
}

fn of_text(name: &str, text: &str) -> Option<EvalResult> {
    let found = match name {
        "isIP" => return Some(Ok(Value::Bool(network::address(text).is_some()))),
        "isCIDR" => return Some(Ok(Value::Bool(network::network(text).is_some()))),
        "ip" => network::address(text).map(Object::Address),
        "cidr" => network::network(text).map(Object::Network),
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
        "isLinkLocalMulticast" => is(network::is_link_local_multicast(address)),
        "isLinkLocalUnicast" => is(network::is_link_local_unicast(address)),
        "isGlobalUnicast" => is(network::is_global_unicast(address)),
        _ => None,
    }
}

fn of_network(name: &str, network: Network) -> Option<EvalResult> {
    let (address, bits) = (network.address, network.bits);
    Some(Ok(match name {
        "string" => Value::text(format!("{address}/{bits}")),
        "ip" => Value::Object(Object::Address(address)),
        "prefixLength" => Value::Int(bits.into()),
        "masked" => Value::Object(Object::Network(Network { address: network::masked(address, bits), bits })),
        _ => return None,
    }))
}

fn contains(name: &str, network: Network, other: &Value) -> Option<EvalResult> {
    let inner = match (name, other) {
        ("containsIP", Value::String(text)) => network::address(text).map(Network::host),
        ("containsIP", Value::Object(Object::Address(address))) => Some(Network::host(*address)),
        ("containsCIDR", Value::String(text)) => network::network(text),
        ("containsCIDR", Value::Object(Object::Network(inner))) => Some(*inner),
        _ => return None,
    };
    let inner = inner.ok_or_else(|| EvalError::function(name));
    Some(inner.map(|inner| Value::Bool(network.contains(inner))))
}
