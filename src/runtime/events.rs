//! Kubernetes Events about transitions, for `kubectl describe`. Nothing depends on them.

use super::leadership::WriteFence;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use tokio::sync::mpsc;

/// Events that wait; further ones are dropped, since the status records the transitions.
const WAITING_MAX: usize = 1024;

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
            let recorder = Recorder::new(client, reporter);
            while let Some((about, event)) = waiting.recv().await {
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
