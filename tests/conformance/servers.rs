//! The two servers, and requests to them.

use super::normal::Memory;
use super::protobuf;
use super::story::{self, Compared, Step, Story};
use crate::kit::scratch::Scratch;
use crate::kit::{api, ports, real};
use agentic_ops::controlplane;
use futures::{AsyncBufReadExt as _, TryStreamExt as _};
use http::Request;
use kube::client::Body;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// After this time a request has no response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// A normalised response.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub code: u16,
    /// `reason` of a Status.
    pub reason: String,
    pub warnings: Vec<String>,
    pub media_type: String,
    pub body: Value,
    /// `message` of a Status.
    pub words: String,
}

/// A server to which requests are sent.
#[derive(Clone)]
pub struct Server {
    client: kube::Client,
}

/// A running embedded server.
pub struct Embedded {
    pub server: Server,
    running: controlplane::Running,
    _dir: Scratch,
}

impl Embedded {
    /// Starts the server twice, so that earlier versions have expired.
    pub async fn start() -> Embedded {
        let dir = Scratch::new("conformance");
        api::embedded(&dir.0, ports::any()).await.shutdown().await;
        let running = api::embedded(&dir.0, ports::any()).await;
        let client = api::client(&dir.0.join("kubeconfig")).await;
        Embedded { server: Server { client }, running, _dir: dir }
    }

    pub async fn stop(self) {
        drop(self.server);
        self.running.shutdown().await;
    }
}

impl Server {
    /// The real server.
    pub async fn real(kubeconfig: &Path) -> Server {
        let client = api::client(kubeconfig).await;
        real::apply_crds(&client).await;
        Server { client }
    }

    /// Runs a story in a new namespace.
    pub async fn run(&self, story: &Story, namespace: &str) -> Vec<Response> {
        let made = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        let (code, _, body) = self.send(&story::post("", "/api/v1/namespaces", made), &BTreeMap::new(), "").await;
        assert_eq!(code, 201, "namespace {namespace}: {body}");
        let mut memory = Memory::new(namespace);
        let (mut kept, mut responses) = (BTreeMap::new(), Vec::new());
        for step in &story.steps {
            let (code, headers, body) = self.send(step, &kept, namespace).await;
            if let Some(name) = step.keep {
                kept.insert(name, body.clone());
            }
            let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
            let is_status = body["kind"] == "Status";
            let (reason, words) =
                if is_status { (text("/reason"), text("/message")) } else { (String::new(), String::new()) };
            let header = |name: &str| -> Vec<String> {
                headers.get_all(name).iter().map(|v| v.to_str().unwrap_or_default().to_string()).collect()
            };
            responses.push(Response {
                code,
                reason,
                words: words.replace(namespace, "NS"),
                warnings: header("warning"),
                media_type: match &step.compared {
                    Compared::Only(pointers) if pointers.is_empty() => String::new(),
                    _ => header("content-type").concat(),
                },
                body: memory.normal(&step.compared, code, body),
            });
        }
        responses
    }

    /// Sends a request and returns the response without normalisation.
    async fn send(&self, step: &Step, kept: &BTreeMap<&str, Value>, namespace: &str) -> (u16, http::HeaderMap, Value) {
        let path = substitute(&step.path, kept, namespace);
        let mut request = Request::builder().method(&step.method).uri(&path);
        if !step.headers.iter().any(|(name, _)| *name == "user-agent") {
            request = request.header("user-agent", "conformance/1");
        }
        for (name, value) in &step.headers {
            request = request.header(*name, value);
        }
        let body = encoded(step, substitute(&step.body, kept, namespace));
        if let Compared::Events(wanted) = step.compared {
            return (200, http::HeaderMap::new(), self.events(request.body(body).unwrap(), wanted).await);
        }
        let answer = async {
            let (parts, body) = self.client.send(request.body(Body::from(body)).unwrap()).await.unwrap().into_parts();
            (parts, body.collect_bytes().await.unwrap())
        };
        let Ok((parts, bytes)) = tokio::time::timeout(RESPONSE_TIMEOUT, answer).await else {
            return (0, http::HeaderMap::new(), "no response".into());
        };
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        (parts.status.as_u16(), parts.headers, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
    }

    /// The first `wanted` events of a watch, or fewer if it ends before.
    async fn events(&self, request: Request<Vec<u8>>, wanted: usize) -> Value {
        let stream = match tokio::time::timeout(RESPONSE_TIMEOUT, self.client.request_stream(request)).await {
            Err(_) => return "no response".into(),
            Ok(Ok(stream)) => stream,
            Ok(Err(kube::Error::Api(status))) => return json!({"refused": status.code, "reason": status.reason}),
            Ok(Err(error)) => panic!("{error}"),
        };
        let mut lines = Box::pin(stream.lines());
        let mut events = Vec::new();
        while events.len() < wanted {
            let next = tokio::time::timeout(RESPONSE_TIMEOUT, lines.try_next()).await;
            let Ok(Ok(Some(line))) = next else { break };
            events.push(serde_json::from_str(&line).unwrap());
        }
        Value::Array(events)
    }
}

/// The body as sent: objects in protobuf are encoded.
fn encoded(step: &Step, text: String) -> Vec<u8> {
    let is_protobuf = step.headers.iter().any(|(name, value)| *name == "content-type" && value == story::PROTOBUF);
    match serde_json::from_str::<Value>(&text) {
        Ok(object) if is_protobuf => protobuf::encode(&object),
        _ => text.into_bytes(),
    }
}

/// Replaces `$ns` and `${NAME/POINTER}` in a text.
fn substitute(text: &str, kept: &BTreeMap<&str, Value>, namespace: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (reference, after) = after.split_once('}').unwrap();
        let (name, pointer) = reference.split_once('/').unwrap();
        let value = kept.get(name).and_then(|v| v.pointer(&format!("/{pointer}")));
        out.push_str(before);
        out.push_str(value.and_then(Value::as_str).unwrap_or("missing"));
        rest = after;
    }
    out.push_str(rest);
    out.replace("$ns", namespace)
}
