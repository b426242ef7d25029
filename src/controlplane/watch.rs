//! Watches: changes of a kind, filtered and in the requested format.

use super::request::{Query, ResponseFormat};
use super::served_kind::ServedKind;
use super::shutdown::stopped;
use super::status::ApiError;
use super::store::{Change, Key, ListResult, Store, StoredObject, set_version};
use super::{events, table};
use axum::body::{Body, Bytes};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, watch as signal};

/// Buffered lines for a slow reader. The watch ends when the reader falls behind the broadcast channel.
const WAITING_MAX: usize = 64;
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(1_800);
const TIMEOUT_MAX: Duration = Duration::from_secs(6 * 3_600);

/// One watch request.
struct Watcher {
    served: Arc<ServedKind>,
    namespace: Option<String>,
    query: Query,
    format: ResponseFormat,
    sender: mpsc::Sender<Result<Bytes, std::convert::Infallible>>,
    /// The first event of a Table watch contains the column definitions.
    header_sent: bool,
}

/// The response body of a watch. It ends at its timeout, at shutdown, or if the reader falls behind.
pub fn stream(
    store: Store,
    served: Arc<ServedKind>,
    namespace: Option<String>,
    query: Query,
    format: ResponseFormat,
    mut stop: signal::Receiver<bool>,
) -> Body {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let timeout = query.timeout_seconds.map_or(TIMEOUT_DEFAULT, Duration::from_secs).min(TIMEOUT_MAX);
    let mut watcher = Watcher { served, namespace, query, format, sender, header_sent: false };
    tokio::spawn(async move {
        tokio::select! {
            () = watcher.run(store) => {}
            () = tokio::time::sleep(timeout) => {}
            () = stopped(&mut stop) => {}
        }
    });
    let lines =
        futures::stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|line| (line, receiver)) });
    Body::from_stream(lines)
}

impl Watcher {
    /// Runs until the client disconnects or the watch fails, which ends it with an ERROR event.
    async fn run(&mut self, store: Store) {
        let from = self.query.version().ok().flatten().unwrap_or(0);
        let from_now = from == 0 || self.query.initial_events;
        let ListResult { items: initial, version } = match from_now {
            true => store.list(&self.served.store_key, self.namespace.as_deref()),
            false => ListResult { items: Vec::new(), version: from },
        };
        // Subscribed at the version of the list; later changes are in the log.
        let Some((past_changes, changes)) = store.watch(version) else {
            self.send_error(&ApiError::resource_version_expired()).await;
            return;
        };
        for (_, stored) in initial {
            if self.selects(&stored.json) && !self.send("ADDED", &stored.json).await {
                return;
            }
        }
        if self.query.initial_events && self.query.bookmarks && !self.bookmark(version, true).await {
            return;
        }
        for change in past_changes {
            if !self.send_change(&change).await {
                return;
            }
        }
        self.follow(store, changes).await;
    }

    async fn follow(&mut self, store: Store, mut changes: broadcast::Receiver<Arc<Change>>) {
        let mut bookmarks = tokio::time::interval(BOOKMARK_EVERY);
        bookmarks.tick().await;
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => {
                        if !self.send_change(&change).await {
                            return;
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.send_error(&ApiError::resource_version_expired()).await;
                        return;
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = bookmarks.tick() => {
                    // A bookmark must not precede changes that were not sent: those up to this version are in the
                    // channel before it can be read.
                    let version = store.version();
                    if self.query.bookmarks && changes.is_empty() && !self.bookmark(version, false).await {
                        return;
                    }
                }
                () = self.sender.closed() => return,
            }
        }
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

    /// Sends a change if it matches; false if the client has disconnected.
    async fn send_change(&mut self, change: &Change) -> bool {
        if !self.is_watched(&change.key) {
            return true;
        }
        let before = change.before.as_ref().filter(|before| self.selects(&before.json));
        let matches = !change.deleted && self.selects(&change.after);
        match (before, matches) {
            (Some(_), true) => self.send("MODIFIED", &change.after).await,
            (None, true) => self.send("ADDED", &change.after).await,
            (Some(_), false) if change.deleted => self.send("DELETED", &change.after).await,
            // No longer matches: sent as deleted with its last matching state, at the version of the change.
            (Some(before), false) => self.send("DELETED", &at_version(before, change.version)).await,
            (None, false) => true,
        }
    }

    async fn send(&mut self, type_: &str, json: &str) -> bool {
        let line = |object: &str| format!("{{\"type\":\"{type_}\",\"object\":{object}}}\n");
        let plain = self.format.is_plain() && !self.served.is_events_v1();
        let line = if plain { line(json) } else { line(&self.in_format(json)) };
        self.send_line(line).await
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
        object.to_string()
    }

    async fn bookmark(&mut self, version: u64, initial_end: bool) -> bool {
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
        self.send_line(format!("{{\"type\":\"BOOKMARK\",\"object\":{shown}}}\n")).await
    }

    async fn send_error(&mut self, error: &ApiError) {
        self.send_line(format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", error.to_value())).await;
    }

    async fn send_line(&mut self, line: String) -> bool {
        self.sender.send(Ok(Bytes::from(line))).await.is_ok()
    }
}

fn at_version(stored: &StoredObject, version: u64) -> String {
    let mut value = stored.value();
    set_version(&mut value, version);
    value.to_string()
}
