//! Discovery: the served groups, versions and kinds, unaggregated and aggregated.

use super::resource::Resource;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Kubernetes version that the server is compatible with.
const MAJOR: &str = "1";
const MINOR: &str = "36";

/// `/version`.
pub fn version() -> Value {
    json!({
        "major": MAJOR,
        "minor": MINOR,
        "gitVersion": format!("v{MAJOR}.{MINOR}.0+agentic-ops.{}", env!("CARGO_PKG_VERSION")),
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

/// `/api`.
pub fn api_versions(address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

/// The named groups, with their versions.
fn groups(resources: &[Resource]) -> BTreeMap<&str, Vec<&str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in resources.iter().filter(|r| !r.group.is_empty()) {
        let versions = groups.entry(&resource.group).or_default();
        if !versions.contains(&resource.version.as_str()) {
            versions.push(&resource.version);
        }
    }
    groups
}

fn group_value(group: &str, versions: &[&str]) -> Value {
    let each = |version: &&str| json!({"groupVersion": format!("{group}/{version}"), "version": version});
    json!({
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": group,
        "versions": versions.iter().map(each).collect::<Vec<_>>(),
        "preferredVersion": versions.first().map(each),
    })
}

/// `/apis`.
pub fn api_groups(resources: &[Resource]) -> Value {
    let groups: Vec<Value> = groups(resources).iter().map(|(group, versions)| group_value(group, versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub fn api_group(resources: &[Resource], group: &str) -> Option<Value> {
    groups(resources).get(group).map(|versions| group_value(group, versions))
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub fn resource_list(resources: &[Resource], group: &str, version: &str) -> Option<Value> {
    let mut list = Vec::new();
    for r in resources.iter().filter(|r| r.group == group && r.version == version) {
        let mut entry = json!({
            "name": r.plural,
            "singularName": r.singular,
            "namespaced": r.namespaced,
            "kind": r.kind,
            "verbs": r.verbs,
        });
        add_names(r, &mut entry);
        if r.is_stored() {
            entry["storageVersionHash"] = storage_version_hash(r).into();
        }
        list.push(entry);
        if r.status_subresource {
            list.push(json!({
                "name": format!("{}/status", r.plural),
                "singularName": "",
                "namespaced": r.namespaced,
                "kind": r.kind,
                "verbs": ["get", "patch", "update"],
            }));
        }
    }
    let group_version = if group.is_empty() { version.to_string() } else { format!("{group}/{version}") };
    let is_known = !list.is_empty();
    is_known.then(|| {
        let mut entry = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": list});
        if !group.is_empty() {
            entry["apiVersion"] = "v1".into();
        }
        entry
    })
}

/// Adds short names and categories, if there are any.
fn add_names(resource: &Resource, entry: &mut Value) {
    for (field, names) in [("shortNames", &resource.short_names), ("categories", &resource.categories)] {
        if !names.is_empty() {
            entry[field] = names.as_slice().into();
        }
    }
}

/// Hash by which clients notice that the stored version of a kind has changed. Events are stored as core/v1.
fn storage_version_hash(resource: &Resource) -> String {
    let group = if resource.plural == "events" { "" } else { &resource.group };
    let digest = Sha256::digest(format!("{group}/{}/{}", resource.version, resource.kind).as_bytes());
    STANDARD.encode(&digest[..8])
}

/// Aggregated discovery for `/api` or `/apis`.
pub fn aggregated(resources: &[Resource], core: bool) -> Value {
    let groups: Vec<(&str, Vec<&str>)> =
        if core { vec![("", vec!["v1"])] } else { groups(resources).into_iter().collect() };
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, versions)| {
            let metadata = if core {
                json!({"creationTimestamp": null})
            } else {
                json!({"name": group, "creationTimestamp": null})
            };
            let versions: Vec<Value> = versions.iter().map(|v| aggregated_version(resources, group, v)).collect();
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn aggregated_version(resources: &[Resource], group: &str, version: &str) -> Value {
    let of_version = resources.iter().filter(|r| r.group == group && r.version == version);
    let list: Vec<Value> = of_version
        .map(|r| {
            // For built-in kinds kube-apiserver leaves group and version empty.
            let (group, version) = if r.custom { (r.group.as_str(), r.version.as_str()) } else { ("", "") };
            let kind = json!({"group": group, "version": version, "kind": r.kind});
            let mut value = json!({
                "resource": r.plural,
                "responseKind": kind,
                "scope": if r.namespaced { "Namespaced" } else { "Cluster" },
                "singularResource": r.singular,
                "verbs": r.verbs,
            });
            add_names(r, &mut value);
            if r.status_subresource {
                value["subresources"] =
                    json!([{"subresource": "status", "responseKind": kind, "verbs": ["get", "patch", "update"]}]);
            }
            value
        })
        .collect();
    json!({"version": version, "freshness": "Current", "resources": list})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_kinds_are_listed_once() {
        let resources = Resource::core();
        let groups = api_groups(&resources);
        let names: Vec<_> = groups["groups"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["authentication.k8s.io", "authorization.k8s.io", "coordination.k8s.io", "events.k8s.io"]);
        let core = resource_list(&resources, "", "v1").unwrap();
        assert!(
            core["resources"]
                .as_array()
                .unwrap()
                .iter()
                .any(|r| r["name"] == "configmaps" && r["shortNames"][0] == "cm")
        );
        assert_eq!(resource_list(&resources, "", "v2"), None);
    }
}
