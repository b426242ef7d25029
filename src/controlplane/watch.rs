//! Watches: changes of a kind, filtered and in the requested format. A watch keeps nothing for a client that does not read: it takes
//! the next changes from the log of the store when there is room for them.

use super::object::to_json;
use super::request::{Query, ResponseFormat};
use super::served_kind::ServedKind;
use super::shutdown::stopped;
use super::status::ApiError;
use super::store::{Change, Changes, Key, Reader, StoredObject, Text, set_version};
use super::{events, table};
use axum::body::{Body, Bytes};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch as signal;

/// Lines are sent together up to this size, in bytes.
const CHUNK: usize = 16 << 10;
/// Changes are taken from the log up to this size at once, in bytes of JSON.
const BATCH: usize = 64 << 10;
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(1_800);
const TIMEOUT_MAX: Duration = Duration::from_secs(6 * 3_600);
/// How often the backlog of a watch is looked at.
const CHECK: Duration = Duration::from_secs(1);
/// A client that took something in this time is reading, however large its backlog is.
const READING: Duration = Duration::from_secs(2);

/// What ends the watch of a client that does not read. Its connection is closed by the time-out of a transfer.
pub struct Guard {
    /// Maximum size of the changes since the client last took something, in bytes of JSON.
    pub backlog: u64,
    pub report: Box<dyn Fn() + Send + Sync>,
}

/// How far the client of a watch has come.
struct Progress(Mutex<Taken>);

struct Taken {
    /// When the client last took something; `None` while there is nothing to take.
    at: Option<Instant>,
    /// How much the store had logged up to the last change that was taken from the log, in bytes.
    logged: u64,
    /// Whether the watch was ended, because the client does not read.
    is_over: bool,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes when the client took something; `None` while there is nothing to take.
    fn took(&self, at: Option<Instant>) {
        self.lock().at = at;
    }

    /// Ends the watch if its client does not read; whether it did.
    fn end_if_stuck(&self, now: Instant, logged: u64, backlog: u64) -> bool {
        let mut taken = self.lock();
        taken.is_over = taken.is_stuck(now, logged, backlog);
        taken.is_over
    }
}

impl Taken {
    fn is_stuck(&self, now: Instant, logged: u64, backlog: u64) -> bool {
        let is_waiting = self.at.is_some_and(|at| now.saturating_duration_since(at) >= READING);
        is_waiting && logged.saturating_sub(self.logged) > backlog
    }
}

/// One watch request.
struct Watcher {
    store: Reader,
    served: Arc<ServedKind>,
    namespace: Option<String>,
    query: Query,
    format: ResponseFormat,
    /// The first event of a Table watch contains the column definitions.
    header_sent: bool,
    /// Initial objects that are not sent yet.
    initial: std::vec::IntoIter<Text>,
    /// Whether the bookmark after them is not sent yet.
    initial_end: bool,
    /// Changes that were taken from the log and are not sent yet.
    changes: VecDeque<Arc<Change>>,
    /// The version of the last change that was taken from the log.
    version: u64,
    published: signal::Receiver<u64>,
    bookmarks: tokio::time::Interval,
    progress: Arc<Progress>,
    failed: bool,
    /// Whether everything up to `version` was sent.
    is_idle: bool,
}

/// The response body of a watch. It ends at its timeout, at shutdown, or if the changes after those that were sent are no longer in
/// the log. Without a guard the client is trusted to read.
pub fn stream(
    store: Reader,
    served: Arc<ServedKind>,
    namespace: Option<String>,
    query: Query,
    format: ResponseFormat,
    stop: signal::Receiver<bool>,
    guard: Option<Guard>,
) -> Body {
    // Zero is none.
    let given = query.timeout_seconds.filter(|seconds| *seconds > 0);
    let timeout = given.map_or(TIMEOUT_DEFAULT, Duration::from_secs).min(TIMEOUT_MAX);
    let until = tokio::time::Instant::now() + timeout;
    let watcher = Watcher::new(store.clone(), served, namespace, query, format);
    if let Some(guard) = guard {
        tokio::spawn(watch_over(guard, Arc::downgrade(&watcher.progress), store, stop.clone()));
    }
    let chunks = futures::stream::unfold(Some((watcher, stop)), move |watching| async move {
        let (mut watcher, mut stop) = watching?;
        let chunk = tokio::select! {
            biased;
            () = stopped(&mut stop) => None,
            () = tokio::time::sleep_until(until) => return Some((Ok::<_, Infallible>(watcher.last_chunk()?), None)),
            chunk = watcher.chunk() => chunk,
        };
        chunk.map(|chunk| (Ok(chunk), Some((watcher, stop))))
    });
    Body::from_stream(chunks)
}

