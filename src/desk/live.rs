//! Follows the caches for the panel: who signed out, and what changed.

use super::session::Ended;
use crate::commands::SignOut;
use crate::runtime::caches::Caches;
use crate::runtime::watch::Change;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// Changes that a reader may be behind.
const BEHIND_MAX: usize = 1024;

/// That somebody signed out: streams of sessions that have ended end. It is not sent to browsers.
pub const SIGNED_OUT: &str = "signed-out";

/// What changed: the name of an event, by which a part of a page is read again.
pub type Topic = Arc<str>;

/// Tells of changes until it is dropped.
pub struct Live {
    topics: broadcast::Sender<Topic>,
    following: Vec<JoinHandle<()>>,
}

impl Live {
    /// Follows the caches of a process.
    pub fn start(caches: &Caches, ended: &Arc<Ended>) -> Live {
        let (topics, _) = broadcast::channel(BEHIND_MAX);
        let mut following = vec![tokio::spawn(follow_sign_outs(caches.clone(), ended.clone(), topics.clone()))];
        macro_rules! follow {
            ($cache:ident, $tell:expr) => {{
                let (mut changes, topics, tell) = (caches.$cache.subscribe(), topics.clone(), $tell);
                following.push(tokio::spawn(async move {
                    loop {
                        tell(&topics, changes.next().await);
                    }
                }));
            }};
        }
        follow!(findings, |topics: &_, change| tell(topics, "finding", change));
        follow!(threads, |topics: &_, change| tell(topics, "thread", change));
        follow!(messages, |topics: &_, change: Change<crate::api::Message>| {
            if let Change::Applied(message) = &change {
                send(topics, &format!("thread-{}", message.spec.thread));
            }
            send(topics, "inbox");
        });
        follow!(scenarios, |topics: &_, change| tell(topics, "scenario", change));
        follow!(silences, |topics: &_, change| tell(topics, "silence", change));
        Live { topics, following }
    }

    /// One that tells of nothing by itself.
    #[cfg(test)]
    pub fn by_hand() -> Live {
        Live { topics: broadcast::channel(BEHIND_MAX).0, following: Vec::new() }
    }

    /// What changes from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Topic> {
        self.topics.subscribe()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for task in &self.following {
            task.abort();
        }
    }
}

/// Tells that an object of a kind changed: those who show it alone, and those who show all of the kind.
fn tell<K: kube::Resource<DynamicType = ()>>(topics: &broadcast::Sender<Topic>, kind: &str, change: Change<K>) {
    match change {
        Change::Applied(object) => {
            if let Some(name) = &object.meta().name {
                send(topics, &format!("{kind}-{name}"));
            }
        }
        Change::Deleted(name, _) => send(topics, &format!("{kind}-{name}")),
        Change::Undecodable(_) => {}
        Change::Resynchronise => send(topics, "reset"),
    }
    send(topics, kind);
}

fn send(topics: &broadcast::Sender<Topic>, topic: &str) {
    // Where nobody reads, nothing is missing.
    let _ = topics.send(topic.into());
}

async fn follow_sign_outs(caches: Caches, ended: Arc<Ended>, topics: broadcast::Sender<Topic>) {
    let mut changes = caches.actions.subscribe();
    loop {
        match changes.next().await {
            Change::Applied(action) => {
                if let Some((name, at)) = SignOut::recorded(&action) {
                    ended.note(name, at.as_second());
                    send(&topics, SIGNED_OUT);
                }
            }
            Change::Resynchronise => {
                for action in caches.actions.objects() {
                    if let Some((name, at)) = SignOut::recorded(&action) {
                        ended.note(name, at.as_second());
                    }
                }
                send(&topics, SIGNED_OUT);
            }
            Change::Deleted(..) | Change::Undecodable(_) => {}
        }
    }
}
