//! A stand-in for the model server.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

pub const NAME: &str = "stand-in:1b";
/// The model for embeddings, to which all texts are alike.
pub const EMBED: &str = "stand-in-nomic";

/// How it behaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Behaviour {
    /// It answers questions with this.
    Answers(Value),
    /// It never answers.
    Hangs,
    /// It answers once it behaves in another way.
    Waits,
    /// It answers questions with this, each once [`StandIn::let_answer`] was called for it.
    Paced(Value),
    /// It reports an error in the middle of its answer.
    Breaks,
    /// It has no models.
    IsEmpty,
}

#[derive(Clone)]
struct Shared {
    behaviour: watch::Sender<Behaviour>,
    answers: Arc<Semaphore>,
    /// The questions, without the calls that load the model or ask for one token.
    asked: Arc<Mutex<Vec<String>>>,
    /// The texts of each request for vectors.
    embedded: Arc<Mutex<Vec<Vec<String>>>>,
}

pub struct StandIn {
    pub address: SocketAddr,
    shared: Shared,
    serving: JoinHandle<()>,
}

impl StandIn {
    pub async fn start(behaviour: Behaviour) -> StandIn {
        StandIn::start_at("127.0.0.1:0".parse().unwrap(), behaviour).await
    }

    pub async fn start_at(address: SocketAddr, behaviour: Behaviour) -> StandIn {
        let shared = Shared {
            behaviour: watch::Sender::new(behaviour),
            answers: Arc::new(Semaphore::new(0)),
            asked: Arc::default(),
            embedded: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/api/version", get(|| async { Json(json!({"version": "0.6.8"})) }))
            .route("/api/tags", get(tags))
            .route("/api/chat", post(chat))
            .route("/api/embed", post(embed))
            .with_state(shared.clone());
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        StandIn { address, shared, serving }
    }

    pub fn set(&self, behaviour: Behaviour) {
        self.shared.behaviour.send_replace(behaviour);
    }

    /// One question more is answered.
    pub fn let_answer(&self) {
        self.shared.answers.add_permits(1);
    }

    /// The questions so far, as the prompts say them.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The texts of each request for vectors.
    pub fn embedded(&self) -> Vec<Vec<String>> {
        self.shared.embedded.lock().unwrap().clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn tags(State(shared): State<Shared>) -> Json<Value> {
    let is_empty = *shared.behaviour.borrow() == Behaviour::IsEmpty;
    let models = if is_empty {
        json!([])
    } else {
        json!([{"name": NAME, "digest": "0f1e2d3c4b5a"}, {"name": EMBED, "digest": "5a4b3c2d1e0f"}])
    };
    Json(json!({"models": models}))
}

async fn embed(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let texts = body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_string());
    let texts: Vec<String> = texts.collect();
    let vectors = vec![json!([0.5, 0.25]); texts.len()];
    shared.embedded.lock().unwrap().push(texts);
    Json(json!({"embeddings": vectors}))
}

async fn chat(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    if body["format"].is_object() {
        let prompt: Vec<&str> = messages.iter().filter_map(|message| message["content"].as_str()).collect();
        shared.asked.lock().unwrap().push(prompt.join("\n"));
    }
    let mut behaviours = shared.behaviour.subscribe();
    let is_done = |behaviour: &Behaviour| *behaviour != Behaviour::Waits || messages.is_empty();
    let behaviour = behaviours.wait_for(is_done).await.unwrap().clone();
    match behaviour {
        // Loading is quick; the answer is what is missing.
        Behaviour::Hangs if !messages.is_empty() => std::future::pending().await,
        Behaviour::Answers(answer) | Behaviour::Paced(answer) if body["format"].is_object() => {
            if matches!(*behaviours.borrow(), Behaviour::Paced(_)) {
                shared.answers.acquire().await.unwrap().forget();
            }
            let line = |content: &str, done: bool| {
                json!({"model": NAME, "message": {"role": "assistant", "content": content}, "done": done,
                    "done_reason": if done { json!("stop") } else { Value::Null }, "prompt_eval_count": 9, "eval_count": 9})
            };
            format!("{}\n{}\n", line(&answer.to_string(), false), line("", true)).into_response()
        }
        Behaviour::Breaks if body["format"].is_object() => "{\"error\": \"out of memory\"}\n".into_response(),
        Behaviour::Answers(_)
        | Behaviour::Paced(_)
        | Behaviour::Hangs
        | Behaviour::Waits
        | Behaviour::Breaks
        | Behaviour::IsEmpty => {
            Json(json!({"model": NAME, "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "load"}))
                .into_response()
        }
    }
}