/// Ends a watch whose client does not read.
async fn watch_over(guard: Guard, progress: Weak<Progress>, store: Reader, mut stop: signal::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(CHECK) => {}
            () = stopped(&mut stop) => return,
        }
        let Some(progress) = progress.upgrade() else { return };
        if progress.end_if_stuck(Instant::now(), store.logged(), guard.backlog) {
            (guard.report)();
            return;
        }
    }
}

impl Watcher {
    fn new(
        store: Reader,
        served: Arc<ServedKind>,
        namespace: Option<String>,
        query: Query,
        format: ResponseFormat,
    ) -> Watcher {
        let from = query.version().ok().flatten().unwrap_or(0);
        let mut initial = Vec::new();
        let mut version = from;
        if from == 0 || query.initial_events {
            let listed = store.list(&served.store_key, namespace.as_deref());
            initial = listed.items.into_iter().map(|(_, stored)| stored.json).collect();
            version = listed.version;
        }
        let mut bookmarks = tokio::time::interval(BOOKMARK_EVERY);
        bookmarks.reset();
        let taken = Taken { at: Some(Instant::now()), logged: store.logged(), is_over: false };
        Watcher {
            published: store.published(),
            initial: initial.into_iter(),
            initial_end: query.initial_events && query.bookmarks,
            changes: VecDeque::new(),
            version,
            bookmarks,
            progress: Arc::new(Progress(Mutex::new(taken))),
            failed: false,
            is_idle: false,
            header_sent: false,
            store,
            served,
            namespace,
            query,
            format,
        }
    }

    /// The next lines; `None` at the end of the watch, which an ERROR event precedes if the watch failed.
    async fn chunk(&mut self) -> Option<Bytes> {
        if self.failed {
            return None;
        }
        let mut chunk = String::new();
        self.progress.took(Some(Instant::now()));
        if self.progress.lock().is_over {
            self.fail(&mut chunk);
            return Some(chunk.into());
        }
        while chunk.len() < CHUNK {
            // Selectors and formats take time.
            tokio::task::consume_budget().await;
            if let Some(json) = self.initial.next() {
                let json = json.get();
                if self.selects(&json) {
                    self.write(&mut chunk, "ADDED", &json);
                }
            } else if self.initial_end {
                self.initial_end = false;
                self.write_bookmark(&mut chunk, true);
            } else if let Some(change) = self.changes.pop_front() {
                self.write_change(&mut chunk, &change);
            } else if !self.take_changes(&mut chunk) {
                if !chunk.is_empty() {
                    break;
                }
                self.wait(&mut chunk).await?;
            }
            if self.failed {
                break;
            }
        }
        Some(chunk.into())
    }

    /// What is sent at the timeout: a version from which the client can go on, though nothing that it watches has changed for long.
    fn last_chunk(&mut self) -> Option<Bytes> {
        if !self.is_idle || !self.query.bookmarks {
            return None;
        }
        let mut chunk = String::new();
        self.write_bookmark(&mut chunk, false);
        Some(chunk.into())
    }

    /// Takes the next changes from the log; false if there are none.
    fn take_changes(&mut self, chunk: &mut String) -> bool {
        self.published.mark_unchanged();
        let Some(Changes { changes, version, logged }) = self.store.changes(self.version, BATCH) else {
            self.fail(chunk);
            return true;
        };
        self.progress.lock().logged = logged;
        let any = version > self.version;
        self.version = version;
        self.changes = changes.into();
        any
    }

    /// Ends the watch; the client has to list again.
    fn fail(&mut self, chunk: &mut String) {
        self.failed = true;
        let error = ApiError::resource_version_expired().to_value();
        let _ = writeln!(chunk, "{{\"type\":\"ERROR\",\"object\":{error}}}");
    }

