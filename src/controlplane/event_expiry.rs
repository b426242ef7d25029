//! Removes Events some time after their last change, as kube-apiserver does. Watches see them deleted.

use super::resource::EVENTS;
use super::shutdown::stopped;
use super::store::{Key, Store, StoredObject, WriteAction};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch as signal;

/// The longest time between two passes.
const INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Removals at once, which share transactions.
const BATCH: usize = 64;

/// Removes Events that were last changed longer than `ttl` ago, until the server stops.
pub async fn run(store: Store, ttl: Duration, mut stop: signal::Receiver<bool>) {
    let interval = INTERVAL_MAX.min(ttl / 2);
    let passes = async {
        loop {
            tokio::time::sleep(interval).await;
            remove_expired(&store, ttl).await;
        }
    };
    tokio::select! {
        () = passes => {}
        () = stopped(&mut stop) => {}
    }
}

async fn remove_expired(store: &Store, ttl: Duration) {
    let events = store.list(EVENTS, None).items;
    // Parsing thousands of them takes a while.
    let found = tokio::task::spawn_blocking(move || expired(events, ttl, Timestamp::now())).await;
    let found = found.unwrap_or_default();
    for batch in found.chunks(BATCH) {
        let removals = batch.iter().map(|(key, version)| remove(store, key.clone(), *version));
        if let Some(error) = join_all(removals).await.into_iter().find_map(Result::err) {
            tracing::warn!(%error, "expired Events not removed yet");
            return;
        }
    }
}

/// Keys and versions of the Events that were last changed longer than `ttl` ago.
fn expired(events: Vec<(Key, StoredObject)>, ttl: Duration, now: Timestamp) -> Vec<(Key, u64)> {
    let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
    let is_expired = |event: &StoredObject| last_change(&event.value()).is_some_and(|at| now.duration_since(at) > ttl);
    let expired = events.into_iter().filter(|(_, event)| is_expired(event));
    expired.map(|(key, event)| (key, event.version)).collect()
}

/// The newest of the times that the server has set.
fn last_change(event: &Value) -> Option<Timestamp> {
    let metadata = &event["metadata"];
    let managers = metadata["managedFields"].as_array().into_iter().flatten().map(|entry| &entry["time"]);
    let times = managers.chain([&metadata["creationTimestamp"]]);
    times.filter_map(|time| time.as_str()?.parse().ok()).max()
}

/// Removes an Event, unless it has been changed since.
async fn remove(store: &Store, key: Key, version: u64) -> Result<(), super::store::StoreError> {
    let decide = move |current: Option<&StoredObject>| match current {
        Some(event) if event.version == version => WriteAction::Delete(Box::default()),
        _ => WriteAction::<Infallible>::Keep(Box::default()),
    };
    store.write(key, decide).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(name: &str, created: &str, changed: &str) -> (Key, StoredObject) {
        let key = Key { kind: EVENTS.into(), namespace: "ops".into(), name: name.into() };
        let managed = json!([{"manager": "a", "time": changed}, {"manager": "b", "time": created}, {"manager": "c"}]);
        let object = json!({
            "metadata": {"name": name, "creationTimestamp": created, "managedFields": managed},
            // Those of the client do not count.
            "lastTimestamp": "2099-01-01T00:00:00Z",
        });
        (key, StoredObject { version: 7, json: object.to_string().into() })
    }

    #[test]
    fn an_event_expires_some_time_after_its_last_change() {
        let events = vec![
            event("old", "2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z"),
            event("changed", "2026-01-01T00:00:00Z", "2026-01-01T00:50:00Z"),
            event("new", "2026-01-01T01:00:00Z", "2026-01-01T01:00:00Z"),
        ];
        let names = |now: &str| {
            let expired = expired(events.clone(), Duration::from_secs(3600), now.parse().unwrap());
            expired.into_iter().map(|(key, version)| (key.name, version)).collect::<Vec<_>>()
        };
        let named = |names: &[&str]| names.iter().map(|name| (name.to_string(), 7)).collect::<Vec<_>>();
        assert_eq!(names("2026-01-01T01:10:00Z"), named(&[]));
        assert_eq!(names("2026-01-01T01:10:01Z"), named(&["old"]));
        assert_eq!(names("2026-01-01T01:50:01Z"), named(&["old", "changed"]));
    }
}
