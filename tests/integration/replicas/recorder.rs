//! Stands between an operator in this process and the API server: notes each request, and answers some itself.

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

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Noted {
    pub method: Method,
    /// With its query.
    pub path: String,
    pub agent: String,
    pub body: Value,
    /// When it came.
    pub at: Instant,
}

impl Noted {
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path.contains(path)
    }

    pub fn is_watch_of(&self, plural: &str) -> bool {
        self.is("GET", &format!("/{plural}?")) && self.path.contains("watch=true")
    }
}

/// What becomes of a request.
pub enum Fate {
    Pass,
    /// It is not passed on, and this is the answer.
    Answer(StatusCode, &'static [(&'static str, &'static str)], String),
    /// It is passed on, and the answer is lost.
    Lose,
}

type Judge = Box<dyn FnMut(&Noted) -> Fate + Send>;

pub struct Recorder {
    pub client: Client,
    noted: Arc<Mutex<Vec<Noted>>>,
    judge: Arc<Mutex<Judge>>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Way {
    server: String,
    token: String,
    client: reqwest::Client,
    noted: Arc<Mutex<Vec<Noted>>>,
    judge: Arc<Mutex<Judge>>,
}

impl Recorder {
    pub async fn start(cluster: &Cluster) -> Recorder {
        let text = std::fs::read_to_string(&cluster.kubeconfig).unwrap();
        let part = |name: &str, ends: &[char]| {
            let rest = text.split(&format!("{name}: ")).nth(1).unwrap();
            rest.split(ends).next().unwrap().trim_matches('"').to_string()
        };
        let (noted, judge) = (Arc::default(), Arc::new(Mutex::new(Box::new(|_: &Noted| Fate::Pass) as Judge)));
        let way = Way {
            server: part("server", &['\n', ',', '}']),
            token: part("token", &['\n', '}']),
            client: reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap(),
            noted: Arc::clone(&noted),
            judge: judge.clone(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(pass).with_state(way);
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        let client = client::client(kube::Config::new(url.parse().unwrap())).unwrap();
        Recorder { client, noted, judge, serving }
    }

    pub fn judge(&self, judge: impl FnMut(&Noted) -> Fate + Send + 'static) {
        *self.judge.lock().unwrap() = Box::new(judge);
    }

    pub fn noted(&self) -> Vec<Noted> {
        self.noted.lock().unwrap().clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(way): State<Way>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes: Bytes = to_bytes(body, 4 << 20).await.unwrap();
    let noted = Noted {
        method: parts.method.clone(),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        agent: parts.headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default().into(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        at: Instant::now(),
    };
    let fate = (way.judge.lock().unwrap())(&noted);
    let url = format!("{}{}", way.server, noted.path);
    way.noted.lock().unwrap().push(noted);
    if let Fate::Answer(status, headers, text) = fate {
        let mut response = (status, text).into_response();
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        return response;
    }
    let mut forward = way.client.request(parts.method, url).bearer_auth(&way.token).body(bytes);
    for name in ["content-type", "accept"] {
        if let Some(value) = parts.headers.get(name) {
            forward = forward.header(name, value);
        }
    }
    let answer = forward.send().await;
    match (answer, fate) {
        (Ok(answer), Fate::Pass) => {
            let mut response = Response::builder().status(answer.status());
            if let Some(kind) = answer.headers().get("content-type") {
                response = response.header("content-type", kind);
            }
            response.body(Body::from_stream(answer.bytes_stream())).unwrap()
        }
        // What the client makes of it is the same as of a connection that broke: it does not know.
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "lost").into_response(),
    }
}
