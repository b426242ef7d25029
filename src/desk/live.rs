//! Follows the caches for the panel: who signed out, and what changed.

use super::session::Ended;
use crate::commands::SignOut;
use crate::runtime::caches::Caches;
use crate::runtime::objects::CachedObject;
use crate::runtime::watch::Change;
use jiff::Timestamp;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// Changes that a reader may be behind.
const BEHIND_MAX: usize = 1024;
/// Topics that are told at once; beyond them everything is read again.
pub const TOPICS_MAX: usize = 64;
/// The topic by which everything is read again.
pub const RESET: &str = "reset";

/// The topic of Messages: what is pending for whom.
const INBOX: &str = "inbox";

/// That a person signed out: streams of sessions that have ended end. It is not sent to browsers.
pub const SIGNED_OUT: &str = "signed-out";

/// What changed: the name of an event, by which a part of a page is read again.
pub type Topic = Arc<str>;

/// Tells of changes until it is dropped.
pub struct Live {
    topics: Topics,
    following: Vec<JoinHandle<()>>,
}

impl Live {
    /// Follows the caches of a process.
    pub fn start(caches: &Caches, ended: &Arc<Ended>) -> Live {
        let topics = Topics::new();
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
        follow!(messages, |topics: &Topics, change: Change<crate::api::Message>| {
            if let Change::Applied(message) = &change {
                topics.send(&format!("thread-{}", message.spec.thread));
            }
            topics.send(INBOX);
        });
        follow!(scenarios, |topics: &_, change| tell(topics, "scenario", change));
        follow!(silences, |topics: &_, change| tell(topics, "silence", change));
        Live { topics, following }
    }

    /// One that tells of nothing by itself.
    #[cfg(test)]
    pub fn by_hand() -> Live {
        Live { topics: Topics::new(), following: Vec::new() }
    }

    /// Tells the pages of this replica of a change that is in no object.
    pub fn tell(&self, topic: &str) {
        self.topics.send(topic);
    }

    /// What changes from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Topic> {
        self.topics.sender.subscribe()
    }

    /// What changed since a time: for pages that were made then, and whose stream was not open yet.
    pub fn since(&self, at: Timestamp) -> BTreeSet<Topic> {
        self.topics.since(at)
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
fn tell<K: CachedObject>(topics: &Topics, kind: &str, change: Change<K>) {
    match change {
        Change::Applied(object) => {
            topics.send(&format!("{kind}-{}", object.name()));
        }
        Change::Deleted(name, _) => topics.send(&format!("{kind}-{name}")),
        Change::Undecodable(_) => {}
        Change::Resynchronise => topics.send(RESET),
    }
    topics.send(kind);
}

/// Where changes are told, and what was told last. Clones are of the same.
#[derive(Clone)]
struct Topics {
    sender: broadcast::Sender<Topic>,
    recent: Arc<Mutex<VecDeque<(Timestamp, Topic)>>>,
}

impl Topics {
    fn new() -> Topics {
        Topics { sender: broadcast::channel(BEHIND_MAX).0, recent: Arc::default() }
    }

    fn send(&self, topic: &str) {
        self.send_at(topic, Timestamp::now());
    }

    fn send_at(&self, topic: &str, at: Timestamp) {
        let topic: Topic = topic.into();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == BEHIND_MAX {
            recent.pop_front();
        }
        recent.push_back((at, topic.clone()));
        drop(recent);
        // Where nobody reads, nothing is missing.
        let _ = self.sender.send(topic);
    }

    fn since(&self, at: Timestamp) -> BTreeSet<Topic> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_cut = recent.len() == BEHIND_MAX && recent.front().is_some_and(|(first, _)| *first > at);
        let later = recent.iter().filter(|(told, topic)| *told >= at && topic.as_ref() != SIGNED_OUT);
        let found: BTreeSet<Topic> = later.map(|(_, topic)| topic.clone()).collect();
        if is_cut || found.len() > TOPICS_MAX { BTreeSet::from([RESET.into()]) } else { found }
    }
}

async fn follow_sign_outs(caches: Caches, ended: Arc<Ended>, topics: Topics) {
    let mut changes = caches.actions.subscribe();
    loop {
        match changes.next().await {
            Change::Applied(action) => {
                if let Some((name, at)) = SignOut::recorded(&action) {
                    ended.note(name, at.as_second());
                    topics.send(SIGNED_OUT);
                }
            }
            Change::Resynchronise => {
                for action in caches.actions.objects() {
                    if let Some((name, at)) = SignOut::recorded(&action) {
                        ended.note(name, at.as_second());
                    }
                }
                topics.send(SIGNED_OUT);
            }
            Change::Deleted(..) | Change::Undecodable(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_what_changed_since_it_was_made() {
        let (topics, at) = (Topics::new(), |second| Timestamp::from_second(second).unwrap());
        let since = |second| topics.since(at(second)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(since(0), Vec::<String>::new());
        topics.send_at("inbox", at(1));
        topics.send_at(SIGNED_OUT, at(2));
        topics.send_at("thread-a", at(2));
        topics.send_at("inbox", at(3));
        assert_eq!(
            (since(0), since(2), since(4)),
            (vec!["inbox".into(), "thread-a".into()], vec!["inbox".into(), "thread-a".into()], vec![])
        );
        assert_eq!(since(3), ["inbox"]);
        for _ in 0..BEHIND_MAX {
            topics.send_at("finding", at(5));
        }
        assert_eq!((since(4), since(5)), (vec!["reset".to_string()], vec!["finding".to_string()]));
        (0..=TOPICS_MAX).for_each(|name| topics.send_at(&format!("finding-{name}"), at(9)));
        assert_eq!(since(9), ["reset"]);
    }
}
