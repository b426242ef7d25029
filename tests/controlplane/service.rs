//! The Service `default/kubernetes` of the embedded server.

use super::server::{Server, version};
use crate::kit::wait::{until, within};
use crate::kit::{api, ports, scratch::Scratch};
use http::StatusCode;
use serde_json::{Value, json};

const SERVICE: &str = "/api/v1/namespaces/default/services/kubernetes";

async fn service(server: &Server) -> Value {
    let answer = server.get(SERVICE).await;
    assert_eq!(answer.code, StatusCode::OK, "{}", answer.body);
    answer.body
}

fn address(service: &Value) -> String {
    let spec = &service["spec"];
    format!("{}:{}", spec["clusterIP"].as_str().unwrap_or_default(), spec["ports"][0]["port"])
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_the_address_of_each_start_and_is_written_only_if_that_changes() {
    let dir = Scratch::new("service");
    let lasting = ports::lasting();
    let server = Server::of(api::embedded(&dir.0, lasting).await, dir).await;
    let first = service(&server).await;
    assert_eq!(address(&first), lasting.to_string());
    let labels = json!({"component": "apiserver", "provider": "kubernetes"});
    assert_eq!(first["metadata"]["labels"], labels);

    let (dir, _) = server.stop().await;
    let server = Server::of(api::embedded(&dir.0, lasting).await, dir).await;
    let same = service(&server).await;
    assert_eq!((version(&same), &same["metadata"]["uid"]), (version(&first), &first["metadata"]["uid"]));

    let (dir, _) = server.stop().await;
    let running = within(api::embedded(&dir.0, ports::any())).await;
    let now = running.address;
    let server = Server::of(running, dir).await;
    let moved = service(&server).await;
    assert_eq!((address(&moved), &moved["metadata"]["uid"]), (now.to_string(), &first["metadata"]["uid"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_restored_when_it_was_changed_or_deleted() {
    let server = Server::embedded().await;
    let expected = server.running().address.to_string();
    let changed = json!({"metadata": {"annotations": {"a": "b"}}, "spec": {"clusterIP": "192.0.2.1"}});
    assert_eq!(
        address(&server.merge(SERVICE, &changed).await.body),
        format!("192.0.2.1:{}", server.running().address.port())
    );
    until("the spec to be restored", async || address(&service(&server).await) == expected).await;
    assert_eq!(service(&server).await["metadata"]["annotations"]["a"], "b", "other changes stay");
    assert_eq!(server.delete(SERVICE).await.code, StatusCode::OK);
    until("the Service to be created again", async || server.get(SERVICE).await.code == StatusCode::OK).await;
    assert_eq!(address(&service(&server).await), expected);
    let table = server.kubectl(&["get", "services", "-n", "default", "-o", "wide"]).await;
    let port = format!("{}/TCP", server.running().address.port());
    assert!(["ClusterIP", "127.0.0.1", "<none>", &port].iter().all(|cell| table.contains(cell)), "{table}");
}
