//! Server-side apply and field managers.

use super::server::{SCENARIOS, Server, scenario};
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_another_manager_is_a_conflict() {
    let server = Server::any().await;
    let mine = scenario("portal");
    let file = server.dir.file("mine.json", &mine.to_string());
    server.kubectl(&["apply", "--server-side", "--field-manager=git", "-f", &file]).await;
    let patch = r#"{"spec":{"severity":"low"}}"#;
    server.kubectl(&["patch", "scn", "portal", "--type=merge", "--field-manager=ana", "-p", patch]).await;

    let again = server.try_kubectl(&["apply", "--server-side", "--field-manager=git", "-f", &file]).await;
    assert!(!again.ok, "{}", again.out);
    assert!(again.err.contains("conflict with \"ana\"") && again.err.contains(".spec.severity"), "{}", again.err);
    let severity = server.kubectl(&["get", "scn", "portal", "-o=jsonpath={.spec.severity}"]).await;
    assert_eq!(severity, "low");

    let force = ["apply", "--server-side", "--field-manager=git", "--force-conflicts", "-f", &file];
    server.kubectl(&force).await;
    assert_eq!(server.kubectl(&["get", "scn", "portal", "-o=jsonpath={.spec.severity}"]).await, "high");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_no_longer_applied_are_removed_unless_shared() {
    let server = Server::any().await;
    let path = format!("{SCENARIOS}/portal");
    let mut applied = scenario("portal");
    applied["spec"]["interval"] = json!("30s");
    applied["spec"]["timeout"] = json!("5s");
    let made = server.apply(&path, "git", &applied).await;
    assert_eq!(made.code, StatusCode::CREATED, "{}", made.body);
    server.merge(&format!("{path}?fieldManager=ana"), &json!({"spec": {"timeout": "6s", "suspend": true}})).await;

    let spec = applied["spec"].as_object_mut().unwrap();
    spec.remove("interval");
    spec.remove("timeout");
    let after = server.apply(&path, "git", &applied).await;
    assert_eq!(after.code, StatusCode::OK, "{}", after.body);
    let spec = &after.body["spec"];
    assert_eq!((&spec["interval"], &spec["timeout"], &spec["suspend"]), (&Value::Null, &json!("6s"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_apply_changes_nothing() {
    let server = Server::any().await;
    let path = format!("{SCENARIOS}/portal");
    let first = server.apply(&path, "git", &scenario("portal")).await;
    let second = server.apply(&path, "git", &scenario("portal")).await;
    assert_eq!(first.body["metadata"]["resourceVersion"], second.body["metadata"]["resourceVersion"]);
    assert_eq!(first.body, second.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_managers_own_items_of_the_same_list() {
    let server = Server::any().await;
    let path = format!("{SCENARIOS}/portal");
    server.apply(&path, "git", &scenario("portal")).await;
    let more = json!({
        "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "portal"},
        "spec": {"probes": [{"name": "port", "tcp": {"address": "127.0.0.1:9"}}]},
    });
    let both = server.apply(&path, "ana", &more).await;
    assert_eq!(both.code, StatusCode::OK, "{}", both.body);
    assert_eq!(both.body["spec"]["probes"].as_array().unwrap().len(), 2);
    let again = server.apply(&path, "git", &scenario("portal")).await;
    assert_eq!(again.body["spec"]["probes"].as_array().unwrap().len(), 2, "the item of ana is kept");
    let none = json!({
        "apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": "portal"},
    });
    let gone = server.apply(&path, "ana", &none).await;
    assert_eq!(gone.body["spec"]["probes"].as_array().unwrap().len(), 1, "{}", gone.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_apply_is_rejected() {
    let server = Server::any().await;
    let path = format!("{SCENARIOS}/portal");
    let body = scenario("portal").to_string();
    let media_type = "application/apply-patch+yaml";
    let no_manager = server.send(http::Method::PATCH, &path, media_type, body.clone()).await;
    assert_eq!(no_manager.code, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_manager.message().contains("fieldManager: Required value"), "{}", no_manager.message());
    let other = server.apply(&path, "git", &scenario("elsewhere")).await;
    assert_eq!(other.code, StatusCode::BAD_REQUEST, "{}", other.body);
    let cbor = server.send(http::Method::PATCH, &path, "application/apply-patch+cbor", body).await;
    assert_eq!(cbor.code, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
