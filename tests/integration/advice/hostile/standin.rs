//! A stand-in for the model server that answers each question with what its mark says, and can be wrong in all ways.

use super::super::model::NAME;
use super::prompt::{Read, read};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An answer whose citations are those of the excerpts that have the quotations.
    Fitted(String),
    Verbatim(String),
    Wrong(Wrong),
}

impl Reply {
    /// Another answer, given in the same way.
    pub fn like(&self, answer: String) -> Reply {
        match self {
            Reply::Fitted(_) => Reply::Fitted(answer),
            Reply::Verbatim(_) => Reply::Verbatim(answer),
            Reply::Wrong(wrong) => Reply::Wrong(*wrong),
        }
    }
}

/// What is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A stream without an end.
    Endless,
    /// A page of a proxy.
    Html,
    /// Text that is no object.
    NoJson,
    /// The answer ended at the limit of tokens.
    Length,
    Empty,
    /// The server reports an error in the middle of its answer.
    Failed,
    /// The connection is lost in the middle of the answer.
    Cut,
    Status(u16),
    Redirect,
    /// The model was removed after it was listed.
    Missing,
    /// The answer begins, and nothing follows.
    Hangs,
}

struct Shared {
    replies: Mutex<HashMap<usize, Reply>>,
    /// The reply to what has no mark.
    otherwise: Mutex<Reply>,
    /// All bodies that it received.
    received: Mutex<Vec<String>>,
    /// The questions: what a person wrote, and for a Finding what was read.
    asked: Mutex<Vec<Read>>,
    has_model: Mutex<bool>,
    /// Whether answers wait.
    held: watch::Sender<bool>,
    killed: watch::Sender<bool>,
}

pub struct StandIn {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

impl StandIn {
    pub async fn start(otherwise: Reply) -> StandIn {
        StandIn::start_at("127.0.0.1:0".parse().unwrap(), otherwise).await
    }

    pub async fn start_at(address: SocketAddr, otherwise: Reply) -> StandIn {
        let shared = Arc::new(Shared {
            replies: Mutex::default(),
            otherwise: Mutex::new(otherwise),
            received: Mutex::default(),
            asked: Mutex::default(),
            has_model: Mutex::new(true),
            held: watch::Sender::new(false),
            killed: watch::Sender::new(false),
        });
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/api/version", get(|| async { Json(json!({"version": "0.12.0"})) }))
            .route("/api/tags", get(tags))
            .route("/api/chat", post(chat))
            .with_state(shared.clone());
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        StandIn { address, shared, serving }
    }

    /// Answers the question with this mark so.
    pub fn answers(&self, mark: usize, reply: Reply) {
        self.shared.replies.lock().unwrap().insert(mark, reply);
    }

    /// Answers all other questions so.
    pub fn set(&self, reply: Reply) {
        *self.shared.otherwise.lock().unwrap() = reply;
    }

    /// Has the model, or not.
    pub fn has_model(&self, has: bool) {
        *self.shared.has_model.lock().unwrap() = has;
    }

    /// Answers wait while this is so.
    pub fn hold(&self, is_held: bool) {
        self.shared.held.send_replace(is_held);
    }

    pub fn received(&self) -> Vec<String> {
        self.shared.received.lock().unwrap().clone()
    }

