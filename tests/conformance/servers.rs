//! The two servers, and one request to one of them.

use super::normal::Memory;
use super::story::{self, Look, Step, Story};
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

/// Answers that take longer are none.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// An answer, ready to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub code: u16,
    /// `reason` of a Status.
    pub reason: String,
    pub warnings: Vec<String>,
    pub media_type: String,
    pub body: Value,
    /// What is said in words.
    pub words: String,
}

/// A server that is asked.
#[derive(Clone)]
pub struct Server {
    client: kube::Client,
}

/// The embedded server, which ends with this.
pub struct Embedded {
    pub server: Server,
    running: controlplane::Running,
    _dir: Scratch,
}

impl Embedded {
    /// Starts it twice, so that it has versions that it no longer knows.
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
    /// The real one.
    pub async fn real(kubeconfig: &Path) -> Server {
        let client = api::client(kubeconfig).await;
        real::apply_crds(&client).await;
        Server { client }
    }

    /// Goes through a story in a namespace that is made for it.
    pub async fn tell(&self, story: &Story, namespace: &str) -> Vec<Outcome> {
        let made = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        let (code, _, body) = self.send(&story::post("", "/api/v1/namespaces", made), &BTreeMap::new(), "").await;
        assert_eq!(code, 201, "namespace {namespace}: {body}");
        let mut memory = Memory::new(namespace);
        let (mut kept, mut outcomes) = (BTreeMap::new(), Vec::new());
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
            outcomes.push(Outcome {
                code,
                reason,
                words: words.replace(namespace, "NS"),
                warnings: header("warning"),
                media_type: match &step.look {
                    Look::Only(pointers) if pointers.is_empty() => String::new(),
                    _ => header("content-type").concat(),
                },
                body: memory.normal(&step.look, code, body),
            });
        }
        outcomes
    }

    /// Sends a request; its answer as it is.
    async fn send(&self, step: &Step, kept: &BTreeMap<&str, Value>, namespace: &str) -> (u16, http::HeaderMap, Value) {
        let path = filled(&step.path, kept, namespace);
        let mut request = Request::builder().method(&step.method).uri(&path);
        if !step.headers.iter().any(|(name, _)| *name == "user-agent") {
            request = request.header("user-agent", "conformance/1");
        }
        for (name, value) in &step.headers {
            request = request.header(*name, value);
        }
        let body = filled(&step.body, kept, namespace).into_bytes();
        if let Look::Events(wanted) = step.look {
            return (200, http::HeaderMap::new(), self.events(request.body(body).unwrap(), wanted).await);
        }
        let answer = async {
            let (parts, body) = self.client.send(request.body(Body::from(body)).unwrap()).await.unwrap().into_parts();
            (parts, body.collect_bytes().await.unwrap())
        };
        let Ok((parts, bytes)) = tokio::time::timeout(ANSWER_TIMEOUT, answer).await else {
            return (0, http::HeaderMap::new(), "no answer".into());
        };
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        (parts.status.as_u16(), parts.headers, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
    }

    /// The first events of a watch; fewer where it ends before.
    async fn events(&self, request: Request<Vec<u8>>, wanted: usize) -> Value {
        let stream = match tokio::time::timeout(ANSWER_TIMEOUT, self.client.request_stream(request)).await {
            Err(_) => return "no answer".into(),
            Ok(Ok(stream)) => stream,
            Ok(Err(kube::Error::Api(status))) => return json!({"refused": status.code, "reason": status.reason}),
            Ok(Err(error)) => panic!("{error}"),
        };
        let mut lines = Box::pin(stream.lines());
        let mut events = Vec::new();
        while events.len() < wanted {
            let next = tokio::time::timeout(ANSWER_TIMEOUT, lines.try_next()).await;
            let Ok(Ok(Some(line))) = next else { break };
            events.push(serde_json::from_str(&line).unwrap());
        }
        Value::Array(events)
    }
}

/// A text with `$ns` and `${NAME/POINTER}` filled in.
fn filled(text: &str, kept: &BTreeMap<&str, Value>, namespace: &str) -> String {
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
