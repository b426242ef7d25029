//! Follows the caches, and keeps the last changes for those who read events.

use super::position::Kind;
use super::ring::{EVENTS_MAX, FellBehind, Reader, Ring};
use crate::api::{Finding, Health, Message, Thread};
use crate::domain::cached_scenario::CachedScenario;
use crate::runtime::caches::Caches;
use crate::runtime::objects::CachedObject;
use crate::runtime::version::Version;
use crate::runtime::watch::{Cache, Change};
use crate::views::{ChangeView, DeletedChange, FindingChange, MessageChange, Resources, ScenarioChange, phase};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

/// How much later than another replica this one may learn of a change.
const CATCH_UP: Duration = Duration::from_secs(2);

/// The last changes of this process. It follows the caches until it is dropped.
pub struct EventFeed {
    shared: Arc<Shared>,
    following: Option<JoinHandle<()>>,
}

struct Shared {
    ring: Mutex<Ring>,
    /// Wakes the readers.
    changed: signal::Sender<()>,
}

impl Drop for EventFeed {
    fn drop(&mut self) {
        if let Some(following) = &self.following {
            following.abort();
        }
    }
}

impl EventFeed {
    /// One that follows the caches of a process.
    pub fn start(caches: &Caches, resources: &Resources) -> Arc<EventFeed> {
        let shared = Arc::new(Shared::new());
        let follower = Follower { caches: caches.clone(), resources: resources.clone(), shared: shared.clone() };
        Arc::new(EventFeed { shared, following: Some(tokio::spawn(follower.run())) })
    }

    /// One that the test feeds.
    #[cfg(test)]
    pub fn by_hand() -> Arc<EventFeed> {
        Arc::new(EventFeed { shared: Arc::new(Shared::new()), following: None })
    }

    /// Changes what is kept, in tests.
    #[cfg(test)]
    pub fn change(&self, change: impl FnOnce(&mut Ring)) {
        self.shared.change(change);
    }

    /// See [`Ring::reader`]. Waits a moment where the caches are behind those of the replica that gave the id.
    pub async fn reader(&self, last_event_id: Option<&str>) -> (Reader, String) {
        let mut changes = self.changes();
        let caught_up = async {
            loop {
                changes.mark_unchanged();
                let is_behind = self.shared.ring().is_behind(last_event_id);
                if !is_behind || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        // Afterwards it is unknown.
        let _ = tokio::time::timeout(CATCH_UP, caught_up).await;
        self.shared.ring().reader(last_event_id)
    }

    /// See [`Ring::read`].
    pub fn read(&self, reader: &mut Reader) -> Result<String, FellBehind> {
        self.shared.ring().read(reader)
    }

    /// Notified after each change.
    pub fn changes(&self) -> signal::Receiver<()> {
        self.shared.changed.subscribe()
    }
}

impl Shared {
    fn new() -> Shared {
        Shared { ring: Mutex::new(Ring::new(EVENTS_MAX)), changed: signal::Sender::new(()) }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Ring)) {
        change(&mut self.ring());
        self.changed.send_replace(());
    }
}

/// The task that follows the caches.
struct Follower {
    caches: Caches,
    resources: Resources,
    shared: Arc<Shared>,
}

impl Follower {
    async fn run(self) {
        let Caches { findings, threads, messages, scenarios, .. } = &self.caches;
        let mut finding_changes = findings.subscribe();
        let mut thread_changes = threads.subscribe();
        let mut message_changes = messages.subscribe();
        let mut scenario_changes = scenarios.subscribe();
        let mut healths = Healths::default();
        loop {
            tokio::select! {
                change = finding_changes.next() => self.take(Kind::Finding, findings, change, finding_view),
                change = thread_changes.next() => self.take(Kind::Thread, threads, change, |thread: &Thread| {
                    Some(ChangeView::Thread(self.resources.thread_view(thread)))
                }),
                change = message_changes.next() => self.take(Kind::Message, messages, change, |message: &Message| {
                    Some(ChangeView::Message(MessageChange::new(self.resources.message_view(message))))
                }),
                change = scenario_changes.next() => {
                    healths.prepare(&change, scenarios);
                    self.take(Kind::Scenario, scenarios, change, |scenario| healths.view(scenario));
                }
            }
        }
    }

