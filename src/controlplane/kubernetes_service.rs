//! The Service `default/kubernetes`, by which clients find the API server. It exists in every cluster.

use super::object::fields_mut;
use super::status::ApiError;
use super::store::{StoredObject, WriteAction};
use super::write_context::WriteContext;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub const NAMESPACE: &str = "default";
pub const NAME: &str = "kubernetes";

/// The Service for a server that listens on `address`.
pub fn object(address: SocketAddr) -> Value {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {
            "type": "ClusterIP",
            "clusterIP": ip,
            "clusterIPs": [ip],
            "ipFamilies": [if ip.is_ipv4() { "IPv4" } else { "IPv6" }],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
            "sessionAffinity": "None",
            "ports": [{"name": "https", "protocol": "TCP", "port": address.port(), "targetPort": address.port()}],
        },
        "status": {"loadBalancer": {}},
    })
}

/// Whether an object has the spec of the Service.
pub fn is_current(stored: &StoredObject, service: &Value) -> bool {
    stored.value()["spec"] == service["spec"]
}

/// Creates the Service, or restores its spec.
pub fn restore(context: &WriteContext, current: Option<&StoredObject>, service: &Value) -> WriteAction<ApiError> {
    let Some(stored) = current else { return context.create(None, service.clone()) };
    let mut restored = stored.value();
    for part in ["spec", "status"] {
        fields_mut(&mut restored).insert(part.into(), service[part].clone());
    }
    context.update(current, restored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_has_the_address_of_the_server() {
        for (address, ip, family) in [
            ("127.0.0.1:6443", "127.0.0.1", "IPv4"),
            ("0.0.0.0:6443", "127.0.0.1", "IPv4"),
            ("[::1]:6443", "::1", "IPv6"),
            ("[::]:6443", "::1", "IPv6"),
        ] {
            let service = object(address.parse().unwrap());
            assert_eq!(service["spec"]["clusterIP"], ip, "{address}");
            assert_eq!(service["spec"]["ipFamilies"], json!([family]), "{address}");
            assert_eq!(service["spec"]["ports"][0]["port"], 6443, "{address}");
        }
    }
}
