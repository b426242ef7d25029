//! Objects whose stored JSON is whole, but that clients can't decode, at the embedded server.

use super::server::{CONFIGMAPS, SCENARIOS, Server, configmap, scenario};
use crate::kit::api::NAMESPACE;
use agentic_ops::api::Scenario;
use agentic_ops::controlplane::StoreState;
use http::StatusCode;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Event, Secret};
use kube::Api;
use kube::api::{DynamicObject, ListParams};
use kube::core::DeserializeGuard;
use rusqlite::Connection;
use serde_json::json;

const SECRETS: &str = "/api/v1/namespaces/agentic-ops/secrets";
const EVENTS: &str = "/api/v1/namespaces/agentic-ops/events";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/agentic-ops/leases";

/// What makes a stored object one that clients can't decode: a path, and the value there; `None` removes it.
const IN_METADATA: &[(&str, Option<&str>)] = &[
    ("$.apiVersion", Some("'v2'")),
    ("$.kind", Some("'Kind'")),
    ("$.metadata.creationTimestamp", Some("'2026-01-02 03:04:05Z'")),
    ("$.metadata.creationTimestamp", Some("'2026-01-02t03:04:05Z'")),
    ("$.metadata.creationTimestamp", Some("'2026-01-42T03:04:05Z'")),
    ("$.metadata.creationTimestamp", Some("7")),
    ("$.metadata.creationTimestamp", None),
    ("$.metadata.deletionTimestamp", Some("'soon'")),
    ("$.metadata.deletionGracePeriodSeconds", Some("'0'")),
    ("$.metadata.uid", Some("7")),
    ("$.metadata.uid", None),
    ("$.metadata.generation", Some("'1'")),
    ("$.metadata.generation", Some("1.5")),
    ("$.metadata.generation", Some("json('9223372036854775808')")),
    ("$.metadata.labels", Some("'a'")),
    ("$.metadata.labels", Some("json('{\"a\": null}')")),
    ("$.metadata.annotations", Some("json('{\"a\": 1}')")),
    ("$.metadata.finalizers", Some("json('[null]')")),
    ("$.metadata.ownerReferences", Some("json('[{\"uid\": 1}]')")),
    ("$.metadata.ownerReferences", Some("json('[7]')")),
    ("$.metadata.managedFields[0].time", Some("'2026-01-02T03:04:65Z'")),
    ("$.metadata.managedFields", Some("json('{}')")),
];

/// Besides, of built-in kinds: the kind, and the same.
const IN_CONTENT: &[(&str, &str, &str)] = &[
    ("configmaps", "$.data", "json('{\"key\": 7}')"),
    ("configmaps", "$.binaryData", "json('{\"key\": \"%\"}')"),
    ("secrets", "$.data", "json('{\"key\": \"%\"}')"),
    ("secrets", "$.immutable", "'no'"),
    ("events", "$.count", "3000000000"),
    ("events", "$.lastTimestamp", "'now'"),
    ("events", "$.involvedObject", "'a'"),
    ("leases.coordination.k8s.io", "$.spec.renewTime", "'2026-01-02 03:04:05.000000Z'"),
    ("leases.coordination.k8s.io", "$.spec.leaseTransitions", "json('3000000000')"),
    ("leases.coordination.k8s.io", "$.spec", "json('[]')"),
];

/// A server with the objects `whole` and `damaged-0`, `damaged-1` and so on of each kind.
async fn with_objects() -> Server {
    let server = Server::embedded().await;
    let event = |name: &str| {
        let involved = json!({"kind": "Scenario", "namespace": NAMESPACE, "name": "whole"});
        let metadata = json!({"name": name, "namespace": NAMESPACE});
        json!({"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": involved, "reason": "A"})
    };
    let secret = |name: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    let lease = |name: &str| {
        let spec = json!({"holderIdentity": "a", "renewTime": "2026-01-02T03:04:05.000000Z"});
        json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec})
    };
    let damaged = (0..IN_METADATA.len() + IN_CONTENT.len()).map(|i| format!("damaged-{i}"));
    for name in damaged.chain(["whole".into()]) {
        let configmap = configmap(&name, "x");
        let objects =
            [(SCENARIOS, scenario(&name)), (CONFIGMAPS, configmap), (SECRETS, secret(&name)), (EVENTS, event(&name))];
        for (path, object) in objects.into_iter().chain([(LEASES, lease(&name))]) {
            let answer = server.post(path, &object).await;
            assert_eq!(answer.code, StatusCode::CREATED, "{answer:?}");
        }
    }
    server
}

