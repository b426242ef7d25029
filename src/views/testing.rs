//! For tests: a stand-in for the API server with get, list, create, delete, and merge patch with a resource version. What it has is also
//! in the caches that the views read.

use super::Resources;
use crate::api::{Action, Agent, Finding, Message, RUN_REQUESTED_AT, Silence, Thread};
use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::objects::{CachedObject, Writer, store};
use crate::runtime::votes::VotesByFinding;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, patch, post};
use axum::{Extension, Router};
use kube::runtime::watcher::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tower::ServiceBuilder;

pub const NAMESPACE: &str = "agentic-ops";

/// Objects of the API server, and what happens to them.
#[derive(Default)]
pub struct Cluster {
    /// By plural and name.
    pub objects: BTreeMap<(String, String), Value>,
    /// Merge patches by another client, each applied just before the next patch.
    pub concurrent_patches: Vec<Value>,
    /// Whether requested runs are carried out.
    pub answers_runs: bool,
    /// Methods and paths of the requests.
    pub requests: Vec<String>,
    /// Which requests fail without being carried out.
    pub fails: Option<fn(&str) -> bool>,
    /// Which requests are carried out, but answered with an error.
    pub loses_answer: Option<fn(&str) -> bool>,
}

/// The stand-in, and the caches that follow it.
pub struct ApiServer {
    cluster: Mutex<Cluster>,
    scenarios: Mutex<Writer<CachedScenario>>,
    findings: Mutex<Writer<Finding>>,
    agents: Mutex<Writer<Agent>>,
    silences: Mutex<Writer<Silence>>,
    threads: Mutex<Writer<Thread>>,
    messages: Mutex<Writer<Message>>,
    recorded: Mutex<Writer<Action>>,
    pub resources: Resources,
}

impl ApiServer {
    /// With one Agent, `pulso`, and nothing else.
    pub fn new() -> Arc<ApiServer> {
        let (scenarios, scenario_writer) = store();
        let (findings, finding_writer) = store();
        let (silences, silence_writer) = store();
        let (threads, thread_writer) = store();
        let (messages, message_writer) = store();
        let (actions, action_writer) = store();
        let (agents, mut agent_writer) = store::<Agent>();
        let agent = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Agent",
            "metadata": {"name": "pulso", "namespace": NAMESPACE},
            "spec": {"id": "A1", "displayName": "Pulso", "codename": "node_health", "tier": "T0"}});
        agent_writer.apply(Event::Apply(serde_json::from_value(agent).unwrap()));
        let agents_written = Mutex::new(agent_writer);
        Arc::new(ApiServer {
            cluster: Mutex::default(),
            scenarios: Mutex::new(scenario_writer),
            findings: Mutex::new(finding_writer),
            agents: agents_written,
            silences: Mutex::new(silence_writer),
            threads: Mutex::new(thread_writer),
            messages: Mutex::new(message_writer),
            recorded: Mutex::new(action_writer),
            resources: Resources {
                namespace: NAMESPACE.into(),
                scenarios,
                findings,
                agents,
                silences,
                threads,
                messages,
                actions,
                votes: VotesByFinding::default(),
                time_zone: "America/Sao_Paulo".into(),
                kept: Arc::default(),
            },
        })
    }

    /// Reads or changes what the API server has.
    pub fn cluster<T>(&self, f: impl FnOnce(&mut Cluster) -> T) -> T {
        f(&mut self.cluster.lock().unwrap())
    }

    /// The recorded Actions.
    pub fn actions(&self) -> Vec<Value> {
        self.cluster(|c| {
            c.objects.iter().filter(|((plural, _), _)| plural == "actions").map(|(_, o)| o.clone()).collect()
        })
    }

    /// Puts a Finding into the API server and the cache.
    pub fn add_finding(&self, name: &str, status: Value) {
        self.put(
            "findings",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Finding",
                "metadata": {"name": name, "namespace": NAMESPACE, "resourceVersion": "1", "uid": format!("uid-of-{name}"),
                    "generation": 1},
                "spec": {"scenario": "desk.api.health", "check": "api", "key": "", "fingerprint": "0123456789"},
                "status": status}),
        );
    }

    /// Puts a Scenario into the API server and the cache.
    pub fn add_scenario(&self, name: &str, suspend: bool, ready: &str) {
        let ready = json!({"type": "Ready", "status": ready, "reason": "Spec", "message": "checks[0]: no such probe",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        self.put(
            "scenarios",
            json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "Scenario",
                "metadata": {"name": name, "namespace": NAMESPACE, "resourceVersion": "1", "uid": format!("uid-of-{name}"),
                    "generation": 1},
                "spec": {"title": "API do Desk", "agent": "pulso", "severity": "high", "suspend": suspend, "probes": []},
                "status": {"conditions": [ready], "health": "healthy"}}),
        );
    }

    /// Puts an object into the API server and the cache of its kind.
    pub fn put(&self, plural: &str, object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_string();
        match plural {
            "scenarios" => follow(&self.scenarios, &object),
            "findings" => follow(&self.findings, &object),
            "agents" => follow(&self.agents, &object),
            "silences" => follow(&self.silences, &object),
            "threads" => follow(&self.threads, &object),
            "messages" => follow(&self.messages, &object),
            "actions" => {
                follow(&self.recorded, &object);
                self.resources.votes.seen(serde_json::from_value(object.clone()).unwrap());
            }
            _ => {}
        }
        self.cluster.lock().unwrap().objects.insert((plural.into(), name), object);
    }
}

