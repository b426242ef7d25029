//! Findings and Scenarios that the program cannot decode are repaired once.

use crate::kit::api::{self, NAMESPACE};
use crate::kit::operator;
use crate::kit::scratch::Scratch;
use crate::kit::wait::eventually;
use agentic_ops::api::{Finding, Phase, Scenario, crds};
use agentic_ops::domain::fingerprint::{finding_name, finding_spec};
use k8s_openapi::api::core::v1::Event;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{CustomResourceDefinition, JSONSchemaProps};
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::ApiResource;
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const AT: &str = "2026-01-01T00:00:00Z";
/// A time of the form that a schema asks for, which no clock shows.
const NO_TIME: &str = "2026-01-01T00:00:00+99:99";

/// The definitions as people may have loosened them: whatever is written into an object is stored.
fn loosened() -> Vec<CustomResourceDefinition> {
    let mut definitions = crds();
    for version in definitions.iter_mut().flat_map(|definition| &mut definition.spec.versions) {
        let open = JSONSchemaProps {
            type_: Some("object".into()),
            x_kubernetes_preserve_unknown_fields: Some(true),
            ..JSONSchemaProps::default()
        };
        version.schema.as_mut().unwrap().open_api_v3_schema = Some(open);
    }
    definitions
}

/// A target that answers 500, and counts how often it is asked.
fn failing_target() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (url, asked)
}

async fn add_scenario(client: &Client, name: &str, url: &str, suspend: bool) {
    let spec = json!({"title": "Loja", "agent": "pulso", "severity": "high", "suspend": suspend,
        "thresholds": {"fail": 1, "recover": 1}, "probes": [{"name": "web", "http": {"url": url}}],
        "checks": [{"name": "status", "expect": "probes.web.status == 200", "message": "'500'"}]});
    let scenario: Scenario = serde_json::from_value(
        json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario", "metadata": {"name": name}, "spec": spec}),
    )
    .unwrap();
    Api::<Scenario>::namespaced(client.clone(), NAMESPACE).create(&Default::default(), &scenario).await.unwrap();
}

/// Stores the Finding of check `status` with this acknowledgement and status.
async fn add_finding(client: &Client, scenario: &str, acknowledgement: Value, status: Value) -> String {
    let objects = Api::<DynamicObject>::namespaced_with(client.clone(), NAMESPACE, &ApiResource::erase::<Finding>(&()));
    let name = finding_name(scenario, "status", "");
    let mut finding = serde_json::to_value(Finding::new(&name, finding_spec(scenario, "status", ""))).unwrap();
    if !acknowledgement.is_null() {
        finding["spec"]["acknowledgement"] = acknowledgement;
    }
    objects.create(&Default::default(), &serde_json::from_value(finding).unwrap()).await.unwrap();
    let patch = Patch::Merge(json!({ "status": status }));
    objects.patch_status(&name, &PatchParams::default(), &patch).await.unwrap();
    name
}

