//! A new embedded server for each test, or a new namespace on a real one, with functions for requests.

use crate::kit::api::{self, NAMESPACE};
use crate::kit::kubectl::{self, Output};
use crate::kit::scratch::Scratch;
use crate::kit::wait::within;
use crate::kit::{ports, real};
use agentic_ops::controlplane;
use futures::{AsyncBufReadExt as _, TryStreamExt as _};
use http::{HeaderMap, Method, Request, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::process::Command;

/// The path of Scenarios. On a real server, the namespace in paths is replaced by that of the test.
pub const SCENARIOS: &str = "/apis/agentic.ligbox.io/v1alpha1/namespaces/agentic-ops/scenarios";
/// The path of ConfigMaps.
pub const CONFIGMAPS: &str = "/api/v1/namespaces/agentic-ops/configmaps";

/// A running server with its client.
pub struct Server {
    /// The embedded server; `None` for a real one.
    embedded: Option<controlplane::Running>,
    pub client: kube::Client,
    pub dir: Scratch,
    pub namespace: String,
}

/// The response to an HTTP request.
#[derive(Debug)]
pub struct Answer {
    pub code: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The `reason` of a Status.
    pub fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or_default()
    }

    /// The `message` of a Status.
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

impl Server {
    /// A new namespace on the real server if there is one, otherwise an embedded server.
    pub async fn any() -> Server {
        let Some(kubeconfig) = real::kubeconfig() else { return Server::embedded().await };
        let dir = Scratch::new("controlplane");
        let client = api::client(&kubeconfig).await;
        real::apply_crds(&client).await;
        let namespace = real::make_namespace(&client, "controlplane").await;
        real::kubeconfig_in(&dir.0, &namespace);
        Server { embedded: None, client, dir, namespace }
    }

    /// An embedded server, for tests that are specific to it.
    pub async fn embedded() -> Server {
        Server::on(Scratch::new("controlplane")).await
    }

    /// An embedded server that removes Events this long after their last change.
    pub async fn with_event_ttl(event_ttl: Duration) -> Server {
        let dir = Scratch::new("controlplane");
        let embedded = api::embedded_with_event_ttl(&dir.0, ports::any(), event_ttl).await;
        Server::of(embedded, dir).await
    }

    /// An embedded server with this data directory.
    pub async fn on(dir: Scratch) -> Server {
        let running = api::embedded(&dir.0, ports::any()).await;
        Server::of(running, dir).await
    }

    /// A server that was started with this data directory.
    pub async fn of(running: controlplane::Running, dir: Scratch) -> Server {
        let client = api::client(&dir.0.join("kubeconfig")).await;
        Server { embedded: Some(running), client, dir, namespace: NAMESPACE.into() }
    }

    /// An embedded server with these limits on its clients; `report` is told which are reached.
    pub async fn with_limits(dir: Scratch, limits: controlplane::Limits, report: controlplane::Report) -> Server {
        let embedded = Some(api::embedded_with_limits(&dir.0, limits, report).await);
        let client = api::client(&dir.0.join("kubeconfig")).await;
        Server { embedded, client, dir, namespace: NAMESPACE.into() }
    }

    /// The embedded server.
    pub fn running(&self) -> &controlplane::Running {
        self.embedded.as_ref().expect("only for the embedded server")
    }

    /// Stops the server and returns its directory and client.
    pub async fn stop(self) -> (Scratch, kube::Client) {
        within(self.embedded.expect("only for the embedded server").shutdown()).await;
        (self.dir, self.client)
    }

    /// Restarts the server with the same directory.
    pub async fn restart(self) -> Server {
        Server::on(self.stop().await.0).await
    }

    /// A path with the namespace of this test.
    fn at(&self, path: &str) -> String {
        path.replace("/namespaces/agentic-ops/", &format!("/namespaces/{}/", self.namespace))
    }

    /// A command that runs `kubectl` with these arguments.
    pub fn command(&self, args: &[&str]) -> Command {
        kubectl::command(&self.dir.0.join("kubeconfig"), &self.dir.0, args)
    }

    /// Runs `kubectl`.
    pub async fn try_kubectl(&self, args: &[&str]) -> Output {
        kubectl::run(self.command(args)).await
    }

    /// Runs `kubectl`, which must succeed, and returns its output.
    pub async fn kubectl(&self, args: &[&str]) -> String {
        let output = self.try_kubectl(args).await;
        assert!(output.ok, "kubectl {args:?}: {}{}", output.out, output.err);
        output.out
    }

    /// Sends a request with a body of this media type.
    pub async fn send(&self, method: Method, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = Request::builder().method(method).uri(self.at(path)).header("content-type", media_type);
        self.request(request.body(Body::from(body.into())).unwrap()).await
    }

    /// Sends any request.
    pub async fn request(&self, request: Request<Body>) -> Answer {
        let response = within(self.client.send(request)).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = within(body.collect_bytes()).await.unwrap();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        Answer { code: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "application/json", "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, "application/json", body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, "application/json", body.to_string()).await
    }

    /// Sends a JSON merge patch.
    pub async fn merge(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, "application/merge-patch+json", body.to_string()).await
    }

    /// Sends a server-side apply with this field manager.
    pub async fn apply(&self, path: &str, manager: &str, body: &Value) -> Answer {
        let path = format!("{path}?fieldManager={manager}");
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", body.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "application/json", "").await
    }

    /// Opens a watch.
    pub async fn watch(&self, path: &str) -> Watch {
        let request = Request::builder().uri(self.at(path)).body(Vec::new()).unwrap();
        Watch { lines: Box::pin(within(self.client.request_stream(request)).await.unwrap().lines()) }
    }
}

/// An open watch.
pub struct Watch {
    lines: std::pin::Pin<Box<dyn futures::Stream<Item = std::io::Result<String>> + Send>>,
}

impl Watch {
    /// The next event; `None` at the end of the watch.
    pub async fn next(&mut self) -> Option<Value> {
        let line = within(self.lines.try_next()).await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// The type of the next event and the name of its object.
    pub async fn next_name(&mut self) -> (String, String) {
        let event = self.next().await.expect("the watch ended");
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
        (text("/type"), text("/object/metadata/name"))
    }
}

/// A valid Scenario.
pub fn scenario(name: &str) -> Value {
    json!({
        "apiVersion": "agentic.ligbox.io/v1alpha1",
        "kind": "Scenario",
        "metadata": {"name": name},
        "spec": {
            "title": "Portal",
            "agent": "pulso",
            "severity": "high",
            "probes": [{"name": "site", "http": {"url": "http://127.0.0.1:9/"}}],
            "checks": [{"name": "answers", "expect": "probes.site.status == 200"}],
        },
    })
}

/// A ConfigMap with one key.
pub fn configmap(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": value}})
}

/// The resource version of an object or list.
pub fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}
