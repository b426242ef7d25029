//! A server of its own for each test, or a namespace of its own on a real one, and the ways to talk to it.

use crate::real;
use agentic_ops::{api, controlplane};
use futures::{AsyncBufReadExt as _, TryStreamExt as _};
use http::{HeaderMap, Method, Request, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Nothing here takes this long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Where the tests keep their objects. On a real server each test's own namespace stands for it wherever a path names it.
pub const NAMESPACE: &str = "agentic-ops";
/// The collection of Scenarios there.
pub const SCENARIOS: &str = "/apis/agentic.ligbox.io/v1alpha1/namespaces/agentic-ops/scenarios";
/// The collection of ConfigMaps there.
pub const CONFIGMAPS: &str = "/api/v1/namespaces/agentic-ops/configmaps";

/// A directory that goes away with the test.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Directory {
        let path = std::env::temp_dir().join(format!("controlplane-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts a server on a directory.
pub async fn start(data_dir: &Path) -> controlplane::Running {
    let crds = api::crds().iter().map(|crd| serde_json::to_value(crd).unwrap()).collect();
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = controlplane::Config { data_dir: data_dir.to_path_buf(), listen, crds, namespace: NAMESPACE.into() };
    controlplane::start(config).await.unwrap()
}

/// A client by the kubeconfig in a directory.
pub async fn client(data_dir: &Path) -> kube::Client {
    real::client(&data_dir.join("kubeconfig")).await
}

/// A running server and the ways to it.
pub struct Server {
    /// The embedded one; `None` where it is a real one.
    embedded: Option<controlplane::Running>,
    pub client: kube::Client,
    pub dir: Directory,
    pub namespace: String,
}

/// What `kubectl` said.
pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

/// An answer to a bare request.
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
    /// A namespace on the real server where there is one, else an embedded server.
    pub async fn any() -> Server {
        let Some(kubeconfig) = real::kubeconfig() else { return Server::embedded().await };
        let dir = Directory::new();
        let client = real::client(&kubeconfig).await;
        real::apply_crds(&client).await;
        let namespace = real::make_namespace(&client).await;
        real::kubeconfig_in(&dir.0, &namespace);
        Server { embedded: None, client, dir, namespace }
    }

    /// An embedded server, for what no other has.
    pub async fn embedded() -> Server {
        Server::on(Directory::new()).await
    }

    /// An embedded server on this directory.
    pub async fn on(dir: Directory) -> Server {
        let embedded = Some(start(&dir.0).await);
        let client = client(&dir.0).await;
        Server { embedded, client, dir, namespace: NAMESPACE.into() }
    }

    /// The embedded server itself.
    pub fn running(&self) -> &controlplane::Running {
        self.embedded.as_ref().expect("only for the embedded server")
    }

    /// Stops, and gives what is left: the directory, and a client that has nobody to talk to.
    pub async fn stop(self) -> (Directory, kube::Client) {
        within(self.embedded.expect("only for the embedded server").shutdown()).await;
        (self.dir, self.client)
    }

    /// Stops and starts again on the same directory.
    pub async fn restart(self) -> Server {
        Server::on(self.stop().await.0).await
    }

    /// A path with the namespace of this test in it.
    fn at(&self, path: &str) -> String {
        path.replace("/namespaces/agentic-ops/", &format!("/namespaces/{}/", self.namespace))
    }

    /// `kubectl` with these arguments, ready to be run.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".into()));
        command.args(args).env("KUBECONFIG", self.dir.0.join("kubeconfig")).env("HOME", &self.dir.0);
        command.kill_on_drop(true);
        command
    }

    /// Runs `kubectl`.
    pub async fn try_kubectl(&self, args: &[&str]) -> Said {
        let output = within(self.command(args).output()).await.unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Said { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Runs `kubectl`, which has to succeed, and gives its output.
    pub async fn kubectl(&self, args: &[&str]) -> String {
        let said = self.try_kubectl(args).await;
        assert!(said.ok, "kubectl {args:?}: {}{}", said.out, said.err);
        said.out
    }

    /// A request with a body of this media type.
    pub async fn send(&self, method: Method, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = Request::builder().method(method).uri(self.at(path)).header("content-type", media_type);
        self.request(request.body(Body::from(body.into())).unwrap()).await
    }

    /// Any request.
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

    /// A JSON merge patch.
    pub async fn merge(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, "application/merge-patch+json", body.to_string()).await
    }

    /// A server-side apply under this manager.
    pub async fn apply(&self, path: &str, manager: &str, body: &Value) -> Answer {
        let path = format!("{path}?fieldManager={manager}");
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", body.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "application/json", "").await
    }

    /// Opens a watch; its lines come one by one.
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
    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        let line = within(self.lines.try_next()).await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// The next event as its type and the object's name.
    pub async fn told(&mut self) -> (String, String) {
        let event = self.next().await.expect("the watch ended");
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
        (text("/type"), text("/object/metadata/name"))
    }
}

/// The result of something that must not hang.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it did not end in time")
}

/// Asks again until it holds.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < PATIENCE, "it never came: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A Scenario that is right.
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

/// The version of an object or list.
pub fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}
