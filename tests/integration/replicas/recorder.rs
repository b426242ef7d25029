//! An HTTP proxy between an operator in this process and the API server. It records requests and can respond to them itself.

use super::cluster::Cluster;
use agentic_ops::cli::client;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use kube::Client;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::task::JoinHandle;

/// A request of the operator.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: Method,
    /// Path and query.
    pub path: String,
    pub agent: String,
    pub body: Value,
    /// Time of arrival.
    pub at: Instant,
}

impl Recorded {
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path.contains(path)
    }

    pub fn is_watch_of(&self, plural: &str) -> bool {
        self.is("GET", &format!("/{plural}?")) && self.path.contains("watch=true")
    }
}

/// How a request is handled.
pub enum Handling {
    Pass,
    /// It is not forwarded, and gets this response.
    Answer(StatusCode, &'static [(&'static str, &'static str)], String),
    /// It is forwarded, and its response is lost.
    Lose,
}

type Handler = Box<dyn FnMut(&Recorded) -> Handling + Send>;

pub struct Recorder {
    pub client: Client,
    requests: Arc<Mutex<Vec<Recorded>>>,
    handler: Arc<Mutex<Handler>>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Proxy {
    server: String,
    token: String,
    client: reqwest::Client,
    requests: Arc<Mutex<Vec<Recorded>>>,
    handler: Arc<Mutex<Handler>>,
}

impl Recorder {
    pub async fn start(cluster: &Cluster) -> Recorder {
        let text = std::fs::read_to_string(&cluster.kubeconfig).unwrap();
        let part = |name: &str, ends: &[char]| {
            let rest = text.split(&format!("{name}: ")).nth(1).unwrap();
            rest.split(ends).next().unwrap().trim_matches('"').to_string()
        };
        let (requests, handler) =
            (Arc::default(), Arc::new(Mutex::new(Box::new(|_: &Recorded| Handling::Pass) as Handler)));
        let proxy = Proxy {
            server: part("server", &['\n', ',', '}']),
            token: part("token", &['\n', '}']),
            client: reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap(),
            requests: Arc::clone(&requests),
            handler: handler.clone(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(pass).with_state(proxy);
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        let client = client::client(kube::Config::new(url.parse().unwrap())).unwrap();
        Recorder { client, requests, handler, serving }
    }

    pub fn handle(&self, handler: impl FnMut(&Recorded) -> Handling + Send + 'static) {
        *self.handler.lock().unwrap() = Box::new(handler);
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(proxy): State<Proxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes: Bytes = to_bytes(body, 4 << 20).await.unwrap();
    let recorded = Recorded {
        method: parts.method.clone(),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        agent: parts.headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default().into(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        at: Instant::now(),
    };
    let handling = (proxy.handler.lock().unwrap())(&recorded);
    let url = format!("{}{}", proxy.server, recorded.path);
    proxy.requests.lock().unwrap().push(recorded);
    if let Handling::Answer(status, headers, text) = handling {
        let mut response = (status, text).into_response();
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        return response;
    }
    let mut forward = proxy.client.request(parts.method, url).bearer_auth(&proxy.token).body(bytes);
    for name in ["content-type", "accept"] {
        if let Some(value) = parts.headers.get(name) {
            forward = forward.header(name, value);
        }
    }
    let answer = forward.send().await;
    match (answer, handling) {
        (Ok(answer), Handling::Pass) => {
            let mut response = Response::builder().status(answer.status());
            if let Some(kind) = answer.headers().get("content-type") {
                response = response.header("content-type", kind);
            }
            response.body(Body::from_stream(answer.bytes_stream())).unwrap()
        }
        // As with a broken connection, the client does not know whether the request succeeded.
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "lost").into_response(),
    }
}
