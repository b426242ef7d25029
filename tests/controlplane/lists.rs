//! Lists, with and without pagination.

use super::server::{CONFIGMAPS, Server, configmap, version};
use http::StatusCode;
use serde_json::{Value, json};

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().into_iter().flatten();
    items.map(|item| item["metadata"]["name"].as_str().unwrap().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_a_consistent_snapshot() {
    let server = Server::any().await;
    for name in ["a", "b", "c", "d", "e"] {
        server.post(CONFIGMAPS, &configmap(name, "old")).await;
    }
    let first = server.get(&format!("{CONFIGMAPS}?limit=2")).await;
    assert_eq!(names(&first.body), ["a", "b"]);
    assert_eq!(first.body["metadata"]["remainingItemCount"], 3);
    // Before, in and after the next page.
    server.delete(&format!("{CONFIGMAPS}/a")).await;
    server.merge(&format!("{CONFIGMAPS}/c"), &json!({"data": {"key": "new"}})).await;
    server.delete(&format!("{CONFIGMAPS}/d")).await;
    server.post(CONFIGMAPS, &configmap("cc", "new")).await;

    let token = first.body["metadata"]["continue"].as_str().unwrap();
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let second = server.get(&format!("{CONFIGMAPS}?limit=10&continue={token}")).await;
    assert_eq!(names(&second.body), ["c", "d", "e"]);
    assert_eq!(second.body["items"][0]["data"]["key"], "old");
    assert_eq!(version(&second.body), version(&first.body), "a watch from this version misses no events");
    assert_eq!(second.body["metadata"]["continue"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_and_invalid_continue_tokens_are_rejected() {
    let server = Server::embedded().await;
    let odd = server.get(&format!("{CONFIGMAPS}?limit=2&continue=nonsense")).await;
    assert_eq!(odd.code, StatusCode::BAD_REQUEST);
    for name in ["a", "b", "c"] {
        server.post(CONFIGMAPS, &json!({"metadata": {"name": name}})).await;
    }
    let first = server.get(&format!("{CONFIGMAPS}?limit=2")).await;
    let token = first.body["metadata"]["continue"].as_str().unwrap().to_string();
    server.post(CONFIGMAPS, &json!({"metadata": {"name": "d"}})).await;
    // Versions from before a restart are not available.
    let server = server.restart().await;
    let old = server.get(&format!("{CONFIGMAPS}?limit=2&continue={token}")).await;
    assert_eq!((old.code, old.reason()), (StatusCode::GONE, "Expired"), "{}", old.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_has_no_items() {
    let server = Server::any().await;
    for path in [
        "/api/v1/namespaces/agentic-ops/services",
        "/apis/agentic.ligbox.io/v1alpha1/namespaces/agentic-ops/findings",
        "/apis/coordination.k8s.io/v1/namespaces/agentic-ops/leases",
    ] {
        let answer = server.get(path).await;
        assert_eq!((answer.code, &answer.body["items"]), (StatusCode::OK, &json!([])), "{path}");
    }
    assert_eq!(server.get("/api/v1/nosuchkinds").await.code, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_contain_selected_objects_only() {
    let server = Server::any().await;
    for i in 0..6 {
        let mut object = configmap(&format!("c{i}"), "x");
        object["metadata"]["labels"] = json!({"odd": (i % 2).to_string()});
        server.post(CONFIGMAPS, &object).await;
    }
    let mut found = Vec::new();
    let mut path = format!("{CONFIGMAPS}?labelSelector=odd%3D1&limit=2");
    loop {
        let page = server.get(&path).await;
        found.extend(names(&page.body));
        let Some(token) = page.body["metadata"]["continue"].as_str() else { break };
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        path = format!("{CONFIGMAPS}?labelSelector=odd%3D1&limit=2&continue={token}");
    }
    assert_eq!(found, ["c1", "c3", "c5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_metadata_is_served_on_request() {
    let server = Server::any().await;
    server.post(CONFIGMAPS, &configmap("a", "x")).await;
    let api: kube::Api<k8s_openapi::api::core::v1::ConfigMap> =
        kube::Api::namespaced(server.client.clone(), &server.namespace);
    let list = api.list_metadata(&Default::default()).await.unwrap();
    assert_eq!(list.items[0].metadata.name.as_deref(), Some("a"));
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let request = http::Request::builder().uri(CONFIGMAPS).header("accept", accept);
    let answer = server.request(request.body(kube::client::Body::empty()).unwrap()).await;
    assert_eq!(answer.body["kind"], "PartialObjectMetadataList");
    assert_eq!(answer.body["items"][0]["data"], Value::Null);
}