/// The Finding once it can be decoded.
async fn decoded(client: &Client, name: &str) -> Finding {
    let findings = Api::<Finding>::namespaced(client.clone(), NAMESPACE);
    eventually(&format!("{name} to be repaired"), || async { findings.get(name).await.ok() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_that_cannot_be_decoded_is_repaired_once_and_keeps_the_rest() {
    let scratch = Scratch::new("damaged-findings");
    let server = api::embedded_with_definitions(&scratch.0, loosened()).await;
    let client = api::client(&scratch.0.join("kubeconfig")).await;
    let (url, asked) = failing_target();
    add_scenario(&client, "runs", &url, false).await;
    add_scenario(&client, "rests", &url, true).await;
    let garbage = json!({"phase": "Open", "severity": "urgent", "openedAt": AT, "since": NO_TIME, "occurrences": 7,
        "transitions": "none", "addedLater": {"a": 1}});
    let failing = add_finding(&client, "runs", Value::Null, garbage.clone()).await;
    let resting = add_finding(&client, "rests", json!({"by": "ana", "at": NO_TIME}), garbage).await;
    let operator = operator::start(client.clone(), NAMESPACE, None);

    let findings = Api::<Finding>::namespaced(client.clone(), NAMESPACE);
    let status = eventually("the next failure to be recorded", || async {
        findings.get(&failing).await.ok()?.status.filter(|status| status.severity.is_some())
    })
    .await;
    assert_eq!(
        (status.phase, status.occurrences, status.message.as_deref()),
        (Some(Phase::Open), Some(7), Some("500"))
    );
    assert_eq!(status.opened_at.unwrap().0.to_string(), AT, "it is still the same occurrence");
    let rested = decoded(&client, &resting).await;
    let status = rested.status.unwrap();
    assert_eq!((status.phase, status.occurrences, rested.spec.acknowledgement), (Some(Phase::Open), Some(7), None));

    eventually("advice, which is written a little later", || async {
        findings.get(&failing).await.ok()?.status?.advice
    })
    .await;
    let version = async |name: &str| findings.get(name).await.unwrap().resource_version();
    // Each part of a status is written by itself, so that one may follow.
    eventually("three runs after which nothing was written again", || async {
        let before = (version(&failing).await, version(&resting).await);
        let runs = asked.load(Ordering::SeqCst);
        eventually("more runs", || async { (asked.load(Ordering::SeqCst) >= runs + 3).then_some(()) }).await;
        ((version(&failing).await, version(&resting).await) == before).then_some(())
    })
    .await;
    let events = Api::<Event>::namespaced(client.clone(), NAMESPACE);
    for (name, fields) in [
        (&failing, "status.severity, status.since, status.transitions"),
        (&resting, "spec.acknowledgement, status.severity, status.since, status.transitions"),
    ] {
        let events = eventually("the Event", || async {
            let list = events.list(&Default::default()).await.unwrap();
            let of = |event: &Event| {
                event.involved_object.name.as_ref() == Some(name) && event.reason.as_deref() == Some("Repaired")
            };
            let found: Vec<_> = list.into_iter().filter(of).collect();
            (!found.is_empty()).then_some(found)
        })
        .await;
        assert_eq!((events.len(), events[0].count.unwrap_or(1)), (1, 1), "{events:?}");
        assert!(events[0].message.as_ref().unwrap().contains(fields), "{events:?}");
    }
    operator.shutdown().await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scenario_whose_status_cannot_be_decoded_is_repaired_once_and_runs() {
    let scratch = Scratch::new("damaged-scenario");
    let server = api::embedded_with_definitions(&scratch.0, loosened()).await;
    let client = api::client(&scratch.0.join("kubeconfig")).await;
    let (url, asked) = failing_target();
    add_scenario(&client, "shop", &url, false).await;
    let objects =
        Api::<DynamicObject>::namespaced_with(client.clone(), NAMESPACE, &ApiResource::erase::<Scenario>(&()));
    let garbage = Patch::Merge(json!({"status": {"health": "fine", "lastRunAt": NO_TIME, "addedLater": 1}}));
    objects.patch_status("shop", &PatchParams::default(), &garbage).await.unwrap();
    let before: u64 = objects.get("shop").await.unwrap().resource_version().unwrap().parse().unwrap();
    let operator = operator::start(client.clone(), NAMESPACE, None);
    eventually("runs", || async { (asked.load(Ordering::SeqCst) >= 3).then_some(()) }).await;
    let scenario = eventually("the open Finding in its status", || async {
        let scenario = Api::<Scenario>::namespaced(client.clone(), NAMESPACE).get("shop").await.ok()?;
        (scenario.status.as_ref()?.open_findings == Some(1)).then_some(scenario)
    })
    .await;
    // Versions are of the whole server: its Finding, the Thread of that, Events and freshness are written, too.
    let written = scenario.resource_version().unwrap().parse::<u64>().unwrap() - before;
    assert!(written < 40, "{written} writes");
    operator.shutdown().await;
    server.shutdown().await;
}