impl ApiServer {
    /// Deletes an object from the API server and the cache of its kind, if it is there.
    pub fn remove(&self, plural: &str, object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_string();
        self.cluster.lock().unwrap().objects.remove(&(plural.into(), name));
        match plural {
            "scenarios" => forget(&self.scenarios, object),
            "findings" => forget(&self.findings, object),
            "threads" => forget(&self.threads, object),
            "messages" => forget(&self.messages, object),
            _ => panic!("{plural}"),
        }
    }
}

impl ApiServer {
    /// The cache of this kind misses that an object is gone, and has all of them from a list.
    pub fn relist(&self, plural: &str, gone: &str) {
        let mut cluster = self.cluster.lock().unwrap();
        cluster.objects.remove(&(plural.into(), gone.into()));
        let of_kind = cluster.objects.iter().filter(|((of, _), _)| of == plural);
        let objects = of_kind.map(|(_, object)| object.clone()).collect();
        match plural {
            "scenarios" => list_anew(&self.scenarios, objects),
            "findings" => list_anew(&self.findings, objects),
            "threads" => list_anew(&self.threads, objects),
            "messages" => list_anew(&self.messages, objects),
            _ => panic!("{plural}"),
        }
    }
}

fn list_anew<K>(cache: &Mutex<Writer<K>>, objects: Vec<Value>)
where
    K: CachedObject + serde::de::DeserializeOwned,
{
    let mut cache = cache.lock().unwrap();
    cache.apply(Event::Init);
    for object in objects {
        cache.apply(Event::InitApply(serde_json::from_value(object).unwrap()));
    }
    cache.apply(Event::InitDone);
}

fn forget<K>(cache: &Mutex<Writer<K>>, object: Value)
where
    K: CachedObject + serde::de::DeserializeOwned,
{
    cache.lock().unwrap().apply(Event::Delete(serde_json::from_value(object).unwrap()));
}

/// Puts an object into the cache of its kind.
fn follow<K>(cache: &Mutex<Writer<K>>, object: &Value)
where
    K: CachedObject + serde::de::DeserializeOwned,
{
    let object: K = serde_json::from_value(object.clone()).unwrap();
    cache.lock().unwrap().apply(Event::Apply(object));
}

/// A client of the stand-in.
pub fn client(server: Arc<ApiServer>) -> kube::Client {
    let under = "/apis/agentic.ligbox.io/v1alpha1/namespaces/{namespace}/{plural}";
    let api = Router::new()
        .route(under, post(create).get(list))
        .route(&format!("{under}/{{name}}"), get(read).patch(change).delete(delete))
        .route(&format!("{under}/{{name}}/status"), patch(change))
        .fallback(|| async { failure(StatusCode::NOT_FOUND, "NotFound") })
        .layer(axum::middleware::from_fn_with_state(server.clone(), note))
        .with_state(server);
    let service =
        ServiceBuilder::new().map_request(|request: Request<kube::client::Body>| request.map(Body::new)).service(api);
    kube::Client::new(service, NAMESPACE)
}

async fn note(
    State(server): State<Arc<ApiServer>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let (fails, loses_answer) = server.cluster(|c| {
        c.requests.push(asked.clone());
        (c.fails.is_some_and(|fails| fails(&asked)), c.loses_answer.is_some_and(|loses| loses(&asked)))
    });
    let response = if fails { failure(StatusCode::NOT_FOUND, "") } else { next.run(request).await };
    match fails || loses_answer {
        true => failure(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        false => response,
    }
}

type Parts = Path<BTreeMap<String, String>>;

fn key(parts: &Parts) -> (String, String) {
    (parts["plural"].clone(), parts["name"].clone())
}

fn failure(code: StatusCode, reason: &str) -> Response {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "reason": reason,
        "code": code.as_u16()});
    (code, Json(status)).into_response()
}