    /// Takes in a change. `view` is what an event says of the object; `None` where there is none.
    fn take<K>(&self, kind: Kind, cache: &Cache<K>, change: Change<K>, view: impl FnOnce(&K) -> Option<ChangeView>)
    where
        K: CachedObject + Send + Sync + 'static,
    {
        match change {
            Change::Applied(object) => {
                if let Some(version) = object.version() {
                    self.changed(kind, version, view(&object));
                }
            }
            Change::Deleted(name, Some(version)) => {
                let deleted = DeletedChange { id: name.to_string(), deleted: true };
                self.changed(kind, version, Some(ChangeView::Deleted(deleted)));
            }
            // Without a version it has no place; an object that can't be decoded is in no list, either.
            Change::Deleted(_, None) | Change::Undecodable(_) => {}
            Change::Resynchronise => {
                let objects = cache.objects();
                let newest = objects.iter().filter_map(|object| object.version()).max();
                self.shared.change(|ring| ring.listed(kind, newest.map_or(0, Version::number)));
            }
        }
    }

    fn changed(&self, kind: Kind, version: Version, view: Option<ChangeView>) {
        let data = view.and_then(|view| serde_json::to_string(&view).ok());
        self.shared.change(|ring| ring.changed(kind, version.number(), data.as_deref()));
    }
}

/// One that has no phase yet is in no list.
fn finding_view(finding: &Finding) -> Option<ChangeView> {
    phase(finding).map(|_| ChangeView::Finding(FindingChange::new(finding)))
}

/// The health of each Scenario as last seen: other changes of Scenarios are not events.
#[derive(Default)]
struct Healths(HashMap<Arc<str>, Health>);

impl Healths {
    fn prepare(&mut self, change: &Change<CachedScenario>, cache: &Cache<CachedScenario>) {
        match change {
            Change::Resynchronise => {
                let all = cache.objects();
                self.0 =
                    all.iter().map(|scenario| (scenario.name.clone(), ScenarioChange::new(scenario).health)).collect();
            }
            Change::Deleted(name, _) => {
                self.0.remove(name);
            }
            Change::Applied(_) | Change::Undecodable(_) => {}
        }
    }

    fn view(&mut self, scenario: &CachedScenario) -> Option<ChangeView> {
        let change = ScenarioChange::new(scenario);
        let before = self.0.insert(scenario.name.clone(), change.health);
        (before != Some(change.health)).then_some(ChangeView::Scenario(change))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn object<K: DeserializeOwned>(kind: &str, spec: Value, status: Value) -> K {
        let object = json!({"apiVersion": "agentic.ligbox.io/v1alpha1", "kind": kind, "metadata": {"name": "n"},
            "spec": spec, "status": status});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_finding_is_an_event_once_it_has_a_phase() {
        let spec = json!({"scenario": "s", "check": "c", "key": "", "fingerprint": "0123456789"});
        assert!(finding_view(&object("Finding", spec.clone(), json!(null))).is_none());
        assert!(finding_view(&object("Finding", spec, json!({"phase": "Open"}))).is_some());
    }

    #[test]
    fn a_scenario_is_an_event_when_its_health_changes() {
        let mut healths = Healths::default();
        let mut is_event = |health: &str| {
            let spec = json!({"title": "t", "agent": "a", "severity": "low", "probes": []});
            healths.view(&object("Scenario", spec, json!({"health": health}))).is_some()
        };
        for (health, expected) in
            [("healthy", true), ("healthy", false), ("failing", true), ("failing", false), ("healthy", true)]
        {
            assert_eq!(is_event(health), expected, "{health}");
        }
    }
}
