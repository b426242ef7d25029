//! Model servers of the benchmark, with the part of Ollama's API that is used: one answers at once, the other hangs in each chat.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinHandle;

const MODEL: &str = "bench:latest";

/// How a model server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Answers,
    Hangs,
}

/// A model server on loopback, stopped when dropped.
pub struct ModelServer {
    address: SocketAddr,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

struct Seen {
    behaviour: Behaviour,
    calls: AtomicUsize,
}

impl ModelServer {
    pub async fn start(behaviour: Behaviour) -> ModelServer {
        let seen = Arc::new(Seen { behaviour, calls: AtomicUsize::new(0) });
        let router = Router::new()
            .route("/api/version", get(async || Json(json!({"version": "0.6.8"}))))
            .route(
                "/api/tags",
                get(async || Json(json!({"models": [{"name": MODEL, "model": MODEL, "digest": "b".repeat(64)}]}))),
            )
            .route("/api/chat", post(chat))
            .with_state(seen.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        ModelServer { address, seen, serving }
    }

    /// The setting OLLAMA_BASE_URL for this server.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The setting AGENTIC_LLM_MODEL for this server.
    pub fn model(&self) -> String {
        MODEL.into()
    }

    /// Chats that were begun so far.
    pub fn calls(&self) -> usize {
        self.seen.calls.load(Ordering::Relaxed)
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Without messages the model is only loaded.
async fn chat(State(seen): State<Arc<Seen>>, Json(request): Json<Value>) -> String {
    let is_load = request["messages"].as_array().is_none_or(Vec::is_empty);
    if !is_load {
        seen.calls.fetch_add(1, Ordering::Relaxed);
        if seen.behaviour == Behaviour::Hangs {
            std::future::pending::<()>().await;
        }
    }
    let content = if is_load { "" } else { "{}" };
    let answer = json!({"model": MODEL, "message": {"role": "assistant", "content": content}, "done": true,
        "done_reason": if is_load { "load" } else { "stop" }, "prompt_eval_count": 1, "eval_count": 1});
    format!("{answer}\n")
}