async fn read(State(server): State<Arc<ApiServer>>, parts: Parts) -> Response {
    let found = server.cluster.lock().unwrap().objects.get(&key(&parts)).cloned();
    found.map_or_else(|| failure(StatusCode::NOT_FOUND, "NotFound"), |o| Json(o).into_response())
}

async fn create(State(server): State<Arc<ApiServer>>, parts: Parts, Json(mut object): Json<Value>) -> Response {
    let at = (parts["plural"].clone(), object["metadata"]["name"].as_str().unwrap().to_string());
    if server.cluster(|c| c.objects.contains_key(&at)) {
        return failure(StatusCode::CONFLICT, "AlreadyExists");
    }
    object["metadata"]["resourceVersion"] = "1".into();
    object["metadata"]["uid"] = format!("uid-of-{}", at.1).into();
    object["metadata"]["generation"] = 1.into();
    object["metadata"]["namespace"] = NAMESPACE.into();
    object["metadata"]["creationTimestamp"] = crate::runtime::clock::now().to_string().into();
    object.as_object_mut().unwrap().remove("status");
    server.put(&parts["plural"], object.clone());
    (StatusCode::CREATED, Extension(()), Json(object)).into_response()
}

async fn delete(State(server): State<Arc<ApiServer>>, parts: Parts) -> Response {
    let Some(object) = server.cluster(|c| c.objects.remove(&key(&parts))) else {
        return failure(StatusCode::NOT_FOUND, "NotFound");
    };
    if parts["plural"] == "silences" {
        let silence = serde_json::from_value(object.clone()).unwrap();
        server.silences.lock().unwrap().apply(Event::Delete(silence));
    }
    Json(object).into_response()
}

/// A list of a kind; of Actions those without a result, where they are selected.
async fn list(State(server): State<Arc<ApiServer>>, parts: Parts, request: Request<Body>) -> Response {
    let are_selected = request.uri().query().is_some_and(|query| query.contains("fieldSelector=status.result"));
    let is_listed = |object: &Value| !are_selected || object["status"]["result"].is_null();
    let items: Vec<Value> = server.cluster(|c| {
        let of_kind = c.objects.iter().filter(|((plural, _), _)| *plural == parts["plural"]);
        of_kind.map(|(_, object)| object.clone()).filter(is_listed).collect()
    });
    let list = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": "List", "metadata": {}, "items": items});
    Json(list).into_response()
}

async fn change(State(server): State<Arc<ApiServer>>, parts: Parts, body: axum::body::Bytes) -> Response {
    let patch: Value = serde_json::from_slice(&body).unwrap();
    let (object, answers_runs) = {
        let mut cluster = server.cluster.lock().unwrap();
        if parts["plural"] != "actions" && !cluster.concurrent_patches.is_empty() {
            let theirs = cluster.concurrent_patches.remove(0);
            apply(cluster.objects.get_mut(&key(&parts)).unwrap(), &theirs);
        }
        let answers_runs = cluster.answers_runs;
        let Some(object) = cluster.objects.get_mut(&key(&parts)) else {
            return failure(StatusCode::NOT_FOUND, "NotFound");
        };
        let version = &patch["metadata"]["resourceVersion"];
        if !version.is_null() && *version != object["metadata"]["resourceVersion"] {
            return failure(StatusCode::CONFLICT, "Conflict");
        }
        let spec = object["spec"].clone();
        apply(object, &patch);
        if object["spec"] != spec {
            let generation = object["metadata"]["generation"].as_i64().unwrap_or(1);
            object["metadata"]["generation"] = (generation + 1).into();
        }
        (object.clone(), answers_runs)
    };
    let mut shown = object.clone();
    if let (true, Some(at)) = (answers_runs, patch["metadata"]["annotations"][RUN_REQUESTED_AT].as_str()) {
        shown["status"]["lastRequestedRun"] = json!({"requestedAt": at, "runAt": "2026-01-01T00:00:00Z",
            "checks": [{"name": "api", "outcome": "fail", "message": "recusou"}], "opened": ["f-1"]});
    }
    server.put(&parts["plural"], shown);
    Json(object).into_response()
}

/// A merge patch, and the next resource version.
fn apply(object: &mut Value, patch: &Value) {
    let version: u64 = object["metadata"]["resourceVersion"].as_str().and_then(|v| v.parse().ok()).unwrap_or(0);
    json_patch::merge(object, patch);
    object["metadata"]["resourceVersion"] = (version + 1).to_string().into();
}
