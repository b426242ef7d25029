//! Methods that a path does not have. Those that kube-apiserver has by accident are not compared: it responds to any method on some
//! documents as to GET.

use crate::conformance::samples::{configmap, scenario};
use crate::conformance::story::{JSON, Step, Story, at, post, request, story};
use http::Method;

pub fn stories() -> Vec<Story> {
    vec![story("methods", resources().into_iter().chain(documents()).collect())]
}

/// A request with each of the methods.
fn with(name: &str, path: &str, methods: &[&str]) -> Vec<Step> {
    let body = |method: &str| if matches!(method, "GET" | "HEAD" | "DELETE" | "OPTIONS") { "" } else { "{}" };
    let step = |method: &&str| {
        let parsed = Method::from_bytes(method.as_bytes()).unwrap();
        request(format!("{name}: {method}"), parsed, path, JSON, body(method))
    };
    methods.iter().map(step).collect()
}

fn resources() -> Vec<Step> {
    let everywhere = "/apis/agentic.ligbox.io/v1alpha1/scenarios";
    let reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let all = &["GET", "POST", "PUT", "PATCH", "DELETE"][..];
    let mut steps = vec![
        post("a Scenario: POST of its collection", at("scenarios"), scenario("portal")),
        post("a ConfigMap: POST of its collection", at("configmaps"), configmap("a", "x")),
    ];
    steps.extend(with("Scenarios", &at("scenarios"), &["OPTIONS", "HEAD"]));
    steps.extend(with("a Scenario", &at("scenarios/portal"), &["OPTIONS", "HEAD"]));
    steps.extend(with("Scenarios of all namespaces", everywhere, &["POST"]));
    for (name, path, methods) in [
        ("the status of a Scenario", at("scenarios/portal/status"), &["POST", "DELETE", "HEAD"][..]),
        ("ConfigMaps", at("configmaps"), &["PUT", "PATCH", "OPTIONS", "HEAD"]),
        ("a ConfigMap", at("configmaps/a"), &["POST", "OPTIONS", "HEAD"]),
        ("ConfigMaps of all namespaces", "/api/v1/configmaps".into(), &["POST", "PUT", "PATCH", "DELETE"]),
        ("a ConfigMap of no namespace", "/api/v1/configmaps/a".into(), all),
        ("ConfigMaps, with an invalid parameter", at("configmaps?dryRun=Some"), &["PUT", "PATCH"]),
        ("Leases", at("leases"), &["PUT", "PATCH"]),
        ("a Lease", at("leases/a"), &["POST"]),
        ("Events", at("events"), &["PUT", "PATCH"]),
        ("Events of all namespaces", "/apis/events.k8s.io/v1/events".into(), &["POST", "PUT", "PATCH", "DELETE"]),
        ("namespaces", "/api/v1/namespaces".into(), &["PUT", "PATCH", "DELETE"]),
        ("a namespace", "/api/v1/namespaces/$ns".into(), &["POST"]),
        ("access reviews", reviews.into(), &["GET", "PUT", "PATCH", "DELETE"]),
        ("an access review", format!("{reviews}/x"), all),
        ("a missing subresource", at("scenarios/portal/scale"), all),
        ("a missing subresource of core", at("configmaps/a/scale"), all),
        ("a kind that does not exist", at("nosuchkinds"), all),
        ("a path below an object", at("configmaps/a/b/c"), &["GET", "POST", "DELETE"]),
    ] {
        steps.extend(with(name, &path, methods));
    }
    steps
}

fn documents() -> Vec<Step> {
    let methods = &["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let mut steps = Vec::new();
    for path in [
        "/api",
        "/api/v1",
        "/apis/events.k8s.io/v1",
        "/apis/example.com",
        "/apis/example.com/v1",
        "/version",
        "/livez",
        "/readyz",
        "/healthz",
        "/nothing",
    ] {
        steps.extend(with(path, path, methods));
    }
    for path in [
        "/apis",
        "/apis/agentic.ligbox.io",
        "/apis/agentic.ligbox.io/v1alpha1",
        "/apis/events.k8s.io",
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3/apis/agentic.ligbox.io/v1alpha1",
    ] {
        steps.extend(with(path, path, &["HEAD"]));
    }
    steps
}
