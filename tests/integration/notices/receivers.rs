//! Stand-ins of an ntfy server and of a receiver of webhooks.

use crate::kit::ports::any;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

type Bodies = Arc<Mutex<Vec<(String, Value)>>>;

/// A server that accepts everything and keeps it.
pub struct Receivers {
    pub address: SocketAddr,
    bodies: Bodies,
}

impl Receivers {
    pub async fn start() -> Receivers {
        let bodies = Bodies::default();
        let keep = async |State(kept): State<Bodies>, uri: Uri, body: axum::Json<Value>| {
            kept.lock().unwrap().push((uri.path().to_string(), body.0));
        };
        let app = Router::new().fallback(keep).with_state(bodies.clone());
        let listener = tokio::net::TcpListener::bind(any()).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Receivers { address, bodies }
    }

    /// The address of ntfy.
    pub fn ntfy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL for webhooks.
    pub fn webhook(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// What ntfy got.
    pub fn pushes(&self) -> Vec<Value> {
        self.of("/")
    }

    /// What the webhook got.
    pub fn alerts(&self) -> Vec<Value> {
        self.of("/hook")
    }

    fn of(&self, path: &str) -> Vec<Value> {
        self.bodies.lock().unwrap().iter().filter(|(of, _)| of == path).map(|(_, body)| body.clone()).collect()
    }
}
