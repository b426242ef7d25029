//! `Idempotency-Key`: a POST that comes twice is done once, and answered the same.

use super::auth::Caller;
use super::problem::Problem;
use super::{Answer, Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const KEPT_MAX: usize = 1_000;
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
const KEY_MAX: usize = 255;

/// What a POST is answered with.
#[derive(Clone)]
pub struct Reply {
    pub status: StatusCode,
    /// Where to ask again.
    pub location: Option<String>,
    pub body: Value,
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let location = self.location.and_then(|l| HeaderValue::from_str(&l).ok());
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// The answers given of late, by caller and key.
#[derive(Default)]
pub struct Answers {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    /// Names of entries in the order in which they came.
    order: BTreeMap<u64, String>,
    next: u64,
}

struct Entry {
    turn: u64,
    request: String,
    at: Instant,
    /// `None` while the request is being worked on.
    reply: Option<Reply>,
}

impl Kept {
    fn insert(&mut self, name: &str, request: String) {
        self.remove(name);
        let turn = self.next;
        self.next += 1;
        self.order.insert(turn, name.to_string());
        self.entries.insert(name.to_string(), Entry { turn, request, at: Instant::now(), reply: None });
        while self.entries.len() > KEPT_MAX {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.entries.remove(&oldest);
        }
    }

    fn remove(&mut self, name: &str) {
        if let Some(entry) = self.entries.remove(name) {
            self.order.remove(&entry.turn);
        }
    }
}

impl Answers {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reply given before, or `None` and the name is taken for this request.
    fn take(&self, name: &str, request: String) -> Result<Option<Reply>, Problem> {
        let mut kept = self.kept();
        match kept.entries.get(name).filter(|e| e.at.elapsed() < KEPT_FOR) {
            Some(entry) if entry.request != request => {
                Err(Problem::invalid("Idempotency-Key", "was used for another request"))
            }
            Some(Entry { reply: Some(reply), .. }) => Ok(Some(reply.clone())),
            Some(_) => Err(Problem::conflict("the same request is being worked on: try again in a moment")),
            None => {
                kept.insert(name, request);
                Ok(None)
            }
        }
    }

    /// Keeps the reply, or lets go of the name where there is none: what was refused may be tried again.
    fn settle(&self, name: &str, reply: Option<&Reply>) {
        let mut kept = self.kept();
        match (reply, kept.entries.get_mut(name)) {
            (Some(reply), Some(entry)) => entry.reply = Some(reply.clone()),
            (Some(_), None) => {}
            (None, _) => kept.remove(name),
        }
    }
}

/// Does `work` once for a key, and to its end even when the caller hangs up, so that what was done is also put on record.
/// `request` tells requests apart: the route with what is asked of it. The same key with another request is a 422, and a 409
/// while the first is being worked on.
pub async fn once(
    facade: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    request: String,
    work: impl Future<Output = Result<Reply, Problem>> + Send + 'static,
) -> Answer {
    let name = name(caller, headers)?;
    if let Some(reply) = name.as_ref().map(|name| facade.answers.take(name, request)).transpose()?.flatten() {
        return Ok(reply.into_response());
    }
    let facade = facade.clone();
    let settled = tokio::spawn(async move {
        let done = tokio::spawn(work).await;
        let result = done.unwrap_or_else(|_| Err(Problem::internal("the request broke off: see the log")));
        if let Some(name) = name {
            facade.answers.settle(&name, result.as_ref().ok());
        }
        result
    });
    match settled.await {
        Ok(result) => result.map(IntoResponse::into_response),
        Err(_) => Err(Problem::internal("the request broke off: see the log")),
    }
}

/// What a key is kept under: nobody sees another's answers.
fn name(caller: &Caller, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|k| !k.is_empty() && k.len() <= KEY_MAX);
    let key = key.ok_or_else(|| Problem::invalid("Idempotency-Key", "should be 1 to 255 visible characters"))?;
    Ok(Some(format!("{key}\n{}", caller.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(word: &str) -> Reply {
        Reply { status: StatusCode::OK, location: None, body: word.into() }
    }

    #[test]
    fn a_key_is_worked_on_once_and_another_request_under_it_is_refused() {
        let answers = Answers::default();
        assert!(answers.take("k", "run a".into()).unwrap().is_none());
        assert_eq!(answers.take("k", "run a".into()).err().unwrap().status, StatusCode::CONFLICT);
        answers.settle("k", Some(&reply("done")));
        assert_eq!(answers.take("k", "run a".into()).unwrap().unwrap().body, "done");
        assert_eq!(answers.take("k", "run b".into()).err().unwrap().status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn what_was_refused_may_be_tried_again() {
        let answers = Answers::default();
        assert!(answers.take("k", "run a".into()).unwrap().is_none());
        answers.settle("k", None);
        assert!(answers.take("k", "run b".into()).unwrap().is_none());
    }

    #[test]
    fn only_so_many_are_kept_and_the_oldest_go_first() {
        let answers = Answers::default();
        for i in 0..KEPT_MAX + 10 {
            let name = format!("k{i}");
            assert!(answers.take(&name, "run".into()).unwrap().is_none());
            answers.settle(&name, Some(&reply("done")));
        }
        let kept = answers.kept();
        assert_eq!((kept.entries.len(), kept.order.len()), (KEPT_MAX, KEPT_MAX));
        assert!(!kept.entries.contains_key("k9") && kept.entries.contains_key("k10"));
    }
}