    /// The questions so far.
    pub fn asked(&self) -> Vec<Read> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Ends as a process that is killed: connections are lost.
    pub async fn kill(self) -> SocketAddr {
        self.shared.killed.send_replace(true);
        self.serving.abort();
        let address = self.address;
        crate::kit::wait::until("the end of the model server", async || {
            tokio::net::TcpListener::bind(address).await.is_ok()
        })
        .await;
        address
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.killed.send_replace(true);
        self.serving.abort();
    }
}

async fn tags(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let models = match *shared.has_model.lock().unwrap() {
        true => json!([{"name": NAME, "digest": "0f1e2d3c4b5a"}]),
        false => json!([]),
    };
    Json(json!({"models": models}))
}

async fn chat(State(shared): State<Arc<Shared>>, body: String) -> Response {
    shared.received.lock().unwrap().push(body.clone());
    let body: Value = serde_json::from_str(&body).unwrap();
    if !body["format"].is_object() {
        let done = json!({"model": NAME, "message": {"role": "assistant", "content": "o"}, "done": true, "done_reason": "load"});
        return Json(done).into_response();
    }
    let read = read(&body["messages"]);
    shared.asked.lock().unwrap().push(read.clone());
    let _ = shared.held.subscribe().wait_for(|is_held| !*is_held).await;
    let mark = read.mark;
    let reply = mark.and_then(|mark| shared.replies.lock().unwrap().get(&mark).cloned());
    let reply = reply.unwrap_or_else(|| shared.otherwise.lock().unwrap().clone());
    let text = match reply {
        Reply::Fitted(answer) => read.fitted(&answer),
        Reply::Verbatim(answer) => answer,
        Reply::Wrong(wrong) => return wrongly(wrong, shared.killed.subscribe()),
    };
    let chunks = chunks(&text, mark.unwrap_or_default());
    Body::from_stream(stream::iter(chunks.into_iter().map(|chunk| Ok::<_, io::Error>(Bytes::from(chunk)))).then(
        async |chunk| {
            tokio::task::yield_now().await;
            chunk
        },
    ))
    .into_response()
}

fn line(content: &str, reason: Option<&str>) -> String {
    let line = json!({"model": NAME, "message": {"role": "assistant", "content": content}, "done": reason.is_some(),
        "done_reason": reason, "prompt_eval_count": 9, "eval_count": 9});
    format!("{line}\n")
}

/// The stream of an answer, divided in one of several ways.
fn chunks(text: &str, way: usize) -> Vec<Vec<u8>> {
    let characters: Vec<char> = text.chars().collect();
    let size = [17, 1, 400, 5000][way % 4].max(characters.len() / 2000);
    let parts: Vec<String> = characters.chunks(size).map(|part| part.iter().collect()).collect();
    let mut lines: Vec<String> = parts.iter().map(|part| line(part, None)).collect();
    lines.push(line("", Some("stop")));
    match way % 5 {
        0 => vec![lines.concat().into_bytes()],
        1 => lines.concat().as_bytes().chunks(97).map(<[u8]>::to_vec).collect(),
        2 => lines.iter().map(|line| line.replace('\n', "\r\n\r\n").into_bytes()).collect(),
        3 => lines.iter().map(|line| line.replacen("{\"", "{\"x\": [{}, null], \"", 1).into_bytes()).collect(),
        _ => lines.into_iter().map(String::into_bytes).collect(),
    }
}

fn wrongly(wrong: Wrong, mut killed: watch::Receiver<bool>) -> Response {
    let lost = || io::Error::other("lost");
    let part = line("{\"lines\":", None);
    let begun = || Ok(Bytes::from(part.clone()));
    let many = Bytes::from(part.repeat(200));
    let until_killed = stream::once(async move {
        let _ = killed.wait_for(|is_killed| *is_killed).await;
        Err(lost())
    });
    match wrong {
        Wrong::Endless => {
            Body::from_stream(stream::repeat_with(move || Ok::<_, io::Error>(many.clone()))).into_response()
        }
        Wrong::Hangs => Body::from_stream(stream::iter([begun()]).chain(until_killed)).into_response(),
        Wrong::Cut => Body::from_stream(stream::iter([begun(), Err(lost())])).into_response(),
        Wrong::Html => {
            ([(header::CONTENT_TYPE, "text/html")], "<html><b>O problema foi resolvido.</b></html>").into_response()
        }
        Wrong::NoJson => "O problema foi resolvido.\n".into_response(),
        Wrong::Length => format!("{}{}", line("{\"lines\":[", None), line("", Some("length"))).into_response(),
        Wrong::Empty => line("", Some("stop")).into_response(),
        Wrong::Failed => format!("{}{{\"error\": \"out of memory\"}}\n", line("{\"li", None)).into_response(),
        Wrong::Status(status) => {
            (StatusCode::from_u16(status).unwrap(), Json(json!({"error": "fora de serviço"}))).into_response()
        }
        Wrong::Redirect => (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:9/")]).into_response(),
        Wrong::Missing => {
            let error = format!("model '{NAME}' not found");
            (StatusCode::NOT_FOUND, Json(json!({"error": error}))).into_response()
        }
    }
}
