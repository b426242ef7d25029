//! Threads, Messages and Findings as they were last seen or written, with what is needed to find one from the other.

use crate::api::{Finding, Message, Thread};
use crate::domain::thread::told::Told;
use crate::runtime::newest::Newest;
use crate::runtime::version::{Version, is_older};
use crate::runtime::watch::Cache;
use kube::ResourceExt as _;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Which Messages each Thread has, and which Threads are about each Finding: a change is dealt with without looking at all of them.
pub struct Index {
    pub findings: Newest<Finding>,
    pub threads: Newest<Thread>,
    messages: Cache<Message>,
    told: HashMap<String, Told>,
    thread_of: HashMap<String, String>,
    about: HashMap<String, BTreeSet<String>>,
    finding_of: HashMap<String, String>,
}

impl Index {
    pub fn new(findings: Cache<Finding>, threads: Cache<Thread>, messages: Cache<Message>) -> Index {
        Index {
            findings: Newest::new(findings),
            threads: Newest::new(threads),
            messages,
            told: HashMap::new(),
            thread_of: HashMap::new(),
            about: HashMap::new(),
            finding_of: HashMap::new(),
        }
    }

    /// The Messages of a Thread; `None` where it has none.
    pub fn told(&self, thread: &str) -> Option<&Told> {
        self.told.get(thread)
    }

    /// The Threads about a Finding.
    pub fn about(&self, finding: &str) -> Vec<String> {
        self.about.get(finding).into_iter().flatten().cloned().collect()
    }

    /// The Finding that a Thread is about.
    pub fn finding_of(&self, thread: &str) -> Option<String> {
        self.finding_of.get(thread).cloned()
    }

    /// A Message was seen or written.
    pub fn message_seen(&mut self, message: Arc<Message>) {
        let (name, thread) = (message.name_any(), message.spec.thread.clone());
        let known = self.told.get(&thread).and_then(|told| told.get(&name));
        if known.is_some_and(|known| is_older(Version::of(&*message), Version::of(&**known))) {
            return;
        }
        self.thread_of.insert(name, thread.clone());
        self.told.entry(thread).or_default().insert(message);
    }

    /// A Message was deleted; gives its Thread.
    pub fn message_gone(&mut self, name: &str) -> Option<String> {
        let thread = self.thread_of.remove(name)?;
        if let Some(told) = self.told.get_mut(&thread) {
            told.remove(name);
            if told.is_empty() {
                self.told.remove(&thread);
            }
        }
        Some(thread)
    }

    /// Reads all Messages anew.
    pub fn read_messages(&mut self) {
        self.told.clear();
        self.thread_of.clear();
        for message in self.messages.objects() {
            self.message_seen(message);
        }
    }

    /// A Thread was seen or written.
    pub fn thread_seen(&mut self, thread: &Thread) {
        let name = thread.name_any();
        self.thread_gone(&name);
        if let Some(finding) = &thread.spec.finding {
            self.about.entry(finding.clone()).or_default().insert(name.clone());
            self.finding_of.insert(name, finding.clone());
        }
    }

    /// All Threads are seen anew.
    pub fn forget_threads(&mut self) {
        self.about.clear();
        self.finding_of.clear();
    }

    /// A Thread was deleted; gives the Finding that it was about.
    pub fn thread_gone(&mut self, name: &str) -> Option<String> {
        let finding = self.finding_of.remove(name)?;
        if let Some(names) = self.about.get_mut(&finding) {
            names.remove(name);
            if names.is_empty() {
                self.about.remove(&finding);
            }
        }
        Some(finding)
    }

    /// Threads that have Messages or exist, as far as is known.
    pub fn thread_names(&self) -> Vec<String> {
        self.threads.names()
    }
}