/// Damages the objects, and returns how many.
fn damage(database: &Connection) -> usize {
    let execute = |sql: String| database.execute(&sql, []).unwrap();
    let mut damaged = 0;
    for (i, (path, value)) in IN_METADATA.iter().enumerate() {
        let json = match value {
            Some(value) => format!("json_set(json, '{path}', {value})"),
            None => format!("json_remove(json, '{path}')"),
        };
        damaged += execute(format!("UPDATE objects SET json = {json} WHERE name = 'damaged-{i}'"));
    }
    for (i, (kind, path, value)) in IN_CONTENT.iter().enumerate() {
        let name = format!("damaged-{}", IN_METADATA.len() + i);
        execute(format!("DELETE FROM objects WHERE name = '{name}' AND kind <> '{kind}'"));
        damaged +=
            execute(format!("UPDATE objects SET json = json_set(json, '{path}', {value}) WHERE name = '{name}'"));
    }
    damaged
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_clients_cannot_decode_takes_away_only_itself() {
    let (dir, _) = with_objects().await.stop().await;
    let database = Connection::open(dir.0.join("controlplane.db")).unwrap();
    let damaged = damage(&database);
    assert_eq!(damaged, IN_METADATA.len() * 5 + IN_CONTENT.len());
    // What only its schema refuses is listed; the program reports it in the status of the object.
    let spec = "UPDATE objects SET json = json_set(json, '$.spec', 7) WHERE name = 'whole' AND kind LIKE 'scenarios%'";
    assert_eq!(database.execute(spec, []).unwrap(), 1);
    drop(database);
    let server = Server::on(dir).await;
    let named = server.running().store.state().damaged;
    assert_eq!(named.len(), damaged, "{named:#?}");
    let metadata_of = "scenarios.agentic.ligbox.io/agentic-ops/damaged-2: the stored object can't be decoded: ";
    let error = named.iter().find_map(|text| text.strip_prefix(metadata_of)).unwrap();
    assert!(error.contains("2026-01-02 03:04:05Z"), "{error}");
    let scenarios: Api<DeserializeGuard<Scenario>> = Api::default_namespaced(server.client.clone());
    let scenarios = scenarios.list(&ListParams::default()).await.unwrap().items;
    assert!(scenarios.len() == 1 && scenarios[0].0.is_err(), "{scenarios:?}");
    macro_rules! names {
        ($($kind:ty),*) => { [$({
            let api: Api<$kind> = Api::default_namespaced(server.client.clone());
            let listed = api.list(&ListParams::default()).await.unwrap().items;
            listed.into_iter().filter_map(|object| object.metadata.name).collect::<Vec<_>>()
        }),*] };
    }
    assert_eq!(names!(ConfigMap, Secret, Event, Lease), [(); 4].map(|()| vec!["whole".to_string()]));
    // They are replaced and deleted as other damaged objects are.
    assert_eq!(server.post(CONFIGMAPS, &configmap("damaged-0", "new")).await.code, StatusCode::CREATED);
    for path in [SCENARIOS, SECRETS, EVENTS, LEASES] {
        assert_eq!(server.delete(&format!("{path}/damaged-0")).await.code, StatusCode::OK);
    }
    assert_eq!(server.running().store.state().damaged.len(), damaged - 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_under_the_key_of_another_kind_is_damaged() {
    let server = Server::embedded().await;
    for name in ["a", "b"] {
        assert_eq!(server.post(CONFIGMAPS, &configmap(name, "x")).await.code, StatusCode::CREATED);
    }
    let (dir, _) = server.stop().await;
    let database = Connection::open(dir.0.join("controlplane.db")).unwrap();
    for (name, kind) in [("a", "secrets"), ("b", "confifmaps")] {
        let sql = "UPDATE objects SET kind = ?2 WHERE name = ?1 AND kind = 'configmaps'";
        assert_eq!(database.execute(sql, [name, kind]).unwrap(), 1);
    }
    // A kind that is not served any more harms nobody.
    let other = json!({"apiVersion": "v1", "kind": "Other", "metadata": {"name": "c", "resourceVersion": "1"}});
    database.execute("INSERT INTO objects VALUES ('others', '', 'c', 1, ?1)", [other.to_string()]).unwrap();
    drop(database);
    let server = Server::on(dir).await;
    let named = server.running().store.state().damaged;
    let expected = [
        "confifmaps/agentic-ops/b: the row of a ConfigMap has another kind; correct or remove the row while the program is stopped",
        "secrets/agentic-ops/a: the stored object is not a Secret of v1",
    ];
    assert_eq!(named, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_never_damaged() {
    let server = Server::embedded().await;
    let hostile = json!([
        {"labels": {"a": null}}, {"annotations": {"a": null}}, {"finalizers": [null]}, {"finalizers": null},
        {"ownerReferences": [null]}, {"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a", "uid": "a", "controller": null}]},
        {"managedFields": [null]}, {"managedFields": [{"time": "2026-01-02 03:04:05Z"}]}, {"managedFields": [{"time": null}]},
        {"deletionTimestamp": "2026-01-02 03:04:05Z"}, {"deletionGracePeriodSeconds": 9_223_372_036_854_775_808_u64},
        {"generation": 9_223_372_036_854_775_808_u64}, {"creationTimestamp": "2026-01-02t03:04:05Z"}, {"generateName": null},
    ]);
    let content = json!([
        {"data": {"a": null}}, {"data": null}, {"binaryData": {"a": null}}, {"immutable": null},
        {"count": 3_000_000_000_u64}, {"series": {"count": 3_000_000_000_u64}}, {"lastTimestamp": "2026-01-02 03:04:05Z"},
        {"eventTime": "2026-01-02 03:04:05.000000Z"}, {"spec": {"leaseTransitions": 3_000_000_000_u64}}, {"spec": null},
        {"spec": {"ports": [{"port": "http"}]}}, {"spec": {"ports": null}}, {"spec": {"type": 7}}, {"status": 7},
    ]);
    let (mut stored, mut refused) = (0, 0);
    let kinds = [
        (SCENARIOS, "agentic.ligbox.io/v1alpha1", "Scenario"),
        (CONFIGMAPS, "v1", "ConfigMap"),
        (SECRETS, "v1", "Secret"),
        (EVENTS, "v1", "Event"),
        (LEASES, "coordination.k8s.io/v1", "Lease"),
        ("/api/v1/namespaces/agentic-ops/services", "v1", "Service"),
        ("/apis/events.k8s.io/v1/namespaces/agentic-ops/events", "events.k8s.io/v1", "Event"),
    ];
    for (path, api_version, kind) in kinds {
        let metadata = hostile.as_array().unwrap().iter().map(|metadata| json!({ "metadata": metadata }));
        for (i, change) in metadata.chain(content.as_array().unwrap().clone()).enumerate() {
            let base = |name: &str| {
                let mut object = if kind == "Scenario" { scenario(name) } else { json!({"metadata": {"name": name}}) };
                object["apiVersion"] = api_version.into();
                object["kind"] = kind.into();
                object
            };
            let created = |name: &str| {
                let mut object = base(name);
                for (part, value) in change.as_object().unwrap() {
                    match object[part].as_object_mut().zip(value.as_object()) {
                        Some((fields, more)) => fields.extend(more.clone()),
                        None => object[part] = value.clone(),
                    }
                }
                object
            };
            let name = |how: &str| format!("{}-{how}-{i}", kind.to_lowercase());
            let mut answers = vec![server.post(path, &created(&name("created"))).await];
            let applied = name("applied");
            answers.push(server.apply(&format!("{path}/{applied}"), "a", &created(&applied)).await);
            let patched = name("patched");
            let _ = server.post(path, &base(&patched)).await;
            answers.push(server.merge(&format!("{path}/{patched}"), &change).await);
            for answer in answers {
                *(if answer.code.is_success() { &mut stored } else { &mut refused }) += 1;
            }
        }
    }
    assert!(stored > 100 && refused > 100, "{stored} stored, {refused} refused");
    let server = server.restart().await;
    assert_eq!(server.running().store.state(), StoreState::default());
    let all: Api<DynamicObject> =
        Api::default_namespaced_with(server.client.clone(), &kube::api::ApiResource::erase::<Scenario>(&()));
    assert!(!all.list(&ListParams::default()).await.unwrap().items.is_empty());
}
