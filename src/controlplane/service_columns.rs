//! The columns of Services in tables, as kube-apiserver prints them.

use serde_json::Value;

const NONE: &str = "<none>";

/// The first cluster IP.
pub fn cluster_ip(service: &Value) -> String {
    joined(texts(&service["spec"]["clusterIPs"]).take(1)).unwrap_or_else(|| NONE.into())
}

/// Addresses outside the cluster.
pub fn external_ip(service: &Value) -> String {
    let spec = &service["spec"];
    let external = || texts(&spec["externalIPs"]);
    match spec["type"].as_str().unwrap_or_default() {
        "ExternalName" => spec["externalName"].as_str().unwrap_or_default().into(),
        "LoadBalancer" => {
            let ingress = service["status"]["loadBalancer"]["ingress"].as_array().into_iter().flatten();
            let balanced = ingress.filter_map(|i| i["ip"].as_str().or_else(|| i["hostname"].as_str()));
            joined(balanced.chain(external())).unwrap_or_else(|| "<pending>".into())
        }
        "ClusterIP" | "NodePort" => joined(external()).unwrap_or_else(|| NONE.into()),
        _ => "<unknown>".into(),
    }
}

/// Ports and protocols.
pub fn ports(service: &Value) -> String {
    let port = |port: &Value| {
        let (number, protocol) = (&port["port"], port["protocol"].as_str().unwrap_or_default());
        match port["nodePort"].as_i64().filter(|node_port| *node_port > 0) {
            Some(node_port) => format!("{number}:{node_port}/{protocol}"),
            None => format!("{number}/{protocol}"),
        }
    };
    let ports: Vec<String> = service["spec"]["ports"].as_array().into_iter().flatten().map(port).collect();
    joined(ports.iter().map(String::as_str)).unwrap_or_else(|| NONE.into())
}

/// The labels of the pods.
pub fn selector(service: &Value) -> String {
    let labels = service["spec"]["selector"].as_object().into_iter().flatten();
    let labels: Vec<String> =
        labels.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    joined(labels.iter().map(String::as_str)).unwrap_or_else(|| NONE.into())
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The texts, separated by commas; `None` if there are none.
fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    Some(texts.collect::<Vec<_>>().join(",")).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns(service: &Value) -> [String; 4] {
        [cluster_ip(service), external_ip(service), ports(service), selector(service)]
    }

    #[test]
    fn columns_are_as_kube_apiserver_prints_them() {
        let service = json!({"spec": {
            "type": "NodePort", "clusterIPs": ["10.0.0.1", "fd00::1"], "selector": {"app": "web", "tier": "a"},
            "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30_080}, {"port": 53, "protocol": "UDP"}],
        }});
        assert_eq!(columns(&service), ["10.0.0.1", "<none>", "80:30080/TCP,53/UDP", "app=web,tier=a"]);
        let mut balanced = json!({"spec": {"type": "LoadBalancer"}});
        assert_eq!(columns(&balanced), ["<none>", "<pending>", "<none>", "<none>"]);
        balanced["status"] = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "a.example"}]}});
        balanced["spec"]["externalIPs"] = json!(["192.0.2.2"]);
        assert_eq!(external_ip(&balanced), "192.0.2.1,a.example,192.0.2.2");
        assert_eq!(external_ip(&json!({"spec": {"type": "ExternalName", "externalName": "a.example"}})), "a.example");
        assert_eq!(external_ip(&json!({})), "<unknown>");
    }
}
