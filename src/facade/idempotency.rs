//! `Idempotency-Key`: a POST that comes twice is done once, and answered the same.

use super::auth::Caller;
use super::problem::Problem;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const KEPT_MAX: usize = 1_000;
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
const KEY_MAX: usize = 255;

/// An answer that was given.
#[derive(Clone)]
pub struct Given {
    request: String,
    pub status: StatusCode,
    pub body: Value,
    at: Instant,
}

/// The answers given of late.
#[derive(Default)]
pub struct Answers {
    kept: Mutex<(HashMap<String, Given>, VecDeque<String>)>,
}

/// A key that was not answered yet.
pub struct Fresh {
    key: Option<String>,
    request: String,
}

impl Answers {
    /// The answer given before to the same key, or leave to do it. Another request under the same key is a 422.
    pub fn look(&self, caller: &Caller, headers: &HeaderMap, request: String) -> Result<Result<Given, Fresh>, Problem> {
        let Some(key) = headers.get("idempotency-key") else { return Ok(Err(Fresh { key: None, request })) };
        let key = key.to_str().ok().filter(|k| !k.is_empty() && k.len() <= KEY_MAX);
        let key = key.ok_or_else(|| Problem::invalid("Idempotency-Key", "should be 1 to 255 visible characters"))?;
        let key = format!("{}/{key}", caller.name);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.0.get(&key).filter(|g| g.at.elapsed() < KEPT_FOR) {
            Some(given) if given.request == request => Ok(Ok(given.clone())),
            Some(_) => Err(Problem::invalid("Idempotency-Key", "was used for another request")),
            None => Ok(Err(Fresh { key: Some(key), request })),
        }
    }

    /// Keeps an answer.
    pub fn keep(&self, fresh: Fresh, status: StatusCode, body: &Value) {
        let Some(key) = fresh.key else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let given = Given { request: fresh.request, status, body: body.clone(), at: Instant::now() };
        if kept.0.insert(key.clone(), given).is_none() {
            kept.1.push_back(key);
        }
        while kept.1.len() > KEPT_MAX {
            if let Some(oldest) = kept.1.pop_front() {
                kept.0.remove(&oldest);
            }
        }
    }
}
