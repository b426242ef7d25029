//! Watches: the changes of a kind as they happen, in the form and the selection that was asked for.

use super::request::{Accepts, Query};
use super::served::Served;
use super::shutdown::stopped;
use super::status::ApiError;
use super::store::{Change, Key, Listed, Store, Stored, set_version};
use super::{events, table};
use axum::body::{Body, Bytes};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, watch as signal};

/// Lines that wait for a slow reader; it is cut off when changes overtake it.
const WAITING_MAX: usize = 64;
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(1_800);
const TIMEOUT_MAX: Duration = Duration::from_secs(6 * 3_600);

/// One watcher.
struct Watcher {
    served: Arc<Served>,
    namespace: Option<String>,
    query: Query,
    accepts: Accepts,
    sender: mpsc::Sender<Result<Bytes, std::convert::Infallible>>,
    /// A table's header comes with its first event.
    header_sent: bool,
}

/// The body of an answer to a watch; it ends with its timeout, with `stop`, or when the reader can't keep up.
pub fn stream(
    store: Store,
    served: Arc<Served>,
    namespace: Option<String>,
    query: Query,
    accepts: Accepts,
    mut stop: signal::Receiver<bool>,
) -> Body {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let timeout = query.timeout_seconds.map_or(TIMEOUT_DEFAULT, Duration::from_secs).min(TIMEOUT_MAX);
    let mut watcher = Watcher { served, namespace, query, accepts, sender, header_sent: false };
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
    /// Runs until the reader goes away; every way out but that ends in an ERROR event.
    async fn run(&mut self, store: Store) {
        let from = self.query.version().ok().flatten().unwrap_or(0);
        let from_now = from == 0 || self.query.initial_events;
        let Listed { items: initial, version } = match from_now {
            true => store.list(&self.served.store_key, self.namespace.as_deref()),
            false => Listed { items: Vec::new(), version: from },
        };
        // Subscribed at the version of the list: what came in between is in the log.
        let Some((missed, changes)) = store.watch(version) else {
            self.fail(&ApiError::expired()).await;
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
        for change in missed {
            if !self.tell(&change).await {
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
                        if !self.tell(&change).await {
                            return;
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.fail(&ApiError::expired()).await;
                        return;
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = bookmarks.tick() => {
                    // Only what has been told may be bookmarked: all up to this version was sent before it could be read.
                    let version = store.version();
                    if self.query.bookmarks && changes.is_empty() && !self.bookmark(version, false).await {
                        return;
                    }
                }
                () = self.sender.closed() => return,
            }
        }
    }

    fn concerns(&self, key: &Key) -> bool {
        key.kind == self.served.store_key && self.namespace.as_ref().is_none_or(|n| key.namespace == *n)
    }

    fn selects(&self, json: &str) -> bool {
        if !self.query.selects {
            return true;
        }
        let object: Value = serde_json::from_str(json).unwrap_or_default();
        self.query.labels.matches(&object) && self.query.fields.matches(&object)
    }

    /// Tells a change; false where nobody listens any more.
    async fn tell(&mut self, change: &Change) -> bool {
        if !self.concerns(&change.key) {
            return true;
        }
        let before = change.before.as_ref().filter(|before| self.selects(&before.json));
        let is = !change.deleted && self.selects(&change.after);
        match (before, is) {
            (Some(_), true) => self.send("MODIFIED", &change.after).await,
            (None, true) => self.send("ADDED", &change.after).await,
            (Some(_), false) if change.deleted => self.send("DELETED", &change.after).await,
            // No longer selected: told as it last was, at the version at which it ceased to be.
            (Some(before), false) => self.send("DELETED", &at_version(before, change.version)).await,
            (None, false) => true,
        }
    }

    async fn send(&mut self, type_: &str, json: &str) -> bool {
        let line = |object: &str| format!("{{\"type\":\"{type_}\",\"object\":{object}}}\n");
        let plain = self.accepts.is_plain() && !self.served.is_new_event();
        let line = if plain { line(json) } else { line(&self.shaped(json)) };
        self.line(line).await
    }

    fn shaped(&mut self, json: &str) -> String {
        let mut object: Value = serde_json::from_str(json).unwrap_or_default();
        if self.served.is_new_event() {
            object = events::to_new(&object);
        }
        if self.accepts == Accepts::Table {
            let version = object.pointer("/metadata/resourceVersion").cloned();
            let (now, include, header) = (Timestamp::now(), self.query.include_object(), !self.header_sent);
            let meta = json!({"resourceVersion": version});
            object = table::render(&self.served.resource, [&object], meta, now, include, header);
            self.header_sent = true;
        }
        if matches!(self.accepts, Accepts::Partial | Accepts::PartialList) {
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
        let shaped = match self.accepts {
            Accepts::Partial | Accepts::PartialList => table::partial(&object),
            Accepts::Table => {
                let (now, include, header) = (Timestamp::now(), self.query.include_object(), !self.header_sent);
                let meta = json!({"resourceVersion": version.to_string()});
                table::render(resource, [&object], meta, now, include, header)
            }
            _ => object,
        };
        self.line(format!("{{\"type\":\"BOOKMARK\",\"object\":{shaped}}}\n")).await
    }

    async fn fail(&mut self, error: &ApiError) {
        self.line(format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", error.to_value())).await;
    }

    async fn line(&mut self, line: String) -> bool {
        self.sender.send(Ok(Bytes::from(line))).await.is_ok()
    }
}

fn at_version(stored: &Stored, version: u64) -> String {
    let mut value = stored.value();
    set_version(&mut value, version);
    value.to_string()
}
