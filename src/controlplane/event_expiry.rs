//! Removes Events some time after their last change, as kube-apiserver does, and the oldest where there are too many. Watches
//! see them deleted.

use super::limits::{Reached, Report};
use super::resource::EVENTS;
use super::shutdown::stopped;
use super::store::{Key, Store, StoreError, StoredObject, WriteAction};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::time::{interval, sleep};

/// The longest time between two passes.
const INTERVAL_MAX: Duration = Duration::from_secs(60);
/// The shortest time between two counts, which follow changes.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);
/// Removals at once, which share transactions.
const BATCH: usize = 64;

/// Which Events are kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long after their last change they are removed.
    pub ttl: Duration,
    pub most: usize,
}

/// Removes Events that were last changed too long ago, and the oldest of too many, until the server stops.
pub async fn run(store: Store, limits: Limits, report: Report, mut stop: signal::Receiver<bool>) {
    let expiry = async {
        let mut passes = interval(INTERVAL_MAX.min(limits.ttl / 2).max(Duration::from_millis(1)));
        passes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            passes.tick().await;
            remove_expired(&store, limits.ttl).await;
        }
    };
    let mut changes = store.published();
    let counts = async {
        while changes.changed().await.is_ok() {
            remove_surplus(&store, limits.most, &report).await;
            sleep(COUNT_INTERVAL).await;
        }
    };
    tokio::select! {
        () = expiry => {}
        () = counts => {}
        () = stopped(&mut stop) => {}
    }
}

async fn remove_expired(store: &Store, ttl: Duration) {
    let events = store.list(EVENTS, None).items;
    // Parsing thousands of them takes a while.
    let found = tokio::task::spawn_blocking(move || expired(events, ttl, Timestamp::now())).await;
    remove_all(store, &found.unwrap_or_default()).await;
}

async fn remove_surplus(store: &Store, most: usize, report: &Report) {
    if store.count(EVENTS) <= most {
        return;
    }
    let found = surplus(store.list(EVENTS, None).items, most);
    report(Reached::Events, &format!("the oldest {} Events are removed, of more than {most}", found.len()));
    remove_all(store, &found).await;
}

async fn remove_all(store: &Store, found: &[(Key, u64)]) {
    for batch in found.chunks(BATCH) {
        let removals = batch.iter().map(|(key, version)| remove(store, key.clone(), *version));
        if let Some(error) = join_all(removals).await.into_iter().find_map(Result::err) {
            tracing::warn!(%error, "Events not removed yet");
            return;
        }
    }
}

/// Keys and versions of the Events beyond `most` whose last change is the oldest.
fn surplus(events: Vec<(Key, StoredObject)>, most: usize) -> Vec<(Key, u64)> {
    let surplus = events.len().saturating_sub(most);
    let mut events: Vec<_> = events.into_iter().map(|(key, event)| (key, event.version)).collect();
    events.sort_unstable_by_key(|(_, version)| *version);
    events.truncate(surplus);
    events
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
async fn remove(store: &Store, key: Key, version: u64) -> Result<(), StoreError> {
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
        (key, StoredObject { version: 7, json: object.to_string().as_str().into() })
    }

    #[test]
    fn the_oldest_of_too_many_events_are_surplus() {
        let event = |name: &str, version| {
            let (key, event) = event(name, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
            (key, StoredObject { version, ..event })
        };
        let events = vec![event("a", 9), event("b", 3), event("c", 7), event("d", 5)];
        let names = |most| surplus(events.clone(), most).into_iter().map(|(key, _)| key.name).collect::<Vec<_>>();
        assert_eq!(names(4), Vec::<String>::new());
        assert_eq!((names(3), names(1)), (vec!["b".into()], ["b", "d", "c"].map(String::from).to_vec()));
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
