//! `Idempotency-Key`: a POST that is repeated under the same key is carried out once and answered the same.

use super::FacadeState;
use super::problem::Problem;
use crate::commands::Caller;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Replies stored at most.
const ENTRIES_MAX: usize = 1_000;
/// Size of all stored replies at most, in bytes. One has up to about 100 KiB.
const BYTES_MAX: usize = 16 << 20;
/// How long a reply is stored.
const TTL: Duration = Duration::from_secs(24 * 3600);
/// Longest key, in bytes.
const KEY_MAX: usize = 255;

/// Answer to a POST.
#[derive(Clone)]
pub struct Reply {
    pub status: StatusCode,
    /// The header Location.
    pub location: Option<String>,
    /// JSON.
    pub body: Bytes,
}

impl Reply {
    /// A reply with a view as its body.
    pub fn new(status: StatusCode, view: &impl Serialize) -> Result<Reply, Problem> {
        let body = serde_json::to_vec(view).map_err(|error| {
            tracing::error!(%error, "a reply can't be serialized");
            Problem::failed()
        })?;
        Ok(Reply { status, location: None, body: body.into() })
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let location = self.location.and_then(|l| HeaderValue::from_str(&l).ok());
        let json = HeaderValue::from_static("application/json");
        let mut response = (self.status, [(header::CONTENT_TYPE, json)], self.body).into_response();
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// Recent replies by caller and key.
#[derive(Default)]
pub struct IdempotencyStore {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_name: HashMap<String, Entry>,
    /// Names in the order of insertion.
    order: BTreeMap<u64, String>,
    next_sequence: u64,
    /// Size of the bodies of all replies.
    bytes: usize,
}

struct Entry {
    sequence: u64,
    request: String,
    at: Instant,
    /// `None` while the request is in progress.
    reply: Option<Reply>,
}

impl Entries {
    fn insert(&mut self, name: &str, request: String) {
        self.remove(name);
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.order.insert(sequence, name.to_string());
        self.by_name.insert(name.to_string(), Entry { sequence, request, at: Instant::now(), reply: None });
        self.bound();
    }

    /// Stores the reply of a request, if its entry is still there.
    fn answer(&mut self, name: &str, reply: &Reply) {
        if let Some(entry) = self.by_name.get_mut(name) {
            self.bytes += reply.body.len();
            entry.reply = Some(reply.clone());
        }
        self.bound();
    }

    /// Removes the oldest entries where there are too many or they are too large.
    fn bound(&mut self) {
        while (self.by_name.len() > ENTRIES_MAX || self.bytes > BYTES_MAX)
            && let Some(oldest) = self.order.first_key_value().map(|(_, name)| name.clone())
        {
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, name: &str) {
        if let Some(entry) = self.by_name.remove(name) {
            self.order.remove(&entry.sequence);
            self.bytes -= entry.reply.map_or(0, |reply| reply.body.len());
        }
    }
}

impl IdempotencyStore {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stored reply, or `None` after reserving the name for this request.
    fn reserve(&self, name: &str, request: String) -> Result<Option<Reply>, Problem> {
        let mut entries = self.lock();
        match entries.by_name.get(name).filter(|entry| entry.at.elapsed() < TTL) {
            Some(entry) if entry.request != request => {
                Err(Problem::invalid("Idempotency-Key", "was used for another request"))
            }
            Some(Entry { reply: Some(reply), .. }) => Ok(Some(reply.clone())),
            Some(_) => {
                Err(Problem::conflict("a request with the same Idempotency-Key is in progress: try again later"))
            }
            None => {
                entries.insert(name, request);
                Ok(None)
            }
        }
    }

    /// Stores the reply, or removes the reservation where there is none, so that a failed request can be repeated.
    fn finish(&self, name: &str, reply: Option<&Reply>) {
        let mut entries = self.lock();
        match reply {
            Some(reply) => entries.answer(name, reply),
            None => entries.remove(name),
        }
    }
}

/// Carries out `work` once for a key, and to completion even if the client disconnects, so that the Action is recorded.
/// `request` identifies the request: the route and its input. The same key with another request is a 422, and a 409 while the
/// first is in progress.
pub async fn once(
    facade: &FacadeState,
    caller: &Caller,
    headers: &HeaderMap,
    request: String,
    work: impl Future<Output = Result<Reply, Problem>> + Send + 'static,
) -> Result<Response, Problem> {
    let name = entry_name(caller, headers)?;
    let stored = name.as_ref().map(|name| facade.idempotency.reserve(name, request)).transpose()?.flatten();
    if let Some(reply) = stored {
        return Ok(reply.into_response());
    }
    let facade = facade.clone();
    let finished = tokio::spawn(async move {
        let result = tokio::spawn(work).await.unwrap_or_else(|_| Err(Problem::failed()));
        if let Some(name) = name {
            facade.idempotency.finish(&name, result.as_ref().ok());
        }
        result
    });
    match finished.await {
        Ok(result) => result.map(IntoResponse::into_response),
        Err(_) => Err(Problem::failed()),
    }
}

/// The name of an entry: key and caller, so that callers never share replies.
fn entry_name(caller: &Caller, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|k| !k.is_empty() && k.len() <= KEY_MAX);
    let key = key.ok_or_else(|| Problem::invalid("Idempotency-Key", "should be 1 to 255 visible characters"))?;
    Ok(Some(format!("{key}\n{}", caller.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(word: &str) -> Reply {
        Reply { status: StatusCode::OK, location: None, body: word.to_string().into() }
    }

    #[test]
    fn a_key_is_used_once_and_another_request_under_it_is_refused() {
        let store = IdempotencyStore::default();
        assert!(store.reserve("k", "run a".into()).unwrap().is_none());
        assert_eq!(store.reserve("k", "run a".into()).err().unwrap().status, StatusCode::CONFLICT);
        store.finish("k", Some(&reply("done")));
        assert_eq!(store.reserve("k", "run a".into()).unwrap().unwrap().body, "done");
        assert_eq!(store.reserve("k", "run b".into()).err().unwrap().status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[test]
    fn a_failed_request_may_be_repeated() {
        let store = IdempotencyStore::default();
        assert!(store.reserve("k", "run a".into()).unwrap().is_none());
        store.finish("k", None);
        assert!(store.reserve("k", "run b".into()).unwrap().is_none());
    }

    #[test]
    fn the_number_of_entries_is_bounded_and_the_oldest_are_removed_first() {
        let store = IdempotencyStore::default();
        for i in 0..ENTRIES_MAX + 10 {
            let name = format!("k{i}");
            assert!(store.reserve(&name, "run".into()).unwrap().is_none());
            store.finish(&name, Some(&reply("done")));
        }
        let entries = store.lock();
        assert_eq!((entries.by_name.len(), entries.order.len()), (ENTRIES_MAX, ENTRIES_MAX));
        assert!(!entries.by_name.contains_key("k9") && entries.by_name.contains_key("k10"));
    }

    #[test]
    fn the_size_of_all_replies_is_bounded_and_the_oldest_are_removed_first() {
        let store = IdempotencyStore::default();
        let large = reply(&"x".repeat(BYTES_MAX / 4));
        for name in ["a", "b", "c", "d"] {
            assert!(store.reserve(name, "run".into()).unwrap().is_none());
            store.finish(name, Some(&large));
        }
        let names = |store: &IdempotencyStore| {
            let mut names: Vec<_> = store.lock().by_name.keys().cloned().collect();
            names.sort();
            (names.concat(), store.lock().bytes)
        };
        assert_eq!(names(&store), ("abcd".into(), BYTES_MAX));
        assert!(store.reserve("e", "run".into()).unwrap().is_none());
        store.finish("e", Some(&reply("small")));
        assert_eq!(names(&store), ("bcde".into(), BYTES_MAX / 4 * 3 + 5));
        store.lock().remove("b");
        assert_eq!(names(&store), ("cde".into(), BYTES_MAX / 4 * 2 + 5));
    }
}
