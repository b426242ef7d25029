//! Discovery, OpenAPI and health.

use crate::conformance::story::{Step, Story, get, story};
use serde_json::{Map, Value, json};

pub fn stories() -> Vec<Story> {
    vec![story("discovery", discovery()), story("OpenAPI v3", openapi()), story("health", health())]
}

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
const V3: &str = "/openapi/v3/apis/agentic.ligbox.io/v1alpha1";

fn discovery() -> Vec<Step> {
    vec![
        get("the kinds of our group", "/apis/agentic.ligbox.io/v1alpha1").through(sorted),
        get("our group", "/apis/agentic.ligbox.io").through(without_addresses),
        get("a group that does not exist", "/apis/example.com"),
        get("a version that does not exist", "/apis/agentic.ligbox.io/v9"),
        get("the core kinds that are served", "/api/v1").through(served),
        get("leases", "/apis/coordination.k8s.io/v1").through(served),
        get("events", "/apis/events.k8s.io/v1").through(served),
        get("reviews", "/apis/authorization.k8s.io/v1").through(served),
        get("versions of core", "/api").through(without_addresses),
        get("groups", "/apis").through(groups),
        get("all of core at once", "/api").accept(AGGREGATED).through(aggregated),
        get("all groups at once", "/apis").accept(AGGREGATED).through(aggregated),
        get("the version", "/version").only(&["/major", "/minor"]),
    ]
}

/// The built-in resources that the embedded server serves.
const SERVED: &[&str] = &[
    "configmaps",
    "events",
    "namespaces",
    "secrets",
    "services",
    "leases",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
];
const GROUPS: &[&str] =
    &["agentic.ligbox.io", "coordination.k8s.io", "events.k8s.io", "authorization.k8s.io", "authentication.k8s.io"];

fn by_name(list: &mut Value) {
    if let Some(items) = list.as_array_mut() {
        items.sort_by_key(|item| item["name"].as_str().or(item["resource"].as_str()).unwrap_or_default().to_string());
    }
}

fn sorted(mut body: Value) -> Value {
    by_name(&mut body["resources"]);
    body
}

fn served(mut body: Value) -> Value {
    if let Some(list) = body["resources"].as_array_mut() {
        list.retain(|r| SERVED.contains(&r["name"].as_str().unwrap_or_default()));
    }
    sorted(body)
}

fn without_addresses(mut body: Value) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.remove("serverAddressByClientCIDRs");
    }
    body
}

/// The groups with their preferred versions.
fn groups(body: Value) -> Value {
    let mut groups = body["groups"].clone();
    if let Some(list) = groups.as_array_mut() {
        list.retain(|g| GROUPS.contains(&g["name"].as_str().unwrap_or_default()));
        for group in list.iter_mut() {
            let preferred = group["preferredVersion"].clone();
            *group = json!({"name": group["name"], "preferred": preferred});
        }
    }
    by_name(&mut groups);
    json!({"kind": body["kind"], "apiVersion": body["apiVersion"], "groups": groups})
}

fn aggregated(body: Value) -> Value {
    let mut out = Map::new();
    for item in body["items"].as_array().into_iter().flatten() {
        let group = item["metadata"]["name"].as_str().unwrap_or_default();
        if !group.is_empty() && !GROUPS.contains(&group) {
            continue;
        }
        let mut version = item["versions"][0].clone();
        if let Some(list) = version["resources"].as_array_mut() {
            list.retain(|r| {
                group == "agentic.ligbox.io" || SERVED.contains(&r["resource"].as_str().unwrap_or_default())
            });
        }
        // Subresources of core kinds are not served.
        for resource in version["resources"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            if group != "agentic.ligbox.io" {
                resource.remove("subresources");
            }
        }
        by_name(&mut version["resources"]);
        out.insert(group.to_string(), version);
    }
    json!({"kind": body["kind"], "apiVersion": body["apiVersion"], "groups": out})
}

fn openapi() -> Vec<Step> {
    vec![
        get("the index", "/openapi/v3").through(|body| {
            let paths = body["paths"].as_object().into_iter().flatten();
            let of_url =
                |v: &Value| v["serverRelativeURL"].as_str().and_then(|u| u.split('?').next()).map(String::from);
            let ours = paths.filter(|(path, _)| path.contains("agentic") || *path == "api/v1");
            ours.map(|(path, v)| (path.clone(), json!(of_url(v)))).collect()
        }),
        get("the kinds of our group", V3).through(schemas),
        get("the operations of our group", V3).through(operations),
        get("the operations on ConfigMaps", "/openapi/v3/api/v1").through(|body| {
            let mut body = body;
            if let Some(paths) = body["paths"].as_object_mut() {
                paths.retain(|path, _| path.contains("/configmaps") && !path.contains("/watch/"));
            }
            operations(body)
        }),
        get("a group that does not exist", "/openapi/v3/apis/example.com/v1").only(&[]),
    ]
}

/// The schemas of the kinds, without descriptions.
fn schemas(body: Value) -> Value {
    let schemas = body["components"]["schemas"].as_object().into_iter().flatten();
    let kinds = schemas.filter(|(name, _)| name.starts_with("io.ligbox.") && !name.ends_with("List"));
    kinds.map(|(name, schema)| (name.clone(), without_words(schema))).collect()
}

fn without_words(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| *name != "description" || !value.is_string());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_words(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_words).collect(),
        // 1.0 is equal to 1.
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 => json!(whole as i64),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

/// Query parameters that change a response.
const HONOURED: &[&str] = &[
    "allowWatchBookmarks",
    "continue",
    "dryRun",
    "fieldManager",
    "fieldSelector",
    "fieldValidation",
    "force",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
];

/// The parts of each operation that clients use: action, kind, bodies and parameters.
fn operations(body: Value) -> Value {
    let mut out = Map::new();
    for (path, item) in body["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten().filter(|(_, o)| o.is_object()) {
            if method == "delete" {
                out.insert(format!("DELETE {path}"), operation["x-kubernetes-action"].clone());
                continue;
            }
            let bodies = operation.pointer("/requestBody/content").and_then(Value::as_object);
            let mut bodies: Vec<_> = bodies.into_iter().flatten().map(|(media_type, _)| media_type.clone()).collect();
            bodies.retain(|media_type| !media_type.contains("cbor"));
            let parameters =
                [&item["parameters"], &operation["parameters"]].into_iter().filter_map(Value::as_array).flatten();
            let mut parameters: Vec<_> = parameters.filter_map(|p| p["name"].as_str()).collect();
            parameters.retain(|name| HONOURED.contains(name));
            parameters.sort_unstable();
            parameters.dedup();
            let summary = json!({
                "action": operation["x-kubernetes-action"], "kind": operation["x-kubernetes-group-version-kind"],
                "bodies": bodies, "parameters": parameters,
            });
            out.insert(format!("{} {path}", method.to_uppercase()), summary);
        }
    }
    Value::Object(out)
}

fn health() -> Vec<Step> {
    vec![
        get("readyz", "/readyz"),
        get("livez", "/livez"),
        get("healthz", "/healthz"),
        get("a path that does not exist", "/nothing"),
    ]
}
