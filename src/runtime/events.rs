//! Kubernetes Events about transitions, for `kubectl describe`. Nothing depends on them.

use super::leadership::WriteFence;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Events that wait; further ones are dropped, since the status records the transitions.
const WAITING_MAX: usize = 1024;
/// How long the Events of an object with one reason and one note are counted as a series, as [`Recorder`] does it.
const SERIES: Duration = Duration::from_secs(360);
/// Most series; beyond them all are forgotten, and what is repeated is a new Event.
const SERIES_MAX: usize = 10_000;

/// Hands Events to a task that publishes them, without waiting. Clones share it.
#[derive(Clone)]
pub struct Events {
    sender: mpsc::Sender<(ObjectReference, Event)>,
}

impl Events {
    /// Starts the task; it ends when the last sender is dropped.
    pub fn start(client: Client, fence: WriteFence) -> Events {
        let (sender, mut waiting) = mpsc::channel::<(ObjectReference, Event)>(WAITING_MAX);
        tokio::spawn(async move {
            let reporter = Reporter { controller: "agentic-ops".into(), instance: None };
            let mut series = Series::default();
            while let Some((about, event)) = waiting.recv().await {
                let new = || Recorder::new(client.clone(), reporter.clone());
                let recorder = series.of(&about, &event, Instant::now(), new);
                if let Err(error) = fence.write(recorder.publish(&event, &about)).await {
                    tracing::debug!(%error, object = about.name, "Event not published");
                }
            }
        });
        Events { sender }
    }

    /// Publishes an Event, at the latest when those before it are published. `reason` is a CamelCase word.
    pub fn publish(&self, about: ObjectReference, warning: bool, reason: &str, note: &str) {
        let event = Event {
            type_: if warning { EventType::Warning } else { EventType::Normal },
            reason: reason.to_string(),
            note: Some(crate::api::conditions::bounded(&crate::domain::printable::printable(note), 1000)),
            action: reason.to_string(),
            secondary: None,
        };
        if self.sender.try_send((about, event)).is_err() {
            tracing::debug!(reason, "Event dropped: too many wait");
        }
    }
}

/// A recorder for each series. One recorder for all would show what an object had under the same reason before: it counts Events of
/// an object and a reason as a series, whatever their notes, and keeps the first note.
struct Series<R>(HashMap<(Option<String>, Option<String>, String), Latest<R>>);

struct Latest<R> {
    note: Option<String>,
    at: Instant,
    recorder: R,
}

impl<R> Default for Series<R> {
    fn default() -> Self {
        Series(HashMap::new())
    }
}

impl<R: Clone> Series<R> {
    /// The recorder of this Event: the one before, unless the note is another.
    fn of(&mut self, about: &ObjectReference, event: &Event, now: Instant, new: impl FnOnce() -> R) -> R {
        if self.0.len() >= SERIES_MAX {
            self.0.retain(|_, latest| now.duration_since(latest.at) < SERIES);
            if self.0.len() >= SERIES_MAX {
                self.0.clear();
            }
        }
        let key = (about.uid.clone(), about.name.clone(), event.reason.clone());
        match self.0.get_mut(&key) {
            Some(latest) if latest.note == event.note => {
                latest.at = now;
                latest.recorder.clone()
            }
            _ => {
                let recorder = new();
                let latest = Latest { note: event.note.clone(), at: now, recorder: recorder.clone() };
                self.0.insert(key, latest);
                recorder
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_with_another_note_begins_a_new_series() {
        let mut series = Series::<usize>::default();
        let (begin, mut made) = (Instant::now(), 0);
        let mut of = |uid: &str, reason: &str, note: &str, after: u64| {
            let about = ObjectReference { uid: Some(uid.into()), ..ObjectReference::default() };
            let (reason, note) = (reason.to_string(), Some(note.to_string()));
            let event = Event { type_: EventType::Normal, action: reason.clone(), reason, note, secondary: None };
            series.of(&about, &event, begin + Duration::from_secs(after), || {
                made += 1;
                made
            })
        };
        assert_eq!(of("a", "Opened", "404", 0), 1);
        assert_eq!(of("a", "Opened", "404", 1), 1);
        assert_eq!(of("a", "Opened", "410", 2), 2);
        assert_eq!(of("a", "Opened", "410", 3), 2);
        assert_eq!(of("a", "Opened", "404", 4), 3);
        assert_eq!(of("b", "Opened", "404", 5), 4);
        assert_eq!(of("a", "Resolved", "404", 6), 5);
        for n in 0..SERIES_MAX {
            of(&format!("c{n}"), "Opened", "404", 7);
        }
        assert!(series.0.len() <= SERIES_MAX);
    }
}
