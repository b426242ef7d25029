//! Writes: their effects, and why they are rejected.

use super::server::{Answer, CONFIGMAPS, SCENARIOS, Server, configmap, scenario, version};
use futures::future::join_all;
use http::{Method, Request, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_create_sets_the_fields_of_the_server() {
    let server = Server::any().await;
    let made = server.post(SCENARIOS, &scenario("portal")).await;
    assert_eq!(made.code, StatusCode::CREATED, "{}", made.body);
    let metadata = &made.body["metadata"];
    assert!(metadata["uid"].is_string() && metadata["creationTimestamp"].is_string());
    assert_eq!((&metadata["namespace"], &metadata["generation"]), (&json!(server.namespace), &json!(1)));
    assert!(metadata["managedFields"][0]["fieldsV1"]["f:spec"].is_object());
    let twice = server.post(SCENARIOS, &scenario("portal")).await;
    assert_eq!((twice.code, twice.reason()), (StatusCode::CONFLICT, "AlreadyExists"));

    let mut generated = configmap("", "x");
    generated["metadata"] = json!({"generateName": "part-"});
    let first = server.post(CONFIGMAPS, &generated).await;
    let second = server.post(CONFIGMAPS, &generated).await;
    assert!(first.body["metadata"]["name"].as_str().unwrap().starts_with("part-"));
    assert_ne!(first.body["metadata"]["name"], second.body["metadata"]["name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generation_counts_changes_of_the_spec() {
    let server = Server::any().await;
    let path = format!("{SCENARIOS}/portal");
    server.post(SCENARIOS, &scenario("portal")).await;
    let generation = |answer: &Answer| answer.body["metadata"]["generation"].as_i64().unwrap();
    let labelled = server.merge(&path, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(generation(&labelled), 1);
    let status = server.merge(&format!("{path}/status"), &json!({"status": {"openFindings": 1}})).await;
    assert_eq!((status.code, generation(&status)), (StatusCode::OK, 1));
    let spec = server.merge(&path, &json!({"spec": {"title": "x"}})).await;
    assert_eq!(generation(&spec), 2);
    let same = server.merge(&path, &json!({"spec": {"title": "x"}})).await;
    assert_eq!(version(&same.body), version(&spec.body), "an unchanged object is not written");
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_and_status_are_written_separately() {
    let server = Server::any().await;
    let path = format!("{SCENARIOS}/portal");
    let mut with_status = scenario("portal");
    with_status["status"] = json!({"openFindings": 9});
    let made = server.post(SCENARIOS, &with_status).await;
    assert_eq!(made.body["status"], Value::Null);
    let mixed = json!({"spec": {"title": "new"}, "status": {"openFindings": 2}});
    let through_status = server.merge(&format!("{path}/status"), &mixed).await;
    assert_eq!(through_status.body["spec"]["title"], "Portal");
    assert_eq!(through_status.body["status"]["openFindings"], 2);
    let mixed = json!({"spec": {"title": "new"}, "status": null});
    let through_spec = server.merge(&path, &mixed).await;
    assert_eq!(through_spec.body["spec"]["title"], "new");
    assert_eq!(through_spec.body["status"]["openFindings"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_updates_one_succeeds() {
    let server = Server::any().await;
    let path = format!("{CONFIGMAPS}/settings");
    let made = server.post(CONFIGMAPS, &configmap("settings", "0")).await;
    let writes = (0..20).map(|i| {
        let mut mine = made.body.clone();
        mine["data"]["key"] = json!(format!("writer {i}"));
        let (server, path) = (&server, &path);
        async move { server.put(path, &mine).await }
    });
    let answers = join_all(writes).await;
    assert_eq!(answers.iter().filter(|a| a.code == StatusCode::OK).count(), 1);
    assert!(answers.iter().filter(|a| a.code != StatusCode::OK).all(|a| a.reason() == "Conflict"));
    let stale = json!({"metadata": {"resourceVersion": "1"}, "data": {"key": "x"}});
    assert_eq!(server.merge(&path, &stale).await.reason(), "Conflict");
    let no_version = server.put(&format!("{SCENARIOS}/none"), &scenario("none")).await;
    assert_eq!(no_version.code, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn validation_errors_name_each_field() {
    let server = Server::any().await;
    let mut wrong = scenario("portal");
    wrong["spec"]["severity"] = json!("awful");
    wrong["spec"]["title"] = json!(7);
    let answer = server.post(SCENARIOS, &wrong).await;
    assert_eq!((answer.code, answer.reason()), (StatusCode::UNPROCESSABLE_ENTITY, "Invalid"));
    let causes = answer.body["details"]["causes"].as_array().unwrap();
    let fields: Vec<_> = causes.iter().map(|c| c["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"spec.severity") && fields.contains(&"spec.title"), "{fields:?}");

    let mut two = scenario("portal");
    two["spec"]["probes"][0]["tcp"] = json!({"address": "127.0.0.1:9"});
    let answer = server.post(SCENARIOS, &two).await;
    assert!(answer.message().contains("exactly one of http, sqlite, tcp, dns, tls must be set"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_are_handled_as_requested() {
    let server = Server::any().await;
    let mut wrong = scenario("portal");
    wrong["spec"]["colour"] = json!("red");
    let strict = server.post(&format!("{SCENARIOS}?fieldValidation=Strict"), &wrong).await;
    assert_eq!(strict.code, StatusCode::BAD_REQUEST);
    assert!(strict.message().contains("unknown field \"spec.colour\""), "{}", strict.message());
    let warned = server.post(&format!("{SCENARIOS}?fieldValidation=Warn"), &wrong).await;
    let warning = warned.headers["warning"].to_str().unwrap();
    assert!(warning.starts_with("299 - \"") && warning.contains("spec.colour"), "{warning}");
    assert_eq!((warned.code, &warned.body["spec"]["colour"]), (StatusCode::CREATED, &Value::Null));
    wrong["metadata"]["name"] = json!("quiet");
    let ignored = server.post(&format!("{SCENARIOS}?fieldValidation=Ignore"), &wrong).await;
    assert!(ignored.code == StatusCode::CREATED && !ignored.headers.contains_key("warning"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_stores_nothing() {
    let server = Server::any().await;
    let made = server.post(&format!("{SCENARIOS}?dryRun=All"), &scenario("portal")).await;
    assert_eq!(made.code, StatusCode::CREATED);
    assert_eq!(server.get(&format!("{SCENARIOS}/portal")).await.code, StatusCode::NOT_FOUND);
    server.post(SCENARIOS, &scenario("portal")).await;
    let deleted = server.delete(&format!("{SCENARIOS}/portal?dryRun=All")).await;
    assert_eq!(deleted.code, StatusCode::OK);
    assert_eq!(server.get(&format!("{SCENARIOS}/portal")).await.code, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn finalizers_delay_a_deletion() {
    let server = Server::any().await;
    let path = format!("{CONFIGMAPS}/held");
    let mut held = configmap("held", "x");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    server.post(CONFIGMAPS, &held).await;
    let marked = server.delete(&path).await;
    assert!(marked.body["metadata"]["deletionTimestamp"].is_string(), "{}", marked.body);
    assert_eq!(server.get(&path).await.code, StatusCode::OK);
    let released = server.merge(&path, &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!(released.code, StatusCode::OK, "{}", released.body);
    assert_eq!(server.get(&path).await.code, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_checks_its_preconditions() {
    let server = Server::any().await;
    let path = format!("{CONFIGMAPS}/settings");
    let made = server.post(CONFIGMAPS, &configmap("settings", "0")).await;
    let with = |preconditions: Value| json!({"preconditions": preconditions}).to_string();
    let wrong = with(json!({"uid": "another"}));
    let refused = server.send(Method::DELETE, &path, "application/json", wrong.clone()).await;
    assert_eq!(refused.reason(), "Conflict");
    let unread = server.send(Method::DELETE, &path, "application/vnd.kubernetes.protobuf", wrong).await;
    assert!(
        matches!(unread.code.as_u16(), 400 | 415),
        "options that cannot be decoded are not ignored: {}",
        unread.body
    );
    let right = with(json!({"uid": made.body["metadata"]["uid"]}));
    let deleted = server.send(Method::DELETE, &path, "application/json", right).await;
    assert_eq!((deleted.code, deleted.body["status"].as_str()), (StatusCode::OK, Some("Success")));
    assert_eq!(server.delete(&path).await.reason(), "NotFound");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_deleted_by_selector() {
    let server = Server::any().await;
    for name in ["a", "b", "c"] {
        let mut labelled = configmap(name, "x");
        labelled["metadata"]["labels"] = json!({"gone": (name != "c").to_string()});
        server.post(CONFIGMAPS, &labelled).await;
    }
    let answer = server.delete(&format!("{CONFIGMAPS}?labelSelector=gone%3Dtrue")).await;
    assert_eq!(answer.code, StatusCode::OK, "{}", answer.body);
    let left = server.get(CONFIGMAPS).await;
    let names: Vec<_> = left.body["items"].as_array().unwrap().iter().map(|i| &i["metadata"]["name"]).collect();
    assert_eq!(names, ["c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_secrets_is_base64() {
    let server = Server::any().await;
    let secrets = "/api/v1/namespaces/agentic-ops/secrets";
    let secret = |fields: Value| {
        let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
        secret.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        secret
    };
    // None of these may be stored, since clients could not decode the list.
    for wrong in [
        json!({"data": {"a": "not base64!"}}),
        json!({"data": "text"}),
        json!({"data": "text", "stringData": {"a": "b"}}),
        json!({"data": {"a": 7}}),
        json!({"stringData": "text"}),
        json!({"stringData": {"a": 7}}),
        json!({"data": {"no/slash": "YQ=="}}),
    ] {
        let answer = server.post(secrets, &secret(wrong.clone())).await;
        assert!(matches!(answer.code.as_u16(), 400 | 422), "{wrong}: {}", answer.body);
    }
    let made = server.post(secrets, &secret(json!({"stringData": {"a": "b"}, "data": {"c": "ZA=="}}))).await;
    assert_eq!(made.body["data"], json!({"a": "Yg==", "c": "ZA=="}));
    assert_eq!((&made.body["type"], &made.body["stringData"]), (&json!("Opaque"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_labels_are_validated() {
    let server = Server::any().await;
    for name in ["Upper", "with_underscore", "-dash", "dot.", "a..b", &"x".repeat(254)] {
        let answer = server.post(CONFIGMAPS, &configmap(name, "x")).await;
        assert_eq!((answer.code, answer.reason()), (StatusCode::UNPROCESSABLE_ENTITY, "Invalid"), "{name}");
    }
    for metadata in [
        json!({"name": "x", "labels": {"a": "with space"}}),
        json!({"name": "x", "labels": {"a": "x".repeat(64)}}),
        json!({"name": "x", "labels": {"a b": "x"}}),
        json!({"name": "x", "annotations": {"a": "x".repeat(300_000)}}),
        json!({"name": "x", "labels": {"a": 1}}),
        json!({"name": "x", "labels": "text"}),
        json!({"name": "x", "finalizers": "text"}),
    ] {
        let mut wrong = configmap("x", "x");
        wrong["metadata"] = metadata.clone();
        let answer = server.post(CONFIGMAPS, &wrong).await;
        assert!(matches!(answer.code.as_u16(), 400 | 422), "{metadata}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_bodies_are_rejected() {
    let server = Server::any().await;
    let mut elsewhere = configmap("x", "x");
    elsewhere["metadata"]["namespace"] = json!("default");
    assert_eq!(server.post(CONFIGMAPS, &elsewhere).await.code, StatusCode::BAD_REQUEST);
    assert_eq!(server.post(CONFIGMAPS, &scenario("x")).await.code, StatusCode::BAD_REQUEST);
    assert_eq!(server.post(CONFIGMAPS, &json!([])).await.code, StatusCode::BAD_REQUEST);
    let broken = server.send(Method::POST, CONFIGMAPS, "application/json", "{").await;
    assert_eq!(broken.code, StatusCode::BAD_REQUEST);
    let protobuf = server.send(Method::POST, CONFIGMAPS, "application/vnd.kubernetes.protobuf", "k8s\0").await;
    assert!(matches!(protobuf.code.as_u16(), 400 | 415), "{}", protobuf.body);
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {key: value}\n";
    assert_eq!(server.send(Method::POST, CONFIGMAPS, "application/yaml", yaml).await.code, StatusCode::CREATED);
    let patch = json!([{"op": "test", "path": "/data/key", "value": "other"}]).to_string();
    let path = format!("{CONFIGMAPS}/yaml");
    let tested = server.send(Method::PATCH, &path, "application/json-patch+json", patch).await;
    assert_eq!(tested.code, StatusCode::UNPROCESSABLE_ENTITY, "{}", tested.body);
    let renamed = server.merge(&path, &json!({"metadata": {"name": "other"}})).await;
    assert_eq!(renamed.code, StatusCode::BAD_REQUEST, "{}", renamed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_protobuf_get_json() {
    let server = Server::embedded().await;
    let accept = "application/vnd.kubernetes.protobuf,application/json";
    let request = Request::builder().uri(CONFIGMAPS).header("accept", accept).body(Body::empty()).unwrap();
    let answer = server.request(request).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.body["kind"], "ConfigMapList");
}

#[tokio::test(flavor = "multi_thread")]
async fn system_namespaces_cannot_be_deleted() {
    let server = Server::any().await;
    for name in ["default", "kube-system"] {
        let answer = server.delete(&format!("/api/v1/namespaces/{name}")).await;
        assert_eq!((answer.code, answer.reason()), (StatusCode::FORBIDDEN, "Forbidden"), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_a_path_does_not_have_are_not_allowed() {
    let server = Server::embedded().await;
    let document = "/apis/agentic.ligbox.io/v1alpha1";
    let (every, one) = (format!("{document}/scenarios"), format!("{SCENARIOS}/portal"));
    for (path, methods) in [
        ("/version", "POST PUT PATCH DELETE"),
        ("/apis", "POST PUT PATCH DELETE"),
        (document, "POST PUT PATCH DELETE"),
        ("/openapi/v3", "POST PUT PATCH DELETE"),
        ("/api/v1/configmaps", "POST PUT PATCH DELETE"),
        (CONFIGMAPS, "PUT PATCH"),
        (SCENARIOS, "PUT PATCH"),
        (&every, "PUT PATCH DELETE"),
        (&one, "POST"),
    ] {
        for method in methods.split(' ') {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = server.send(method.clone(), path, "application/json", "{}").await;
            let found = (answer.code, answer.reason());
            assert_eq!(found, (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_resource_of_another_kind_is_invalid() {
    let server = Server::any().await;
    let made = server.post(SCENARIOS, &scenario("portal")).await;
    let mut other = made.body.clone();
    other["kind"] = json!("Finding");
    for answer in [
        server.post(SCENARIOS, &other).await,
        server.put(&format!("{SCENARIOS}/portal"), &other).await,
        server.merge(&format!("{SCENARIOS}/portal"), &json!({"kind": "Finding"})).await,
    ] {
        assert_eq!((answer.code, answer.reason()), (StatusCode::UNPROCESSABLE_ENTITY, "Invalid"), "{}", answer.body);
        let details = &answer.body["details"];
        assert_eq!((&details["kind"], &details["causes"][0]["field"]), (&json!("Finding"), &json!("kind")));
        assert_eq!(details["causes"].as_array().map(Vec::len), Some(1), "{details}");
    }
}
