//! Authentication and limits of requests.

use super::server::{CONFIGMAPS, SCENARIOS, Server, configmap};
use crate::kit::wait::within;
use http::{Method, StatusCode};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use tokio::io::AsyncReadExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn requests_need_the_token() {
    let server = Server::embedded().await;
    let ca = reqwest::Certificate::from_pem(server.running().ca_pem.as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    let url = format!("{}{CONFIGMAPS}", server.running().url);
    for token in [None, Some("x"), Some(&server.running().token[1..])] {
        let mut request = http.get(&url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let status: serde_json::Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(status["reason"], "Unauthorized");
    }
    let with_token = http.get(&url).bearer_auth(&server.running().token);
    assert_eq!(within(with_token.send()).await.unwrap().status(), StatusCode::OK);
    for path in ["livez", "readyz", "healthz"] {
        let response = within(http.get(format!("{}/{path}", server.running().url)).send()).await.unwrap();
        assert_eq!(response.text().await.unwrap(), "ok");
    }
    let without_ca = reqwest::Client::builder().build().unwrap();
    assert!(within(without_ca.get(&url).send()).await.is_err(), "only its own CA signs its certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_can_read_secret_files() {
    let server = Server::embedded().await;
    for name in ["kubeconfig", "token", "ca.key", "controlplane.db"] {
        let mode = std::fs::metadata(server.dir.0.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_requests_are_rejected() {
    let server = Server::embedded().await;
    let object = server.post(CONFIGMAPS, &configmap("large", &"x".repeat(2 << 20))).await;
    assert!(matches!(object.code.as_u16(), 413 | 422), "{}", object.body["message"]);
    let body = server.post(CONFIGMAPS, &configmap("larger", &"x".repeat(4 << 20))).await;
    assert_eq!((body.code, body.reason()), (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge"));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = server.send(Method::POST, CONFIGMAPS, "application/json", deep).await;
    assert_eq!(deep.code, StatusCode::BAD_REQUEST);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = server.send(Method::POST, CONFIGMAPS, "application/yaml", deep).await;
    assert_eq!(deep.code, StatusCode::BAD_REQUEST);
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\n\
                g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g,*g]\n";
    let bomb = server.send(Method::POST, CONFIGMAPS, "application/yaml", bomb).await;
    assert_eq!(bomb.code, StatusCode::BAD_REQUEST);
    assert_eq!(server.get(SCENARIOS).await.code, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_handshake_is_closed() {
    let server = Server::embedded().await;
    let mut silent = tokio::net::TcpStream::connect(server.running().address).await.unwrap();
    let mut rest = Vec::new();
    let end = within(silent.read_to_end(&mut rest)).await;
    assert!(end.is_err() || rest.is_empty(), "closed without a handshake");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_patches_do_no_harm() {
    let server = Server::embedded().await;
    let path = format!("{CONFIGMAPS}/settings");
    server.post(CONFIGMAPS, &configmap("settings", "x")).await;
    for patch in [
        json!({"metadata": "text"}),
        json!({"metadata": null}),
        json!({"metadata": {"labels": {"a": {"b": "c"}}}}),
        json!({"metadata": {"managedFields": "text"}}),
        json!({"metadata": {"managedFields": [{"manager": "x", "operation": "Update", "fieldsV1": "text"}]}}),
        json!({"data": "text"}),
        json!({"data": ["text"]}),
        json!({"kind": "Secret"}),
        json!("text"),
    ] {
        let merged = server.merge(&path, &patch).await;
        assert!(!merged.code.is_server_error(), "{patch}: {}", merged.body);
        let media_type = "application/strategic-merge-patch+json";
        let strategic = server.send(Method::PATCH, &path, media_type, patch.to_string()).await;
        assert!(!strategic.code.is_server_error(), "{patch}: {}", strategic.body);
    }
    let left = server.get(&path).await;
    assert_eq!((left.code, &left.body["data"]["key"]), (StatusCode::OK, &json!("x")), "{}", left.body);
    assert_eq!(left.body["kind"], "ConfigMap");
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_that_would_take_the_server_down_are_refused() {
    let server = Server::embedded().await;
    let path = format!("{CONFIGMAPS}/bomb");
    server.post(CONFIGMAPS, &configmap("bomb", "x")).await;
    let patch = async |operations: Vec<serde_json::Value>| {
        server.send(Method::PATCH, &path, "application/json-patch+json", json!(operations).to_string()).await
    };
    let mut nesting = vec![json!({"op": "add", "path": "/data/d", "value": {"n": {}}})];
    let mut depth = 1;
    while depth < 50_000 {
        nesting.push(json!({"op": "copy", "from": "/data/d", "path": format!("/data/d{}", "/n".repeat(depth + 1))}));
        depth = 2 * depth + 1;
    }
    assert_eq!(patch(nesting).await.code, StatusCode::UNPROCESSABLE_ENTITY);
    let double = json!({"op": "copy", "from": "/data/l", "path": "/data/l/-"});
    let doubling =
        [vec![json!({"op": "add", "path": "/data/l", "value": ["x".repeat(1_000)]})], vec![double; 30]].concat();
    assert_eq!(patch(doubling).await.code, StatusCode::UNPROCESSABLE_ENTITY);
    let tests = vec![json!({"op": "test", "path": "/data/key", "value": "x"}); 10_001];
    assert_eq!(patch(tests).await.code, StatusCode::PAYLOAD_TOO_LARGE);
    let mut front = vec![json!({"op": "add", "path": "/data/l", "value": vec![0; 200_000]})];
    front.extend(vec![json!({"op": "add", "path": "/data/l/0", "value": 1}); 9_000]);
    assert_eq!(patch(front).await.code, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.get(&path).await.body["data"], json!({"key": "x"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_names_lists_and_selectors_cost_no_more_than_their_size() {
    let server = Server::embedded().await;
    // A million values below a name of a megabyte, which also is the name of an unknown field.
    let name = "k".repeat(1 << 20);
    let wide = format!("{{\"metadata\":{{\"name\":\"a\"}},\"{name}\":[{}0]}}", "0,".repeat(900_000));
    assert_eq!(server.send(Method::POST, CONFIGMAPS, "application/json", wide).await.code, StatusCode::CREATED);
    let path = format!("{CONFIGMAPS}/a");
    // Lists that are merged by key.
    let finalizers: Vec<_> = (0..60_000).map(|i| format!("example.com/f{i}")).collect();
    let long = json!({"metadata": {"finalizers": finalizers, "$setElementOrder/finalizers": finalizers}});
    let strategic = "application/strategic-merge-patch+json";
    for _ in 0..2 {
        let merged = server.send(Method::PATCH, &path, strategic, long.to_string()).await;
        assert!(!merged.code.is_server_error(), "{}", merged.message());
    }
    let selector = "!a%2C".repeat(5_000);
    let listed = server.get(&format!("{CONFIGMAPS}?labelSelector={selector}b")).await;
    assert_eq!(listed.code, StatusCode::BAD_REQUEST);
}