    /// Waits for further changes, or for the time of a bookmark; `None` when the store has closed.
    async fn wait(&mut self, chunk: &mut String) -> Option<()> {
        self.progress.took(None);
        self.is_idle = true;
        tokio::select! {
            changed = self.published.changed() => changed.ok()?,
            _ = self.bookmarks.tick() => {
                if self.query.bookmarks {
                    self.write_bookmark(chunk, false);
                }
            }
        }
        self.is_idle = false;
        self.progress.took(Some(Instant::now()));
        Some(())
    }

    fn is_watched(&self, key: &Key) -> bool {
        key.kind == self.served.store_key && self.namespace.as_ref().is_none_or(|n| key.namespace == *n)
    }

    fn selects(&self, json: &str) -> bool {
        if !self.query.has_selector {
            return true;
        }
        let object: Value = serde_json::from_str(json).unwrap_or_default();
        self.query.labels.matches(&object) && self.query.fields.matches(&object)
    }

    fn write_change(&mut self, chunk: &mut String, change: &Change) {
        if !self.is_watched(&change.key) {
            return;
        }
        let before =
            change.before.as_ref().filter(|before| !self.query.has_selector || self.selects(&before.json.get()));
        let after = change.after.get();
        let matches = !change.deleted && self.selects(&after);
        match (before, matches) {
            (Some(_), true) => self.write(chunk, "MODIFIED", &after),
            (None, true) => self.write(chunk, "ADDED", &after),
            (Some(_), false) if change.deleted => self.write(chunk, "DELETED", &after),
            // No longer matches: sent as deleted with its last matching state, at the version of the change.
            (Some(before), false) => self.write(chunk, "DELETED", &at_version(before, change.version)),
            (None, false) => {}
        }
    }

    fn write(&mut self, chunk: &mut String, type_: &str, json: &str) {
        let plain = self.format.is_plain() && !self.served.is_events_v1();
        let formatted = (!plain).then(|| self.in_format(json));
        let object = formatted.as_deref().unwrap_or(json);
        let _ = writeln!(chunk, "{{\"type\":\"{type_}\",\"object\":{object}}}");
    }

    fn in_format(&mut self, json: &str) -> String {
        let mut object: Value = serde_json::from_str(json).unwrap_or_default();
        if self.served.is_events_v1() {
            object = events::to_events_v1(&object);
        }
        if self.format == ResponseFormat::Table {
            let version = object.pointer("/metadata/resourceVersion").cloned();
            let (now, include, header) = (Timestamp::now(), self.query.include_object(), !self.header_sent);
            let meta = json!({"resourceVersion": version});
            object = table::render(&self.served.resource, [&object], meta, now, include, header);
            self.header_sent = true;
        }
        if matches!(self.format, ResponseFormat::Partial | ResponseFormat::PartialList) {
            object = table::partial(&object);
        }
        to_json(&object)
    }

    /// A bookmark at the version of the last change.
    fn write_bookmark(&mut self, chunk: &mut String, initial_end: bool) {
        let version = self.version;
        let mut metadata = json!({"resourceVersion": version.to_string()});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let resource = &self.served.resource;
        let object = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata});
        let shown = match self.format {
            ResponseFormat::Partial | ResponseFormat::PartialList => table::partial(&object),
            ResponseFormat::Table => {
                let (now, include, header) = (Timestamp::now(), self.query.include_object(), !self.header_sent);
                let meta = json!({"resourceVersion": version.to_string()});
                table::render(resource, [&object], meta, now, include, header)
            }
            _ => object,
        };
        let _ = writeln!(chunk, "{{\"type\":\"BOOKMARK\",\"object\":{shown}}}");
    }
}

fn at_version(stored: &StoredObject, version: u64) -> String {
    let mut value = stored.value();
    set_version(&mut value, version);
    to_json(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_stuck_when_it_takes_nothing_while_much_waits() {
        let start = Instant::now();
        let taken = |at| Taken { at, logged: 1_000, is_over: false };
        let is_stuck = |at, after, logged| taken(at).is_stuck(start + after, logged, 500);
        assert!(is_stuck(Some(start), READING, 1_501));
        assert!(!is_stuck(Some(start), READING, 1_500), "the backlog is within its bound");
        assert!(!is_stuck(Some(start), READING / 2, 9_999), "it may be reading");
        assert!(!is_stuck(None, READING, 9_999), "there was nothing to take");
    }
}
